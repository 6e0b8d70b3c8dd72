"""Does a lab hold on other processors, and with other seeds?

``make portable`` executes the labs on each code path that this processor offers, and those that
train networks with eight fresh seeds besides. It prints for every claim the closest call over all
runs, and ends in an error if

- a lab stops, or a claim fails, on a code path, or torch did not take it;
- an order has the wrong sign in any run;
- a claim is missed under more than one of the fresh seeds.

What was run is kept in ``_build/portable`` with the lab's key, the processor and the path's
variables, so that only what changed runs again.
Run it for a decision, not until it passes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from modelcollapse import _machine
from pipeline import dependencies, execution, labs

STORE = labs.ROOT / "_build" / "portable"
SEEDS = range(101, 109)  # fixed before anything was run
ALLOWED = 1  # of the fresh seeds that may miss a claim


# Code paths


def numpy_features() -> tuple[list[str], set[str]]:
    """What numpy chooses between at run time, and what it finds on this processor."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return __cpu_dispatch__, {name for name, found in __cpu_features__.items() if found}


def numpy_without(*beginnings: str) -> dict[str, str]:
    """Keep numpy from instruction sets that it would choose at run time."""
    chosen_between, can = numpy_features()
    barred = " ".join(n for n in chosen_between if n in can and n.startswith(beginnings))
    return {"NPY_DISABLE_CPU_FEATURES": barred} if barred else {}


def code_paths(torch: bool) -> dict[str, dict[str, str]]:
    """The environments that lead a lab down another path of this processor.

    Each is what a processor of another kind would choose, in every library at once: in all that
    choose by variables, on an x86 processor, and in numpy and torch on any other.
    """
    can = numpy_features()[1]
    x86 = "SSE2" in can
    paths: dict[str, dict[str, str]] = {
        "as it is": {},
        "two threads": dict.fromkeys(execution.THREADS, "2"),
        "baseline": ({"OPENBLAS_CORETYPE": "Prescott"} if x86 else {}) | numpy_without(""),
    }
    if "AVX2" in can:
        paths["AVX2"] = {"OPENBLAS_CORETYPE": "Haswell", **numpy_without("X86_V4", "AVX512")}
    if "AVX512F" in can:
        paths["AVX-512"] = {"OPENBLAS_CORETYPE": "SkylakeX"}
    for name, aten, onednn, mkl in (
        ("baseline", "default", "SSE41", "SSE4_2"),
        ("AVX2", "avx2", "AVX2", "AVX2"),
        ("AVX-512", "avx512", "AVX512_CORE", "AVX512"),
    ):
        if torch and name in paths:
            paths[name] |= {"ATEN_CPU_CAPABILITY": aten}
            if x86:
                paths[name] |= {"ONEDNN_MAX_CPU_ISA": onednn, "MKL_ENABLE_INSTRUCTIONS": mkl}
    return {name: path for name, path in paths.items() if path or name == "as it is"}


def off_path(environment: dict[str, str], runs_on: str | None) -> str:
    """What torch ran on, if a path asked it for something else."""
    asked = environment.get("ATEN_CPU_CAPABILITY")
    if asked is None or asked.upper() == runs_on:
        return ""
    return f"torch was asked for {asked}, and it ran on {runs_on}"


# Claims


def flat(value: Any) -> list[float]:
    return [x for item in value for x in flat(item)] if isinstance(value, list) else [value]


def used(record: dict[str, Any]) -> float:
    """How much of what a claim allows was used, above 1 if it failed.

    For an equality the distance over what is allowed; for an order the margin over the gap, and
    infinity where the sign is wrong. An order without a margin uses nothing while it holds.
    """
    measured, expected = flat(record["measured"]), flat(record["expected"])
    units = [1.0] if record["se"] is None else flat(record["se"])
    many = len(measured)
    worst = 0.0
    for m, e, u in zip(
        measured,
        expected * many if len(expected) == 1 else expected,
        units * many if len(units) == 1 else units,
        strict=True,
    ):
        distance, limit = (m - e) / u, record["limit"]
        if record["relation"] == "=":
            worst = max(worst, abs(distance) / limit)
        else:
            gap = distance if record["relation"] == ">" else -distance
            worst = max(worst, math.inf if gap <= 0 else limit / gap)
    return worst


@dataclass
class Run:
    """One execution: what it was, and what became of its claims."""

    name: str
    fresh: bool
    claims: dict[str, dict[str, Any]]
    error: str = ""
    off_path: str = ""

    def outcome(self, claim: str) -> float:
        return used(self.claims[claim]) if claim in self.claims else math.nan

    def holds(self, claim: str) -> bool:
        return claim in self.claims and self.claims[claim]["holds"]


def faults(runs: list[Run]) -> list[str]:
    """What is wrong with a lab, in a line each."""
    found = [f"{run.name}: stopped: {run.error}" for run in runs if run.error]
    found += [f"{run.name}: {run.off_path}" for run in runs if run.off_path]
    whole = [run for run in runs if not run.error]
    for claim in sorted({name for run in whole for name in run.claims}):
        missed = []
        for run in whole:
            outcome = run.outcome(claim)
            if math.isnan(outcome):
                found.append(f"{claim}: not claimed under {run.name}")
            elif math.isinf(outcome):
                found.append(f"{claim}: the wrong sign under {run.name}")
            elif not run.fresh and not run.holds(claim):
                found.append(f"{claim}: fails under {run.name} ({outcome:.0%} of what is allowed)")
            if run.fresh and not run.holds(claim):
                missed.append(run.name)
        if len(missed) > ALLOWED:
            found.append(f"{claim}: missed under {', '.join(missed)}")
    return found


# Running


def kept(lab: Path) -> Path:
    return STORE / f"{lab.stem}.json"


def books(lab: Path) -> NotebookNode | None:
    """The book's execution of a lab, if it is of the present code and of this processor."""
    if lab in execution.out_of_date():
        return None
    notebook = execution.executed(lab)
    here = _machine.processor()
    return notebook if notebook.metadata["execution"]["machine"]["processor"] == here else None


def execute(lab: Path, name: str, seed: int | None, environment: dict[str, str]) -> dict[str, Any]:
    """One execution, as it is kept.

    As it is and with its own seed it may be the book's, if that was executed on this processor.
    """
    print(f"  {lab.stem}: {name}", flush=True)
    try:
        notebook = None if seed is not None or environment else books(lab)
        if notebook is None:
            notebook = execution.run_one(lab, seed=seed, environment=environment)
    except labs.LabFailed as error:
        lines = str(error).strip().splitlines()
        return {"error": f"{lines[0]} {lines[-1]}", "claims": {}, "environment": environment}
    fields = ("measured", "expected", "se", "limit", "relation", "holds")
    claims = {
        record["name"]: {field: record[field] for field in fields}
        for kind, record, _ in labs.records(notebook)
        if kind == "claim"
    }
    spent = notebook.metadata["execution"]
    return {
        "claims": claims,
        "seconds": spent["cpu_seconds"],
        "where": execution.where(notebook),
        "torch runs on": spent["machine"].get("torch runs on"),
        "environment": environment,
    }


def runs_of(labs: list[Path], jobs: int) -> dict[str, list[Run]]:
    """Run what has not been run with this code, and return it all."""
    STORE.mkdir(parents=True, exist_ok=True)
    wanted, held = {}, {}
    for lab in labs:
        of = {"key": dependencies.key(lab), "processor": _machine.processor()}
        torch = "torch" in dependencies.dependencies(lab)[1]
        each = {name: (None, path) for name, path in code_paths(torch).items()}
        if torch:
            each |= {f"seed {seed}": (seed, {}) for seed in SEEDS}
        wanted[lab] = each
        old = json.loads(kept(lab).read_text("utf-8")) if kept(lab).exists() else {}
        runs = old["runs"] if of.items() <= old.items() else {}
        held[lab] = of | {
            "runs": {
                name: run
                for name, run in runs.items()
                if name in each and run["environment"] == each[name][1]
            }
        }

    writing = threading.Lock()

    def work(lab: Path, name: str) -> None:
        run = execute(lab, name, *wanted[lab][name])
        with writing:
            held[lab]["runs"][name] = run
            part = kept(lab).with_suffix(".part")
            part.write_text(json.dumps(held[lab]), "utf-8")
            part.replace(kept(lab))

    todo = [(lab, name) for lab in labs for name in wanted[lab] if name not in held[lab]["runs"]]
    print(f"{len(todo)} executions, {sum(map(len, wanted.values())) - len(todo)} kept", flush=True)
    execution.at_once(jobs, work, todo)
    return {
        lab.stem: [
            Run(
                name,
                seed is not None,
                one["claims"],
                one.get("error", ""),
                "" if "error" in one else off_path(environment, one["torch runs on"]),
            )
            for name, (seed, environment) in wanted[lab].items()
            for one in [held[lab]["runs"][name]]
        ]
        for lab in labs
    }


def closest(runs: list[Run]) -> list[tuple[str, float, str]]:
    """For each claim the largest part of what it allows that was used, and in which run."""
    whole = [run for run in runs if not run.error]
    names = list(dict.fromkeys(name for run in whole for name in run.claims))
    calls = []
    for claim in names:
        worst = max((run for run in whole if claim in run.claims), key=lambda r: r.outcome(claim))
        calls.append((claim, worst.outcome(claim), worst.name))
    return sorted(calls, key=lambda call: -call[1])


def main() -> int:
    parser = argparse.ArgumentParser(description="Execute labs on every code path.")
    parser.add_argument("labs", nargs="*", help="numbers such as 08 (all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args()
    chosen = [
        lab
        for lab in labs.labs()
        if not wanted.labs or any(lab.stem.startswith(number) for number in wanted.labs)
    ]
    if not chosen:
        sys.exit(f"no lab begins with {' or '.join(wanted.labs)}")
    wrong = []
    for stem, runs in runs_of(chosen, wanted.jobs).items():
        print(f"\n{stem}: {len(runs)} runs, the closest call of each claim")
        for claim, part, name in closest(runs):
            print(f"  {part:7.0%}  {claim:32} {name}")
        wrong += [f"{stem}: {fault}" for fault in faults(runs)]
    print()
    print("\n".join(wrong) or "every claim holds on every path")
    return len(wrong) > 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nstopped; what was done is kept", file=sys.stderr, flush=True)
        os._exit(130)
