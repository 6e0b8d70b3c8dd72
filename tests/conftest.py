"""What these tests share: one execution of the labs, one site, one browser."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support import ROOT, Site, build

sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]
os.environ["PYTHONPATH"] = str(ROOT)  # labs executed from here import the package from here

import browser as browsers  # noqa: E402
import lab_runs  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "repro: every lab executed twice; `make repro`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of `make repro` to `make repro`."""
    if not config.option.markexpr:
        late = [item for item in items if item.get_closest_marker("repro")]
        config.hook.pytest_deselected(items=late)
        items[:] = [item for item in items if item not in late]


@pytest.fixture(scope="session")
def executed() -> list[str]:
    """Execute what is out of date, once; a lab that fails shows up in the tests of that lab."""
    try:
        return lab_runs.execute_out_of_date()
    except lab_runs.LabFailed as error:
        return [str(error)]


@pytest.fixture(scope="session")
def site(executed: list[str], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The book, built from nothing in a folder of its own, so that every warning is seen."""
    output = tmp_path_factory.mktemp("site")
    built = build(ROOT, output)
    html = output / "_build" / "html"
    if not (html / "index.html").exists():
        pytest.fail(f"the book was not built:\n{built.stdout[-3000:]}{built.stderr[-3000:]}")
    return Site(html, built)


@pytest.fixture(scope="session")
def coursework_site(executed: list[str], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The coursework edition of the book, built from the same executions."""
    output = tmp_path_factory.mktemp("coursework")
    built = build(ROOT, output, "coursework")
    return Site(output / "_build" / "html", built)


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
    from playwright.sync_api import sync_playwright

    path = browsers.find()
    if path is None:
        pytest.exit(browsers.MISSING, returncode=3)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browsers.FLAGS)
        yield chromium
        chromium.close()
