"""Ctrl-C ends a command of the build at once and in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import ROOT

SAYS = "import sys\nprint(__name__, sys.argv[1:])\nsys.exit(3)\n"
# Told to stop while it imports, with a thread at work, and with a handler that talks at length.
WAITS = """
import threading, time
from pathlib import Path
threading.Thread(target=time.sleep, args=(20,)).start()
try:
    Path("here").touch()
    time.sleep(600)
except KeyboardInterrupt:
    print("a long story", file=__import__("sys").stderr)
"""


def command(folder: Path, source: str, *arguments: str) -> subprocess.Popen[str]:
    (folder / "file.py").write_text(source)
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.command", "file.py", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_file_runs_as_it_does_alone(tmp_path: Path) -> None:
    process = command(tmp_path, SAYS, "--jobs", "2")
    said, _ = process.communicate()
    assert (said, process.returncode) == ("__main__ ['--jobs', '2']\n", 3)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent as on Linux and macOS")
def test_control_c_ends_it_in_one_line(tmp_path: Path) -> None:
    process = command(tmp_path, WAITS)
    while not (tmp_path / "here").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=300)
    assert (said, process.returncode) == ("", 130)
    assert told.startswith("\nstopped") and len(told.strip().splitlines()) == 1, told
