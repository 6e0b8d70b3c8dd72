"""What `make portable` judges, and what it runs again."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import portable
import pytest
from portable import Run, faults, used

from modelcollapse.claims import ClaimFailed, claim

HELD = {"se": None, "holds": True}
EQUAL = HELD | {"relation": "=", "measured": 1.0, "expected": 1.1, "limit": 0.2}
ABOVE = HELD | {"relation": ">", "measured": 2.0, "expected": 1.0, "limit": 0.5}


@pytest.mark.parametrize(
    ("record", "part"),
    [
        (EQUAL, 0.5),
        (EQUAL | {"measured": 0.8}, 1.5),
        (EQUAL | {"measured": [1.1, 1.0], "expected": 1.1}, 0.5),
        (EQUAL | {"se": 0.05, "limit": 4.0}, 0.5),
        (EQUAL | {"measured": [1.0, 1.0], "se": [0.05, 0.025], "limit": 4.0}, 1.0),
        (ABOVE, 0.5),
        (ABOVE | {"measured": 1.25}, 2.0),
        (ABOVE | {"measured": 1.0}, math.inf),
        (ABOVE | {"measured": [2.0, 0.9]}, math.inf),
        (ABOVE | {"relation": "<", "measured": 0.0}, 0.5),
        (ABOVE | {"limit": 0.0}, 0.0),
    ],
)
def test_how_much_of_what_is_allowed_was_used(record: dict[str, Any], part: float) -> None:
    assert used(record) == pytest.approx(part)


KEPT: dict[str, Any] = {"claims": {}, "environment": {}, "torch runs on": None}


def runs(*records: dict[str, Any], fresh: bool) -> list[Run]:
    return [Run(f"run {i}", fresh, {"it": record}) for i, record in enumerate(records)]


MISSED = ABOVE | {"measured": 1.2, "holds": False}
WRONG = ABOVE | {"measured": 0.9, "holds": False}
EVEN = ABOVE | {"measured": 1.5, "holds": False}  # as wide as its margin, which must be exceeded


def test_what_holds_has_no_fault() -> None:
    assert faults(runs(ABOVE, EQUAL, fresh=False) + runs(ABOVE, EQUAL, fresh=True)) == []


def test_a_claim_must_hold_on_every_code_path() -> None:
    (fault,) = faults(runs(ABOVE, MISSED, fresh=False))
    assert fault.startswith("it: fails under run 1")


def test_a_gap_as_wide_as_its_margin_fails_as_in_the_lab() -> None:
    with pytest.raises(ClaimFailed):
        claim("it", "It is", 1.5, 1.0, relation=">", tolerance=0.5, source="here")
    assert used(EVEN) == 1
    (fault,) = faults(runs(ABOVE, EVEN, fresh=False))
    assert fault.startswith("it: fails under run 1")
    assert faults(runs(EVEN, EVEN, fresh=True)) == ["it: missed under run 0, run 1"]


def test_one_fresh_seed_may_miss_a_margin_and_two_may_not() -> None:
    assert faults(runs(ABOVE, MISSED, ABOVE, fresh=True)) == []
    assert faults(runs(MISSED, MISSED, ABOVE, fresh=True)) == ["it: missed under run 0, run 1"]


@pytest.mark.parametrize("fresh", [False, True])
def test_no_run_may_have_the_wrong_sign(fresh: bool) -> None:
    assert faults(runs(ABOVE, WRONG, fresh=fresh)) == ["it: the wrong sign under run 1"]


def test_a_lab_that_stops_and_a_claim_that_is_not_made_are_faults() -> None:
    stopped = Run("a path", False, {}, "02.ipynb ZeroDivisionError")
    assert faults([stopped, *runs(ABOVE, fresh=True)]) == [
        "a path: stopped: 02.ipynb ZeroDivisionError"
    ]
    silent = Run("a path", False, {})
    assert faults([silent, *runs(ABOVE, fresh=True)]) == ["it: not claimed under a path"]


@pytest.mark.parametrize(
    ("runs_on", "fault"),
    [
        ("AVX2", []),
        ("AVX512", ["AVX2: torch was asked for avx2, and it ran on AVX512"]),
        (None, ["AVX2: torch was asked for avx2, and it ran on None"]),
    ],
)
def test_torch_must_take_the_path_it_is_asked_for(
    runs_on: str | None, fault: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {"as it is": {}, "AVX2": {"ATEN_CPU_CAPABILITY": "avx2"}}
    monkeypatch.setattr(portable, "STORE", tmp_path / "store")
    monkeypatch.setattr(portable.dependencies, "key", lambda lab: "key")
    monkeypatch.setattr(portable.dependencies, "dependencies", lambda lab: ({}, {"torch": "2"}))
    monkeypatch.setattr(portable, "code_paths", lambda torch: paths)
    monkeypatch.setattr(portable, "execute", lambda *_, **__: KEPT | {"torch runs on": runs_on})
    assert faults(portable.runs_of([tmp_path / "08.ipynb"], 1)["08"]) == fault


X86 = ["X86_V3", "X86_V4", "AVX512_ICL"]  # what numpy chooses between there


@pytest.mark.parametrize(
    ("chosen_between", "can", "with_torch", "without"),
    [
        ([], [], ["baseline"], []),
        (["ASIMDHP", "SVE"], ["NEON", "ASIMDHP"], ["baseline"], ["baseline"]),
        (X86, ["SSE2"], ["baseline"], ["baseline"]),
        (X86, ["SSE2", "AVX2", "X86_V3"], ["baseline", "AVX2"], ["baseline", "AVX2"]),
        (X86, ["SSE2", "AVX2", "AVX512F", *X86], *[["baseline", "AVX2", "AVX-512"]] * 2),
    ],
    ids=["neither", "ARM", "SSE", "AVX2", "AVX-512"],
)
def test_paths_are_those_of_the_processor(
    chosen_between: list[str],
    can: list[str],
    with_torch: list[str],
    without: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portable, "numpy_features", lambda: (chosen_between, set(can)))
    for torch, names in ((True, with_torch), (False, without)):
        paths = portable.code_paths(torch)
        assert list(paths) == ["as it is", "two threads", *names]
        wanted = {"OPENBLAS"} if "SSE2" in can else set()
        if torch:
            wanted |= {"ATEN", "ONEDNN", "MKL"} if "SSE2" in can else {"ATEN"}
        for name in names:  # every library is led down the path, and torch where there is torch
            libraries = {variable.split("_")[0] for variable in paths[name]}
            assert libraries - {"NPY"} == wanted
    assert portable.code_paths(True)["baseline"]["ATEN_CPU_CAPABILITY"] == "default"


@pytest.mark.parametrize(
    ("chosen_between", "can", "barred"),
    [
        (
            X86,
            ["SSE2", "AVX2", "AVX512F", *X86],
            {"baseline": "X86_V3 X86_V4 AVX512_ICL", "AVX2": "X86_V4 AVX512_ICL"},
        ),
        (["ASIMDHP", "ASIMDDP", "SVE"], ["NEON", "ASIMDHP"], {"baseline": "ASIMDHP"}),
    ],
    ids=["x86", "ARM"],
)
def test_numpy_is_kept_from_what_the_older_processor_lacks(
    chosen_between: list[str],
    can: list[str],
    barred: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from numpy._core import _multiarray_umath as numpy

    found = dict.fromkeys([*chosen_between, "NEON", "SSE2"], False) | dict.fromkeys(can, True)
    monkeypatch.setattr(numpy, "__cpu_dispatch__", chosen_between)
    monkeypatch.setattr(numpy, "__cpu_features__", found)
    variable = "NPY_DISABLE_CPU_FEATURES"
    paths = portable.code_paths(torch=False)
    assert {name: path[variable] for name, path in paths.items() if variable in path} == barred


def test_the_run_of_the_book_counts_as_the_run_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lab, stale, ran = portable.labs.labs()[0], [], []
    record = {"name": "it", **ABOVE}
    machine = {"processor": "this one"}
    run = SimpleNamespace(metadata={"execution": {"cpu_seconds": 1.0, "machine": machine}})

    def run_one(lab: Path, seed: int | None, environment: dict[str, str]) -> Any:
        ran.append((seed, environment))
        return run

    monkeypatch.setattr(portable._machine, "processor", lambda: "this one")
    monkeypatch.setattr(portable.execution, "out_of_date", lambda: stale)
    monkeypatch.setattr(portable.execution, "executed", lambda lab: run)
    monkeypatch.setattr(portable.execution, "run_one", run_one)
    monkeypatch.setattr(portable.execution, "where", lambda notebook: "here")
    monkeypatch.setattr(portable.labs, "records", lambda notebook: [("claim", record, "cell")])
    assert portable.execute(lab, "as it is", None, {})["claims"] == {"it": ABOVE} and not ran
    portable.execute(lab, "seed 101", 101, {})
    portable.execute(lab, "a path", None, {"A": "1"})
    stale.append(lab)
    portable.execute(lab, "as it is", None, {})
    assert ran == [(101, {}), (None, {"A": "1"}), (None, {})]
    stale.clear()
    machine["processor"] = "another"
    portable.execute(lab, "as it is", None, {})
    assert ran[3:] == [(None, {})]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab without torch, on two code paths."""
    monkeypatch.setattr(portable, "STORE", tmp_path / "store")
    monkeypatch.setattr(portable._machine, "processor", lambda: "this one")
    monkeypatch.setattr(portable.dependencies, "key", lambda lab: "key")
    monkeypatch.setattr(portable.dependencies, "dependencies", lambda lab: ({}, {}))
    monkeypatch.setattr(portable, "code_paths", lambda torch: {"a": {"A": "1"}, "b": {"B": "1"}})
    return tmp_path / "01_small.ipynb"


def test_runs_that_end_together_are_all_kept(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2)

    def execute(lab: Path, name: str, seed: int | None, environment: Any) -> dict[str, Any]:
        together.wait(10)
        return KEPT | {"claims": {name: ABOVE}, "environment": environment}

    monkeypatch.setattr(portable, "execute", execute)
    first = portable.runs_of([small], 2)
    assert [(run.name, list(run.claims)) for run in first["01_small"]] == [
        ("a", ["a"]),
        ("b", ["b"]),
    ]
    assert portable.runs_of([small], 2) == first


@pytest.mark.parametrize(
    ("what", "name", "now", "again"),
    [
        (portable.dependencies, "key", lambda lab: "second", ["a", "b"]),
        (portable._machine, "processor", lambda: "another", ["a", "b"]),
        (portable, "code_paths", lambda torch: {"a": {"A": "1"}, "b": {"B": "2"}}, ["b"]),
    ],
    ids=["the lab", "the processor", "a path's variables"],
)
def test_only_what_changed_runs_again(
    what: Any, name: str, now: Any, again: list[str], small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []

    def execute(lab: Path, name: str, seed: int | None, environment: Any) -> dict[str, Any]:
        ran.append(name)
        return KEPT | {"environment": environment}

    monkeypatch.setattr(portable, "execute", execute)
    portable.runs_of([small], 1)
    portable.runs_of([small], 1)
    assert ran == ["a", "b"]
    monkeypatch.setattr(what, name, now)
    portable.runs_of([small], 1)
    portable.runs_of([small], 1)
    assert ran[2:] == again


def test_a_lab_that_trains_networks_gets_eight_fresh_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = []
    monkeypatch.setattr(portable, "STORE", tmp_path / "store")
    monkeypatch.setattr(portable.dependencies, "key", lambda lab: "key")
    monkeypatch.setattr(portable.dependencies, "dependencies", lambda lab: ({}, {"torch": "2"}))

    def execute(lab: Path, name: str, seed: int | None, environment: Any) -> dict[str, Any]:
        seeds.append(seed)
        return KEPT

    monkeypatch.setattr(portable, "code_paths", lambda torch: {"as it is": {}})
    monkeypatch.setattr(portable, "execute", execute)
    portable.runs_of([tmp_path / "08.ipynb"], 1)
    assert len({seed for seed in seeds if seed is not None}) == 8
