"""The table of chapters: one record each, typed once.

The front matter of a chapter's text says what its lab cannot say; title, exercises, points and
whether torch is needed come from the lab. Whatever lists chapters reads this table.

``python -m pipeline.chapters`` writes the list of chapters in the README anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from pipeline.dependencies import needs
from pipeline.exercises import Exercise, exercises, lab_title
from pipeline.labs import LABS, ROOT

TEXTS = ROOT / "book"
FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
FIELDS: dict[str, type] = {"hook": str, "picture": str}
FIELDS |= {"assumes": str, "helps": str, "gives": str}
FIELDS |= {"read": int, "run": int, "budget": int}
LIST = re.compile(r"(?s)(<!-- chapters: python -m pipeline\.chapters -->\n).*?(<!-- end -->)")


class ChapterError(ValueError):
    """A chapter's record is not as it must be."""


@dataclass(frozen=True)
class Chapter:
    """What the course says of a chapter.

    Attributes
    ----------
    stem : str
        Name of its text and its lab, such as ``"02_gaussian"``.
    hook : str
        The result in a sentence, without markup.
    picture : str
        Name of the lab's figure that stands for the chapter.
    assumes, helps, gives : str
        What a reader must know, what helps, what one can do afterwards, in Markdown.
    read, run : int
        Minutes to read the text, and to run the lab and read it.
    budget : int
        Seconds of processor time that the lab may take on one thread.
    """

    stem: str
    hook: str
    picture: str
    assumes: str
    helps: str
    gives: str
    read: int
    run: int
    budget: int

    @property
    def number(self) -> int:
        """Such as 2."""
        return int(self.stem.partition("_")[0])

    @property
    def text(self) -> Path:
        """The chapter's text."""
        return TEXTS / f"{self.stem}.md"

    @property
    def lab(self) -> Path:
        """The chapter's lab."""
        return LABS / f"{self.stem}.ipynb"

    @cached_property
    def notebook(self) -> NotebookNode:
        """The lab as it is committed."""
        return nbformat.read(self.lab, as_version=4)

    @property
    def title(self) -> str:
        """Such as "Refitting a bell curve"."""
        return lab_title(self.notebook)[1]

    @cached_property
    def exercises(self) -> list[Exercise]:
        """The exercises of the lab."""
        return exercises(self.notebook)

    @property
    def do(self) -> int:
        """Minutes for the exercises."""
        return sum(exercise.minutes for exercise in self.exercises)

    def points(self, *, written: bool) -> int:
        """Points for the answers that a person marks, or that tests mark."""
        return sum(e.points for e in self.exercises if e.written == written)

    @cached_property
    def needs_torch(self) -> bool:
        """Whether the lab imports torch, itself or through the package."""
        return needs(self.notebook, "torch")


def chapters() -> list[Chapter]:
    """Every chapter, in order."""
    return [chapter(text) for text in sorted(TEXTS.glob("[0-9][0-9]_*.md"))]


def chapter(text: Path) -> Chapter:
    """The record in the front matter of a chapter's text.

    Raises
    ------
    ChapterError
        If there is none, or a field is missing, unknown or of another type.
    """
    match = FRONT_MATTER.match(text.read_text("utf-8"))
    record = (yaml.safe_load(match[1]) or {}).get("chapter") if match else None
    if not isinstance(record, dict):
        raise ChapterError(f"{text.name}: the front matter must hold a record 'chapter'")
    if record.keys() != FIELDS.keys():
        raise ChapterError(f"{text.name}: chapter must have {list(FIELDS)}, got {list(record)}")
    for field, kind in FIELDS.items():
        if type(record[field]) is not kind or not record[field]:
            raise ChapterError(
                f"{text.name}: chapter.{field} must be {'a text' if kind is str else 'a number'}, "
                f"got {record[field]!r}"
            )
    return Chapter(text.stem, **record)


def readme_list() -> str:
    """The README's list of chapters."""
    lines = [
        f"- {c.number} [{c.title}](book/{c.stem}.md){' (needs torch)' * c.needs_torch}"
        for c in chapters()
    ]
    return "\n".join(lines) + "\n"


def with_list(readme: str) -> str:
    """The README with its list of chapters as it must be."""
    return LIST.sub(lambda match: match[1] + readme_list() + match[2], readme)


if __name__ == "__main__":
    file = ROOT / "README.md"
    file.write_text(with_list(file.read_text("utf-8")), "utf-8")
