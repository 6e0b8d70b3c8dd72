"""A lab in a running JupyterLab: the chart draws, and the slider moves the figure."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from conftest import ROOT

CELLS = [
    "import altair as alt\nimport matplotlib.pyplot as plt\nfrom modelcollapse import plots",
    """data = alt.Data(values=[{"x": i} for i in range(9)])
chart = alt.Chart(data).mark_line().encode(x="x:Q", y="x:Q").properties(width="container")
plots.living(chart, "alive", "A line that rises from zero to eight")""",
    """def draw(n):
    fig, ax = plt.subplots()
    ax.plot(range(n))
    return fig

plots.play(draw, "line", "A line of n points that rises by one", n=(2, 20, 1, 5))""",
]
MOVED = "before => document.querySelector('.jp-OutputArea .jp-RenderedSVG').innerHTML !== before"


@pytest.fixture
def jupyterlab(tmp_path: Path) -> Iterator[str]:
    """Address of a JupyterLab with one small lab, started as the README says."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    lab = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    lab.cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(lab, tmp_path / "small.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("jupyter")), "lab", str(tmp_path)]
    command += ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--IdentityProvider.token=", "--ServerApp.port_retries=0"]
    environment = {k: v for k, v in os.environ.items() if k != "COPIES_OF_COPIES_BUILD"}
    environment |= {"PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    log = (tmp_path / "log").open("w")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}/lab"
    try:
        for _ in range(120):
            try:
                urlopen(address).close()
                break
            except URLError:
                time.sleep(0.5)
        else:
            pytest.fail((tmp_path / "log").read_text())
        yield f"{address}/tree/small.ipynb"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def test_a_lab_is_alive_in_jupyterlab(jupyterlab: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    outside: list[str] = []
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((jupyterlab.split("/lab")[0], "data:", "blob:"))
            else outside.append(request.url)
        ),
    )
    page.goto(jupyterlab)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    chart = page.wait_for_selector(".living-chart svg", timeout=60_000)
    assert chart.bounding_box()["width"] > 400, "the chart does not fill its cell"
    handle = page.wait_for_selector(".noUi-handle", timeout=60_000)
    picture = ".jp-OutputArea .jp-RenderedSVG"
    before = page.wait_for_selector(picture, timeout=60_000).inner_html()
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(MOVED, arg=before, timeout=60_000)
    assert outside == []
    page.close()
