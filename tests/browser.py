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
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "no browser for the tests: install Chromium (Debian: apt-get install chromium) or run "
    "'python -m playwright install chromium'"
)


def find() -> str | None:
    """Path of a Chromium, or None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> None:
    """Try the ways of installing a browser that need no questions asked."""
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        ways += [["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "chromium"]]
    for way in ways:
        print("no browser yet, trying:", " ".join(way), flush=True)
        subprocess.run(way, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if way[-1] == "chromium" and find():
            return


def main() -> None:
    """Make sure that there is a browser, or end in one line."""
    if not find():
        install()
    if not find():
        sys.exit(MISSING)


if __name__ == "__main__":
    main()
