"""Marks a folder of submissions, several at once, and remembers what it has marked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from tqdm import tqdm

from coursework import marking, report, submissions
from coursework.marking import STOPPED, nothing
from coursework.sandbox.limits import Limits

ABOVE = 60.0  # seconds beyond the total limit after which a worker is given up
NOT_YET = "not marked yet"
AS_ROOT = "Warning: you mark as root, whom some limits do not bind; mark as an ordinary user."


class GradeError(ValueError):
    """Marking cannot begin."""


@contextlib.contextmanager
def no_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C for a while."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Worker:
    """A marker in a process of its own, with at most one submission at a time."""

    def __init__(self, bundle: Path, limits: Limits, scratch: Path) -> None:
        self.bundle, self.limits, self.scratch = bundle, limits, scratch
        self.key: str | None = None
        self.begin()

    def begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        arguments = (theirs, self.bundle, self.limits, self.scratch)
        self.process = context.Process(target=marking.work, args=arguments)
        with no_interrupts():  # which the worker inherits: only we decide when it ends
            self.process.start()
        theirs.close()

    def started(self) -> dict[str, Any]:
        """What stands around the submissions; GradeError if the worker did not start."""
        try:
            return self.connection.recv()
        except EOFError as error:
            raise GradeError(f"the marker did not start with {self.bundle}") from error

    def give(self, key: str, content: bytes) -> None:
        self.key, self.content = key, content
        self.until = time.monotonic() + self.limits.total + ABOVE
        self.connection.send(content)

    def end(self) -> None:
        self.connection.close()
        self.process.join(0 if self.key else 5)
        self.process.kill()
        self.process.join()


class Store:
    """Results that have been reached, one file each, named by all that they depend on."""

    def __init__(self, folder: Path, bundle: Path, limits: Limits) -> None:
        self.folder = folder
        parts = [bundle.read_bytes(), repr(limits).encode()]
        code = (
            path for path in Path(__file__).parent.rglob("*.py") if path.parent.name != "hidden"
        )
        parts += [path.read_bytes() for path in sorted(code)]
        self.base = hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in parts)).digest()
        folder.mkdir(parents=True, exist_ok=True)

    def key(self, content: bytes) -> str:
        return hashlib.sha256(self.base + content).hexdigest()[:32]

    def load(self, key: str) -> dict[str, Any] | None:
        try:
            return json.loads((self.folder / f"{key}.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def save(self, key: str, result: dict[str, Any]) -> None:
        """Keep a result, unless it may come out otherwise next time."""
        if result["status"] != STOPPED:
            half = self.folder / f"{key}.{os.getpid()}.half"
            half.write_text(json.dumps(result), "utf-8")
            os.replace(half, self.folder / f"{key}.json")


def mark_all(
    work: dict[str, bytes],
    bundle: Path,
    limits: Limits,
    jobs: int,
    store: Store,
    files: Mapping[str, int],
    in_all: int,
) -> dict[str, dict[str, Any]]:
    """Mark contents, keyed by `Store.key`; what an interrupt leaves undone is not in the result.

    The bar counts what the teacher counts: files, of which so many have a content, and `in_all`.
    """
    done: dict[str, dict[str, Any]] = {}
    waiting = list(work)
    tried: set[str] = set()
    scratch = tempfile.TemporaryDirectory(prefix="marking-", ignore_cleanup_errors=True)
    number = min(jobs, len(work))
    workers = [Worker(bundle, limits, Path(scratch.name)) for _ in range(number)]
    finished = in_all - sum(files[key] for key in work)
    bar = tqdm(total=in_all, initial=finished, unit="file", desc="marking", disable=not work)

    def finish(worker: Worker, result: dict[str, Any]) -> None:
        assert worker.key is not None
        done[worker.key] = result
        store.save(worker.key, result)
        bar.update(files[worker.key])
        worker.key = None

    def start_again(worker: Worker) -> None:
        """A worker that died or hangs: one more try for its submission, in a new one."""
        assert worker.key is not None
        worker.end()
        worker.begin()
        worker.started()
        if worker.key in tried:
            finish(worker, nothing(STOPPED, "The marker itself stopped at this file, twice."))
        else:
            tried.add(worker.key)
            worker.give(worker.key, worker.content)

    try:
        for number, worker in enumerate(workers):
            started = worker.started()
            if not number:
                bar.write(marking.restrictions_in_words(started["restrictions"]))
                if hasattr(os, "geteuid") and os.geteuid() == 0:
                    bar.write(AS_ROOT, file=sys.stderr)
                for failure in started["failures"]:
                    bar.write(f"The handout's own definitions do not run here: {failure}")
        while waiting or any(worker.key for worker in workers):
            for worker in workers:
                if worker.key is None and waiting:
                    key = waiting.pop(0)
                    worker.give(key, work[key])
            busy = {worker.connection: worker for worker in workers if worker.key}
            ready: Iterable[Connection] = wait(list(busy), timeout=1.0)  # type: ignore[assignment]
            for connection in ready:
                try:
                    finish(busy[connection], connection.recv())
                except (EOFError, OSError):
                    start_again(busy[connection])
            for worker in workers:
                if worker.key and time.monotonic() > worker.until:
                    start_again(worker)
    except KeyboardInterrupt:
        bar.write("Interrupted. What is marked is kept: run the same command to go on.")
    finally:
        with no_interrupts():
            bar.close()
            for worker in workers:
                worker.end()
            scratch.cleanup()
    return done


class Called:
    """What the students have been called: by the roster, by their files, and in earlier runs.

    A table of written marks may have been begun under any of these names.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            read = json.loads(path.read_text("utf-8"))
            self.before = {str(place): [str(name) for name in read[place]] for place in read}
        except (OSError, ValueError, TypeError):
            self.before = {}

    def note(
        self, files: Iterable[submissions.Submission], roster: Mapping[str, Iterable[str]]
    ) -> dict[str, set[str]]:
        """Every other name, with the students that it may stand for."""
        now = [(f"file {file.file}", file.student, [file.file, file.named]) for file in files]
        for student, keys in roster.items():
            now += [(f"key {key}", student, [key]) for key in keys]
        names: dict[str, set[str]] = defaultdict(set)
        for place, student, others in now:
            before = self.before.setdefault(place, [])
            for name in (*before, *others):
                names[name].add(student)
            if student not in before:
                before.append(student)
        return names

    def save(self) -> None:
        """Keep the names for the next run."""
        half = self.path.with_name(f"{self.path.name}.{os.getpid()}.half")
        half.write_text(json.dumps(self.before), "utf-8")
        os.replace(half, self.path)


def grade(
    bundle: Path,
    source: Path,
    out: Path,
    *,
    roster: Path | None = None,
    name_by: str = "auto",
    due: datetime | None = None,
    late_penalty: float = 0.0,
    written: Path | None = None,
    jobs: int | None = None,
    limits: Limits = Limits(),  # noqa: B008
    again: bool = False,
) -> dict[str, int]:
    """Mark what lies in `source` and write marks and feedback into `out`.

    Parameters
    ----------
    bundle : Path
        The marking bundle that `release` made.
    source : Path
        A folder, or a learning platform's zip.
    out : Path
        Where ``marks.csv``, ``feedback/`` and what has been marked are kept.
    roster, name_by, due
        As in `submissions.collect`.
    late_penalty, written
        As in `report.write` and `report.read_written_marks`.
    jobs : int, optional
        Submissions marked at once; all cores if not given.
    limits : Limits
        Limits on each submission.
    again : bool
        Mark everything afresh.

    Returns
    -------
    dict
        Number of files by status.

    Raises
    ------
    ValueError
        If marking cannot begin: the bundle or the source is not there, the roster or the written
        marks are not what they must be. It names all that is wrong.
    """
    for name, path in (("bundle", bundle), ("submissions", source)):
        if not path.exists():
            raise GradeError(f"{name}: there is no {path}")
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise GradeError(
            f"out: {out} lies among the submissions in {source}; choose a place outside"
        )
    if jobs is not None and jobs < 1:
        raise GradeError(f"jobs must be a whole number of at least 1, got {jobs}")
    exercises = marking.Bundle.read(bundle).exercises
    files = submissions.collect(source, roster, name_by, due)
    if files.left_aside:
        print(f"{len(files.left_aside)} files that nobody handed in are passed over.")
    listed = submissions.read_roster(roster) if roster else {}
    missing = submissions.missing_students(files, roster) if roster else []
    everybody = list(dict.fromkeys([*(file.student for file in files), *missing]))
    called = Called(out / "marked" / "names")
    also = called.note(files, listed)
    marks = report.read_written_marks(written, exercises, everybody, also) if written else None

    store = Store(out / "marked", bundle, limits)
    keys, results, work = {}, {}, {}
    for file in files:
        if file.superseded_by:
            continue
        if file.problem or file.content is None:
            results[file.file] = nothing(file.problem or "cannot be read")
        else:
            key = keys[file.file] = store.key(file.content)
            if again or store.load(key) is None:
                work[key] = file.content
    at_once, of_content = jobs or os.cpu_count() or 1, Counter(keys.values())
    done = mark_all(work, bundle, limits, at_once, store, of_content, len(files))
    for name, key in keys.items():
        result = done.get(key) or (None if key in work else store.load(key))
        results[name] = result or nothing(NOT_YET)
    report.write(
        *(out, files, results, exercises, marks, missing, late_penalty),
        bundle=marking.Bundle.read(bundle),
        also=also,
    )
    called.save()
    statuses = [results[f.file]["status"] for f in files if f.file in results]
    counts = {status: statuses.count(status) for status in sorted(set(statuses))}
    superseded = sum(file.superseded_by is not None for file in files)
    return counts | ({"superseded": superseded} if superseded else {})
