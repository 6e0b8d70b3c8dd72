"""What a lab runs on, as its page and a failed claim say it."""

from __future__ import annotations

import platform
import sys
from typing import Any


def processor() -> str:
    """The processor, as Linux names its model, elsewhere as Python does."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def facts() -> dict[str, dict[str, str]]:
    """The processor and the versions of what has been imported."""
    machine = {"processor": processor(), "system": platform.system()}
    versions = {"Python": platform.python_version()}
    for name in ("numpy", "torch"):
        if name in sys.modules:
            versions[name] = sys.modules[name].__version__
    if "torch" in sys.modules:
        machine["torch runs on"] = sys.modules["torch"].backends.cpu.get_cpu_capability()
    return {"machine": machine, "versions": versions}


def in_a_line(facts: dict[str, Any]) -> str:
    """The same in words: "Python 3.11.2, numpy 2.4.6, processor ..."."""
    said = facts["versions"] | facts["machine"]
    return ", ".join(f"{name} {fact}" for name, fact in said.items())
