"""What these tests share: one execution of the labs, one site, one browser.

``tests/run.py`` executes and builds before pytest begins; a pytest of its own does it where it is
needed. The option ``--thorough`` adds what `make test` leaves to `make test-all`.
"""

from __future__ import annotations

import os
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import browser as browsers
import pytest
from support import MADE, READY, THOROUGH, Site, make_site, read_site
from xdist.scheduler import LoadScopeScheduling

from pipeline import execution, labs

# Where the long tests are: they begin first, so that no core waits for another at the end.
FIRST = ("test_handouts", "test_hidden", "test_pages", "test_answers", "test_build", "test_handout")
FIRST += ("test_edition", "test_marker", "test_hostile", "test_execution", "test_release")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="every proof, as make test-all does")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "thorough: a proof that make test leaves to make test-all")
    if config.getoption("--thorough"):
        os.environ[THOROUGH] = "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long proofs to make test-all, and begin with what takes long."""
    if not config.getoption("--thorough"):
        late = [item for item in items if item.get_closest_marker("thorough")]
        config.hook.pytest_deselected(items=late)
        items[:] = [item for item in items if item not in late]
    items.sort(
        key=lambda item: FIRST.index(m) if (m := module(item.nodeid)) in FIRST else len(FIRST)
    )


def module(nodeid: str) -> str:
    return Path(nodeid.partition("::")[0]).stem


def group(nodeid: str) -> str:
    """What one worker does, to prepare it once: a page, a chapter of a module, or a module."""
    given = nodeid.partition("[")[2]
    if page := re.match(r"((?:book|notebooks)/\w+|search|index|404)[]-]", given):
        return f"page {page[1]}"
    if chapter := re.match(r"(\d+)(?:_\w+|\.\d)", given):
        return f"{module(nodeid)} {int(chapter[1])}"
    return module(nodeid)


class ByGroup(LoadScopeScheduling):
    """Whole groups to whichever worker is free."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    return ByGroup(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how long each file's tests took, one after the other."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "duration"):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    terminalreporter.section("seconds, by file")
    for name, spent in sorted(seconds.items(), key=lambda item: -item[1])[:15]:
        terminalreporter.write_line(f"{spent:7.0f}  {name}")
    terminalreporter.write_line(f"{sum(seconds.values()):7.0f}  in all, on every core")


@pytest.fixture(scope="session")
def executed() -> list[str]:
    """Execute what is out of date, once; a lab that fails shows up in the tests of that lab."""
    try:
        return execution.execute_out_of_date()
    except labs.LabFailed as error:
        return [str(error)]


def built(edition: str, folders: pytest.TempPathFactory) -> Site:
    site = (
        read_site(MADE, edition)
        if os.environ.get(READY)
        else make_site(folders.mktemp("sites"), edition)
    )
    if not (site.html / "index.html").exists():
        pytest.fail(f"the book was not built:\n{site.said[-3000:]}")
    return site


@pytest.fixture(scope="session")
def site(executed: list[str], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The book, built from nothing in a folder of its own, so that every warning is seen."""
    return built("", tmp_path_factory)


@pytest.fixture(scope="session")
def coursework_site(executed: list[str], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The coursework edition of the book, built from the same executions."""
    return built("coursework", tmp_path_factory)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def server(site: Site) -> Iterator[str]:
    """Address of a local server that serves the site."""
    handler = partial(_Quiet, directory=str(site.html))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_address[1]}/"
        http.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A real browser; without one the tests end here, in one line."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=browsers.PATIENCE)
    path = browsers.find()
    if path is None:
        pytest.exit(browsers.MISSING, returncode=3)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browsers.FLAGS)
        yield chromium
        chromium.close()
