"""Submissions as students hand them in: answered notebooks, and what becomes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode


def answered(handout: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """A handout with the answer cells of these exercises (``"2.1"``) replaced."""
    notebook = nbformat.from_dict(handout)
    number = None
    left = dict(answers)
    for cell in notebook.cells:
        if heading := re.match(r"### Exercise (\S+) ·", cell.source):
            number = heading[1]
        if "answer" in cell.metadata.get("tags", []) and number in left:
            cell.source = left.pop(number)
    if left:
        raise ValueError(f"answers to exercises that the handout has not: {sorted(left)}")
    return notebook


def with_code(notebook: NotebookNode, code: str, place: int | None = None) -> NotebookNode:
    """A notebook with one more code cell, at its end or at this place."""
    copy = nbformat.from_dict(notebook)
    cell = nbformat.v4.new_code_cell(code)
    copy.cells.insert(len(copy.cells) if place is None else place, cell)
    return copy


def as_bytes(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook).encode()  # nbformat would mend equal ids


def shuffled(notebook: NotebookNode) -> NotebookNode:
    copy = nbformat.from_dict(notebook)
    copy.cells.reverse()
    return copy


def duplicated(notebook: NotebookNode) -> NotebookNode:
    copy = nbformat.from_dict(notebook)
    copy.cells = [cell for cell in copy.cells for _ in range(2)]  # equal ids, too
    return copy


def renamed(notebook: NotebookNode) -> NotebookNode:
    copy = nbformat.from_dict(notebook)
    for number, cell in enumerate(copy.cells):
        cell.id = f"mine-{number}"
    return copy


def cleared(notebook: NotebookNode) -> NotebookNode:
    """Without any metadata, as some tools save it."""
    copy = nbformat.from_dict(notebook)
    copy.metadata = nbformat.from_dict({})
    for cell in copy.cells:
        cell.metadata = nbformat.from_dict({})
        del cell["id"]
    return copy


def only_answers(notebook: NotebookNode) -> NotebookNode:
    """Everything deleted but the answers."""
    copy = nbformat.from_dict(notebook)
    copy.cells = [c for c in copy.cells if "answer" in c.metadata.get("tags", [])]
    return copy


def from_colab(notebook: NotebookNode) -> bytes:
    """As Colab saves it: older format, its own metadata, an install cell, indented by two."""
    copy = with_code(notebook, "!pip install -q modelcollapse\n%pip install numpy", 0)
    copy.nbformat_minor = 0
    copy.metadata = nbformat.from_dict(
        {
            "colab": {"provenance": [], "toc_visible": True},
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
            "accelerator": "GPU",
        }
    )
    for number, cell in enumerate(copy.cells):
        cell.metadata["id"] = f"x{number}Yz"
        cell.metadata["outputId"] = f"0f-{number}"
        cell.metadata["colab"] = {"base_uri": "https://localhost:8080/"}
        del cell["id"]
    return nbformat.v4.nbjson.JSONWriter().writes(copy, split_lines=True).encode()


def never_ran(notebook: NotebookNode) -> NotebookNode:
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def flooded_with_text(notebook: NotebookNode) -> NotebookNode:
    """With 150,000 cells of text under each written exercise."""
    copy = nbformat.from_dict(notebook)
    (at,) = [n for n, c in enumerate(copy.cells) if c.source.startswith("### Exercise 2.2 ·")]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": f"No {n}."} for n in range(150_000)
    ]
    copy.cells[at + 1 : at + 1] = [NotebookNode(cell) for cell in cells]
    return copy


def flooded_with_errors(notebook: NotebookNode) -> NotebookNode:
    """With 1,500 cells that fail, and say much."""
    copy = nbformat.from_dict(notebook)
    copy.cells += [nbformat.v4.new_code_cell(f"raise ValueError({n} * 'no')") for n in range(1500)]
    return copy


Change = Callable[[NotebookNode], NotebookNode]
HARMLESS: dict[str, Change] = {
    "duplicated": duplicated,
    "shuffled": shuffled,
    "renamed": renamed,
    "cleared": cleared,
    "only answers": only_answers,
    "never ran": never_ran,
}

FLOODS: dict[str, Change] = {
    "text": flooded_with_text,
    "errors": flooded_with_errors,
}

# Code that does no good, put in front of a solved handout's answers or behind them. Whatever it
# does, it costs no more than itself, unless it overwrites the answers.
HOSTILE = {
    "loop": "while True:\n    pass",
    "loop that catches everything": """
import signal
signal.signal(signal.SIGALRM, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
    "eats memory": "hoard = []\nwhile True:\n    hoard.append(bytearray(10**8))",
    "one huge array": "import numpy as np\nhoard = np.ones(10**12)",
    "prints for ever": "while True:\n    print('more' * 10**6)",
    "prints past python": "import os\nfor _ in range(1000):\n    os.write(1, b'x' * 10**7)",
    "deletes files": """
import os, pathlib, shutil
for place in {places!r}:
    shutil.rmtree(place, ignore_errors=True)
    for path in pathlib.Path(place).rglob("*"):
        try:
            path.unlink()
        except OSError:
            pass
os.system("rm -rf ~ . / 2>/dev/null")
""",
    "writes elsewhere": """
import os
for place in {places!r}:
    for name in (place, os.path.join(place, "mine")):
        for act in (lambda n: open(n, "w").write("mine"), lambda n: os.chmod(n, 0o777), os.mkdir,
                    lambda n: os.utime(n, (0, 0)), lambda n: os.truncate(n, 0)):
            try:
                act(name)
            except OSError:
                pass
""",
    "fills the disk": """
try:
    for i in range(10**6):
        with open(f"{{i}}", "wb") as file:
            file.write(b"x" * 10**7)
except OSError:
    pass
""",
    "makes itself unremovable": """
import os
os.makedirs("a/b/c")
open("a/b/c/d", "w").close()
os.chmod("a/b/c", 0)
os.chmod("a", 0)
os.chmod(".", 0)
""",
    "exit": "exit()",
    "quit": "quit",
    "sys.exit": "import sys\nsys.exit(0)",
    "os._exit": "import os\nos._exit(0)",
    "clings to life": """
import ctypes, os, signal, time
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
if os.fork():
    os.setsid() if os.getpid() != os.getsid(0) else None
time.sleep(10**6)
""",
    "crash": "import ctypes\nctypes.string_at(0)",
    "kills": "import os\nos.kill(os.getppid(), 9)\nos.killpg(0, 9)",
    "replaces numpy": """
import sys, types
import numpy as np
for name in dir(np):
    try:
        setattr(np, name, lambda *a, **k: True)
    except Exception:
        pass
sys.modules["numpy"] = types.ModuleType("numpy")
""",
    "breaks the builtins": """
import builtins, json
builtins.abs = builtins.isinstance = builtins.float = lambda *a, **k: True
json.dumps = lambda *a, **k: "{{}}"
""",
    "forks": """
import os
for _ in range(200):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
""",
    "leaves a process behind": """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
""",
    "threads": """
import threading
def spin():
    while True:
        pass
for _ in range(4):
    threading.Thread(target=spin, daemon=True).start()
""",
    "asks": "input('Your name? ')",
    "raises": "raise BaseException('out')",
    "does not parse": "def f(:",
}

# Code that is put in place of all answers, to get marks without any.
CHEATS = {
    "overwrites the checks": """
import builtins, sys, types
import modelcollapse.checks, modelcollapse.theory
def wrong(*a, **k): return 1.5
for name in {names!r}:
    globals()[name] = wrong
class Yes:
    def __enter__(self): return lambda *a: None
    def __exit__(self, *a): return True
    def __getattr__(self, name): return lambda *a, **k: 0.0
check = tell = modelcollapse.checks.check = lambda *a, **k: Yes()
builtins.AssertionError = builtins.Exception = ValueError
for name in list(sys.modules):
    if name.startswith(("otter", "coursework")):
        module = sys.modules[name]
        for key in list(vars(module)):
            if callable(vars(module)[key]):
                try:
                    setattr(module, key, lambda *a, **k: {{"value": True, "passed": True}})
                except Exception:
                    pass
""",
    "equals everything": """
class Any(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __gt__ = __le__ = __ge__ = __eq__
    __hash__ = None
    def __sub__(self, other): return Any(0)
    __rsub__ = __add__ = __mul__ = __sub__
    def __abs__(self): return Any(0)
    def __call__(self, *a, **k): return Any(0)
    def __getattr__(self, name): return Any(0)
for name in {names!r}:
    globals()[name] = Any(0)
""",
    "reads the hidden tests": """
import glob, os, pathlib
loot = []
for place in {places!r}:
    for path in [place, *glob.glob(place + "/**/*", recursive=True)]:
        try:
            loot.append(pathlib.Path(path).read_bytes()[:100])
        except OSError:
            pass
if loot:
    raise RuntimeError(f"loot: {{loot}}")
""",
    "forges replies": """
import os, socket, struct
said = b'{{"value": 1.0, "callable": true, "passed": true, "points": 100}}'
for number in range(3, 256):
    for _ in range(100):
        try:
            os.write(number, struct.pack("!i", len(said)) + said)
        except OSError:
            break
""",
    "opens sockets": """
import socket, urllib.request
found = []
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    for address in [("127.0.0.1", {port}), ("192.0.2.1", 80)]:
        try:
            s = socket.socket(socket.AF_INET, kind)
            s.settimeout(0.5)
            s.connect(address)
            s.send(b"hello")
            found.append(s.recv(10) if kind == socket.SOCK_STREAM else b"sent")
        except OSError:
            pass
try:
    s = socket.socket(socket.AF_UNIX)
    s.connect({socket!r})
    found.append(s.recv(10))
except OSError:
    pass
if found:
    raise RuntimeError(f"loot: {{found}}")
""",
    "huge answers": """
import numpy as np
def answer(*a, **k):
    return np.zeros(2 * 10**8)
for name in {names!r}:
    globals()[name] = answer
""",
    "deep answers": """
deep = []
for _ in range(10**5):
    deep = [deep]
def answer(*a, **k):
    return deep
for name in {names!r}:
    globals()[name] = answer
""",
    "odd answers": """
import itertools
kinds = itertools.cycle([float("nan"), float("inf"), -1, 10**5000, "x", b"x", [], {{}}, {{1: 2}},
                         object(), lambda: 1, True, (), [[]], "0.5", 1j, range(3), {{1, 2}}])
def answer(*a, **k):
    return next(kinds)
for name in {names!r}:
    globals()[name] = answer
""",
}


def files_that_are_no_notebooks(solved: NotebookNode) -> dict[str, bytes]:
    """What else is handed in."""
    text = as_bytes(solved)
    return {
        "report.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        "essay.docx": b"PK\x03\x04" + bytes(200),
        "renamed pdf.ipynb": b"%PDF-1.7\n" + bytes(range(256)),
        "empty.ipynb": b"",
        "half.ipynb": text[: len(text) // 2],
        "list.ipynb": b"[1, 2, 3]",
        "settings.ipynb": b'{"cells": 3, "nbformat": 4}',
        "deep.ipynb": b"[" * 100_000,
    }


def encodings(solved: NotebookNode) -> dict[str, bytes]:
    """A notebook as editors save it."""
    text = nbformat.writes(with_code(solved, "# é, ü, ß: names of friends"))
    return {
        "bom": text.encode("utf-8-sig"),
        "utf-16": text.encode("utf-16"),
        "latin-1": text.encode("latin-1", errors="replace"),
        "windows lines": text.replace("\n", "\r\n").encode(),
        "colab": from_colab(solved),
    }
