"""Roles and directives that show the table of chapters.

``{chapter-list}``
    each chapter with its sentence.
``{chapter-needs}``, ``{chapter-times}``
    for those who teach: what each chapter assumes and gives; its minutes and points.
``{before-you-start}``
    on a chapter's own page: what is necessary, what helps, how long it takes.
``{minutes}`read 1 2```
    minutes to read these chapters together; ``run`` and ``do`` likewise, and ``exercises 2.1 2.3``.
``{torch-labs}`labs {}```
    the text with the numbers of the labs that need torch in place of the braces.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from lab_quotes import LAB_DOCS, table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from pipeline.chapters import Chapter, ChapterError, chapter, chapters
from pipeline.quotes import in_a_row


class FromChapters(SphinxDirective):
    """A directive that shows something of every chapter."""

    def chapters(self) -> list[Chapter]:
        found = chapters()
        for one in found:
            for file in (one.text, one.lab):
                self.env.note_dependency(str(file))
        return found

    def inline(self, text: str) -> list[nodes.Node]:
        """Markdown within a line."""
        shown, messages = self.state.inline_text(text, self.lineno)
        return [*shown, *messages]

    def link(self, document: str, text: str) -> nodes.reference:
        uri = self.env.app.builder.get_relative_uri(self.env.docname, document)
        return nodes.reference("", text, internal=True, refuri=uri)


class ChapterList(FromChapters):
    """Each chapter with its sentence."""

    def run(self) -> list[nodes.Node]:
        rows = nodes.definition_list(classes=["chapters"])
        for one in self.chapters():
            term = nodes.term("", f"{one.number} ", self.link(f"book/{one.stem}", one.title))
            sentence = nodes.paragraph("", "", *self.inline(one.hook))
            rows += nodes.definition_list_item("", term, nodes.definition("", sentence))
        return [rows]


class ChapterNeeds(FromChapters):
    """What each chapter assumes, what helps and what it gives."""

    def run(self) -> list[nodes.Node]:
        rows = []
        for one in self.chapters():
            texts = (one.assumes, one.helps, one.gives)
            cells = [nodes.inline("", "", *self.inline(text)) for text in texts]
            rows.append([self.link(f"book/{one.stem}", str(one.number)), *cells])
        return [table(["chapter", "assumes", "helps", "gives"], rows, "chapter-needs")]


class ChapterTimes(FromChapters):
    """Minutes and points of each chapter."""

    def run(self) -> list[nodes.Node]:
        head = ["chapter", "minutes to read", "for the lab", "for its exercises"]
        head += ["points, marked by tests", "by you"]
        rows = [
            [
                self.link(f"book/{one.stem}", str(one.number)),
                *map(str, (one.read, one.run, one.do)),
                str(one.points(written=False)),
                str(one.points(written=True)),
            ]
            for one in self.chapters()
        ]
        return [table(head, rows, "chapter-times")]


class BeforeYouStart(FromChapters):
    """What a chapter needs, and how long it takes."""

    def run(self) -> list[nodes.Node]:
        text = Path(self.env.doc2path(self.env.docname))
        try:
            one = chapter(text)
        except ChapterError as error:
            return [self.state.document.reporter.error(str(error), line=self.lineno)]
        self.env.note_dependency(str(one.lab))
        lab = self.link(LAB_DOCS + one.stem, f"lab {one.number}")
        needs = nodes.paragraph("", "", nodes.strong("", "Before you start."))
        needs += [nodes.Text(" Necessary: "), *self.inline(one.assumes)]
        needs += [nodes.Text(". Helpful: "), *self.inline(one.helps), nodes.Text(".")]
        time = nodes.paragraph("", "", nodes.strong("", "Time."))
        time += [nodes.Text(f" {one.read} minutes to read, {one.run} to work through "), lab]
        time += nodes.Text(f", {one.do} to do its exercises.")
        return [needs, time]


class Minutes(SphinxRole):
    """A sum of minutes."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        what, *numbers = self.text.split()
        by_number = {str(one.number): one for one in chapters()}
        try:
            total = 0
            for number in numbers:
                one = by_number[number.partition(".")[0]]
                each = {exercise.number: exercise.minutes for exercise in one.exercises}
                each |= {"read": one.read, "run": one.run, "do": one.do}
                total += each[number if what == "exercises" else what]
        except KeyError as error:
            message = self.inliner.reporter.error(f"no such minutes: {error}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        for number in numbers:
            one = by_number[number.partition(".")[0]]
            for file in (one.text, one.lab):
                self.env.note_dependency(str(file))
        return [nodes.Text(str(total))], []


class TorchLabs(SphinxRole):
    """The numbers of the labs that need torch."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = chapters()
        for one in found:
            self.env.note_dependency(str(one.lab))
        numbers = in_a_row([str(one.number) for one in found if one.needs_torch])
        return [nodes.Text(self.text.replace("{}", numbers))], []


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("chapter-list", ChapterList)
    app.add_directive("chapter-needs", ChapterNeeds)
    app.add_directive("chapter-times", ChapterTimes)
    app.add_directive("before-you-start", BeforeYouStart)
    app.add_role("minutes", Minutes())
    app.add_role("torch-labs", TorchLabs())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
