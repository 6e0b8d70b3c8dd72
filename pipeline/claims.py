"""What the labs claim: of which kind, how close each claim came to failing, who quotes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from pipeline import quotes
from pipeline.labs import labs

ADDRESS = re.compile(r"(\w+)::([\w-]+)")
HEADING = re.compile(r"(#{1,2}) (.+)")


@dataclass(frozen=True)
class Claim:
    """A claim that a lab makes, its exercises aside.

    Attributes
    ----------
    lab : str
        Stem of the lab.
    record : dict
        What `modelcollapse.claims` wrote down.
    """

    lab: str
    record: dict[str, Any]

    @property
    def name(self) -> str:
        """Unique among all labs."""
        return f"{self.lab}-{self.record['name']}"

    @property
    def kind(self) -> str:
        """``"order"``, or of what is equal, ``"errors"`` or ``"tolerance"``: how it is judged."""
        if self.record["relation"] != "=":
            return "order"
        return "tolerance" if self.record["se"] is None else "errors"

    @cached_property
    def values(self) -> np.ndarray:
        """Measured, expected and standard error (1 without one) of each value compared, (3, n)."""
        se = 1.0 if self.record["se"] is None else self.record["se"]
        given = np.broadcast_arrays(self.record["measured"], self.record["expected"], se)
        return np.array([array.ravel() for array in given], float)

    @property
    def distances(self) -> np.ndarray:
        """Of each value, from what is expected, in standard errors where there are any."""
        measured, expected, se = self.values
        return (measured - expected) / se

    @property
    def gaps(self) -> np.ndarray:
        """The distances in the direction claimed; of what is equal, without their sign."""
        signs = {"=": np.sign(self.distances), "<": -1, ">": 1}
        return self.distances * signs[self.record["relation"]]

    @property
    def worst(self) -> int:
        """Which value came closest to failing."""
        return int(np.argmax(self.gaps) if self.kind != "order" else np.argmin(self.gaps))

    @property
    def share(self) -> float | None:
        """The worst value's gap over what is allowed or needed; None where any gap will do."""
        limit = self.record["limit"]
        return float(self.gaps[self.worst] / limit) if limit else None

    @property
    def deviates(self) -> np.ndarray:
        """The distances in standard errors as a normal law has them.

        A distance that is judged by Student's t becomes the normal deviate that is as unlikely.
        """
        return self._deviate(self.distances)

    @property
    def limit_deviate(self) -> float:
        """The limit of `deviates`."""
        return round(float(self._deviate(np.array(self.record["limit"]))), 6)

    def _deviate(self, distance: np.ndarray) -> np.ndarray:
        df = self.record["df"]
        if df is None:
            return distance
        return -np.sign(distance) * special.ndtri(special.stdtr(df, -np.abs(distance)))


def claims() -> dict[str, list[Claim]]:
    """The claims of each lab."""
    return {
        path.stem: [
            Claim(path.stem, record)
            for kind, record, _ in quotes.handed_on(quotes.executed(path))
            if kind == "claim"
        ]
        for path in labs()
    }


@dataclass(frozen=True)
class Place:
    """Where a page quotes a lab: its second-rank heading, empty above the first of them."""

    page: Path
    title: str
    heading: str


def places(page: Path) -> Iterator[tuple[str, Place]]:
    """What a page of the text quotes, as the names of claims have it, and where."""
    title = heading = ""
    for line in page.read_text("utf-8").splitlines():
        if match := HEADING.match(line):
            title, heading = (match[2], "") if match[1] == "#" else (title, match[2])
        for lab, name in ADDRESS.findall(line):
            yield f"{lab}-{name}", Place(page, title, heading)
