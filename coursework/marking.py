"""Marks one submission: runs it in the sandbox, and tests its answers on this side.

The hidden tests are Otter's test files, and Otter counts the points. They run in this process, on
copies of the answers' values; only the calls of a student's functions go through to the student's
process, which holds no test, no secret and nobody else's work.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbformat import NotebookNode
from otter.run import AutograderConfig
from otter.test_files import ExceptionTestFile, GradingResults

from coursework.notebooks import (
    EXERCISE_HEADING,
    Unreadable,
    few,
    read_notebook,
    shortened,
    written_answers,
)
from coursework.prelude import NotYet
from coursework.sandbox import protocol, worker
from coursework.sandbox.limits import Limits, in_words, kill_with_parent
from pipeline.exercises import Exercise

GRACE = 3.0  # seconds beyond a limit before a process that does not obey is ended
RESTARTS = 6
STOPPED = "marker stopped"
MOST_NOTES = 10
LONGEST_WORDS = 1_000  # of a failed test
START = 120.0  # seconds that importing the libraries may take
INSTALL = re.compile(r"^[ \t]*[%!][ \t]*(?:\w+ -m )?(?:pip|conda|mamba|uv)\b.*$", re.MULTILINE)
KEPT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT", "USERPROFILE", "APPDATA"),
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Bundle:
    """What marking one chapter needs: its handout, exercises, hidden tests and rubrics."""

    handout: NotebookNode
    exercises: list[Exercise]
    tests: dict[str, str] = field(repr=False)
    rubrics: str = field(repr=False, default="")

    @classmethod
    def read(cls, path: Path) -> Bundle:
        """Read a marking bundle, a zip or the folder that it was unpacked into."""
        rubrics = (path if path.is_dir() else zipfile.Path(path)) / "rubrics.md"
        with _opened(path) as files:
            listed = json.loads(files["exercises.json"])
            return cls(
                nbformat.reads(files["handout.ipynb"], as_version=4),
                [Exercise(**exercise) for exercise in listed],
                {name: text for name, text in files.items() if re.match(r"tests/.*\.py$", name)},
                rubrics.read_text("utf-8") if rubrics.exists() else "",
            )

    def title(self) -> str:
        """The handout's heading; empty if it has none."""
        heading = re.match(r"# (.+)", self.handout.cells[0].source) if self.handout.cells else None
        return heading[1].strip() if heading else ""

    def question(self, number: str) -> str:
        """What an exercise of the handout asks, below its heading and its line of difficulty."""
        for cell in self.handout.cells:
            if cell.source.startswith(f"### Exercise {number} ·"):
                return "\n\n".join(re.split(r"\n\s*\n", cell.source.strip(), maxsplit=2)[2:])
        return ""

    def rubric(self, number: str) -> str:
        """Model answer and rubric of a written exercise."""
        parts = re.split(r"(?m)^## Exercise (\d+\.\d+) · .*$", self.rubrics)
        text = dict(zip(parts[1::2], parts[2::2], strict=True)).get(number, "")
        return "".join(text.partition("**Model answer**")[1:]).strip()

    def preamble(self) -> list[str]:
        """The handout's imports and definitions."""
        return [c.source for c in self._code() if not _tags(c) & {"answer", "check"}]

    def checks(self) -> list[str]:
        """The visible checks."""
        return [c.source for c in self._code() if "check" in _tags(c)]

    def _code(self) -> Iterator[NotebookNode]:
        return (cell for cell in self.handout.cells if cell.cell_type == "code")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[dict[str, str]]:
    wanted = re.compile(r"exercises\.json|handout\.ipynb|tests/[^/]+\.py")
    if path.is_dir():
        names = [p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()]
        yield {n: (path / n).read_text("utf-8") for n in names if wanted.fullmatch(n)}
        return
    with zipfile.ZipFile(path) as opened:
        names = opened.namelist()
        yield {n: opened.read(n).decode() for n in names if wanted.fullmatch(n)}


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


class CallFailed(Exception):
    """A call of an answer that gave nothing; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class ForkServer:
    """Makes students' processes, with the libraries imported once where the system can fork."""

    def __init__(self, preamble: list[str]) -> None:
        self.context = multiprocessing.get_context("spawn")
        self.process: Any = None
        self.preamble = preamble
        self.failures: list[str] = []
        self.children: dict[int, Any] = {}
        if worker.FORKS:
            self._begin()

    def _begin(self) -> None:
        self.control, theirs = self.context.Pipe()
        self.process = self.context.Process(target=worker.fork_server, args=(theirs, self.preamble))
        self.process.start()
        theirs.close()
        self.failures = protocol.receive(self.control, START)["failures"]

    def start(self, folder: Path, limits: Limits) -> tuple[Connection, int, list[str]]:
        """A new process that lives in `folder`: its connection, its id, its restrictions."""
        ours, theirs = self.context.Pipe()
        if not worker.FORKS:
            arguments = (theirs, self.preamble, str(folder), limits)
            process: Any = self.context.Process(target=worker.standalone, args=arguments)
            process.start()
            theirs.close()
            self.failures = protocol.receive(ours, START)["failures"]
            self.children[process.pid] = process
            return ours, process.pid, protocol.receive(ours, START)["restrictions"]
        from multiprocessing.reduction import send_handle

        if not self.process.is_alive():
            self._begin()
        protocol.send(self.control, {"folder": str(folder), "limits": asdict(limits)})
        send_handle(self.control, theirs.fileno(), self.process.pid)
        theirs.close()
        pid = protocol.receive(self.control, START)["pid"]
        return ours, pid, protocol.receive(ours, START)["restrictions"]

    def kill(self, pid: int) -> None:
        """End a process and all that it started."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        if process := self.children.pop(pid, None):
            process.kill()
            process.join()
            return
        with contextlib.suppress(protocol.NoReply):
            protocol.send(self.control, {"kill": pid})
            protocol.receive(self.control, START)

    def close(self) -> None:
        """End the fork server."""
        if worker.FORKS:
            self.control.close()
            self.process.join(GRACE)
            self.process.kill()


class Session:
    """A submission's cells, run, and its names and functions within reach.

    A cell that does not stop, or ends the process, costs itself alone: the others are run again in
    a new process without it.
    """

    def __init__(
        self, fork_server: ForkServer, cells: list[tuple[str, str]], limits: Limits
    ) -> None:
        self.fork_server, self.cells, self.limits = fork_server, cells, limits
        self.deadline = time.monotonic() + limits.total
        self.skipped: set[int] = set()
        self.noted: dict[str, None] = {}
        self.restrictions: list[str] = []
        self.restarts = 0
        self.connection: Any = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def note(self, words: str) -> None:
        self.noted[words] = None

    @property
    def notes(self) -> list[str]:
        """What is worth saying, in a few lines however many cells there are."""
        return few(self.noted, MOST_NOTES)

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Ask the student's process; NoReply, and its end, if it does not answer in time."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            self._stop()
            raise protocol.NoReply("total")
        if "seconds" in request:
            request["seconds"] = max(0.1, min(seconds, left))
        try:
            protocol.send(self.connection, request)
            return protocol.receive(self.connection, min(seconds, left) + GRACE)
        except protocol.NoReply:
            self._stop()
            raise

    def ready(self) -> None:
        """Run the cells, unless they have been run; CallFailed if there is no way to."""
        while self.connection is None:
            if time.monotonic() > self.deadline:
                raise CallFailed(f"The notebook took more than {self.limits.total:g} s in all.")
            if self.restarts > RESTARTS:
                raise CallFailed("The notebook's process ended too often.")
            self.restarts += 1
            self._start()
            self._run_cells()

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="submission-"))
        try:
            self.connection, self.pid, self.restrictions = self.fork_server.start(
                self.folder, self.limits
            )
        except protocol.NoReply as error:
            shutil.rmtree(self.folder, onerror=_force)
            raise CallFailed("The notebook's process could not be started.") from error

    def _stop(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.fork_server.kill(self.pid)
            shutil.rmtree(self.folder, onerror=_force)
            self.connection = None

    def _run_cells(self) -> None:
        for index, (label, source) in enumerate(self.cells):
            if index in self.skipped:
                continue
            began, limit = time.monotonic(), self.limits.cell
            try:
                reply = self.ask({"do": "cell", "source": source, "seconds": limit}, limit)
            except protocol.NoReply:
                self.skipped.add(index)
                if time.monotonic() - began >= min(limit, self.limits.total):
                    self.note(f"{label} did not stop after {limit:g} s and was left out.")
                else:
                    self.note(f"{label} ended the whole process and was left out.")
                return
            if reply.get("error") == "TimedOut":
                self.note(f"{label} ran longer than {limit:g} s and was stopped.")
            elif "error" in reply:
                self.note(f"{label} stopped with {str(reply['error'])[:200]}")

    def get(self, name: str) -> Any:
        """A name's value, a function that calls through, or KeyError."""
        self.ready()
        try:
            reply = self.ask({"do": "get", "name": name}, self.limits.call)
        except protocol.NoReply as error:
            raise CallFailed(f"{name} could not be read: the process ended.") from error
        if reply.get("callable"):
            return lambda *args, **kwargs: self.call(name, args, kwargs)
        if "value" not in reply and "unsendable" not in reply:
            raise KeyError(name)
        return self._value(name, reply)

    def call(self, name: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call a function of the student."""
        self.ready()
        limit = self.limits.call
        request = {"do": "call", "name": name, "seconds": limit}
        request |= {"args": protocol.encode(args), "kwargs": protocol.encode(kwargs)}
        began, called = time.monotonic(), f"{name}({in_short(args, kwargs)})"
        try:
            reply = self.ask(request, limit)
        except protocol.NoReply as error:
            if time.monotonic() - began >= limit:
                raise CallFailed(f"{called} did not stop after {limit:g} s.") from error
            raise CallFailed(f"{called} ended the whole process.") from error
        if reply.get("error") == "TimedOut":
            raise CallFailed(f"{called} ran longer than {limit:g} s.")
        if "error" in reply:
            raise CallFailed(f"{called} stopped with {str(reply['error'])[:300]}")
        return self._value(name, reply)

    def _value(self, name: str, reply: dict[str, Any]) -> Any:
        if "value" not in reply:
            what = str(reply.get("unsendable", "nothing that can be read"))[:200]
            raise CallFailed(f"{name} gives {what}; numbers, text, lists or arrays are expected.")
        try:
            return protocol.decode(reply["value"])
        except (ValueError, TypeError, LookupError, OverflowError, MemoryError) as error:
            raise CallFailed(f"{name} gives nothing that can be read.") from error


def in_short(args: tuple, kwargs: dict[str, Any]) -> str:
    """The arguments of a call, as a student may type them where that is short."""

    def shown(value: Any) -> str:
        text = f"{value:.6g}" if isinstance(value, float) else repr(value)
        short = isinstance(value, bool | int | float | str | list | tuple) and len(text) <= 40
        return text if short else "rng" if isinstance(value, np.random.Generator) else "…"

    return ", ".join([*map(shown, args), *(f"{k}={shown(v)}" for k, v in kwargs.items())])


def _force(remove: Any, path: str, _: Any) -> None:
    """Remove what a student has made unremovable."""
    with contextlib.suppress(OSError):
        os.chmod(Path(path).parent, 0o700)
        if not os.path.islink(path):
            os.chmod(path, 0o700)
        remove(path)


class Names(dict):
    """A submission's names, as Otter's test files ask for them."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self.session.get(name)
        except KeyError:
            return default

    def __getitem__(self, name: str) -> Any:
        return self.session.get(name)

    def __contains__(self, name: object) -> bool:
        try:
            self.session.get(str(name))
        except KeyError:
            return False
        return True


def cells_to_run(notebook: NotebookNode, bundle: Bundle) -> list[tuple[str, str]]:
    """The code of a submission with words to name each cell, less what has been run already.

    The handout's imports and definitions run before every submission, so that a cell that was
    deleted or moved costs nothing; the first copy of each, and the visible checks, are left out.
    """
    known = [_squeezed(source) for source in bundle.preamble() + bundle.checks()]
    cells, number, place = [], 0, ""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if heading := EXERCISE_HEADING.match(line):
                place = f" (Exercise {heading[1]})"
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        number += 1
        if (text := _squeezed(cell.source)) in known:
            known.remove(text)
            continue
        cells.append((f"Code cell {number}{place}", INSTALL.sub("", cell.source)))
    return cells


def _squeezed(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def nothing(status: str, *notes: str) -> dict[str, Any]:
    """The result of a file with nothing to mark."""
    return {"status": status, "notes": list(notes), "exercises": {}, "written": {}, "seconds": 0}


def mark(content: bytes, bundle: Bundle, fork_server: ForkServer, limits: Limits) -> dict[str, Any]:
    """Mark what was handed in.

    Returns
    -------
    dict
        ``status``, ``notes``, ``exercises``, ``written`` and ``seconds``; everything that can be
        wrong with a submission is said in it, and nothing raised.
    """
    began = time.monotonic()
    result = nothing("marked")
    try:
        notebook = read_notebook(content)
    except Unreadable as unreadable:
        result |= {"status": unreadable.reason, "notes": [unreadable.detail]}
    else:
        numbers = [exercise.number for exercise in bundle.exercises if exercise.written]
        result["written"] = written_answers(notebook, bundle.handout, numbers)
        with Session(fork_server, cells_to_run(notebook, bundle), limits) as session:
            try:
                session.ready()
            except CallFailed as stopped:
                session.noted = {stopped.words: None} | session.noted  # not cut off at the end
            for test_file in run_tests(bundle, session):
                result["exercises"][test_file.name] = in_points(test_file)
        result["notes"] = session.notes
    result["seconds"] = round(time.monotonic() - began, 2)
    return result


def run_tests(bundle: Bundle, session: Session) -> Iterator[ExceptionTestFile]:
    """Otter's test files, run on a submission, with words in place of Otter's messages."""
    for name, source in sorted(bundle.tests.items()):
        test_file = ExceptionTestFile.from_string(source, path=name)
        test_file.run(Names(session))
        for result in test_file.test_case_results:
            result.message = "" if result.passed else in_own_words(result.message)
        yield test_file


def in_own_words(message: str) -> str:
    """What a failed test says to the student, without the line of code where it failed."""
    for error in (NotYet, CallFailed):
        before, found, words = message.partition(f"\n{error.__name__}: ")
        if found:
            return shortened(words, LONGEST_WORDS)
    last = message.rstrip().splitlines()[-1]
    return f"The test could not use the answer: {last[:200]}"


def in_points(test_file: ExceptionTestFile) -> dict[str, Any]:
    """An exercise's result as plain data."""
    tests = [
        {
            "name": result.test_case.name,
            "points": result.test_case.points if result.passed else 0,
            "of": result.test_case.points,
            "passed": result.passed,
            "words": result.message,
        }
        for result in test_file.test_case_results
    ]
    return {"points": test_file.score, "of": test_file.possible, "tests": tests}


def clean_environment(scratch: Path) -> None:
    """Forget the environment's other variables, which may hold keys; one thread a process."""
    for name in set(os.environ) - set(KEPT):
        del os.environ[name]
    os.environ.update(dict.fromkeys(THREADS, "1"), MPLBACKEND="agg")
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch)))
    tempfile.tempdir = None


def work(connection: Connection, path: Path, limits: Limits, scratch: Path) -> None:
    """A worker: marks what comes down the connection until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it decides
    kill_with_parent()
    clean_environment(scratch)
    bundle = Bundle.read(path)
    fork_server = ForkServer(bundle.preamble())
    try:
        with Session(fork_server, [], limits) as probe:
            probe.ready()
        connection.send({"restrictions": probe.restrictions, "failures": fork_server.failures})
        while True:
            content = connection.recv()
            try:
                result = mark(content, bundle, fork_server, limits)
            except OSError as error:  # of this machine: a full disk, say
                result = nothing(STOPPED, f"The marker stopped: {error}.")
            connection.send(result)
    except (EOFError, BrokenPipeError):
        pass  # nobody asks any more
    finally:
        fork_server.close()


def gradescope(root: Path, limits: Limits = Limits()) -> None:  # noqa: B008
    """Mark the one submission of a Gradescope container: ``source`` holds the bundle, unpacked.

    Writes ``results/results.json`` as Gradescope wants it, by way of Otter. The hidden tests are
    deleted before the submission runs, for a container may have no
    sandbox inside and is used once.
    """
    scratch = tempfile.TemporaryDirectory(prefix="marking-", ignore_cleanup_errors=True)
    clean_environment(Path(scratch.name))
    bundle = Bundle.read(root / "source")
    shutil.rmtree(root / "source" / "tests")
    files = sorted(path for path in (root / "submission").rglob("*") if path.is_file())
    notebooks = [path for path in files if path.suffix == ".ipynb"] or files
    results, notes = unanswered(bundle), ["The marker stopped."]
    write_results(root, results, notes)  # what counts if it does
    try:
        if len(notebooks) != 1:
            raise Unreadable("not a notebook", f"one file is expected, got {len(notebooks)}")
        notebook = read_notebook(notebooks[0].read_bytes())
    except Unreadable as unreadable:
        notes = [f"{unreadable.reason}: {unreadable.detail}"]
    else:
        fork_server = ForkServer(bundle.preamble())
        with Session(fork_server, cells_to_run(notebook, bundle), limits) as session:
            results, notes = GradingResults(list(run_tests(bundle, session))), session.notes
            # For the teacher: students do not see it.
            print(restrictions_in_words(session.restrictions))
        fork_server.close()
    write_results(root, results, notes)
    scratch.cleanup()


def write_results(root: Path, results: GradingResults, notes: list[str]) -> None:
    """Write ``results/results.json``, by way of Otter."""
    results.set_output("\n".join(notes) or "Every cell ran.")
    config = AutograderConfig({"show_hidden": True, "force_public_test_summary": False})
    text = json.dumps(results.to_gradescope_dict(config), indent=2)
    (root / "results").mkdir(exist_ok=True)
    (root / "results" / "results.json").write_text(text, "utf-8")


def unanswered(bundle: Bundle) -> GradingResults:
    """The results of a notebook that defines nothing."""
    files = []
    for name, source in sorted(bundle.tests.items()):
        files.append(ExceptionTestFile.from_string(source, path=name))
        files[-1].run({})
        for result in files[-1].test_case_results:
            result.message = in_own_words(result.message)
    return GradingResults(files)


def restrictions_in_words(in_force: list[str]) -> str:
    """What protects the machine while it marks, and what does not."""
    there, absent = in_words(in_force)
    text = "Each submission runs with " + "; ".join(there) + "."
    if absent:
        text += "\nThis system does not give: " + "; ".join(absent) + "."
    return text
