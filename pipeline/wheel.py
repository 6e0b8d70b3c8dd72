"""Builds the package's wheel, which every handout, download and marking bundle carries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.labs import PACKAGE, ROOT

EPOCH = "1704067200"  # a fixed date inside archives, so that equal content is equal bytes
FILES = ("pyproject.toml", "README.md", "LICENSE")


def build_wheel(folder: Path) -> Path:
    """Build the package's wheel into `folder`, the same bytes for the same source."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        for name in FILES:
            shutil.copy(ROOT / name, source)
        shutil.copytree(
            ROOT / PACKAGE, source / PACKAGE, ignore=shutil.ignore_patterns("__pycache__")
        )
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps"]
        command += ["--no-build-isolation", "-w", str(source / "dist"), str(source)]
        # Nothing is fetched, and nothing that its user has told pip counts.
        own = {name: v for name, v in os.environ.items() if not name.startswith("PIP_")}
        own |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        own["SOURCE_DATE_EPOCH"] = EPOCH
        subprocess.run(command, check=True, env=own)
        (wheel,) = (source / "dist").glob("*.whl")
        for old in folder.glob("*.whl"):
            old.unlink()
        return Path(shutil.copy(wheel, folder))
