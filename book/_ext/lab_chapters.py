"""Roles and directives that show the table of chapters.

``{chapter-cards}``
    each chapter with a picture, its sentence and its minutes, under the parts of the contents.
``{other-pages}``
    links to the pages of the contents that belong to no chapter.
``{chapter-count}`{} chapters```
    the text with the number of chapters in place of the braces.
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
from lab_figures import small_picture
from lab_quotes import LAB_DOCS, quotes_lab, table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from pipeline.chapters import Chapter, ChapterError, chapter, chapters
from pipeline.quotes import LabQuoteError, find, in_a_row
from pipeline.thumbnails import thumbnail


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


class ChapterCards(FromChapters):
    """Each chapter with a picture, its sentence and its minutes."""

    def run(self) -> list[nodes.Node]:
        by_page = {f"book/{one.stem}": one for one in self.chapters()}
        shown: list[nodes.Node] = []
        for part in self.env.external_site_map.root.subtrees:
            found = [by_page[page] for page in part.items if page in by_page]
            try:
                cards = nodes.bullet_list("", *map(self.card, found), classes=["chapters"])
            except (LabQuoteError, ValueError) as error:
                return [self.state.document.reporter.error(str(error), line=self.lineno)]
            if found and part.caption:
                title = f"{NUMERALS[len(shown)]} \N{MIDDLE DOT} {part.caption}"
                ids = [nodes.make_id(part.caption)]
                shown.append(nodes.section("", nodes.title("", title), cards, ids=ids))
            elif found:
                shown.append(cards)
        return shown

    def card(self, one: Chapter) -> nodes.list_item:
        quotes_lab(self.env, one.stem)
        figure = find(f"{one.stem}::{one.picture}")
        if figure.kind != "figure":
            raise LabQuoteError(f"the picture of {one.stem} is a {figure.kind}, not a figure")
        small = thumbnail(figure.output.data["image/svg+xml"])
        title = self.link(f"book/{one.stem}", f"{one.number} {one.title}")
        minutes = f"{one.read} minutes to read, {one.run} for the lab"
        drawn = small_picture(self.env, one.stem, one.picture, small)
        picture = nodes.raw("", drawn, format="html")
        return nodes.list_item(
            "",
            picture,
            nodes.paragraph("", "", title, classes=["title"]),
            nodes.paragraph("", "", *self.inline(one.hook)),
            nodes.paragraph("", minutes, classes=["minutes"]),
        )


NUMERALS = ["I", "II", "III", "IV", "V"]


class OtherPages(FromChapters):
    """Links to the pages of the contents that belong to no chapter."""

    def run(self) -> list[nodes.Node]:
        chapters = {f"book/{one.stem}" for one in self.chapters()}
        parts = self.env.external_site_map.root.subtrees
        pages = [page for part in parts for page in part.items if page not in chapters]
        links = " ".join(f"{{doc}}`/{page}`" for page in pages)
        return [nodes.paragraph("", "", *self.inline(links), classes=["other-pages"])]


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


class ChapterCount(SphinxRole):
    """How many chapters there are."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = chapters()
        for one in found:
            self.env.note_dependency(str(one.text))
        return [nodes.Text(self.text.replace("{}", str(len(found))))], []


class TorchLabs(SphinxRole):
    """The numbers of the labs that need torch."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = chapters()
        for one in found:
            self.env.note_dependency(str(one.lab))
        numbers = in_a_row([str(one.number) for one in found if one.needs_torch])
        return [nodes.Text(self.text.replace("{}", numbers))], []


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("chapter-cards", ChapterCards)
    app.add_directive("other-pages", OtherPages)
    app.add_directive("chapter-needs", ChapterNeeds)
    app.add_directive("chapter-times", ChapterTimes)
    app.add_directive("before-you-start", BeforeYouStart)
    app.add_role("chapter-count", ChapterCount())
    app.add_role("minutes", Minutes())
    app.add_role("torch-labs", TorchLabs())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
