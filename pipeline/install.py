"""``python -m pipeline.install ...`` is ``pip install ...`` with nothing that its user has set up.

Of pip's variables and configuration files only what says where packages come from is handed on: a
folder to install into, a list of hashes or another Python would make another environment.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

PIP = (sys.executable, "-m", "pip")
WHERE = {"index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "proxy", "cert"}
WHERE |= {"client-cert", "keyring-provider", "timeout", "default-timeout", "retries", "cache-dir"}
SETTING = re.compile(r"(?P<section>[\w:-]+)\.(?P<name>[\w-]+)=(?P<value>.*)")
SECTIONS = ("global", "install", ":env:")  # a later one counts more


def environment() -> dict[str, str]:
    """The variables for pip: the caller's, and of those and the files for pip what is handed on."""
    # Settings reach this question too, unless it says otherwise.
    asked = [*PIP, "--python", sys.executable, "config", "list"]
    loud = {**os.environ, "PIP_QUIET": "0", "PIP_USER": "0"}
    listed = subprocess.check_output(asked, env=loud, text=True)
    found = [match for line in listed.splitlines() if (match := SETTING.fullmatch(line))]
    kept = {
        "PIP_" + setting["name"].upper().replace("-", "_"): ast.literal_eval(setting["value"])
        for section in SECTIONS
        for setting in found
        if setting["section"] == section and setting["name"] in WHERE
    }
    others = {name: v for name, v in os.environ.items() if not name.startswith("PIP_")}
    return {**others, **kept, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


if __name__ == "__main__":
    done = subprocess.run([*PIP, "install", "-q", *sys.argv[1:]], env=environment())
    sys.exit(done.returncode)
