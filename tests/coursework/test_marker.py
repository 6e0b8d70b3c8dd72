"""The marker's parts: the protocol, what the sandbox keeps out, what one submission costs."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from submitted import as_bytes
from support import until

from coursework import grade as grading
from coursework import marking
from coursework.grade import GradeError, grade
from coursework.sandbox import protocol, worker
from coursework.sandbox.limits import MIB, RESTRICTIONS, Limits

LIMITS = Limits(cell=60, call=60, total=600, memory=512 * MIB, disk=4 * MIB)  # a busy machine's
BRIEF = replace(LIMITS, cell=2, call=2, total=60)  # where it is stopping that is tested
HIDDEN = """
import os
from otter.test_files import test_case

class NotYet(AssertionError):
    pass

name = "1.1"

@test_case(name="double doubles", points=2, hidden=True)
def case_1(env):
    double = env.get("double")
    if double is None:
        raise NotYet("double is not defined.")
    if double(21) != 42:
        raise NotYet("21 doubled is not that.")

@test_case(name="the answer is small", points=1, hidden=True)
def case_2(env):
    if env.get("answer") == 13:
        os._exit(1)  # a marker's bad day
    if env.get("answer") > 10:
        raise NotYet("It is at most ten.")
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A marking bundle of one exercise."""
    handout = new_notebook(
        cells=[
            new_code_cell("import math\nthree = 3", id="imports"),
            new_markdown_cell("### Exercise 1.1 · Two", id="ex", metadata={"tags": ["exercise"]}),
            new_code_cell("double = answer = ...", id="a", metadata={"tags": ["answer"]}),
            new_code_cell("print('checked')", id="c", metadata={"tags": ["check"]}),
        ]
    )
    exercise = {"number": "1.1", "title": "Two", "points": 3, "written": False}
    path = tmp_path / "marking.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("exercises.json", json.dumps([exercise]))
        opened.writestr("handout.ipynb", nbformat.writes(handout))
        opened.writestr("tests/exercise_1_1.py", HIDDEN)
    return path


@pytest.fixture(scope="module")
def fork_server() -> Iterator[marking.ForkServer]:
    made = marking.ForkServer(["import numpy as np", "given = 7"])
    yield made
    made.close()


def session(
    fork_server: marking.ForkServer, *cells: str, limits: Limits = LIMITS
) -> marking.Session:
    return marking.Session(fork_server, [(f"Cell {i}", c) for i, c in enumerate(cells, 1)], limits)


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def hand_in(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, code in files.items():
        notebook = new_notebook(cells=[new_code_cell(code)])
        (folder / f"{name}.ipynb").write_bytes(as_bytes(notebook))
    return folder


GOOD = "def double(x):\n    return 2 * x\n\nanswer = three"

# What crosses

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain)
def test_plain_data_cross_unchanged(value: Any) -> None:
    there = protocol.decode(json.loads(json.dumps(protocol.encode(value))))
    assert repr(there) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        np.float64(0.1),
        np.int32(-5),
        np.bool_(True),
        np.str_("é"),
        np.arange(6).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([], dtype=np.complex64),
        np.array(["a", "bcd"]),
        np.array(3.5),
        np.zeros((2, 0, 3)),
    ],
    ids=repr,
)
def test_numpy_crosses_with_its_type(value: Any) -> None:
    there = protocol.decode(json.loads(json.dumps(protocol.encode(value))))
    assert type(there) is type(value) and there.dtype == value.dtype
    assert there.shape == value.shape and np.all(there == value)


def test_a_generator_crosses_as_a_copy() -> None:
    rng = np.random.default_rng(5)
    copy = protocol.decode(json.loads(json.dumps(protocol.encode(rng))))
    assert copy.random(3).tolist() == rng.random(3).tolist()
    assert copy.spawn(1)[0].random() == rng.spawn(1)[0].random()


# Named here: the address of an object would differ between the processes that run the tests.
@pytest.mark.parametrize(
    "value",
    [object(), len, {1, 2}, b"x", np.array([object()])],
    ids=["object", "function", "set", "bytes", "array"],
)
def test_other_things_do_not_cross(value: Any) -> None:
    with pytest.raises(protocol.Unsendable):
        protocol.encode(value)


@pytest.mark.parametrize(
    "data",
    [
        {"array": "O", "shape": [1], "data": "AAAA"},
        {"array": "<f8", "shape": [10**9], "data": ""},
        {"array": "nonsense", "shape": [1], "data": ""},
        {"scalar": "<f8", "data": "AA"},
        {"object": 1},
        {"list": 3},
        [1, 2],
    ],
    ids=repr,
)
def test_what_was_never_sent_is_refused(data: Any) -> None:
    with pytest.raises((ValueError, TypeError, IndexError)):
        protocol.decode(data)


# One submission


def test_cells_run_in_order_and_answers_are_called(fork_server: marking.ForkServer) -> None:
    with session(
        fork_server, "a = [given]", "a.append(1)\ndef f(x, rng=None): return x * a[0]"
    ) as s:
        assert s.get("a") == [7, 1]
        assert s.get("f")(np.array([1.0, 2.0])).tolist() == [7, 14]
        assert s.notes == []
        with pytest.raises(KeyError):
            s.get("g")


def test_submissions_do_not_see_each_other(fork_server: marking.ForkServer) -> None:
    with session(fork_server, "given = 8\nnp.mine = 1\nopen('x', 'w').close()") as first:
        assert first.get("given") == 8
    with session(fork_server, "import os\nleft = os.listdir(), hasattr(np, 'mine')") as second:
        assert second.get("given") == 7
        assert second.get("left") == ([], False)


def test_a_cell_out_of_time_is_stopped_and_the_rest_runs(fork_server: marking.ForkServer) -> None:
    with session(fork_server, "a = 1", "while True: pass", "b = 2", limits=BRIEF) as s:
        assert (s.get("a"), s.get("b")) == (1, 2)
        assert s.notes == ["Cell 2 ran longer than 2 s and was stopped."]


STUBBORN = "import signal, time\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\ntime.sleep(999)"


def test_a_cell_that_does_not_obey_is_left_out(fork_server: marking.ForkServer) -> None:
    with session(fork_server, "a = 1", STUBBORN, "b = 2", limits=BRIEF) as s:
        assert (s.get("a"), s.get("b")) == (1, 2)
        assert s.notes == ["Cell 2 did not stop after 2 s and was left out."]


def test_a_cell_that_ends_the_process_is_left_out(fork_server: marking.ForkServer) -> None:
    with session(fork_server, "a = 1", "import os\nos._exit(0)", "b = 2") as s:
        assert (s.get("a"), s.get("b")) == (1, 2)
        assert s.notes == ["Cell 2 ended the whole process and was left out."]


def test_a_call_that_ends_the_process_fails_alone(fork_server: marking.ForkServer) -> None:
    with session(fork_server, "import os\ndef f(): os._exit(0)\ndef g(): return 3") as s:
        with pytest.raises(marking.CallFailed, match=r"f\(\) ended the whole process"):
            s.get("f")()
        assert s.get("g")() == 3


def test_a_call_out_of_time_is_stopped(fork_server: marking.ForkServer) -> None:
    with session(fork_server, "def f():\n    while True: pass", limits=BRIEF) as s:
        with pytest.raises(marking.CallFailed, match=r"f\(\) ran longer than 2 s"):
            s.get("f")()


def test_the_whole_has_its_time(fork_server: marking.ForkServer) -> None:
    limits = replace(BRIEF, total=3)
    with session(fork_server, *["while True: pass"] * 10, "a = 1", limits=limits) as s:
        with pytest.raises(marking.CallFailed, match="more than 3 s in all"):
            s.get("a")
    assert len(s.noted) <= 3, "a cell after the third began"


def test_without_forks_it_marks_the_same(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FORKS", False)
    opened = marking.Bundle.read(bundle)
    fork_server = marking.ForkServer(opened.preamble())
    notebook = new_notebook(cells=[new_code_cell(GOOD), new_code_cell(STUBBORN)])
    result = marking.mark(as_bytes(notebook), opened, fork_server, BRIEF)
    assert result["exercises"]["1.1"]["points"] == 3
    assert result["notes"] == ["Code cell 2 did not stop after 2 s and was left out."]


def test_the_handouts_own_cells_run_once(bundle: Path) -> None:
    opened = marking.Bundle.read(bundle)
    notebook = nbformat.from_dict(opened.handout)
    stub = "Code cell 2 (Exercise 1.1)", "double = answer = ..."
    assert marking.cells_to_run(notebook, opened) == [stub]
    notebook.cells.append(new_code_cell("three = 3\n%pip install three"))
    assert marking.cells_to_run(notebook, opened)[1] == (
        "Code cell 4 (Exercise 1.1)",
        "three = 3\n",
    )


def test_of_many_cells_that_fail_a_few_are_told(fork_server: marking.ForkServer) -> None:
    cells = [f"raise ValueError({n} * 'x')" for n in (*range(300), *range(2))]
    with session(fork_server, *cells, "b = 2") as s:
        assert s.get("b") == 2
        assert len(s.notes) == 11 and s.notes[-1] == "And 292 more."
        assert s.notes[1] == "Cell 2 stopped with ValueError: x"


def test_the_reason_for_the_end_is_told_before_all_that_failed(
    bundle: Path, fork_server: marking.ForkServer
) -> None:
    limits = replace(BRIEF, total=4)
    cells = ["1 / 0"] * 12 + ["while True: pass"] * 3
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    opened = marking.Bundle.read(bundle)
    result = marking.mark(as_bytes(notebook), opened, fork_server, limits)
    assert result["notes"][0] == "The notebook took more than 4 s in all."
    assert len(result["notes"]) == 11 and result["notes"][-1].endswith(" more.")


def test_words_and_labels_are_no_longer_than_can_be_read(bundle: Path) -> None:
    for error in ("marking.NotYet", "CallFailed"):
        message = f"Traceback\n{error.rpartition('.')[2]}: You get {'x' * 10**6}"
        words = marking.in_own_words(message)
        assert words.startswith("You get xxx") and len(words) < 1_100
        assert "1,000,008 characters in all" in words
    cells = [new_markdown_cell(f"# Exercise 1.{'1' * 10**5}"), new_code_cell("x")]
    ((label, _),) = marking.cells_to_run(new_notebook(cells=cells), marking.Bundle.read(bundle))
    assert label == "Code cell 1"


def test_errors_name_the_call_and_the_line(fork_server: marking.ForkServer) -> None:
    with session(
        fork_server, "def f(n, x, rng=None, words=''): return 1 / 0", "a = (1,\nb = 2"
    ) as s:
        with pytest.raises(marking.CallFailed) as caught:
            s.get("f")(195, 0.60841234567, rng=np.random.default_rng(1), words=np.zeros(3))
        said = "f(195, 0.608412, rng=rng, words=…) stopped with ZeroDivisionError: division by zero"
        assert caught.value.words == said
        assert s.notes == [
            "Cell 2 stopped with SyntaxError: '(' was never closed, in line 1 of the cell"
        ]


# The sandbox: what is said to be in force is

PROBES = {
    "memory": "held = bytearray(600 * 2**20)",
    "file-size": "open('big', 'wb').write(bytes(5 * 2**20))",
    "disk": "for i in range(6): open(f'{i}', 'wb').write(bytes(2**20))",
    "network": "import socket\nsocket.create_connection(('127.0.0.1', PORT), timeout=1)",
    "files": "open(SECRET).read()",
    "processes": "import os\nos.kill(JUDGE, 0)",
}


@pytest.mark.parametrize("sandbox", sorted(RESTRICTIONS.keys() - {"time", "cpu"}))
def test_a_wall_that_is_said_to_stand_stands(
    sandbox: str, fork_server: marking.ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    monkeypatch.chdir(tmp_path)

    secret = tmp_path / "secret.txt"
    secret.write_text("hush")
    with socket.create_server(("127.0.0.1", 0)) as server:
        probe = PROBES[sandbox].replace("PORT", str(server.getsockname()[1]))
        probe = probe.replace("SECRET", repr(str(secret))).replace("JUDGE", str(os.getpid()))
        exec(probe.replace("600 *", "1 *"), {})  # out here it can be done
        with session(fork_server, probe) as s:
            s.ready()
            stopped, said = bool(s.notes), sandbox in s.restrictions
            if sandbox == "processes":  # a new Landlock alone holds back signals, and hides none
                assert stopped or not said, (s.restrictions, s.notes)
            else:
                assert stopped == said, (s.restrictions, s.notes)


def test_only_the_connection_is_open(fork_server: marking.ForkServer) -> None:
    code = """
import os
def is_open(n):
    try:
        os.fstat(n)
    except OSError:
        return False
    return True
count = sum(map(is_open, range(3, 1000)))
"""
    with session(fork_server, code) as s:
        assert s.get("count") == 1


# What no sandbox of files and networks keeps out: other programs' sockets, memory beyond the limit,
# keys, more namespaces.
CALLS = {
    "a socket in a file": "import socket\nsocket.socket(socket.AF_UNIX).connect(SOCKET)",
    "a datagram": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "shared memory": (
        "import ctypes\nassert ctypes.CDLL(None).shmget(0, 4096, 0o1600) == -1, 'bad'\n1/0"
    ),
    "a memory file": "import os\nos.memfd_create('x')",
    "a namespace": "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == -1, 'bad'\n1/0",
    "a date": "import os\nos.utime(FILE, (0, 0))",
    "a mode": "import os\nos.chmod(FILE, 0o777)",
    "argv": "import sys\nassert len(''.join(sys.argv)) > 0",
}


@pytest.mark.skipif(sys.platform != "linux", reason="restrictions of Linux")
@pytest.mark.parametrize("namespaces", [True, False])
@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_reaches_out_is_refused(
    call: str, namespaces: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    import socket

    fork_server = request.getfixturevalue(
        "fork_server" if namespaces else "fork_server_without_namespaces"
    )
    (tmp_path / "file").write_text("x")
    before = (tmp_path / "file").stat()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        code = CALLS[call].replace("SOCKET", repr(str(tmp_path / "socket")))
        code = code.replace("FILE", repr(str(tmp_path / "file")))
        with session(fork_server, code) as s:
            s.ready()
            assert s.notes and "bad" not in s.notes[0]
            assert namespaces or "disk" not in s.restrictions
    after = (tmp_path / "file").stat()
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)


@pytest.fixture(scope="module")
def fork_server_without_namespaces() -> Iterator[marking.ForkServer]:
    """As on a machine that gives an ordinary user none."""
    made = marking.ForkServer(
        ["import coursework.sandbox.limits\ncoursework.sandbox.limits.isolate = lambda *a: []"]
    )
    yield made
    made.close()


@pytest.mark.skipif(sys.platform != "linux", reason="restrictions of Linux")
@pytest.mark.parametrize("which", ["fork_server", "fork_server_without_namespaces"])
def test_a_submission_cannot_outlive_itself(which: str, request: pytest.FixtureRequest) -> None:
    mark = f"survivor-{which}-{os.getpid()}"
    code = f"""
import ctypes, os, subprocess, sys, time, signal
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", "{mark}"])
os.setsid() if os.getpid() != os.getsid(0) else None
signal.signal(signal.SIGALRM, signal.SIG_IGN)
time.sleep(60)
"""
    with session(request.getfixturevalue(which), code, limits=BRIEF) as s:
        s.ready()
        assert "did not stop" in s.notes[0]
    until(lambda: mark not in processes())


STALLS = {
    "half a reply": "os.write(fd, struct.pack('!i', 1000) + b'x')",
    "a trickle": "[(os.write(fd, b'\\0'), time.sleep(.3)) for _ in range(999)]",
    "a huge reply": "os.write(fd, struct.pack('!i', 2**30) + b'x')",
    "a negative reply": "os.write(fd, struct.pack('!i', -7) + b'x')",
}


@pytest.mark.parametrize("stall", STALLS)
def test_a_stalled_reply_costs_the_call_alone(stall: str, fork_server: marking.ForkServer) -> None:
    code = f"""
import os, socket, stat, struct, time, signal
fd = next(n for n in range(3, 99) if os.path.exists(f"/dev/null") and is_open(n))
def stall():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    {STALLS[stall]}
    time.sleep(99)
"""
    helper = """
def is_open(n):
    import os
    try:
        return bool(os.fstat(n))
    except OSError:
        return False
"""
    with session(fork_server, helper, code, "b = 2", limits=BRIEF) as s:
        with pytest.raises(marking.CallFailed, match=r"stall\(\)"):
            s.get("stall")()
        assert s.get("b") == 2, "the call took the time of all"


def test_too_many_items_are_not_read() -> None:
    ours, theirs = marking.multiprocessing.Pipe()
    collide = [[i * (2**61 - 1), 0] for i in range(2000)]
    protocol.send(theirs, {"value": {"dict": collide}})
    with pytest.raises(ValueError, match="not a value"):
        protocol.decode(protocol.receive(ours, 1)["value"])
    sender = threading.Thread(target=protocol.send, args=(theirs, {"value": [{}] * 10**5 * 3}))
    sender.start()
    with pytest.raises(protocol.NoReply, match="too many items"):
        protocol.receive(ours, 5)
    sender.join()


def test_processor_time_is_limited(fork_server: marking.ForkServer) -> None:
    limits = replace(LIMITS, cell=30, total=30)
    code = "import resource\ntimes = resource.getrlimit(resource.RLIMIT_CPU)"
    with session(fork_server, code, limits=limits) as s:
        s.ready()
        assert ("cpu" in s.restrictions) == (s.get("times") == (31, 31))


def test_nothing_outlives_a_submission(fork_server: marking.ForkServer) -> None:
    mark = f"left-{os.getpid()}"
    code = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "{mark}"],
                 start_new_session=True)
"""
    with session(fork_server, code) as s:
        s.ready()
        assert s.notes == [] and mark in processes()
    if "processes" in s.restrictions:
        until(lambda: mark not in processes())


def processes() -> str:
    return subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout


def test_what_is_missing_is_said_in_words() -> None:
    everything = marking.restrictions_in_words(list(RESTRICTIONS))
    assert "does not give" not in everything
    little = marking.restrictions_in_words(["time"])
    assert "does not give" in little and RESTRICTIONS["network"] in little.split("does not give")[1]


def test_a_network_is_trained_behind_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    for name in marking.THREADS:
        monkeypatch.setenv(name, "1")  # as a worker sets them
    given = "import sys\nimport torch\n(torch.ones(9, 9, requires_grad=True) @ torch.ones(9)).sum()"
    code = """
def train(steps, rng):
    x = torch.tensor(rng.normal(size=(200, 300)), dtype=torch.float32)
    model = torch.nn.Sequential(torch.nn.Linear(300, 300), torch.nn.Tanh(), torch.nn.Linear(300, 1))
    before = len(sys.modules)
    adam = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        loss = ((model(x)[:, 0] - x[:, 0]) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return {"losses": losses, "imported": len(sys.modules) - before}

tensor = torch.ones(2)
array = torch.ones(2).numpy()
"""
    fork_server = marking.ForkServer(
        [given + ".backward()"]
    )  # both sides of the fork differentiate
    try:
        assert fork_server.failures == []
        for _ in range(2):
            with session(fork_server, code, limits=Limits(memory=512 * MIB)) as s:
                said = s.get("train")(20, np.random.default_rng(0))
                assert said["losses"][-1] < said["losses"][0] / 2
                assert not worker.FORKS or said["imported"] == 0  # the fork_server has done it
                assert s.get("array").tolist() == [1, 1]
                with pytest.raises(
                    marking.CallFailed, match="Tensor; numbers, text, lists or arrays"
                ):
                    s.get("tensor")
                assert s.notes == []
    finally:
        fork_server.close()


# A folder of submissions


def test_marks_feedback_and_remembered_results(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hand_in(tmp_path / "in", ada=GOOD, ben="answer = 11", cleo="double = 3\nanswer = 1")
    counts = grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=2)
    assert counts == {"marked": 3}
    marks = {name: float(row["1.1"]) for name, row in rows(tmp_path / "out").items()}
    assert marks == {"ada.ipynb": 3, "ben.ipynb": 0, "cleo.ipynb": 1}
    page = (tmp_path / "out" / "feedback" / "ben.html").read_text("utf-8")
    assert "double is not defined." in page and "It is at most ten." in page

    monkeypatch.setattr(grading, "Worker", None)  # nothing is marked twice
    grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=2)
    assert float(rows(tmp_path / "out")["ada.ipynb"]["1.1"]) == 3
    with pytest.raises(TypeError):
        grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=2, again=True)


def test_an_interrupted_run_keeps_what_is_marked(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hand_in(tmp_path / "in", ada=GOOD, ben=GOOD + "\n1", cleo=GOOD + "\n2")
    save = grading.Store.save

    def interrupted(store: grading.Store, key: str, result: dict[str, Any]) -> None:
        save(store, key, result)
        raise KeyboardInterrupt

    monkeypatch.setattr(grading.Store, "save", interrupted)
    counts = grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=1)
    assert counts == {"marked": 1, "not marked yet": 2}
    assert len(rows(tmp_path / "out")) == 3

    monkeypatch.setattr(grading.Store, "save", save)
    given: list[str] = []
    give = grading.Worker.give
    monkeypatch.setattr(
        grading.Worker,
        "give",
        lambda self, key, content: (given.append(key), give(self, key, content)),
    )
    assert grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=1) == {"marked": 3}
    assert len(given) == 2


def test_a_marker_that_stops_is_reported_and_the_others_are_marked(
    bundle: Path, tmp_path: Path
) -> None:
    folder = hand_in(tmp_path / "in", ada=GOOD, bad="answer = 13", cleo=GOOD + "\n2")
    counts = grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=1)
    assert counts == {"marked": 2, "marker stopped": 1}
    assert rows(tmp_path / "out")["bad.ipynb"]["status"].startswith("marker stopped")
    assert not list((tmp_path / "out" / "marked").glob("*.half"))
    assert len(list((tmp_path / "out" / "marked").glob("*.json"))) == 2


def test_other_limits_or_another_bundle_mark_afresh(bundle: Path, tmp_path: Path) -> None:
    first = grading.Store(tmp_path / "s", bundle, LIMITS).key(b"x")
    assert first == grading.Store(tmp_path / "s", bundle, LIMITS).key(b"x")
    assert first != grading.Store(tmp_path / "s", bundle, Limits()).key(b"x")
    with zipfile.ZipFile(bundle, "a") as opened:
        opened.writestr("more", "x")
    assert first != grading.Store(tmp_path / "s", bundle, LIMITS).key(b"x")


class Bar:
    """What the bar shows."""

    made: list[Bar] = []

    def __init__(self, total: int, initial: int = 0, **_: Any) -> None:
        self.total, self.shown = total, [initial]
        self.made.append(self)

    def update(self, n: int = 1) -> None:
        self.shown.append(self.shown[-1] + n)

    def write(self, *_: Any, **__: Any) -> None: ...

    def close(self) -> None: ...


def test_the_bar_counts_what_the_teacher_counts(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "tqdm", Bar)
    folder = hand_in(tmp_path / "in", ada=GOOD, cleo=GOOD + "\n2")
    (folder / "ben.ipynb").write_bytes((folder / "ada.ipynb").read_bytes())
    (folder / "dan.ipynb").write_bytes(b"")
    counts = grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=1)
    assert counts == {"empty file": 1, "marked": 3}
    assert (Bar.made[-1].total, Bar.made[-1].shown) in ((4, [1, 3, 4]), (4, [1, 2, 4]))

    for name in ("eve", "eve2"):
        (folder / f"{name}.ipynb").write_bytes((folder / "ada.ipynb").read_bytes() + b" ")
    roster = tmp_path / "roster.csv"
    roster.write_text("student,key\nEve,eve|eve2\n")
    counts = grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=1, roster=roster)
    assert counts == {"empty file": 1, "marked": 4, "superseded": 1}
    assert (Bar.made[-1].total, Bar.made[-1].shown) == (6, [5, 6])


@pytest.mark.parametrize("user", [0, 1000])
def test_who_marks_as_root_is_warned(
    user: int,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setattr(grading.os, "geteuid", lambda: user, raising=False)
    folder = hand_in(tmp_path / "in", ada=GOOD)
    grade(bundle, folder, tmp_path / "out", limits=LIMITS, jobs=1)
    warned = [line for line in capsys.readouterr().err.splitlines() if " root" in line]
    assert len(warned) == (user == 0)


@pytest.fixture
def with_question(bundle: Path, tmp_path: Path) -> Path:
    """The bundle with a second exercise, which is answered in writing."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(tmp_path / "more.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "exercises.json":
                more = {"number": "1.2", "title": "Why?", "points": 4, "written": True}
                content = json.dumps([*json.loads(content), more]).encode()
            new.writestr(name, content)
    return tmp_path / "more.zip"


def test_written_marks_survive_every_change_of_names(with_question: Path, tmp_path: Path) -> None:
    folder, out = hand_in(tmp_path / "in", ada=GOOD, ben=GOOD + "\n1"), tmp_path / "out"
    table, roster = out / "written_marks.csv", tmp_path / "roster.csv"

    def totals(**how: Any) -> dict[str, str]:
        grade(with_question, folder, out, limits=LIMITS, jobs=1, **how)
        return {row["student"]: row["1.2"] for row in rows(out).values()}

    assert totals() == {"ada": "0", "ben": "0"}
    typed = table.read_text("utf-8-sig").replace("ada,,", "ada,3.5,").replace("ben,,", "ben,1,")
    table.write_text(typed, "utf-8")
    roster.write_text("student,key\nAda L,ada\nBen A,ben\nCy,cy\n")
    given = {"Ada L": "3.5", "Ben A": "1", "Cy": "0"}
    assert totals(roster=roster, written=table) == given
    assert totals(roster=roster) == dict.fromkeys(given, "0")
    assert totals(roster=roster, written=table) == given
    assert table.read_text("utf-8") == typed

    roster.write_text("student,key\nAda Lovelace,ada\nBen A,ben\nDi,di\n")
    table.write_text(typed.replace("ada,", "Ada L,") + "Cy,,\n", "utf-8")
    given = {"Ada Lovelace": "3.5", "Ben A": "1", "Di": "0"}
    assert totals(roster=roster, written=table) == given
    assert totals(written=table) == {"ada": "3.5", "ben": "1"}

    table.write_text(typed.replace("ada,", "Eve,"), "utf-8")
    with pytest.raises(ValueError, match="nobody is called 'Eve'") as caught:
        totals(written=table)
    assert "Without a line are: ada" in str(caught.value)
    assert "Eve,3.5" in table.read_text("utf-8")


def test_written_marks_follow_a_file_whose_name_got_a_number(
    with_question: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"

    def hands_in(name: str, code: str) -> None:
        hand_in(tmp_path / "one", x=code)
        (folder / f"{name}_assignsubmission_file_").mkdir(parents=True)
        (tmp_path / "one" / "x.ipynb").rename(folder / f"{name}_assignsubmission_file_/x.ipynb")
        (tmp_path / "one").rmdir()

    hands_in("Li Wei_11", GOOD)
    hands_in("Ada L_12", GOOD + "\n1")
    grade(with_question, folder, out, limits=LIMITS, jobs=1)
    table = out / "written_marks.csv"
    table.write_text(table.read_text("utf-8").replace("Li Wei,,", "Li Wei,2,"), "utf-8")
    hands_in("Li Wei_13", GOOD + "\n2")
    for _ in range(2):
        grade(with_question, folder, out, limits=LIMITS, jobs=1, written=table)
        found = {row["student"]: row["1.2"] for row in rows(out).values()}
        assert found == {"Li Wei (11)": "2", "Li Wei (13)": "0", "Ada L": "0"}
    assert table.read_text("utf-8-sig").count("Li Wei") == 2


def test_clear_errors_before_anything_is_marked(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(GradeError, match="bundle: there is no .*nowhere"):
        grade(tmp_path / "nowhere", tmp_path, tmp_path / "out")
    with pytest.raises(GradeError, match="submissions: there is no .*nowhere"):
        grade(bundle, tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(GradeError, match="out: .* lies among the submissions"):
        grade(bundle, tmp_path, tmp_path / "out")
    with pytest.raises(GradeError, match="jobs must be .* got 0"):
        grade(bundle, tmp_path / "in", tmp_path / "out", jobs=0)
    with pytest.raises(ValueError, match="cell must be a positive number, got 0"):
        Limits(cell=0)


# Gradescope


def test_gradescope_gets_its_file(released: Path, tmp_path: Path) -> None:
    for name, scores in {"Ada Full": [3, 2, 3, 6], "Ben Untouched": [0, 0, 0, 0]}.items():
        root = tmp_path / name
        with zipfile.ZipFile(released / "02" / "marking.zip") as opened:
            opened.extractall(root / "source")
        (root / "submission").mkdir()
        sample = released / "02" / "samples" / f"{name}.ipynb"
        (root / "submission" / "02_gaussian.ipynb").write_bytes(sample.read_bytes())
        command = [sys.executable, str(root / "source" / "run_otter.py"), str(root)]
        path = {"PATH": os.environ["PATH"]}
        said = subprocess.run(command, check=True, cwd=root, env=path, capture_output=True)
        assert b"Each submission runs with" in said.stdout
        assert not (root / "source" / "tests").exists()
        results = json.loads((root / "results" / "results.json").read_text("utf-8"))
        assert [test["score"] for test in results["tests"]] == scores
        assert [test["max_score"] for test in results["tests"]] == [3, 2, 3, 6]
        assert {test["visibility"] for test in results["tests"]} == {"after_published"}
        assert not math.isnan(sum(test["score"] for test in results["tests"]))


@pytest.mark.parametrize("files", [{}, {"a.ipynb": b""}, {"a.ipynb": b"{}", "b.ipynb": b"{}"}])
def test_gradescope_is_told_of_what_cannot_be_marked(
    files: dict[str, bytes], bundle: Path, tmp_path: Path
) -> None:
    root = tmp_path / "autograder"
    with zipfile.ZipFile(bundle) as opened:
        opened.extractall(root / "source")
    (root / "submission").mkdir()
    for name, content in files.items():
        (root / "submission" / name).write_bytes(content)
    code = "import sys, pathlib; from coursework.marking import gradescope; "
    command = [sys.executable, "-c", f"{code}gradescope(pathlib.Path(sys.argv[1]))", str(root)]
    subprocess.run(command, check=True)
    results = json.loads((root / "results" / "results.json").read_text("utf-8"))
    assert [test["score"] for test in results["tests"]] == [0]
    assert "notebook" in results["output"] or "empty file" in results["output"]
