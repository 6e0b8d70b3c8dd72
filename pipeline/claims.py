"""What the labs claim: of which kind, how close each claim came to failing, who quotes it."""

from __future__ import annotations

import re
from collections import Counter
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
QUOTATION = re.compile(r"\{(?:num|words|claim)\}`[^`]+`|\{lab-figure\} \S+")
HEADING = re.compile(r"(#{1,2}) (.+)")
FAR = 20  # standard errors: beyond, the number says no more
USUAL = 4  # standard errors that are allowed or needed: said once


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

    def compared(self) -> tuple[str, str, str]:
        """What was expected of the worst value, what was measured, and of how many it is."""
        measured, expected, se = (float(row[self.worst]) for row in self.values)
        if self.record["se"] is None:
            value, against = quotes.plain(measured), quotes.plain(expected)
        else:
            value, against = quotes.with_error(measured, se, expected)
        relation = {"=": "", "<": "below ", ">": "above "}[self.record["relation"]]
        many = self.values.shape[1]
        return relation + against, value, f"worst of {many}" if many > 1 else ""

    def apart(self) -> tuple[str, str]:
        """How far apart the two are, and how far they may or must be where that is unusual."""
        record, distance = self.record, abs(float(self.distances[self.worst]))
        limit, verb = record["limit"], "allowed" if record["relation"] == "=" else "needed"
        if record["se"] is not None:
            apart = f"> {FAR} se" if distance > FAR else f"{distance:.1f} se"
            note = f"{limit:.1f} {verb}" if limit != USUAL or not record["holds"] else ""
        else:
            apart = quotes.plain(distance, 2) if distance else "identical"
            note = f"{quotes.plain(limit, 2)} {verb}" if limit and distance else ""
        if record["holds"]:
            return apart, note
        here = f"does not hold here ({quotes.executed_with(self.lab)})"
        return f"✗ {apart}", "; ".join(filter(None, (note, here)))

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
    """Where a page quotes a lab.

    Attributes
    ----------
    page : Path
        The page's file.
    title, heading : str
        Of the page, and of its second rank, empty above the first of these.
    anchor : str
        What the quotation is called in the address of its page.
    """

    page: Path
    title: str
    heading: str
    anchor: str


def anchor(lab: str, name: str, before: int) -> str:
    """What a quotation is called, behind so many of the same on its page."""
    return f"quote-{lab}-{name}" + (f"_{before + 1}" if before else "")


def places(page: Path) -> Iterator[tuple[str, Place]]:
    """What a page of the text quotes, as `Claim.name` has it, and where, once a sentence.

    A sentence is a line.
    """
    title = heading = ""
    count: Counter[str] = Counter()
    for line in page.read_text("utf-8").splitlines():
        if match := HEADING.match(line):
            title, heading = (match[2], "") if match[1] == "#" else (title, match[2])
        sentence: dict[str, Place] = {}
        for quotation in QUOTATION.findall(line):
            addresses = ADDRESS.findall(quotation)
            if addresses:  # a mark of several claims is called by the first
                lab, name = addresses[0]
                here = Place(page, title, heading, anchor(lab, name, count[f"{lab}::{name}"]))
                count[f"{lab}::{name}"] += 1
                for address in addresses:
                    sentence.setdefault("-".join(address), here)
        yield from sentence.items()


def by_section(found: list[Place]) -> list[list[Place]]:
    """Places that stand below the same heading, together."""
    sections: dict[tuple[Path, str], list[Place]] = {}
    for place in found:
        sections.setdefault((place.page, place.heading), []).append(place)
    return list(sections.values())
