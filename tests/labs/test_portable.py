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

EQUAL = {"relation": "=", "measured": 1.0, "expected": 1.1, "se": None, "limit": 0.2}
ABOVE = {"relation": ">", "measured": 2.0, "expected": 1.0, "se": None, "limit": 0.5}


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


def runs(*records: dict[str, Any], fresh: bool) -> list[Run]:
    return [Run(f"run {i}", fresh, {"it": record}) for i, record in enumerate(records)]


MISSED = ABOVE | {"measured": 1.2}
WRONG = ABOVE | {"measured": 0.9}


def test_what_holds_has_no_fault() -> None:
    assert faults(runs(ABOVE, EQUAL, fresh=False) + runs(ABOVE, EQUAL, fresh=True)) == []


def test_a_claim_must_hold_on_every_code_path() -> None:
    (fault,) = faults(runs(ABOVE, MISSED, fresh=False))
    assert fault.startswith("it: fails under run 1")


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


@pytest.mark.parametrize("can", [set(), {"avx2"}, {"avx2", "avx512f"}])
def test_paths_are_those_of_the_processor(can: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portable, "flags", lambda: can)
    wanted = ["as it is", "two threads"]
    wanted += ["without AVX"] * bool(can) + ["AVX2"] * ("avx2" in can)
    wanted += ["AVX-512"] * ("avx512f" in can)
    with_torch, without = portable.code_paths(torch=True), portable.code_paths(torch=False)
    assert list(with_torch) == list(without) == wanted
    for name in wanted[2:]:  # every library is led down the path, and torch where there is torch
        libraries = {variable.split("_")[0] for variable in with_torch[name]}
        assert libraries >= {"ATEN", "ONEDNN", "MKL", "OPENBLAS"}
        assert {variable.split("_")[0] for variable in without[name]} <= {"OPENBLAS", "NPY"}


def test_numpy_is_kept_from_what_the_older_processor_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    from numpy._core import _multiarray_umath as numpy

    monkeypatch.setattr(numpy, "__cpu_dispatch__", ["X86_V3", "X86_V4", "AVX512_ICL", "NEON"])
    can = {"X86_V3": True, "X86_V4": True, "AVX512_ICL": True, "NEON": False}
    monkeypatch.setattr(numpy, "__cpu_features__", can)
    monkeypatch.setattr(portable, "flags", lambda: {"avx2", "avx512f"})
    paths = portable.code_paths(torch=False)
    barred = {name: path.get("NPY_DISABLE_CPU_FEATURES") for name, path in paths.items()}
    assert barred["without AVX"] == "X86_V3 X86_V4 AVX512_ICL"
    assert barred["AVX2"] == "X86_V4 AVX512_ICL"
    assert barred["AVX-512"] is barred["as it is"] is None


def test_the_run_of_the_book_counts_as_the_run_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lab, stale, ran = portable.labs.labs()[0], [], []
    record = {"name": "it", **ABOVE}
    run = SimpleNamespace(metadata={"execution": {"cpu_seconds": 1.0}})

    def run_one(lab: Path, seed: int | None, environment: dict[str, str]) -> Any:
        ran.append((seed, environment))
        return run

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


def test_only_what_changed_runs_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, ran = ["first"], []
    lab = tmp_path / "01_small.ipynb"
    monkeypatch.setattr(portable, "STORE", tmp_path / "store")
    monkeypatch.setattr(portable.dependencies, "key", lambda lab: key[0])
    monkeypatch.setattr(portable.dependencies, "dependencies", lambda lab: ({}, {}))
    monkeypatch.setattr(portable, "code_paths", lambda torch: {"a": {}, "b": {}})

    together = threading.Barrier(2)

    def execute(lab: Path, name: str, seed: int | None, environment: Any) -> dict[str, Any]:
        ran.append(name)
        together.wait(10)  # both end at the same time, and both are kept
        return {"claims": {"it": ABOVE}}

    monkeypatch.setattr(portable, "execute", execute)
    first = portable.runs_of([lab], 2)
    assert sorted(ran) == ["a", "b"] and [run.name for run in first["01_small"]] == ["a", "b"]
    assert portable.runs_of([lab], 2) == first and len(ran) == 2
    key[0] = "second"
    portable.runs_of([lab], 2)
    assert sorted(ran) == ["a", "a", "b", "b"]


def test_a_lab_that_trains_networks_gets_eight_fresh_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = []
    monkeypatch.setattr(portable, "STORE", tmp_path / "store")
    monkeypatch.setattr(portable.dependencies, "key", lambda lab: "key")
    monkeypatch.setattr(portable.dependencies, "dependencies", lambda lab: ({}, {"torch": "2"}))

    def execute(lab: Path, name: str, seed: int | None, environment: Any) -> dict[str, Any]:
        seeds.append(seed)
        return {"claims": {}}

    monkeypatch.setattr(portable, "execute", execute)
    portable.runs_of([tmp_path / "08.ipynb"], 1)
    assert len({seed for seed in seeds if seed is not None}) == 8
