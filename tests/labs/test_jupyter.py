"""A lab that is opened and saved in JupyterLab is on disk what it was."""

from __future__ import annotations

import asyncio
import os
import platform
import runpy
import shutil
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelspec import get_kernel_dict
from support import ROOT

from pipeline import labs

each_lab = pytest.mark.parametrize("lab", labs.labs(), ids=lambda path: path.stem)


def wait_for(asked: Coroutine[Any, Any, Any]) -> Any:
    """Wait in a thread of its own: where pages were tested, the first has an event loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asked).result()


@pytest.fixture
def manager(tmp_path: Path) -> Any:
    """What JupyterLab reads and writes notebooks with when it is started in this tree."""
    config = runpy.run_path(str(ROOT / "jupyter_server_config.py"))
    return config["Labs"](root_dir=str(tmp_path))


@each_lab
def test_opening_and_saving_changes_nothing(lab: Path, manager: Any, tmp_path: Path) -> None:
    shutil.copy(lab, tmp_path)
    model = wait_for(manager.get(lab.name))
    opened = model["content"]["metadata"]
    assert opened["language_info"] == IPythonKernel.language_info
    assert opened["language_info"]["version"] == platform.python_version()
    # What JupyterLab compares with, and writes where it differs.
    spec = get_kernel_dict()
    assert opened["kernelspec"] == {
        "name": "python3",
        "display_name": spec["display_name"],
        "language": spec["language"],
    }
    wait_for(manager.save(model, lab.name))
    assert (tmp_path / lab.name).read_bytes() == lab.read_bytes()


def test_what_is_not_ours_is_saved_as_it_is(manager: Any, tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(metadata={"language_info": {"name": "R"}})
    nbformat.write(notebook, tmp_path / "r.ipynb")
    (tmp_path / "text.md").write_text("text")
    for name in ("r.ipynb", "text.md"):
        before = (tmp_path / name).read_bytes()
        model = wait_for(manager.get(name))
        wait_for(manager.save(model, name))
        assert (tmp_path / name).read_bytes() == before


def test_jupyter_is_told(tmp_path: Path) -> None:
    """By each command that opens the labs of this tree; JupyterLab looks into no folder itself."""
    told = "jupyter lab --config=jupyter_server_config.py notebooks"
    for file in ("Makefile", "README.md", "book/how_to_use.md"):
        said = (ROOT / file).read_text("utf-8").splitlines()
        commands = [line for line in said if "jupyter lab" in line]
        assert commands and all(line.endswith(told) for line in commands), file
    shown = subprocess.check_output(
        [sys.executable, "-m", *told.replace("jupyter lab", "jupyterlab").split(), "--show-config"],
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path)},
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert ".contents_manager_class = <class 'Labs'>" in shown


@each_lab
def test_other_tools_know_the_language(lab: Path) -> None:
    """nbconvert, for one, writes a script with the right ending."""
    from nbconvert.exporters import ScriptExporter

    text, resources = ScriptExporter().from_filename(str(lab))
    assert resources["output_extension"] == ".py"
    assert "SEED = " in text
