"""The coursework edition: no solution anywhere in it, and everything else as it was."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest.mock import MagicMock

import lab_downloads
import lab_pages
import nbformat
import pytest
from nbformat import NotebookNode
from site_search import Search
from small_book import LAB, PAGES, SmallBook
from support import ROOT, Site, contents, leaks, words

from pipeline import execution, labs, names, quotes
from pipeline.handout import SOLUTION_IN_CODE, SOLUTION_IN_TEXT

SHORTEST = 12  # characters of a line that is looked for

# A small book, with words planted where the edition must not have them

PLANTED = {
    "in the solution": "quince",
    "in the comment of a solution": "medlar",
    "in the second part of a solution": "damson",
    "put out by an answer": "QUINCE",
    "put out by a check": "Quince",
    "in the alt text of a figure in an answer": "loquat",
    "in a figure of an answer": "rambutan",
    "in a claim of an answer": "salak",
    "in a number of an answer": "longan",
    "in a written solution": "mangosteen",
    "in a rubric": "tamarillo",
}
ANSWER = """def fruit():
    # BEGIN SOLUTION
    # The medlar is no answer.
    return "quince"
    # END SOLUTION


# BEGIN SOLUTION
damson = fruit().upper()
fig, ax = plt.subplots()
ax.plot([1, 2, 3], gid="rambutan")
plots.show(fig, "answer-figure", "A line that is a loquat")
claim("answer-claim", "Two salak are two", 2.0, 2.0, tolerance=0.1, source="arithmetic")
report("answer-number", 2.0, "A longan")
print(damson)
# END SOLUTION
print(f"got {fruit()}")
"""
WRITTEN = """<!-- BEGIN SOLUTION -->
A **mangosteen** is the answer.
<!-- END SOLUTION -->"""
ONLY = """
```{only} not coursework
The whole book has a pomelo.
```

```{only} coursework
The edition has a kumquat.
```
"""


def planted_cells() -> list[NotebookNode]:
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    line = "*Difficulty 1 of 3 · about 5 minutes · 1 points"
    task = f"### Exercise 2.1 · A fruit\n\n{line}*\n\nReturn the right papaya."
    check = 'print(fruit().title())\nprint("a plum" if fruit() else "no plum")'
    made: list[tuple[NotebookNode, str]] = [
        (text("## Exercises", id="exercises"), ""),
        (text(task, id="ex1"), "exercise"),
        (code(ANSWER, id="ex1-answer"), "answer"),
        (code(check, id="ex1-check"), "check"),
        (text(f"### Exercise 2.2 · Why\n\n{line} · written*\n\nSay why.", id="ex2"), "exercise"),
        (text(WRITTEN, id="ex2-answer"), "answer"),
        (text("**Rubric**\n\n- 1 point: says tamarillo.", id="ex2-rubric"), "rubric"),
    ]
    for cell, tag in made:
        cell.metadata["tags"] = [tag] if tag else []
    return [cell for cell, _ in made]


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def holding(word: str, folder: Path) -> list[str]:
    """Files with a word in them, upper and lower case told apart."""
    return [name for name, content in contents(folder) if word.encode() in content]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """A small book with exercises, built whole, and as the edition beside it."""
    small = SmallBook(tmp_path_factory.mktemp("edition") / "book")
    small.write()
    small.lab(LAB, planted_cells())
    small.page("alone", PAGES["alone"] + ONLY)
    for edition, output in (("", None), ("coursework", small.root / "_build" / "coursework")):
        done = small.build(edition, output)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert ("executing" in done.stdout) == (edition == "")
    return small


@pytest.fixture(scope="module")
def edition(book: SmallBook) -> Path:
    return book.root / "_build" / "coursework" / "_build"


@pytest.mark.parametrize("where", PLANTED)
def test_what_is_planted_is_in_the_whole_book_alone(
    where: str, book: SmallBook, edition: Path
) -> None:
    assert holding(PLANTED[where], book.html)
    assert holding(PLANTED[where], edition) == []


def test_archives_are_searched(book: SmallBook) -> None:
    found = holding("quince", book.html)
    assert f"downloads/{lab_downloads.ZIP}/solutions/02_small.ipynb" in found
    wheels = [name for name in holding("VALUE = 3.0", book.html) if ".whl/" in name]
    assert len(wheels) == 2


def test_the_edition_keeps_the_exercises_and_all_else(book: SmallBook, edition: Path) -> None:
    page = (edition / "html" / "notebooks" / "02_small.html").read_text("utf-8")
    assert "papaya" in page and "no plum" in page
    for gone in ("Show a solution", "Show a model answer", "Show the rubric", "Its solutions"):
        assert gone in book.shown("notebooks/02_small") and gone not in page
    assert page.count("your code here") == 2 and "Your answer here" in page
    whole, cut = files(book.html), files(edition / "html")
    assert set(cut) - set(whole) == {".edition"}
    lost = [name for name in set(whole) - set(cut) if not name.startswith("_images/")]
    assert lost == ["downloads/02_small_solutions.ipynb"]
    for name in ("book/index.html", "book/claims.html", "book/02_small.html"):
        assert cut[name] == whole[name], name


def test_text_for_one_edition_alone(book: SmallBook, edition: Path) -> None:
    page = "book/alone.html"
    for word, has, has_not in (
        ("pomelo", book.html, edition / "html"),
        ("kumquat", edition / "html", book.html),
    ):
        assert holding(word, has) == [page, "searchindex.js"]
        assert holding(word, has_not) == []


@pytest.mark.parametrize("name", ["edition", ""])
def test_no_page_quotes_an_exercise(name: str, book: SmallBook, tmp_path: Path) -> None:
    quotes = [
        "{num}`02_small::answer-number`",
        "{claim}`02_small::answer-claim`",
        "```{lab-figure} 02_small::answer-figure\nA caption.\n```",
    ]
    book.page("alone", PAGES["alone"] + "\n" + "\n\n".join(quotes) + "\n")
    done = book.build("coursework" if name else "", tmp_path)
    book.page("alone", PAGES["alone"] + ONLY)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    for quoted in ("answer-number", "answer-claim", "answer-figure"):
        assert f"makes '{quoted}' in an answer or a check" in said


def test_there_and_back_in_one_folder(book: SmallBook, edition: Path) -> None:
    """Nothing is executed, and no file of the other edition stays, or of its pages."""
    before = {"": files(book.html), "coursework": files(edition / "html")}
    store = files(book.root / "_build" / "executed")
    for name in ("coursework", ""):
        done = book.build(name)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert "executing" not in done.stdout
        after = files(book.html)
        assert after.keys() == before[name].keys()
        assert [file for file in after if after[file] != before[name][file]] == []
    assert files(book.root / "_build" / "executed") == store


def test_what_is_kept_from_a_build_knows_its_edition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Downloads and the pages that Sphinx has read, each even without the other's help."""
    names, versions = [], []
    for name in ("", "coursework", ""):
        lab_downloads.write_downloads(tmp_path, edition=name)
        names.append({file for file in files(tmp_path) if "solutions" in file})
        monkeypatch.setenv("EDITION", name)
        versions.append(lab_pages.setup(MagicMock())["env_version"])
    assert names[0] == names[2] and names[0] and names[1] == set()
    assert versions[0] == versions[2] != versions[1]


# The choice of the edition


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    hide = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "EDITION")
    environment = {key: value for key, value in os.environ.items() if key not in hide}
    command = ["make", "-n", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_make_puts_each_edition_into_its_own_folder() -> None:
    whole, cut = make("serve").stdout, make("serve", "EDITION=coursework").stdout
    assert "EDITION=coursework" in cut and "--path-output _build/coursework/" in cut
    assert "open _build/coursework/_build/html/index.html" in cut
    assert "--directory _build/coursework/_build/html" in cut
    assert "coursework" not in whole and "open _build/html/index.html" in whole


def test_another_edition_is_an_error(book: SmallBook, tmp_path: Path) -> None:
    made = make("book", "EDITION=typo")
    assert made.returncode != 0
    assert "EDITION must be empty or coursework, got typo" in made.stderr
    done = book.build("typo", tmp_path)
    assert done.returncode != 0
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert "EDITION must be empty or 'coursework', got 'typo'" in said


def test_the_edition_has_no_link_to_the_repository() -> None:
    """The labs there hold their solutions."""
    links = lab_downloads.lab_links("02_small", "https://github.com/a/b", edition="coursework")
    assert "mybinder" not in links and "_solutions" not in links
    assert "/downloads/colab/02_small.ipynb" in links


# The real book


def solved(cell: NotebookNode) -> tuple[str, str]:
    """What of a cell belongs to the solutions, and what does not."""
    if "rubric" in cell.metadata.get("tags", []):
        return cell.source, ""
    pattern = SOLUTION_IN_CODE if cell.cell_type == "code" else SOLUTION_IN_TEXT
    inside = "\n".join(match["solution"] for match in pattern.finditer(cell.source))
    return inside, pattern.sub("", cell.source)


def lab_cells() -> list[NotebookNode]:
    return [cell for lab in labs.labs() for cell in execution.executed(lab).cells]


def solutions() -> str:
    return "\n".join(solved(cell)[0] for cell in lab_cells())


def elsewhere() -> str:
    """Everything that the book is made of, without the solutions."""
    parts = [solved(cell)[1] for cell in lab_cells()]
    for cell in lab_cells():
        if not {"answer", "check"} & set(cell.metadata.get("tags", [])):
            parts.append(json.dumps(cell.get("outputs", [])).replace("\\n", " "))
    sources = [*(ROOT / "book").glob("*.*"), *(ROOT / "modelcollapse").rglob("*.py")]
    sources += [ROOT / name for name in ("README.md", "constraints.txt", "_config.yml")]
    return "\n".join([*parts, *(source.read_text("utf-8") for source in sources)])


def lines(text: str, outside: str) -> list[str]:
    """The lines of a text that are long enough to look for and stand nowhere else.

    A line of two words, such as ``return found``, may stand in anybody's script.
    """
    rest = words(outside)
    found = dict.fromkeys(line.strip() for line in text.splitlines())
    long = [line for line in found if len(line) >= SHORTEST and len(words(line).split()) > 2]
    return [line for line in long if words(line) not in rest]


def stems(text: str) -> set[str]:
    """The words of a text as the search index has them.

    Numbers are left out: a measurement of another page may print the same digits.
    """
    english = Search({})
    found = {word.lower() for word in english.split(text) if not re.fullmatch(r"[\d.,]+", word)}
    return found | {english.stem(word) for word in found}


def indexed(site: Site) -> set[str]:
    text = (site.html / "searchindex.js").read_text("utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    return set(index["terms"]) | set(index["titleterms"])


def test_the_edition_is_built_with_warnings_as_errors(coursework_site: Site) -> None:
    said = coursework_site.said
    assert coursework_site.returncode == 0, said[-3000:]
    assert not re.search(r"(?i)\bwarning\b|\berror\b", said), said[-3000:]
    assert "executing" not in said


def test_no_line_of_a_solution_is_in_the_edition(site: Site, coursework_site: Site) -> None:
    """The same search finds every one of them in the whole book."""
    wanted = lines(solutions(), elsewhere())
    assert len(wanted) >= 20 * len(labs.labs())
    assert leaks(wanted, coursework_site.output) == {}
    on_pages = leaks(wanted, site.html, "notebooks/")
    assert [line for line in wanted if line not in on_pages] == []
    in_downloads = leaks(wanted, site.html, "downloads/")
    assert [line for line in wanted if line not in in_downloads] == []


def test_no_line_of_a_hidden_test_is_in_either_edition(site: Site, coursework_site: Site) -> None:
    hidden = sorted((ROOT / "coursework" / "hidden").glob("[0-9]*.py"))
    assert [file.stem for file in hidden] == [lab.stem for lab in labs.labs()]
    text = "\n".join(file.read_text("utf-8") for file in hidden)
    wanted = lines(text, elsewhere() + solutions())
    assert len(wanted) >= 20 * len(hidden)
    for place in (site.html, coursework_site.output):
        assert leaks(wanted, place) == {}


def test_no_word_of_a_solution_is_in_the_search_index(site: Site, coursework_site: Site) -> None:
    own = stems(solutions()) - stems(elsewhere())
    assert len(own & indexed(site)) >= 10  # it can find them; the longer the book, the fewer
    assert own & indexed(coursework_site) == set()


def test_the_edition_has_every_page_and_claim(site: Site, coursework_site: Site) -> None:
    whole, cut = (set(files(place.html)) for place in (site, coursework_site))
    gone = {f"downloads/{lab.stem}_solutions.ipynb" for lab in labs.labs()}
    assert {name for name in whole - cut if not name.startswith("_images/")} == gone
    claims = [place.html / "book" / "claims.html" for place in (site, coursework_site)]
    assert claims[0].read_text("utf-8") == claims[1].read_text("utf-8")
    with_zip = coursework_site.html / "downloads" / lab_downloads.ZIP
    assert not [name for name, _ in contents(with_zip.parent) if "solution" in name]


# What an answer computes stays there


def taken_from_exercises(cells: Iterable[NotebookNode]) -> Iterator[str]:
    """Names that cells read although an answer or a check was the last to bind them."""
    made: set[str] = set()
    for cell in cells:
        if cell.cell_type != "code":
            continue
        exercise = bool(quotes.EXERCISES & set(cell.metadata.get("tags", [])))
        for statement in ast.parse(cell.source).body:
            code = ast.unparse(statement)
            if not exercise:
                yield from (f"{cell.id}: {name}" for name in sorted(names.taken(code) & made))
            bound = names.bound(code)
            made = made | bound if exercise else made - bound


def test_no_cell_shows_what_an_exercise_computes() -> None:
    for lab in labs.labs():
        cells = nbformat.read(lab, as_version=4).cells
        assert list(taken_from_exercises(cells)) == [], lab.stem


def test_a_cell_that_shows_what_an_exercise_computes_is_found() -> None:
    code = nbformat.v4.new_code_cell
    show = "print([a for a in range(3)])\nfor m in range(2):\n    print(m)\nc = 1\nprint(c)"
    cells = [*planted_cells(), code("a, c, m = 1, 2, 3", metadata={"tags": ["check"]})]
    assert list(taken_from_exercises([*cells, code(show)])) == []
    for source in ("print(damson)", "def f():\n    return fruit()", "c = c + 1"):
        assert len(list(taken_from_exercises([*cells, code(source)]))) == 1, source
