"""``python -m pipeline.command FILE ...`` is ``python FILE ...`` that Ctrl-C ends at once.

It ends in one line, whenever it comes, also while modules are imported. Sphinx alone would go on to
explain the interruption at length.
"""

import os
import runpy
import signal
import sys

STOPPED = "\nstopped: what was not done is done next time"


def end_at_once(*_: object) -> None:
    """End the process, its threads with it, as a shell expects it of an interruption."""
    print(STOPPED, file=sys.stderr, flush=True)
    os._exit(130)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, end_at_once)
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
