"""What readers take away from the site: each lab with stubs, its solutions, and all in one zip.

Everything is cut from the labs when the site is written, into ``downloads/``. Where the address
of the repository is set, each lab also has a Binder link and a Colab link; the Colab copy begins
with a cell that installs the package.

In the coursework edition there are no solutions among them, and no link to the labs in the
repository, which hold theirs.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from pipeline import wheel
from pipeline.handout import without_links, without_solutions
from pipeline.labs import PACKAGE, ROOT, labs

COURSEWORK = "coursework"
ZIP = "copies-of-copies-labs.zip"
PAGES_BRANCH = "gh-pages"
PINS = ("requirements.txt", "constraints.txt")
README = """Labs of Copies of Copies

Needs Python 3.11 to 3.14. In this folder:

    python -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt {wheel}
    .venv/bin/jupyter lab notebooks

On Windows, write .venv\\Scripts\\ in place of .venv/bin/.
"""
README_SOLUTIONS = "The solutions are in the folder solutions.\n"


def edition() -> str:
    """The edition to build, from the environment variable EDITION: empty for the whole book.

    Raises
    ------
    ExtensionError
        If there is no such edition.
    """
    name = os.environ.get("EDITION", "")
    if name not in ("", COURSEWORK):
        raise ExtensionError(f"EDITION must be empty or {COURSEWORK!r}, got {name!r}")
    return name


def lab_links(stem: str, repository: str = "", branch: str = "main", edition: str = "") -> str:
    """HTML of the links at the head of a lab's page.

    Parameters
    ----------
    stem : str
        The lab's file name without its ending.
    repository : str
        Address of the published repository; without one there are no launch links.
    branch : str
        Its branch.
    edition : str
        The edition of the book.
    """
    links = [(f"../downloads/{stem}.ipynb", "Download this lab")]
    if edition != COURSEWORK:
        links.append((f"../downloads/{stem}_solutions.ipynb", "Its solutions"))
    links.append((f"../downloads/{ZIP}", "All labs (zip)"))
    if slug := repository_slug(repository):
        binder = (
            f"https://mybinder.org/v2/gh/{slug}/{branch}?urlpath=lab/tree/notebooks/{stem}.ipynb"
        )
        colab = (
            f"https://colab.research.google.com/github/{slug}/blob/{PAGES_BRANCH}"
            f"/downloads/colab/{stem}.ipynb"
        )
        if edition != COURSEWORK:
            links.append((binder, "Run on Binder"))
        links.append((colab, "Run on Colab"))
    items = " ".join(
        f'<a href="{url}"{" download" if url.startswith("..") else ""}>{text}</a>'
        for url, text in links
    )
    return f'<p class="lab-links">{items}</p>'


def repository_slug(repository: str) -> str | None:
    """Owner and name of a repository on GitHub, the only place the launch links know."""
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(\.git)?/?", repository)
    return match[1] if match else None


def standalone(lab: NotebookNode) -> NotebookNode:
    """A lab that leaves the tree: links to the book's pages, which do not go with it, are text."""
    for cell in lab.cells:
        if cell.cell_type == "markdown":
            cell.source = without_links(cell.source)
    return lab


def colab_copy(lab: NotebookNode, package: str, slug: str) -> NotebookNode:
    """A lab with a first cell that installs the package from the published site."""
    address = f"https://raw.githubusercontent.com/{slug}/{PAGES_BRANCH}/downloads/{package}"
    install = nbformat.v4.new_code_cell(
        f'%pip install -q "modelcollapse[labs,data] @ {address}"', id="install-package"
    )
    copy = nbformat.from_dict(lab)
    copy.cells.insert(0, install)
    return copy


def _made_of(repository: str, edition: str) -> bytes:
    """A digest of everything that the downloads are made of."""
    package = [f for f in (ROOT / PACKAGE).rglob("*.*") if f.suffix in (".py", ".js")]
    sources = [*labs(), *sorted(package), Path(__file__)]
    sources += [*sorted(Path(wheel.__file__).parent.glob("*.py"))]
    sources += [ROOT / name for name in (*PINS, *wheel.FILES)]
    digest = hashlib.sha256(f"{repository} {edition}".encode())
    for path in sources:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest().encode()


def _comment(archive: Path) -> bytes:
    if not archive.exists():
        return b""
    with zipfile.ZipFile(archive) as opened:
        return opened.comment


def write_downloads(folder: Path, repository: str = "", edition: str = "") -> None:
    """Write every download into `folder`, unless nothing they are made of has changed.

    The zip's comment is a digest of what they were made of.
    """
    made_of, slug = _made_of(repository, edition), repository_slug(repository)
    if _comment(folder / ZIP) == made_of:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    package = wheel.build_wheel(folder)
    content = {name: (ROOT / name).read_text("utf-8") for name in PINS}
    solved = edition != COURSEWORK
    content["README.txt"] = README.format(wheel=package.name) + README_SOLUTIONS * solved
    for path in labs():
        lab = standalone(nbformat.read(path, as_version=4))
        stub = without_solutions(lab)
        (folder / path.name).write_text(nbformat.writes(stub), "utf-8")
        content[f"notebooks/{path.name}"] = nbformat.writes(stub)
        if solved:
            content[f"solutions/{path.name}"] = nbformat.writes(lab)
            solutions = folder / f"{path.stem}_solutions.ipynb"
            solutions.write_text(content[f"solutions/{path.name}"], "utf-8")
        if slug:
            (folder / "colab").mkdir(exist_ok=True)
            copy = colab_copy(stub, package.name, slug)
            (folder / "colab" / path.name).write_text(nbformat.writes(copy), "utf-8")
    with zipfile.ZipFile(folder / ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = made_of
        for name in sorted(content):
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content[name])
        archive.writestr(zipfile.ZipInfo(package.name, (2024, 1, 1, 0, 0, 0)), package.read_bytes())


def repository(app: Sphinx) -> tuple[str, str]:
    """Address and branch of the published repository, as ``_config.yml`` has them."""
    options = app.config.html_theme_options
    return options.get("repository_url") or "", options.get("repository_branch") or "main"


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write the downloads when the site is."""
    if error is None and app.builder.format == "html":
        write_downloads(Path(app.outdir) / "downloads", repository(app)[0], edition())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
