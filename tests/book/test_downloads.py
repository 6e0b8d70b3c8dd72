"""What readers take away: labs with stubs, solutions, and a zip that works on its own."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import lab_downloads
import nbformat
import pytest
from support import ROOT, Site

from pipeline import labs
from pipeline.handout import SOLUTION_IN_CODE, SOLUTION_IN_TEXT

each_lab = pytest.mark.parametrize("lab", labs.labs(), ids=lambda path: path.stem)
WHEEL = re.compile(r"modelcollapse-\d+(\.\d+)+-py3-none-any\.whl")


def hidden_lines(lab: Path) -> list[str]:
    """The lines of a lab that stand inside solutions, and nowhere outside of them."""
    inside, outside = [], []
    for cell in nbformat.read(lab, as_version=4).cells:
        pattern = SOLUTION_IN_CODE if cell.cell_type == "code" else SOLUTION_IN_TEXT
        inside += [
            line for m in pattern.finditer(cell.source) for line in m["solution"].split("\n")
        ]
        outside.append(pattern.sub("", cell.source))
        if "rubric" in cell.metadata.get("tags", []):
            inside += cell.source.split("\n")
            outside.pop()
    rest = "\n".join(outside)
    return [line.strip() for line in inside if len(line.strip()) >= 8 and line.strip() not in rest]


@pytest.fixture(scope="module")
def downloads(site: Site) -> Path:
    return site.html / "downloads"


@pytest.fixture(scope="module")
def unpacked(downloads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(downloads / lab_downloads.ZIP) as archive:
        archive.extractall(folder)
    return folder


@each_lab
def test_stubs_and_solutions(lab: Path, downloads: Path) -> None:
    """The first file holds no line of a solution; the second holds them all."""
    lines = hidden_lines(lab)
    assert len(lines) >= 5
    stub = nbformat.read(downloads / lab.name, as_version=4)
    solved = nbformat.read(downloads / f"{lab.stem}_solutions.ipynb", as_version=4)
    for notebook in (stub, solved):
        nbformat.validate(notebook)
        assert all(not c.get("outputs") for c in notebook.cells)
    text = "\n".join(cell.source for cell in stub.cells)
    assert [line for line in lines if line in text] == []
    assert "SOLUTION" not in text and "Rubric" not in text
    solution_text = "\n".join(cell.source for cell in solved.cells)
    assert [line for line in lines if line not in solution_text] == []


def test_what_the_zip_holds(unpacked: Path) -> None:
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*.*")}
    notebooks = {lab.name for lab in labs.labs()}
    (wheel,) = (name for name in names if name.endswith(".whl"))
    assert WHEEL.fullmatch(wheel)
    assert names == {
        *(f"notebooks/{name}" for name in notebooks),
        *(f"solutions/{name}" for name in notebooks),
        *("requirements.txt", "constraints.txt", "README.txt", wheel),
    }
    readme = (unpacked / "README.txt").read_text("utf-8")
    assert wheel in readme and "requirements.txt" in readme and "Windows" in readme


@each_lab
def test_the_zip_holds_the_same_labs(lab: Path, unpacked: Path, downloads: Path) -> None:
    for place, name in (("notebooks", lab.name), ("solutions", f"{lab.stem}_solutions.ipynb")):
        assert (unpacked / place / lab.name).read_bytes() == (downloads / name).read_bytes()
    for place in ("notebooks", "solutions"):
        for cell in nbformat.read(unpacked / place / lab.name, as_version=4).cells:
            assert "../book/" not in cell.source, f"{cell.id} links to a page that is not there"


def test_the_wheel_is_the_package(unpacked: Path, downloads: Path) -> None:
    (wheel,) = unpacked.glob("*.whl")
    assert wheel.read_bytes() == (downloads / wheel.name).read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        package = (ROOT / "modelcollapse").rglob("*.*")
        for file in (file for file in package if file.suffix in (".py", ".js")):
            name = file.relative_to(ROOT).as_posix()
            assert archive.read(name) == file.read_bytes(), name
        packed = [
            n for n in archive.namelist() if not n.startswith(("modelcollapse/", "modelcollapse-"))
        ]
        assert packed == []


def test_the_wheel_works_without_the_tree(unpacked: Path, tmp_path: Path) -> None:
    """Installed into an empty folder, away from the tree, it imports and runs a loop."""
    (wheel,) = unpacked.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(tmp_path), str(wheel)], check=True)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import numpy, modelcollapse.loop as m;"
        "from modelcollapse.models import Gaussian; from modelcollapse.regimes import Replace;"
        "r = numpy.random.default_rng(1); x = r.normal(size=(3, 9));"
        "h = m.run(Gaussian(), x, Replace(), 4, r); print(m.__file__)"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(tmp_path))


def test_the_requirements_of_the_zip_are_pinned(unpacked: Path) -> None:
    lines = (unpacked / "requirements.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", "-c "))]
    assert len(pins) >= 8
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    assert "-c constraints.txt" in lines and (unpacked / "constraints.txt").exists()


def test_archives_are_the_same_bytes_twice(downloads: Path, tmp_path: Path) -> None:
    lab_downloads.write_downloads(tmp_path)
    one, two = (
        {p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in (downloads, tmp_path)
    )
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


# Launch links


@pytest.mark.parametrize("repository", ["", "https://example.org", "not an address"])
def test_no_launch_link_without_a_repository(repository: str) -> None:
    links = lab_downloads.lab_links("02_gaussian", repository)
    assert "binder" not in links.lower() and "colab" not in links.lower()
    assert links.count("<a ") == 3


@pytest.mark.parametrize("address", ["https://github.com/a/b-c", "https://github.com/a/b-c.git/"])
def test_launch_links_of_a_repository(address: str) -> None:
    links = lab_downloads.lab_links("02_gaussian", address, "trunk")
    hrefs = re.findall(r'href="(https://[^"]+)"', links)
    assert hrefs == [
        "https://mybinder.org/v2/gh/a/b-c/trunk?urlpath=lab/tree/notebooks/02_gaussian.ipynb",
        "https://colab.research.google.com/github/a/b-c/blob/gh-pages/downloads/colab/"
        "02_gaussian.ipynb",
    ]


@each_lab
def test_the_links_of_a_lab_are_on_its_page(lab: Path, site: Site) -> None:
    """And no launch link, as long as ``_config.yml`` names no repository."""
    page = (site.html / "notebooks" / f"{lab.stem}.html").read_text("utf-8")
    for name in (lab.name, f"{lab.stem}_solutions.ipynb", lab_downloads.ZIP):
        assert f'href="../downloads/{name}"' in page
        assert (site.html / "downloads" / name).is_file()
    launches = re.findall(r"mybinder\.org|colab\.research", page)
    named = re.search(r'(?m)^  url: "?https://github', (ROOT / "_config.yml").read_text("utf-8"))
    assert bool(launches) == bool(named)


def test_the_colab_copy_installs_the_published_wheel(tmp_path: Path) -> None:
    lab_downloads.write_downloads(tmp_path, "https://github.com/a/b")
    (wheel,) = tmp_path.glob("*.whl")
    for lab in labs.labs():
        copy = nbformat.read(tmp_path / "colab" / lab.name, as_version=4)
        nbformat.validate(copy)
        first, *rest = copy.cells
        assert (
            first.source.startswith("%pip install") and f"/downloads/{wheel.name}" in first.source
        )
        assert "https://raw.githubusercontent.com/a/b/" in first.source
        assert not any("pip install" in cell.source for cell in rest)
        text = "\n".join(cell.source for cell in copy.cells)
        assert [line for line in hidden_lines(lab) if line in text] == []
