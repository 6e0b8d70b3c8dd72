"""What alt text must be, in labs and on pages."""

from __future__ import annotations

import re
from collections import Counter


def alt_faults(alts: list[str]) -> list[str]:
    """What is wrong with the alt texts of one page."""
    faults = [f"used {count} times: {alt!r}" for alt, count in Counter(alts).items() if count > 1]
    for alt in alts:
        if len(alt.split()) < 6:
            faults.append(f"too short to say what the figure shows: {alt!r}")
        if re.search(r"\.(svg|png|jpe?g|gif|ipynb)\b|_images|/\w+/", alt):
            faults.append(f"names a file: {alt!r}")
    return faults
