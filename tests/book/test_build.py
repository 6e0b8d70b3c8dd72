"""The book is built clean, follows every edit, and comes out the same twice."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image
from site_entrances import draw_card
from small_book import LAB, MODULE, NOT_COPIED, PAGES, SmallBook
from support import ROOT, Site, build

from pipeline import execution


def test_built_with_warnings_as_errors(site: Site) -> None:
    assert site.returncode == 0, site.said[-3000:]
    assert not re.search(r"(?i)\bwarning\b|\berror\b", site.said), site.said[-3000:]


def test_built_again_executes_nothing_and_writes_no_page(site: Site) -> None:
    assert "executing" not in site.said_again, site.said_again[-3000:]
    assert site.written_again == []


def test_the_page_on_the_package_needs_no_torch() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
    page = (ROOT / "book" / "api.md").read_text("utf-8")
    modules = re.findall(r"automodule:: (\S+)", page)
    assert "modelcollapse.networks.gru" in modules
    code = f"""
import importlib, sys
from sphinx.ext.autodoc.mock import mock

class Missing:
    def find_spec(name, *_):
        if name.split(".")[0] == "torch":
            raise ImportError("not installed")

sys.meta_path.insert(0, Missing)
with mock({config["autodoc_mock_imports"]}):
    for name in {modules}:
        importlib.import_module(name)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


# Edits


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallBook, Path]:
    """A small book, built once, and a copy of its folder as it was then."""
    root = tmp_path_factory.mktemp("small")
    book = SmallBook(root / "book")
    book.write()
    first = book.build()
    assert first.returncode == 0, first.stdout[-3000:] + first.stderr[-3000:]
    assert "executing 02_small" in first.stdout
    shutil.copytree(book.root, root / "kept")
    return book, root / "kept"


@pytest.fixture
def small(kept: tuple[SmallBook, Path]) -> SmallBook:
    """The small book as it was built, in its own place: a moved book is read anew."""
    book, copy = kept
    shutil.rmtree(book.root)
    shutil.copytree(copy, book.root)
    return book


def rebuilt(book: SmallBook, executed: bool) -> set[str]:
    """Build again; the pages that were written."""
    before = book.written()
    done = book.build()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert ("executing 02_small" in done.stdout) == executed
    after = book.written()
    return {page for page in after if after[page] != before.get(page)}


def test_a_figure_on_another_page_is_a_picture(small: SmallBook) -> None:
    (picture,) = small.pictures("book/index")
    assert b"<svg" in picture and b"<path" in picture
    assert picture in small.pictures("book/02_small")
    assert 'alt="A line that rises from one to three over two steps"' in small.shown("book/index")
    for page in ("book/index", "book/02_small", "notebooks/02_small"):
        assert not re.search(r"Figure size|Figure\(|&lt;Figure", small.shown(page)), page
    assert "Fig. 2.1</span></a>" in small.shown("book/02_small")


CARDS = f"{PAGES['alone']}\n```{{chapter-cards}}\n```\n"


def test_a_card_follows_its_chapter_and_the_figure_of_its_lab(small: SmallBook) -> None:
    small.page("alone", CARDS + "\n{chapter-count}`{} chapter` in all.\n\n```{other-pages}\n```\n")
    rebuilt(small, executed=False)
    card = small.shown("book/alone").partition('<ul class="chapters">')[2].partition("</ul>")[0]
    assert '<a class="reference internal" href="02_small.html">2 small</a>' in card
    assert "<p>A line rises.</p>" in card and "1 minutes to read, 1 for the lab" in card
    assert all(part in card for part in ('alt=""', 'loading="lazy"', 'width="176" height="120"'))
    assert "1 chapter in all" in small.shown("book/alone")
    others = small.shown("book/alone").partition('<p class="other-pages">')[2].partition("</p>")[0]
    assert re.findall('href="([^"]*)"', others) == ["claims.html", "#"]
    (before,) = small.pictures("book/alone")
    assert b"<path" in before and b"text_" not in before
    small.lab(LAB | {"line": LAB["line"].replace("[1, 2, 3]", "[1, 3, 2]")})
    small.page("02_small", PAGES["02_small"].replace("A line rises", "A line bends"))
    rebuilt(small, executed=True)
    assert small.pictures("book/alone") != [before] and "A line bends" in small.shown("book/alone")


@pytest.mark.parametrize(
    ("picture", "error"), [("alive", "not a figure"), ("missing", "called 'missing'")]
)
def test_a_card_needs_a_picture_of_its_lab(picture: str, error: str, small: SmallBook) -> None:
    small.page("alone", CARDS)
    small.page("02_small", PAGES["02_small"].replace("picture: line", f"picture: {picture}"))
    done = small.build()
    assert done.returncode != 0 and error in done.stdout + done.stderr


def test_the_still_of_a_figure_that_plays_says_what_the_lab_moves(small: SmallBook) -> None:
    page = (small.html / "notebooks" / "02_small.html").read_text("utf-8")
    (note,) = re.findall(r'<p class="play-note">(.*?)</p>', page)
    said = re.sub(r"<[^<>]*>", "", note)
    assert said == "Run the lab to move this: n from 2 to 9; style -, -- or :; title any text."


def test_an_edit_to_the_lab_alone_reaches_the_pages_that_quote_it(small: SmallBook) -> None:
    old = {page: small.pictures(f"book/{page}")[0] for page in ("index", "02_small")}
    assert "3.50" in small.shown("book/02_small")
    cells = LAB | {
        "number": LAB["number"].replace("0.5", "0.75"),
        "equal": LAB["equal"].replace("One is one", "Still one"),
        "line": LAB["line"].replace("[1, 2, 3]", "[1, 3, 2]"),
    }
    small.lab(cells)
    written = rebuilt(small, executed=True)
    assert "3.75" in small.shown("book/02_small") and "3.50" not in small.shown("book/02_small")
    for page, picture in old.items():
        assert small.pictures(f"book/{page}")[0] != picture, page
    assert "Still one" in small.shown("book/claims")
    assert "One is one" not in small.shown("book/claims")
    assert "Still one" in small.shown("notebooks/02_small")
    assert "book/alone.html" not in written


def test_an_edit_to_the_package_reaches_the_pages(small: SmallBook) -> None:
    small.module(MODULE.replace("3.0", "8.0"))
    rebuilt(small, executed=True)
    assert "8.50" in small.shown("book/02_small")


def test_a_docstring_of_the_package_executes_nothing_and_writes_no_page(small: SmallBook) -> None:
    small.module(MODULE.replace("A module", "A small module"))
    assert rebuilt(small, executed=False) == set()


def test_an_edit_to_a_style_sheet_reaches_the_site(small: SmallBook) -> None:
    sheet = small.root / "book" / "_static" / "course.css"
    before = sheet.read_text("utf-8")
    sheet.write_text(before + "/* another line */\n", "utf-8")
    rebuilt(small, executed=False)
    assert "another line" in (small.html / "_static" / "course.css").read_text("utf-8")
    sheet.write_text(before, "utf-8")
    rebuilt(small, executed=False)


def test_an_edit_to_text_executes_nothing_and_shows(small: SmallBook) -> None:
    small.edit_lab("title", "See", "Read")
    small.page("alone", PAGES["alone"] + "\nIt has one more sentence.\n")
    rebuilt(small, executed=False)
    assert "Read <a" in small.shown("notebooks/02_small")
    assert "one more sentence" in small.shown("book/alone")


COMPUTED = {  # a weight of 3, in binary exactly
    "numpy": "import numpy as np\n\nweight = np.linspace(1, 5, 9).mean()",
    "torch": (
        "import torch\n\nx, y = torch.tensor([-1.0, 1.0]), torch.tensor([-3.0, 3.0])\n"
        "w = torch.zeros(1, requires_grad=True)\nby_descent = torch.optim.SGD([w], lr=0.25)\n"
        "for _ in range(50):\n    by_descent.zero_grad()\n"
        "    ((w * x - y) ** 2).mean().backward()\n    by_descent.step()\nweight = w.item()"
    ),
}
FALSE = {  # of each kind: what the lab claims of it, the row of its page, and what a sentence says
    "equal": (
        "3.2, tolerance=0.1",
        ("3.2", "3", "✗ 0.2 ", "0.1 allowed"),
        "measured 3, expected 3.2; 0.2 apart, 0.1 allowed",
    ),
    "errors": (
        "5.0, se=0.1, df=4",
        ("5", "3.00 ± 0.10", "✗ 20.0 se ", "17.4 allowed"),
        "measured 3.00 ± 0.10, expected 5; 20 standard errors apart, 17 allowed",
    ),
    "order": (
        "2.5, relation='<', tolerance=0.25",
        ("below 2.5", "3", "✗ 0.5 ", "0.25 needed"),
        "measured 3, expected below 2.5; 0.5 the wrong way, 0.25 needed",
    ),
}


@pytest.mark.parametrize("library", COMPUTED)
def test_a_false_claim_is_said_everywhere_and_stops_nothing(library: str, small: SmallBook) -> None:
    """In a lab that computes with numpy, and in one that trains with torch."""
    false = [
        f"claim('{name}', 'It is {name}', weight, {against}, source='arithmetic')"
        for name, (against, *_) in FALSE.items()
    ]
    small.lab(LAB | {"equal": "\n".join([COMPUTED[library], *false])})
    marks = " ".join(f"{{claim}}`02_small::{name}`" for name in FALSE)
    small.page("02_small", PAGES["02_small"].replace("{claim}`02_small::equal`", marks))
    done = small.build()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for page in ("notebooks/02_small", "book/02_small", "book/claims", "book/index"):
        shown = small.shown(page)
        assert "✗" in shown or "claims failed" in shown, page
        facts = [f"Python {platform.python_version()}", f"{library} ", "processor "]
        assert [fact for fact in facts if fact not in shown] == [], page
        for name in FALSE:
            assert re.search(rf"#claim-{name}\"[^>]*>(<[^>]*>|✗|\s)*It is {name}<", shown), page
    assert "3 claims, 0 held" in small.shown("book/claims")
    assert '<a class="reference internal" href="claims.html">3 claims, 0 held</a>' in small.shown(
        "book/index"
    )
    lab = small.shown("notebooks/02_small")
    for name, (_, (expected, measured, apart, limit), sentence) in FALSE.items():
        (row,) = re.findall(rf'<tr class="claim claim-failed" id="claim-{name}">(.*?)</tr>', lab)
        cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall("<td>(.*?)</td>", row)]
        assert cells[0].startswith(f"✗ It is {name}") and cells[1:3] == [expected, measured]
        assert cells[3].startswith(f"{apart}{limit}; does not hold here (Python")
        assert f"{limit}; does not hold here (Python" in small.shown("book/claims")
        assert all(sentence in small.shown(page) for page in ("book/02_small", "book/index"))
    assert "3.50" in small.shown("book/02_small"), "the rest of the lab has run"
    assert "✓" not in re.sub(r"<[^>]*>", "", lab)
    said = small.failed()
    assert said.returncode == 1
    assert "3 claims of it do not hold on this machine (02_small: equal, errors, order)" in (
        said.stderr
    )


@pytest.mark.parametrize("page", ["index", "claims"])
def test_the_first_page_and_that_of_claims_have_room_for_what_failed(page: str) -> None:
    text = (ROOT / "book" / f"{page}.md").read_text("utf-8")
    assert text.count("\n\n```{failed-claims}\n```\n\n") == 1


def test_true_claims_are_said_to_hold(small: SmallBook) -> None:
    assert small.failed().returncode == 0
    for page in ("notebooks/02_small", "book/02_small", "book/claims", "book/index"):
        assert "✗" not in small.shown(page) and "claim failed" not in small.shown(page)
    for page in ("book/claims", "book/index"):
        assert "1 claim, all held" in small.shown(page)


def test_a_new_quotation_of_a_claim_reaches_the_page_of_claims_and_the_lab(
    small: SmallBook,
) -> None:
    place = "quote-02_small-equal"
    assert f'href="02_small.html#{place}">Small</a>' in small.shown("book/claims")
    assert f'href="../book/02_small.html#{place}">Small</a>' in small.shown("notebooks/02_small")
    small.page("alone", PAGES["alone"] + "\n## Now\n\nIt is {claim}`02_small::equal`.\n")
    rebuilt(small, executed=False)
    assert f'href="alone.html#{place}">Alone</a>' in small.shown("book/claims")
    assert f'href="../book/alone.html#{place}">Alone, Now</a>' in small.shown("notebooks/02_small")
    assert f'id="{place}"' in small.shown("book/alone")
    small.page("alone", PAGES["alone"])
    rebuilt(small, executed=False)
    assert "Alone, Now" not in small.shown("notebooks/02_small")


def test_another_error_stops_the_build_and_is_named(small: SmallBook) -> None:
    small.edit_lab("number", "VALUE", "1 / 0")
    done = small.build()
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "ZeroDivisionError" in said and "'number'" in said and "02_small" in said


INTERRUPTED = """
from jupyter_book.cli.main import main
from sphinx.builders.html import StandaloneHTMLBuilder

def interrupt(*_):
    raise KeyboardInterrupt

StandaloneHTMLBuilder.write_doc = interrupt
main()
"""


def test_a_build_that_was_interrupted_leaves_no_old_number(small: SmallBook) -> None:
    """Sphinx has stored by then what it read, and would take the old page for the present one."""
    small.module(MODULE.replace("3.0", "8.0"))
    done = build(small.root, jb=[sys.executable, "-c", INTERRUPTED])
    assert done.returncode != 0 and "Interrupted" in done.stdout + done.stderr
    assert "3.50" in small.shown("book/02_small"), "it was interrupted before this page"
    rebuilt(small, executed=False)
    assert "8.50" in small.shown("book/02_small") and "3.50" not in small.shown("book/02_small")


EDITS = {  # what is edited, how, and the page or script of the site that says so
    "book/_templates/layout.html": (
        "{% block htmltitle %}",
        '{% block htmltitle %}<meta name="and" content="one more sentence" />',
        "book/alone.html",
    ),
    "modelcollapse/plots/living.js": (
        'dataset.drawn = "yes"',
        'dataset.drawn = "one more sentence"',
        "_static/living.js",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_to_what_makes_pages_shows_though_dated_into_the_past(
    name: str, small: SmallBook
) -> None:
    old, new, shown = EDITS[name]
    file = small.root / name
    source = file.read_text("utf-8")
    assert source.count(old) == 1
    file.write_text(source.replace(old, new), "utf-8")
    os.utime(file, (1e9, 1e9))
    rebuilt(small, executed=False)
    assert "one more sentence" in (small.html / shown).read_text("utf-8")


@pytest.mark.parametrize("what", ["a page", "a docstring that a page shows"])
def test_an_edit_dated_into_the_past_shows(what: str, small: SmallBook) -> None:
    """What counts is the content, as after a checkout or an unpacked archive."""
    file = small.root / "book" / "alone.md"
    if what == "a page":
        small.page("alone", PAGES["alone"] + "\nIt has one more sentence.\n")
    else:
        module = "```{eval-rst}\n.. automodule:: modelcollapse.small\n```\n"
        small.page("alone", f"{PAGES['alone']}\n{module}")
        rebuilt(small, executed=False)
        assert "A module of the package" in small.shown("book/alone")
        file = small.root / "modelcollapse" / "small.py"
        small.module(MODULE.replace("A module of the package", "It has one more sentence"))
    os.utime(file, (1e9, 1e9))
    rebuilt(small, executed=False)
    assert "one more sentence" in small.shown("book/alone")


def test_a_page_that_asks_for_what_is_not_there_fails_the_build(small: SmallBook) -> None:
    answers = {
        "{num}`02_small::nothing`": "no figure, claim or number called 'nothing'",
        "{num}`03_none::number`": "there is no lab '03_none'",
        "{num}`02_small::line`": "has no number called",
        "{num}`02_small::number:.2q`": "Unknown format code",
        "{claim}`02_small::equal, 02_small::number`": "not a claim",
        "```{lab-figure} 02_small::equal\nA caption.\n```": "not a figure",
        "{term}`never defined`": "never defined",
    }
    small.page("alone", PAGES["alone"] + "\n" + "\n\n".join(answers) + "\n")
    done = small.build()
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert [answer for answer in answers.values() if answer not in said] == []
    assert small.build().returncode != 0, "built again with nothing mended, it must fail again"


def test_the_address_of_the_repository_reaches_a_book_that_is_built(small: SmallBook) -> None:
    config = small.root / "_config.yml"
    said = config.read_text("utf-8")
    assert 'url: ""' in said
    config.write_text(said.replace('url: ""', 'url: "https://github.com/a/b"'), "utf-8")
    rebuilt(small, executed=False)
    assert "mybinder.org/v2/gh/a/b/" in small.shown("notebooks/02_small")
    assert (small.html / "downloads" / "colab" / "02_small.ipynb").exists()
    site = "https://a.github.io/b/"
    for name in ("book/02_small", "notebooks/02_small", "book/alone", "book/index", "index"):
        page = small.shown(name)
        address = site if name.endswith("index") else f"{site}{name}.html"
        assert f'<link rel="canonical" href="{address}" />' in page
        assert f'<meta property="og:url" content="{address}" />' in page
        (card,) = re.findall(rf'property="og:image" content="{site}([^"]+)"', page)
        with Image.open(small.html / card) as image:
            assert image.size == (1200, 630)
    links = re.findall(r' (?:href|src|action)="([^"#]+)"', small.shown("404"))
    assert len(links) > 20 and {link[:3] for link in links} == {"/b/"}


def test_a_page_says_what_it_is_to_those_who_only_see_a_link(small: SmallBook) -> None:
    said = {"book/alone": "This page quotes nothing.", "book/02_small": "A line rises."}
    said["notebooks/02_small"] = "Lab of chapter 2. A line rises."
    for name, sentence in said.items():
        assert f'<meta name="description" content="{sentence}" />' in small.shown(name)
        assert f'<meta property="og:description" content="{sentence}" />' in small.shown(name)
    small.page("02_small", PAGES["02_small"].replace("A line rises", "A line falls"))
    rebuilt(small, executed=False)
    for name in ("book/02_small", "notebooks/02_small"):
        assert 'content="A line falls' in small.shown(name).replace("Lab of chapter 2. ", "")


def test_a_card_is_the_same_when_it_is_drawn_again(small: SmallBook) -> None:
    (picture,) = small.pictures("book/index")
    for figure in (picture.decode(), None):
        words = ("Copies", "A title", "A sentence with $ and _.", figure)
        assert draw_card(*words) == draw_card(*words)


def test_a_new_title_of_a_lab_reaches_the_pages_that_name_it(small: SmallBook) -> None:
    small.page("alone", PAGES["alone"] + "\n```{run-times}\n```\n")
    assert "Lab 2: small" in (rebuilt(small, executed=False) and small.shown("book/alone"))
    small.edit_lab("title", "Lab 2: small", "Lab 2: tiny")
    rebuilt(small, executed=False)
    assert "Lab 2: tiny" in small.shown("book/alone")


# Twice the same


def files(site: Path) -> dict[str, bytes]:
    return {p.relative_to(site).as_posix(): p.read_bytes() for p in site.rglob("*") if p.is_file()}


def test_two_builds_give_the_same_bytes(site: Site, tmp_path: Path) -> None:
    """The whole book in another place, from the same executions."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    shutil.copytree(execution.STORE, copy / "_build" / "executed")
    done = build(copy)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "executing" not in done.stdout
    one, two = files(site.html), files(copy / "_build" / "html")
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []
