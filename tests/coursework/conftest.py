"""What the coursework tests share: one release of each lab, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursework.release import find_labs, release

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `release` writes for all labs."""
    out = tmp_path_factory.mktemp("released")
    for lab in find_labs():
        release(lab, out, secret=SECRET)
    return out


@pytest.fixture(scope="session")
def small_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up lab, released."""
    from test_release import Course

    folder = tmp_path_factory.mktemp("small-release")
    return Course(folder).release(folder / "dist")
