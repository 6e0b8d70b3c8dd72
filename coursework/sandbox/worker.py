"""The other side of the sandbox: runs a student's cells and answers the marker's calls.

A *fork server* imports the libraries and runs the handout's own definitions once, and then forks
one process for each submission. It never sees a hidden test, a secret or another submission.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import types
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from coursework.sandbox import limits as sandbox
from coursework.sandbox import protocol

FORKS = sys.platform == "linux"


class TimedOut(BaseException):
    """Raised in the student's code when its time is up."""


class Discarded:
    """Takes what is printed and keeps nothing: a student may print for ever."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def writable(self) -> bool:
        return True

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False


def new_shell() -> Any:
    """An IPython shell without history, display or memory of the person who marks."""
    os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="ipython-")
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.ast_node_interactivity = "none"
    config.InteractiveShell.colors = "nocolor"
    shell: Any = InteractiveShell.instance(config=config)
    shell.ask_exit = lambda: None  # what `exit` calls, in a terminal
    shell._tee = lambda channel: contextlib.nullcontext()  # or it would keep all that is printed
    return shell


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimedOut in the block after so many seconds, where the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def time_out(*_: Any) -> None:
        raise TimedOut

    signal.signal(signal.SIGALRM, time_out)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # and again, for code that catches it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Worker:
    """Does what the marker asks: run a cell, say what a name is, call a function."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    def cell(self, source: str, seconds: float) -> dict[str, Any]:
        with time_limit(seconds):
            result = self.shell.run_cell(source, store_history=False, silent=True)
        error = result.error_before_exec or result.error_in_exec
        return {"error": describe(error)} if error else {}

    def get(self, name: str) -> dict[str, Any]:
        if name not in self.shell.user_ns:
            return {"missing": True}
        value = self.shell.user_ns[name]
        if isinstance(value, types.FunctionType) or callable(value):
            return {"callable": True}
        return {"value": protocol.encode(value)}

    def call(self, name: str, args: Any, kwargs: Any, seconds: float) -> dict[str, Any]:
        function = self.shell.user_ns[name]
        given, named = protocol.decode(args), protocol.decode(kwargs)
        with time_limit(seconds):
            value = function(*given, **named)
        return {"value": protocol.encode(value)}

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """One request's answer; errors of the student's code are answers too."""
        try:
            return getattr(self, message.pop("do"))(**message)
        except TimedOut as error:
            return {"error": describe(error)}
        except protocol.Unsendable as error:
            return {"unsendable": str(error)}
        except BaseException as error:  # whatever the student raises, SystemExit too
            return {"error": describe(error)}

    def serve(self, connection: Connection) -> None:
        """Answer until the marker hangs up."""
        while True:
            try:
                message = protocol.receive(connection)
            except protocol.NoReply:
                return
            answer = self.answer(message)
            try:
                protocol.send(connection, answer)
            except protocol.NoReply:
                protocol.send(connection, {"unsendable": "something too large"})


def describe(error: BaseException) -> str:
    """An error in a line."""
    if isinstance(error, TimedOut):
        return "TimedOut"
    try:
        text = " ".join(str(error).split())[:300]
        if isinstance(error, SyntaxError):
            text = f"{error.msg}, in line {error.lineno} of the cell"
    except BaseException:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def prepare(preamble: list[str]) -> tuple[Any, list[str]]:
    """A shell in which the handout's own definitions have run, and what went wrong in them."""
    sys.argv[:] = [""]  # it tells where the bundle lies
    shell = new_shell()
    sys.stdout = sys.stderr = Discarded()
    failures = []
    for source in preamble:
        result = shell.run_cell(source, store_history=False, silent=True)
        if error := result.error_before_exec or result.error_in_exec:
            failures.append(describe(error))
    if "torch" in sys.modules:
        import_late()
    return shell, failures


def import_late() -> None:
    """Import what torch leaves until an optimiser's first step: seconds for each submission."""
    import torch

    torch.optim.SGD([torch.zeros(1, requires_grad=True)]).step()


def use_folder(shell: Any, folder: Path) -> None:
    """Make the folder this process's home, and its only place for files."""
    os.chdir(folder)
    os.environ.update(HOME=str(folder), TMPDIR=str(folder), MPLCONFIGDIR=str(folder))
    os.environ["IPYTHONDIR"] = str(folder)
    tempfile.tempdir = None
    sys.path.insert(0, "")


def readable() -> list[Path]:
    """What a student's process may read: Python, the libraries, the package, fonts."""
    import modelcollapse

    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, *(modelcollapse.__path__)}
    system = ("/usr", "/lib", "/lib64", "/bin", "/sys/devices/system/cpu")
    configuration = ("ld.so.cache", "localtime", "fonts", "mime.types", "passwd", "nsswitch.conf")
    places |= {*system, *(f"/etc/{name}" for name in configuration)}
    return [Path(place) for place in sorted(places) if os.path.exists(place)]


def run_worker(
    shell: Any,
    connection: Connection,
    folder: Path,
    limits: sandbox.Limits,
    outer: Sequence[str] = (),
) -> None:
    """The life of a student's process, from the inside; the restrictions `outer` are in force."""
    allowed = readable()
    use_folder(shell, folder)
    in_force = sandbox.restrict(folder, allowed, limits, outer)
    protocol.send(connection, {"restrictions": [*outer, *in_force]})
    Worker(shell).serve(connection)


def _silence_outputs() -> None:
    """Nothing in, and nothing out but by the connection."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def fork_server(control: Connection, preamble: list[str]) -> None:
    """Serve forks until the marker hangs up: ``{"folder": …}`` and a socket make a process.

    Each is three, ``fork server -> outer -> first -> innermost``.
    The outer one isolates its children; the next is the first process of the new process table, and
    all others end with it; the innermost runs the student's code.
    """
    from multiprocessing.reduction import recv_handle

    sandbox.kill_with_parent()
    sandbox.become_subreaper()
    _silence_outputs()
    shell, failures = prepare(preamble)
    protocol.send(control, {"ready": True, "failures": failures})
    while True:
        try:
            order = protocol.receive(control)
        except protocol.NoReply:
            return
        if "kill" in order:
            _end_children()
            protocol.send(control, {})
            continue
        handle = recv_handle(control)
        if pid := os.fork():
            os.close(handle)
            protocol.send(control, {"pid": pid})
            continue
        try:
            control.close()
            _outer(
                shell, Connection(handle), Path(order["folder"]), sandbox.Limits(**order["limits"])
            )
        finally:
            os._exit(0)


def _outer(shell: Any, connection: Connection, folder: Path, limits: sandbox.Limits) -> None:
    sandbox.kill_with_parent()
    os.setsid()
    os.closerange(3, connection.fileno())
    os.closerange(connection.fileno() + 1, 2**16)
    in_force = sandbox.isolate(folder, limits)
    for _ in range(2):
        if inner := os.fork():
            connection.close()
            os.waitpid(inner, 0)
            return
        sandbox.kill_with_parent()
    run_worker(shell, connection, folder, limits, in_force)


def _end_children() -> None:
    """End every child of the fork server, those that it adopted among them."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    while children := [int(pid) for pid in listed.read_text().split()]:
        for pid in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def standalone(
    connection: Connection, preamble: list[str], folder: str, limits: sandbox.Limits
) -> None:
    """A student's process where the system cannot fork: started afresh for each submission."""
    if hasattr(os, "setsid"):
        os.setsid()
    _silence_outputs()
    shell, failures = prepare(preamble)
    protocol.send(connection, {"failures": failures})
    run_worker(shell, connection, Path(folder), limits)
    os._exit(0)
