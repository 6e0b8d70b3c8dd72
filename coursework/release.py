"""Writes what a teacher hands out and marks with, for one chapter.

The marking bundle is Otter's: ``otter run -a marking.zip NOTEBOOK`` takes it, and so does
Gradescope, where our own marker runs in place of Otter's. It holds the hidden tests and the secret
that their inputs are drawn from, and is the only place that does.
"""

from __future__ import annotations

import ast
import functools
import io
import json
import os
import re
import secrets
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from pipeline import handout as handouts
from pipeline import names
from pipeline.dependencies import needs
from pipeline.exercises import HEADING, Exercise, HandoutError, exercises
from pipeline.labs import ROOT, labs
from pipeline.wheel import build_wheel

HERE = Path(__file__).parent
HIDDEN = HERE / "hidden"
PIPELINE = ("__init__", "exercises", "handout", "labs", "names")  # what marking needs of it
FOR_THE_BOOK = ("jupyter-book", "django-static-mathjax")
DATE = (2024, 1, 1, 0, 0, 0)  # in archives, so that equal content is equal bytes
PYTHON = "3.11"
AUTOGRADER = "/autograder/source"  # where Gradescope unpacks a bundle
FULL, UNTOUCHED = "Ada Full.ipynb", "Ben Untouched.ipynb"
HALF, EMPTY = "Cleo Half.ipynb", "Dan Empty.ipynb"
TEST = re.compile(r"test_(?P<chapter>\d+)_(?P<exercise>\d+)_\w+")
PROMISE = re.compile(r"(?P<points>\d+(\.\d+)?) points?: (?P<sentence>\S.*)", re.DOTALL)
PARAMETERS = ["answers", "draw", "tell"]
RESERVED = {"Answers", "NotYet", "OK_FORMAT", "SECRET", "all_or_nothing", "draw", "name", "points"}
RESERVED |= {"tell", "test_case"}
PRELUDE = re.compile(r"^from coursework\.prelude import .*\n", re.MULTILINE)
SECRET = re.compile(r'^SECRET = "([0-9a-f]{32})"$', re.MULTILINE)
README = """Exercises of Copies of Copies

Needs Python 3.11 to 3.14. In this folder:

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt {wheel}
    .venv/bin/jupyter lab {notebook}

On Windows, write py -3.13 in place of python3, and .venv\\Scripts\\ in place of .venv/bin/.
"""
RUN = '''"""Marks one submission in a container, with the course's own marker."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

if __name__ == "__main__":
    from coursework.marking import gradescope

    gradescope(Path(sys.argv[1] if len(sys.argv) > 1 else "/autograder"))
'''


@dataclass(frozen=True)
class HiddenTest:
    """A hidden test, as its name and the first line of its docstring announce it."""

    function: str
    exercise: str
    points: float
    sentence: str


def find_labs(chapters: Sequence[str] = ()) -> list[Path]:
    """The labs of these chapters, such as ``"02"``, or of all."""
    numbered = {path.name[:2]: path for path in labs()}
    for chapter in chapters:
        if chapter.zfill(2) not in numbered:
            raise HandoutError(f"chapters must be among {', '.join(numbered)}, got {chapter!r}")
    return [numbered[chapter.zfill(2)] for chapter in chapters] or list(numbered.values())


def release(
    lab_path: Path,
    out: Path,
    secret: str | None = None,
    private: Path | None = None,
    *,
    hidden: Path | None = None,
) -> Path:
    """Write handout, marking bundle, rubrics, solution and samples of a lab.

    Nothing of an earlier release is touched until everything is made, and then each file is
    replaced as a whole. Other files that stand there stay.

    Parameters
    ----------
    lab_path : Path
        The lab, ``NN_stem.ipynb``.
    out : Path
        Everything is written into its folder ``NN``.
    secret : str, optional
        32 hexadecimal digits, or ``"new"``. Without it, the secret of the bundle that is there
        is kept, so that marks stay comparable; if there is none, a new one is made.
    private : Path, optional
        A folder of the teacher's own. If it holds ``NN_stem.ipynb``, the exercises in it are
        added to the lab's, with their hidden tests from ``NN_stem.py``.
    hidden : Path, optional
        The hidden tests of the lab, if not the course's own.

    Returns
    -------
    Path
        The folder that holds the release.

    Raises
    ------
    HandoutError
        If the lab is not marked up as it must be, or exercises and hidden tests do not match.
    """
    stem = lab_path.stem
    target = out / stem.split("_")[0]
    lab, parts = _sources(lab_path, hidden or HIDDEN / f"{stem}.py", private)
    found = exercises(lab)
    tests = _tests(found, parts, _secret(secret, target / "marking.zip"))
    given, solved = handouts.handout(lab), handouts.solution(lab)
    rubrics = handouts.rubrics(lab)

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=f".{target.name}-") as scratch:
        made = Path(scratch)
        for folder in ("handout", "samples"):
            (made / folder).mkdir()
        wheel, packed = _wheel()
        notebook = f"{stem}_exercises.ipynb"  # beside the lab it must not replace it
        for name, content in {
            notebook: written(given),
            wheel: packed,
            "README.txt": README.format(wheel=wheel, notebook=notebook).encode(),
            "requirements.txt": "\n".join(["-c constraints.txt", *_pins(given), ""]).encode(),
            "constraints.txt": (ROOT / "constraints.txt").read_bytes(),
        }.items():
            (made / "handout" / name).write_bytes(content)
        auto = [exercise.number for exercise in found if not exercise.written]
        everything = {exercise.number for exercise in found}
        for name, content in {
            "marking.zip": bundle(given, found, tests, rubrics),
            "rubrics.md": rubrics.encode(),
            "solution.ipynb": written(solved),
            f"samples/{FULL}": written(_answered(given, solved, everything)),
            f"samples/{UNTOUCHED}": written(given),
            f"samples/{HALF}": written(_answered(given, solved, auto[: max(1, len(auto) // 2)])),
            f"samples/{EMPTY}": b"",
        }.items():
            (made / name).touch(0o600)  # for the teacher alone
            (made / name).write_bytes(content)
        _move(made, target)
        for old in (target / "handout").glob("*.whl"):
            if old.name != wheel:
                old.unlink()
    return target


def written(notebook: NotebookNode) -> bytes:
    """A notebook as a file holds it; the same bytes for the same notebook."""
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def hidden_tests(source: str, place: str) -> list[HiddenTest]:
    """The hidden tests in a module, in order.

    Parameters
    ----------
    source : str
        The module.
    place : str
        What to call it in an error.
    """
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise HandoutError(f"{place}: line {error.lineno}: {error.msg}") from None
    bound = names.bound(source)
    if taken := sorted(bound & RESERVED):
        raise HandoutError(f"{place}: binds {taken[0]!r}, which the bundle uses; rename it")
    if any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in body):
        raise HandoutError(f"{place}: 'from __future__' cannot stand in a hidden test's module")
    found: list[HiddenTest] = []
    for node in body:
        if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test")):
            continue
        name = TEST.fullmatch(node.name)
        if not name:
            raise HandoutError(
                f"{place}: {node.name}: the name must be test_CHAPTER_EXERCISE_WORDS, such as "
                "test_2_1_unseen_shares"
            )
        promise = PROMISE.fullmatch((ast.get_docstring(node) or "").strip())
        if not promise:
            raise HandoutError(
                f"{place}: {node.name}: the docstring must read '2 points: What is right.', not "
                f"{ast.get_docstring(node)!r}"
            )
        if [argument.arg for argument in node.args.args] != PARAMETERS:
            raise HandoutError(f"{place}: {node.name}: the parameters must be {PARAMETERS}")
        if any(test.function == node.name for test in found):
            raise HandoutError(f"{place}: there are two functions {node.name}")
        found.append(
            HiddenTest(
                node.name,
                f"{name['chapter']}.{name['exercise']}",
                float(promise["points"]),
                " ".join(promise["sentence"].split()),
            )
        )
    return found


def bundle(
    given: NotebookNode, found: list[Exercise], tests: dict[str, str], rubrics: str
) -> bytes:
    """The marking bundle as a zip.

    Parameters
    ----------
    given : NotebookNode
        The handout.
    found : list of Exercise
        Its exercises.
    tests : dict
        Otter's test files, by name.
    rubrics : str
        The written exercises with model answers and rubrics.
    """
    from otter import generate  # the teacher's, not the learner's

    wheel, wheel_content = _wheel()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, source in tests.items():
            (folder / name).write_text(source, "utf-8")
        requirements = folder / "requirements.txt"
        requirements.write_text("\n".join(_requirements(given, wheel)), "utf-8")
        generate.main(
            tests_dir=scratch,
            output_path=str(folder / "otter.zip"),
            no_config=True,
            no_environment=True,
            requirements=str(requirements),
            overwrite_requirements=True,
            python_version=PYTHON,
        )
        with zipfile.ZipFile(folder / "otter.zip") as otters:
            content = {name: otters.read(name) for name in otters.namelist()}
    code = [path for path in HERE.rglob("*.py") if path.parent != HIDDEN]
    code += [ROOT / "pipeline" / f"{module}.py" for module in PIPELINE]
    content |= {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in code}
    content |= {
        "run_otter.py": RUN.encode(),
        "handout.ipynb": written(given),
        "rubrics.md": rubrics.encode(),
        "exercises.json": json.dumps([asdict(e) for e in found], indent=2).encode() + b"\n",
        "constraints.txt": (ROOT / "constraints.txt").read_bytes(),
        wheel: wheel_content,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = (0o755 if name in ("setup.sh", "run_autograder") else 0o644) << 16
            archive.writestr(info, content[name])
    return packed.getvalue()


@functools.cache
def _wheel() -> tuple[str, bytes]:
    """Name and content of the package's wheel."""
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build_wheel(Path(scratch))
        return wheel.name, wheel.read_bytes()


def _sources(
    lab_path: Path, hidden: Path, private: Path | None
) -> tuple[NotebookNode, list[tuple[Path, list[Exercise]]]]:
    """The lab with private exercises, and each module of hidden tests with its exercises."""
    lab = _read(lab_path)
    parts = [(hidden, exercises(lab))]
    if private is None:
        return lab, parts
    if not private.is_dir():
        raise HandoutError(f"private must be a folder, got {private}")
    notebook, module = private / lab_path.name, private / f"{lab_path.stem}.py"
    if not notebook.exists():
        if module.exists():
            raise HandoutError(f"{module}: there is no {notebook.name} beside it")
        return lab, parts
    joined = handouts.with_private(lab, _read(notebook))
    own = exercises(joined)[len(parts[0][1]) :]
    return joined, [*parts, (module, own)]


def _read(path: Path) -> NotebookNode:
    if not path.exists():
        raise HandoutError(f"there is no lab {path}")
    return nbformat.read(path, as_version=4)


def _tests(
    found: list[Exercise], parts: list[tuple[Path, list[Exercise]]], secret: str
) -> dict[str, str]:
    """One of Otter's test files for each exercise that is marked automatically."""
    prelude = (HERE / "prelude.py").read_text("utf-8")
    files = {}
    for module, theirs in parts:
        source = module.read_text("utf-8") if module.exists() else ""
        tests = hidden_tests(source, module.name)
        auto = {exercise.number: exercise for exercise in theirs if not exercise.written}
        for test in tests:
            if test.exercise not in auto:
                raise HandoutError(
                    f"{module.name}: {test.function} tests Exercise {test.exercise}; automatically "
                    f"marked are {', '.join(auto) or 'none'}"
                )
        for number, exercise in auto.items():
            own = [test for test in tests if test.exercise == number]
            if not own:
                raise HandoutError(
                    f"Exercise {number} is marked automatically and has no hidden test in "
                    f"{module.name}"
                )
            points = sum(test.points for test in own)
            if abs(points - exercise.points) > 1e-9:
                raise HandoutError(
                    f"Exercise {number} has {exercise.points} points, its hidden tests in "
                    f"{module.name} {points:g}"
                )
            files[f"{number.replace('.', '_')}.py"] = _rendered(
                number, own, prelude, source, secret
            )
    return files


def _rendered(
    number: str, tests: Iterable[HiddenTest], prelude: str, source: str, secret: str
) -> str:
    """A test file in Otter's exception-based format."""
    cases = [
        f"@test_case(name={test.sentence!r}, points={test.points:g}, hidden=True)\n"
        f"def case_{place}(env):\n"
        f'    {test.function}(Answers(env), draw(SECRET, "{test.function}"), tell)\n'
        for place, test in enumerate(tests, start=1)
    ]
    head = [
        "from otter.test_files import test_case",
        "",
        "OK_FORMAT = False",
        f'name = "{number}"',
        "points = None",
        "all_or_nothing = False",
        f'SECRET = "{secret}"',
    ]
    source = PRELUDE.sub("", source)  # which stands above it
    return "\n\n".join([prelude.rstrip(), source.strip(), "\n".join(head), *cases])


def _secret(asked: str | None, existing: Path) -> str:
    if asked == "new":
        return secrets.token_hex(16)
    if asked is not None:
        if not re.fullmatch(r"[0-9a-f]{32}", asked):
            raise HandoutError("secret must be 32 hexadecimal digits, or 'new'")
        return asked
    if not existing.exists():
        return secrets.token_hex(16)
    try:
        with zipfile.ZipFile(existing) as archive:
            names = [name for name in archive.namelist() if name.startswith("tests/")]
            return next(filter(None, (SECRET.search(archive.read(n).decode()) for n in names)))[1]
    except (zipfile.BadZipFile, StopIteration):
        raise HandoutError(
            f"{existing} is no marking bundle whose secret can be kept; delete it, or give one"
        ) from None


def _pins(given: NotebookNode) -> list[str]:
    """The course's requirements without what only builds the book, and torch if it is needed."""
    left_out = FOR_THE_BOOK if needs(given, "torch") else (*FOR_THE_BOOK, "torch")
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if re.match(r"[\w.-]+==", line)]
    return [line for line in pins if line.split("==")[0] not in left_out]


def _requirements(given: NotebookNode, wheel: str) -> list[str]:
    """What marking needs: what the handout needs, without JupyterLab, and Otter."""
    teaching = (HERE / "requirements.txt").read_text("utf-8").splitlines()
    kept = [line for line in _pins(given) if not line.startswith("jupyterlab==")]
    kept += [line for line in teaching if re.match(r"[\w.-]+==", line)]
    return [f"-c {AUTOGRADER}/constraints.txt", *kept, "ipykernel", f"{AUTOGRADER}/{wheel}"]


def _answered(given: NotebookNode, solved: NotebookNode, numbers: Collection[str]) -> NotebookNode:
    """The handout with the answers to some exercises written in."""
    answers = {cell.id: cell.source for cell in solved.cells}
    submission, number = nbformat.from_dict(given), ""
    for cell in submission.cells:
        if heading := HEADING.match(cell.source):
            number = heading["number"]
        if number in numbers and "answer" in cell.metadata.get("tags", []):
            marks = r"(?m)^[ \t]*(# |<!-- )(BEGIN|END) SOLUTION( -->)?[ \t]*\n?"
            cell.source = re.sub(marks, "", answers[cell.id]).rstrip("\n")
    return submission


def _move(made: Path, target: Path) -> None:
    """Replace the files in `target` by those in `made`, each as a whole."""
    for file in sorted(path for path in made.rglob("*") if path.is_file()):
        place = target / file.relative_to(made)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, place)
