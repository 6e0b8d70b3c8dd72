"""Executes the labs, each once, and keeps what came out.

A lab is executed again when one of its code cells, a module of the package that it imports
(directly or not; comments and docstrings aside) or an installed version of what these import
changes, and not otherwise. The book and the tests read the same execution.

A lab sees nothing of its user's: no configuration of matplotlib, IPython or Jupyter, no home, no
other copy of the package. A claim that fails is kept in its place, and all else goes on; any other
error ends the lab.

``python -m pipeline.execution`` executes whatever is out of date; ``--failed`` says which claims
of the stored executions failed, and then ends in an error.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from pipeline.chapters import TEXTS, ChapterError, chapter
from pipeline.command import end_at_once
from pipeline.dependencies import key
from pipeline.labs import LABS, ROOT, LabFailed, code, labs, records

STORE = ROOT / "_build" / "executed"
HOME = ROOT / "_build" / "home"  # for what libraries keep between runs, such as a list of fonts
CELL_TIMEOUT = 3600  # seconds; a slow or busy machine takes minutes for one cell


def _stored(lab: Path) -> Path:
    return STORE / lab.name


def executed(lab: Path) -> NotebookNode:
    """A lab as it stands, with the outputs of its execution.

    Raises
    ------
    LabFailed
        If there is no execution of the lab's present code.
    """
    stored = _stored(lab)
    if not stored.exists():
        raise LabFailed(f"{lab.name} has not been executed: run python -m pipeline.execution")
    run = nbformat.read(stored, as_version=4)
    now = nbformat.read(lab, as_version=4)
    done = [cell for cell in run.cells if cell.cell_type == "code"]
    code = [cell for cell in now.cells if cell.cell_type == "code"]
    if [cell.source for cell in done] != [cell.source for cell in code]:
        raise LabFailed(f"{lab.name} has changed since it was executed")
    for fresh, old in zip(code, done, strict=True):
        fresh.outputs, fresh.execution_count = old.outputs, old.execution_count
    now.metadata["execution"] = run.metadata["execution"]
    return now


def digest(lab: Path) -> str:
    """A digest of a lab's execution: what pages that quote it depend on."""
    if not (stored := _stored(lab)).exists():
        return ""
    state = stored.stat()  # an execution is stored as a new file
    return _digest(stored, (state.st_ino, state.st_mtime_ns, state.st_size))


@cache
def _digest(stored: Path, state: tuple[int, ...]) -> str:
    return hashlib.sha256(stored.read_bytes()).hexdigest()


def out_of_date() -> list[Path]:
    """The labs that must be executed, the longest first."""

    def run(lab: Path) -> dict[str, Any]:
        if not _stored(lab).exists():
            return {}
        return dict(nbformat.read(_stored(lab), as_version=4).metadata["execution"])

    last = {lab: run(lab) for lab in labs()}

    def expected(lab: Path) -> float:
        try:
            return last[lab].get("seconds") or chapter(TEXTS / f"{lab.stem}.md").budget
        except (ChapterError, FileNotFoundError):  # a lab whose text is not written
            return 0

    stale = [lab for lab in last if last[lab].get("key") != key(lab)]
    return sorted(stale, key=expected, reverse=True)


# Asked of the kernel when the lab is done: what it cost, on what processor.
LAST_QUESTION = """
import json, time
spent = time.process_time()
from modelcollapse import _machine
print(json.dumps({"cpu_seconds": spent, **_machine.facts()}))
"""

# Of the caller's environment a lab gets what a program needs to run at all, and what chooses
# between the code paths of a processor.
KEPT = ("PATH", "LANG", "LC_", "TZ", "TEMP", "TMP", "SYSTEMROOT", "COMSPEC", "WINDIR", "PATHEXT")
CODE_PATHS = {"ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "OPENBLAS_CORETYPE"}
CODE_PATHS |= {"MKL_ENABLE_INSTRUCTIONS", "NPY_DISABLE_CPU_FEATURES", "LD_LIBRARY_PATH"}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def clean_environment() -> dict[str, str]:
    """What a lab's process gets of the environment: nothing that its user has set up."""
    HOME.mkdir(parents=True, exist_ok=True)
    own = {
        name: value
        for name, value in os.environ.items()
        if name.upper().startswith(KEPT) or name in CODE_PATHS
    }
    folders = ["HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"]
    folders += ["IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"]
    return {
        **own,
        **dict.fromkeys(folders, str(HOME)),
        **dict.fromkeys(THREADS, "1"),
        "PYTHONPATH": str(ROOT),  # the package of this tree, wherever another one is installed
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "COPIES_OF_COPIES_BUILD": "1",
    }


_running: set[AsyncKernelManager] = set()


def kill_all() -> None:
    """End every kernel at once."""
    for manager in list(_running):
        process = getattr(manager.provisioner, "process", None)
        if process is not None:
            process.kill()


def at_once(jobs: int, work: Callable[..., Any], todo: Sequence[tuple[Any, ...]]) -> None:
    """Do some work that runs labs, so many at a time; an interruption ends all of it at once."""
    pool = ThreadPoolExecutor(jobs)
    try:
        for waiting in [pool.submit(work, *one) for one in todo]:
            waiting.result()
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        kill_all()
        raise
    pool.shutdown()


def run_one(
    lab: Path,
    on_cell: Any = None,
    seed: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> NotebookNode:
    """Execute one lab in a process of its own, on one thread, without storing it.

    Parameters
    ----------
    lab : Path
        The notebook.
    on_cell : callable, optional
        Called after each code cell.
    seed : int, optional
        In place of the lab's own ``SEED``.
    environment : mapping, optional
        Variables on top of `clean_environment`, such as one that chooses a code path.

    Raises
    ------
    LabFailed
        If a cell raises; the message names the cell and ends with the error.
    """
    notebook = nbformat.read(lab, as_version=4)
    if seed is not None:
        reseed(notebook, seed)
    notebook.cells.append(nbformat.v4.new_code_cell(LAST_QUESTION))
    scratch = tempfile.TemporaryDirectory()
    manager = AsyncKernelManager(
        kernel_name="python3",
        # No kernel that the user has installed: this Python's own, and nothing else.
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[], data_dir=str(HOME)),
        connection_file=str(Path(scratch.name, "kernel.json")),
    )
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT,
        # What a cell showed may arrive late on a busy machine; without these it would be lost.
        iopub_timeout=CELL_TIMEOUT,
        raise_on_iopub_timeout=True,
        resources={"metadata": {"path": str(lab.parent)}},
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # not a warning about TCP for every lab
        on_cell_executed=on_cell,
    )
    start, lab_key = time.perf_counter(), key(lab)
    _running.add(manager)
    try:
        client.execute(env={**clean_environment(), **(environment or {})}, cleanup_kc=True)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        running = [c for c in notebook.cells if c.cell_type == "code" and c.execution_count]
        where = running[-1].get("id", "?") if running else "?"
        raise LabFailed(f"{lab.name}, cell {where!r}:\n{error}") from None
    except RuntimeError as error:  # the kernel did not start
        raise LabFailed(f"{lab.name}: no kernel: {error}") from None
    finally:
        _running.discard(manager)
        scratch.cleanup()
    notebook.metadata["execution"] = {
        "key": lab_key,
        "seconds": time.perf_counter() - start,
        **json.loads(notebook.cells.pop().outputs[0].text),
    }
    return notebook


def reseed(notebook: NotebookNode, seed: int) -> None:
    """Put another number in the place of the lab's ``SEED``."""
    line, changed = re.compile(r"^SEED = \d+$", re.M), 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source, times = line.subn(f"SEED = {seed}", cell.source)
            changed += times
    if changed != 1:
        raise LabFailed(f"a lab has one line 'SEED = ...', found {changed}")


def execute_out_of_date(jobs: int | None = None, only: Sequence[str] = ()) -> list[str]:
    """Execute the labs that are out of date, several at once, and store them.

    Parameters
    ----------
    jobs : int, optional
        How many at once; all cores if not given.
    only : sequence of str, optional
        Names of labs, such as ``02_gaussian``, where not all are wanted.

    Returns
    -------
    list of str
        The names of the labs that were executed.

    Raises
    ------
    LabFailed
        If any lab fails; the others are executed and stored all the same.
    ValueError
        If `only` names a lab that does not exist.
    """
    if unknown := set(only) - {lab.stem for lab in labs()}:
        raise ValueError(
            f"only must name labs out of {sorted(lab.stem for lab in labs())}, "
            f"got {sorted(unknown)}"
        )
    todo = [lab for lab in out_of_date() if not only or lab.stem in only]
    STORE.mkdir(parents=True, exist_ok=True)
    for stored in STORE.glob("*.ipynb"):
        if not (LABS / stored.name).exists():
            stored.unlink()
    failures: list[str] = []

    def work(lab: Path) -> None:
        total = sum(bool(source.strip()) for source in code(nbformat.read(lab, as_version=4)))
        count = 0

        def on_cell(**_: Any) -> None:
            nonlocal count
            count += 1
            if count % 5 == 0 and count < total:
                print(f"  {lab.stem}: {count} of {total} cells", flush=True)

        print(f"executing {lab.stem}", flush=True)
        try:
            notebook = run_one(lab, on_cell)
        except LabFailed as error:
            _stored(lab).unlink(missing_ok=True)  # what it gave before is not true any more
            failures.append(str(error))
            print(f"  {lab.stem}: FAILED", flush=True)
            return
        part = _stored(lab).with_suffix(".part")
        nbformat.write(notebook, part)
        part.replace(_stored(lab))
        print(f"  {lab.stem}: done, {notebook.metadata['execution']['seconds']:.0f} s", flush=True)

    at_once(jobs or os.cpu_count() or 1, work, [(lab,) for lab in todo])
    if failures:
        raise LabFailed("\n\n".join(failures))
    return [lab.stem for lab in todo]


def failed_claims() -> dict[str, list[str]]:
    """Names of the claims that failed in the stored executions, by lab."""
    found: dict[str, list[str]] = {}
    for lab in labs():
        for kind, record, _ in records(executed(lab)):
            if kind == "claim" and not record["holds"]:
                found.setdefault(lab.stem, []).append(record["name"])
    return found


def where(notebook: NotebookNode) -> str:
    """The processor and the versions that a lab was executed with, in a line."""
    spent = notebook.metadata["execution"]
    return ", ".join(
        f"{name} {fact}" for name, fact in (spent["versions"] | spent["machine"]).items()
    )


def _say_what_failed() -> None:
    if failed := failed_claims():
        names = "; ".join(f"{lab}: {', '.join(claims)}" for lab, claims in failed.items())
        many = sum(map(len, failed.values()))
        sys.exit(
            f"The book is built, and {many} claim{'s' * (many > 1)} of it "
            f"{'do' if many > 1 else 'does'} not hold on this machine ({names}): "
            "the page of claims shows what was measured."
        )


def _main() -> None:
    parser = argparse.ArgumentParser(description="Execute the labs that are out of date.")
    parser.add_argument("labs", nargs="*", help="names such as 02_gaussian (all)")
    parser.add_argument("--jobs", type=int, default=None, help="how many at once (all cores)")
    parser.add_argument("--failed", action="store_true", help="only say which claims failed")
    wanted = parser.parse_args()
    if wanted.failed:
        return _say_what_failed()
    done = execute_out_of_date(wanted.jobs, wanted.labs)
    print(f"{len(done)} executed, {len(labs()) - len(done)} not")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # there are kernels to end
    try:
        _main()
    except (LabFailed, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        kill_all()
        end_at_once()  # the threads that waited for the kernels end with the process
