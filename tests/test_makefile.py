"""The first commands of the README, up to where they would install anything."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import browser
import pytest
import yaml
from packaging.specifiers import SpecifierSet
from support import ROOT

from pipeline import install

ASKED = ("requirements.txt", "constraints.txt", "pyproject.toml")
# Stands for Python, pip and all else: it writes down how it was called, and makes environments.
PYTHON = """#!/bin/sh
env >>"{log}"
echo "$@" >>"{calls}"
case "$*" in
  "-m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python;;
  *--failed) exit "${{CLAIMS_FAILED:-0}}";;
esac
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with what `make .venv/ready` looks at, its path with a blank in it."""
    tree = tmp_path / "a tree"
    tree.mkdir()
    for name in ("Makefile", *ASKED):
        shutil.copy(ROOT / name, tree)
    python = tree / "python"
    python.write_text(PYTHON.format(log=tmp_path / "log", calls=tmp_path / "calls"))
    python.chmod(0o755)
    return tree


def make(tree: Path, *arguments: str, target: str = ".venv/ready", **environment: str) -> str:
    """What make calls to make the environment, or another target."""
    calls = tree.parent / "calls"
    calls.write_text("")
    (tree.parent / "log").write_text("")
    done = subprocess.run(
        ["make", target, "PYTHON=./python", *arguments],
        cwd=tree,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return calls.read_text()


def test_an_environment_is_made_once(tree: Path) -> None:
    assert "-m venv --clear .venv" in make(tree)
    assert make(tree) == ""


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_a_tree_that_was_moved_or_copied_gets_an_environment_of_its_own(
    how: object, tree: Path
) -> None:
    make(tree)
    other = tree.parent / "another tree"
    how(tree, other)  # type: ignore[operator]
    assert "-m venv --clear .venv" in make(other)
    assert make(other) == ""


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_counts_by_content(name: str, tree: Path) -> None:
    make(tree)
    os.utime(tree / name)  # touched, and the same
    assert make(tree) == ""
    with (tree / name).open("a") as file:
        file.write("# another line\n")
    os.utime(tree / name, (1e9, 1e9))  # another, and dated into the past
    assert "-m pipeline.install" in make(tree)


@pytest.mark.parametrize("target", [".venv/ready", "book"])
def test_nothing_that_its_user_has_set_up_reaches_a_command(target: str, tree: Path) -> None:
    theirs = dict.fromkeys(["PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "MPLCONFIGDIR"], "/x")
    theirs |= {"PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "PYTHONSAFEPATH": "1"}
    theirs |= {"MPLBACKEND": "nonsense", "IPYTHONDIR": "/x", "JUPYTER_CONFIG_DIR": "/x"}
    theirs |= {"SOURCE_DATE_EPOCH": "0", "MATPLOTLIBRC": "/x", "DOCUTILSCONFIG": "/x"}
    assert make(tree, target=target, **theirs)
    seen = set((tree.parent / "log").read_text().splitlines())
    ours = {"PYTHONNOUSERSITE=1", "MATPLOTLIBRC=/dev/null", "DOCUTILSCONFIG="}
    assert ours <= seen
    told = {line for line in seen if line.partition("=")[0] in theirs}
    assert told == ours - {"PYTHONNOUSERSITE=1"}


@pytest.mark.parametrize("failed", [0, 1])
def test_a_book_is_built_whole_and_ends_in_an_error_if_a_claim_failed(
    failed: int, tree: Path
) -> None:
    make(tree)
    calls = tree.parent / "calls"
    calls.write_text("")
    environment = {**os.environ, "CLAIMS_FAILED": str(failed)}
    done = subprocess.run(["make", "book"], cwd=tree, env=environment, capture_output=True)
    labs, pages, claims = calls.read_text().splitlines()
    assert labs == "-m pipeline.command pipeline/execution.py"
    assert pages.startswith("-m pipeline.command .venv/bin/jb build . -W ")
    assert claims == "-m pipeline.command pipeline/execution.py --failed"
    assert (done.returncode != 0) == bool(failed)


def test_the_readers_own_options_for_pip_are_left_alone(tree: Path) -> None:
    calls = make(tree, "PIP_ARGS=--find-links wheels")
    assert "-m pipeline.install --find-links wheels -r requirements.txt" in calls


def test_pip_is_told_where_packages_come_from_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    where = {"index-url": "https://a.example/simple", "find-links": "wheels more", "timeout": "9"}
    harm = {"target": "/x", "prefix": "/x", "root": "/x", "user": "true", "no-deps": "true"}
    harm |= {"require-hashes": "true", "no-binary": ":all:", "dry-run": "true", "python": "/x"}
    harm |= {"quiet": "3"}
    lines = [f"{name} = {value}" for name, value in (where | harm).items()]
    file = tmp_path / "pip.conf"
    file.write_text("\n".join(["[global]", *lines, "[install]", "timeout = 10", ""]))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("PIP_NO_DEPS", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://b.example/simple")
    asked = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.check_output(asked, env=install.environment(), text=True)
    settings = dict(line.removeprefix(":env:.").split("=", 1) for line in told.splitlines())
    assert settings["index-url"] == "'https://b.example/simple'"
    assert (settings["find-links"], settings["timeout"]) == ("'wheels more'", "'10'")
    assert settings.keys() <= install.WHERE | {"config-file", "disable-pip-version-check"}


def test_the_versions_of_python_are_the_same_everywhere() -> None:
    """Makefile, README, downloads, pages and the workflow name the same ones."""

    def said(file: str) -> str:
        return (ROOT / file).read_text("utf-8")

    least, most = re.findall(r"\(3, (\d+)\) <= v <= \(3, (\d+)\)", said("Makefile"))[0]
    words = f"3.{least} to 3.{most}"
    for file in ("Makefile", "README.md", "book/_ext/lab_downloads.py", "book/how_to_use.md"):
        assert f"Python {words}" in said(file), file
        assert set(re.findall(r"Python (3\.\d+ to 3\.\d+)", said(file))) == {words}, file
    assert f'requires-python = ">=3.{least}"' in said("pyproject.toml")
    tried = re.findall(r'"(3\.\d+)"', said(".github/workflows/publish.yml"))
    assert tried and {v.partition(".")[2] for v in tried} <= {
        str(v) for v in range(int(least), int(most) + 1)
    }


def test_only_what_is_tested_is_published() -> None:
    """The main branch publishes after its tests; a tag is proved and publishes nothing."""

    def workflow(name: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        said = yaml.load((ROOT / ".github/workflows" / name).read_text("utf-8"), yaml.BaseLoader)
        steps = [step for job in said["jobs"].values() for step in job["steps"]]
        return said["on"], said["jobs"], [step.get("run", "") for step in steps]

    begins, jobs, runs = workflow("publish.yml")
    assert begins == {"push": {"branches": ["main"]}}
    assert jobs["book"]["needs"] == "test"
    assert "make test " in jobs["test"]["steps"][-1]["run"] and "git push" in runs[-1]
    begins, _, runs = workflow("nightly.yml")
    assert begins["push"] == {"tags": ["*"]} and begins["schedule"]
    assert [run.partition(" PIP_ARGS")[0] for run in runs if run] == ["make test-all"]


def test_every_pin_admits_the_versions_of_python_that_are_named() -> None:
    """A distribution's Python is seldom its last: Debian 12 has 3.11.2."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    least, most = re.findall(r"\(3, (\d+)\) <= v <= \(3, (\d+)\)", makefile)[0]
    wanted = {
        found.metadata["Name"]: found.metadata["Requires-Python"] or ""
        for found in importlib.metadata.distributions()
    }
    assert {"numpy", "soupsieve"} <= set(wanted)
    for version in (f"3.{least}.0", f"3.{most}.0"):
        refused = [name for name, pins in wanted.items() if version not in SpecifierSet(pins)]
        assert refused == [], version


def test_a_checkout_with_line_ends_of_windows_keeps_those_of_the_tree(tmp_path: Path) -> None:
    git = ["git", "-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    subprocess.run([*git, "clone", "-q", "--no-hardlinks", ROOT, tmp_path / "clone"], check=True)
    for name in (".ci/run", "Makefile", "notebooks/02_gaussian.ipynb", "coursework/release.py"):
        assert b"\r" not in (tmp_path / "clone" / name).read_bytes(), name


@pytest.mark.parametrize("cured", [False, True])
def test_a_system_on_which_playwright_does_not_run_is_mended_or_told(
    cured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare Debian has no library that its driver needs, and a Chromium may be there already."""
    called: list[list[str]] = []

    def run(command: list[str], **options: object) -> None:
        called.append(command)

    monkeypatch.setattr(browser, "find", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(
        browser,
        "playwrights_own",
        lambda: "/a/path" if cured and ["libatomic1"] in [c[-1:] for c in called] else None,
    )
    monkeypatch.setattr(browser.subprocess, "run", run)
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    if cured:
        browser.main()
    else:
        with pytest.raises(SystemExit, match="Playwright does not run: install Chromium"):
            browser.main()
    assert [command[0] for command in called][-2:] == ["apt-get", "apt-get"]
