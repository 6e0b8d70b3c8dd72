"""A book of one small lab, built with the extensions and the configuration of the real one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from support import ROOT, build

NOT_COPIED = shutil.ignore_patterns(
    *("_build", ".*", "*.egg-info", "__pycache__", "dist", "node_modules", "tests")
)
TAKEN = ["_config.yml", "pyproject.toml", "README.md", "LICENSE", "requirements.txt"]
TAKEN += ["constraints.txt", "modelcollapse", "pipeline", "book/_ext", "book/_static"]
TAKEN += ["book/_templates", "book/references.bib"]

TOC = """format: jb-book
root: book/index
chapters:
  - file: book/02_small
    sections:
      - file: notebooks/02_small
  - file: book/claims
  - file: book/alone
"""
PAGES = {
    "index": (
        "# Front\n\n```{failed-claims}\n```\n\nOf them {claims-held}`claims`.\n\n"
        "```{lab-figure} 02_small::line\nThe line, on another page.\n```\n"
    ),
    "02_small": (
        "---\nchapter:\n  hook: A line rises.\n  picture: line\n  assumes: lines\n"
        "  helps: paper\n  gives: a line\n  read: 1\n  run: 1\n  budget: 9\n---\n\n"
        "# Small\n\nIt is {num}`02_small::number:.2f`, {claim}`02_small::equal`, see "
        "{numref}`fig:02_small:line`.\n\n"
        "```{lab-figure} 02_small::line\nThe line, with $x$.\n```\n\n"
        "```{lab-figure} 02_small::alive\nThe line that moves.\n```\n"
    ),
    "claims": "# Claims\n\n```{claims-summary}\n```\n\n```{claims-table}\n```\n",
    "alone": "# Alone\n\nThis page quotes nothing.\n",
}
LAB = {
    "title": "# Lab 2: small\n\nSee [the text](../book/02_small.md).",
    "imports": (
        "import altair as alt\nimport matplotlib.pyplot as plt\n\n"
        "from modelcollapse import plots\nfrom modelcollapse.claims import claim, report\n"
        "from modelcollapse.small import VALUE\n\nplots.use_style()"
    ),
    "number": "report('number', VALUE + 0.5, 'the number')",
    "equal": "claim('equal', 'One is one', 1.0, 1.0, tolerance=0.1, source='arithmetic')",
    "line": (
        "fig, ax = plt.subplots()\nax.plot([1, 2, 3])\n"
        "plots.show(fig, 'line', 'A line that rises from one to three over two steps')"
    ),
    "alive": (
        "slider = alt.param(name='n', value=2, bind=alt.binding_range(min=1, max=9, step=1))\n"
        "data = alt.Data(values=[{'x': i} for i in range(9)])\n"
        "chart = alt.Chart(data).mark_line().encode(x='x:Q', y='x:Q').add_params(slider)\n"
        "chart = chart.transform_filter('datum.x < n').properties(width='container')\n"
        "plots.living(chart, 'alive', 'A line that grows as long as the slider says')"
    ),
    "play": (
        "def draw(n, style, title):\n    fig, ax = plt.subplots()\n"
        "    ax.plot(range(n), ls=style)\n    return fig\n\n"
        "plots.play(draw, 'played', 'A line that grows as long as the slider says',\n"
        "           n=(2, 9, 1, 3), style=['-', '--', ':'], title='<a>')"
    ),
}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
MODULE = '"""A module of the package."""\n\nVALUE = 3.0\n'


class SmallBook:
    """The book in its folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.html = root / "_build" / "html"

    def write(self) -> None:
        for name in TAKEN:
            source, target = ROOT / name, self.root / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=NOT_COPIED)
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        (self.root / "_toc.yml").write_text(TOC, "utf-8")
        self.module(MODULE)
        self.lab(LAB)
        for name, text in PAGES.items():
            self.page(name, text)

    def module(self, source: str) -> None:
        (self.root / "modelcollapse" / "small.py").write_text(source, "utf-8")

    def page(self, name: str, text: str) -> None:
        (self.root / "book" / f"{name}.md").write_text(text, "utf-8")

    def lab(self, cells: dict[str, str], exercises: Sequence[NotebookNode] = ()) -> None:
        notebook = nbformat.v4.new_notebook()
        notebook.metadata.kernelspec = KERNEL
        for name, source in cells.items():
            new = nbformat.v4.new_markdown_cell if name == "title" else nbformat.v4.new_code_cell
            notebook.cells.append(new(source, id=name))
        notebook.cells += exercises
        file = self.root / "notebooks" / "02_small.ipynb"
        file.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, file)

    def edit_lab(self, cell: str, old: str, new: str) -> None:
        assert old in LAB[cell]
        self.lab(LAB | {cell: LAB[cell].replace(old, new)})

    def build(
        self, edition: str = "", output: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return build(self.root, output, edition)

    def failed(self) -> subprocess.CompletedProcess[str]:
        """What the last step of `make book` says: which claims failed."""
        command = [sys.executable, "-m", "pipeline.execution", "--failed"]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def shown(self, page: str) -> str:
        return (self.html / f"{page}.html").read_text("utf-8")

    def pictures(self, page: str) -> list[bytes]:
        """What the pictures of a page's article show."""
        article = self.shown(page).partition("<article")[2].partition("</article>")[0]
        sources = re.findall(r'<img\b[^>]*\bsrc="([^"]+\.svg)"', article)
        return [((self.html / page).parent / source).read_bytes() for source in sources]

    def written(self) -> dict[str, int]:
        """When each page was written."""
        pages = self.html.rglob("*.html")
        return {str(p.relative_to(self.html)): p.stat().st_mtime_ns for p in pages}
