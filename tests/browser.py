"""Finds a browser for the tests, and installs one where it may.

The system's Chromium comes first, then Playwright's own. ``python tests/browser.py`` makes sure
that there is one, or says in one line what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 30_000  # milliseconds: on a machine that has much else to do, a page is late, not wrong
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DEBIAN = ["chromium", "libatomic1"]  # the second for Playwright's own driver
MISSING = (
    "no browser for the tests, or Playwright does not run: install Chromium (Debian: apt-get "
    f"install {' '.join(DEBIAN)}) or run 'python -m playwright install chromium'"
)


def find() -> str | None:
    """Path of a Chromium, or None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = playwrights_own()
    return own if own and Path(own).exists() else None


def playwrights_own() -> str | None:
    """Where Playwright would have its own, or None if Playwright does not run here."""
    from playwright.sync_api import sync_playwright

    try:
        with sync_playwright() as playwright:
            return playwright.chromium.executable_path
    except Exception:  # it raises nothing more special when its driver does not start
        return None


def ready() -> bool:
    return find() is not None and playwrights_own() is not None


def install() -> None:
    """Try the ways of installing a browser that need no questions asked."""
    ways = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        ways += [[["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", *DEBIAN]]]
    for way in ways:
        for command in way:
            print("no browser yet, trying:", " ".join(command), flush=True)
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run(command, **quiet, check=False)
        if ready():
            return


def main() -> None:
    """Make sure that there is a browser, or end in one line."""
    if not ready():
        install()
    if not ready():
        sys.exit(MISSING)


if __name__ == "__main__":
    main()
