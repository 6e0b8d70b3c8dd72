"""A lab's page: its code, what it states, the ways to the text and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page, expect
from support import Site

from pipeline import folding, quotes
from pipeline.claims import Claim
from pipeline.execution import executed
from pipeline.labs import labs, records

LABS_BY_NAME = {lab.stem: lab for lab in labs()}
LABS = [*LABS_BY_NAME]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PAGE = "notebooks/02_gaussian.html"
CLAIM, REPORT, FIGURE = "#claim-nine-tenths", "#report-w2-exact", "#figure-runs"
each_lab = pytest.mark.parametrize("lab", LABS)

Opens = Callable[..., Page]


@pytest.fixture(scope="module")
def soups(site: Site) -> dict[str, BeautifulSoup]:
    return {
        lab: BeautifulSoup((site.html / f"notebooks/{lab}.html").read_text("utf-8"), "html.parser")
        for lab in LABS
    }


def at(soup: BeautifulSoup, place: str) -> Tag:
    found = soup.find(id=place)
    assert isinstance(found, Tag), place
    return found


# What a lab states


@each_lab
def test_every_claim_is_a_row_with_its_comparison(lab: str, soups: dict) -> None:
    soup = soups[lab]
    tables = soup.select(".cell_output table.claims")
    made = [record for kind, record, _ in _records(lab) if kind == "claim"]
    assert len(soup.select(".cell_output tr.claim")) == len(made)
    for record in made:
        claim = Claim(lab, record)
        row = at(soup, f"claim-{record['name']}")
        cells = [cell.get_text(" ") for cell in row.find_all("td")]
        assert row.name == "tr" and len(cells) == 4
        assert quotes.typeset(record["statement"]).rstrip(".") in cells[0]
        expected, measured, note = claim.compared()
        assert cells[1] == expected and measured in cells[2] and note in cells[2]
        assert all(said in cells[3] for said in claim.apart())
        source = quotes.typeset(record["source"]).rstrip(".")
        assert f"Source: {source}." in row.find_parent("table").get_text()
        assert not re.search(r"\de[+-]?\d|-\d", " ".join(cells[1:])), record["name"]
        assert not re.search(r"\bmu\b|\w\^|\bsqrt\b", cells[0]), record["name"]
    for table in tables:
        heads = [head.get_text() for head in table.select('thead th[scope="col"]')]
        assert heads == ["Claim", "Expected", "Measured", "Apart"]
        said = [note.get_text() for note in table.select("td:first-child .note")]
        assert len(set(said)) != 1 or len(table.select("tbody tr")) > 1, "said once, below"
    assert any(table.tfoot for table in tables)


@each_lab
def test_every_reported_number_is_a_line_of_a_list(lab: str, soups: dict) -> None:
    soup = soups[lab]
    made = [(record, output) for kind, record, output in _records(lab) if kind == "report"]
    assert len(soup.select("dl.reports > div")) == len(made)
    for record, output in made:
        row = at(soup, f"report-{record['name']}")
        assert row.dt.get_text() == quotes.typeset(record["what"]).rstrip(".")
        said = row.dd.find(string=True)
        assert said == quotes.reported(record, output)
        assert isinstance(record["value"], str | list) or not re.match(r"-|[\d.]+e", str(said))


def test_claims_that_stand_together_are_one_table(soups: dict) -> None:
    for lab, soup in soups.items():
        for output in soup.select(".cell_output"):
            tables = output.select("table.claims")
            assert len(tables) < 2 or output.select(".stream, img, .living"), lab


def _records(lab: str) -> list[tuple[str, dict, Any]]:
    (path,) = [path for path in labs() if path.stem == lab]
    return list(records(executed(path)))


# What is open, and what fits


SCROLLS = """() => [...document.querySelectorAll(
    ".cell .cell_input pre, .cell .output:not(.aligned) pre, table.claims, dl.reports")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => box.closest(".cell").querySelector("pre").textContent.slice(0, 60))"""
# Lines of code that begin below an empty one or elsewhere than their blanks say, or go on to the
# left of where they begin.
DEDENTED = """() => [...document.querySelectorAll(".cell_input .line")].filter((line) => {
    if (!line.textContent.trim()) return false;
    const range = document.createRange();
    range.selectNodeContents(line);
    const [first, ...rest] = [...range.getClientRects()].filter((box) => box.width > 0);
    const blanks = line.textContent.length - line.textContent.trimStart().length;
    const letter = parseFloat(getComputedStyle(line).fontSize) * 0.6;
    return first.top > line.getBoundingClientRect().top + 8 ||
      Math.abs(first.left - line.getBoundingClientRect().left - blanks * letter) > 4 ||
      rest.some((box) => box.left < first.left - 1);
  }).map((line) => line.textContent)"""
UNFOLD = "document.querySelectorAll('details').forEach((box) => { box.open = true })"


@each_lab
def test_code_fits_from_1280_pixels_on_and_wraps_on_a_phone(lab: str, opens: Opens) -> None:
    page = opens(f"notebooks/{lab}.html")
    page.evaluate(UNFOLD)
    for width in (1280, 1536):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SCROLLS) == [], width
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(SCROLLS) == [], width
        assert page.evaluate(DEDENTED) == [], width


def test_what_has_columns_is_not_wrapped(opens: Opens) -> None:
    page = opens("notebooks/07_ngrams.html", size=PHONE)
    columns = page.locator(".output.aligned pre")
    assert columns.count() > 1
    assert {pre.evaluate("e => getComputedStyle(e).whiteSpace") for pre in columns.all()} == {"pre"}


def test_a_line_of_code_is_copied_as_it_is(opens: Opens, soups: dict) -> None:
    for lab in ("02_gaussian", "15_provenance"):
        code = "".join(pre.get_text() for pre in soups[lab].select(".cell_input pre"))
        for cell in executed(LABS_BY_NAME[lab]).cells:
            if cell.cell_type == "code" and not cell.metadata.get("tags"):
                assert cell.source.strip() in code, cell.id


def test_what_a_solution_finds_is_seen_with_it(opens: Opens) -> None:
    page = opens("notebooks/02_gaussian.html")
    answer = page.locator(".cell.tag_answer:has(.cell_output)").first
    expect(answer.locator(".cell_output")).to_be_hidden()
    answer.locator("summary").click()
    expect(answer.locator(".cell_output")).to_be_visible()


def test_code_that_scrolls_ends_in_a_shadow(opens: Opens) -> None:
    page = opens(size={"width": 700, "height": 900})
    for pre in page.locator(".cell pre").all()[:4]:
        assert "gradient" in pre.evaluate("pre => getComputedStyle(pre).backgroundImage")


@each_lab
def test_no_page_begins_with_plumbing(lab: str, opens: Opens) -> None:
    """Without a script, too: imports, drawing code and alt texts are folded."""
    page = opens(f"notebooks/{lab}.html", java_script_enabled=False)
    open_code = "\n".join(page.locator(".cell_input pre:visible").all_inner_texts())
    assert not re.search(r"^(import|from) ", open_code, re.M)
    drawn = re.findall(r"\b(?:show|living)\(", open_code)
    assert len(drawn) <= 1, "a picture is drawn where the experiment is run"
    folds = page.locator(".cell details.hide > summary")
    said = {text.strip() for text in folds.all_inner_texts()}
    known = {folding.IMPORTS, folding.DRAWN, folding.CHECKED, folding.COMPUTED, "Show a solution"}
    assert folding.DRAWN in said and said <= known
    expect(folds.first).not_to_have_attribute("aria-label", re.compile(""))
    folds.first.click()
    expect(page.locator(".cell details.hide pre").first).to_be_visible()


# There and back


@pytest.mark.parametrize("script", [True, False], ids=["script", "none"])
def test_from_a_number_to_its_cell_and_back_to_the_sentence(script: bool, opens: Opens) -> None:
    page = opens("book/02_gaussian.html", java_script_enabled=script)
    for kind, which in (("claim", ".checked"), ("report", ":not(.checked)")):
        link = page.locator(f'p > .lab-ref > a{which}[href*="#{kind}-"]').first
        sentence = link.evaluate("link => link.closest('p').textContent")
        places = link.evaluate(
            "link => [...link.closest('p').querySelectorAll('.lab-ref')].map((ref) => ref.id)"
        )
        link.click()
        page.wait_for_url(f"**/{PAGE}#{kind}-*")
        back = page.locator(":target .quoted")
        expect(back).to_be_in_viewport()
        assert page.locator(".quoted:visible").count() == 1
        back.locator(", ".join(f'a[href$="02_gaussian.html#{place}"]' for place in places)).click()
        page.wait_for_url("**/book/02_gaussian.html#quote-*")
        expect(page.locator(":target")).to_be_in_viewport()
        assert page.locator("p:has(> :target)").evaluate("p => p.textContent") == sentence


def test_from_a_figure_to_its_cell_and_back(opens: Opens) -> None:
    page = opens("book/02_gaussian.html")
    figure = page.locator("figure.lab-figure:has(> picture)").first
    place = figure.get_attribute("id")
    figure.get_by_text("How it was made").click()
    back = page.locator(":target .quoted")
    expect(back).to_be_in_viewport()
    back.locator(f'a[href$="#{place}"]').click()
    expect(page.locator("figure:target")).to_be_in_viewport()


def test_every_sentence_that_quotes_a_result_is_named_there(site: Site, soups: dict) -> None:
    for page in sorted((site.html / "book").glob("*.html")):
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        for link in soup.select("article .lab-ref > a"):
            address = re.search(r"notebooks/(\w+)\.html#(.*)", str(link["href"]))
            assert address
            back = at(soups[address[1]], address[2]).select_one(".quoted")
            assert back, (page.name, address[0])
            leads = [str(one["href"]) for one in back.select("a")]
            assert len({*leads}) == len(leads)
            block = link.find_parent("tr") or link.find_parent(["p", "li", "dd", "figcaption"])
            there = {f"../book/{page.name}#{ref['id']}" for ref in block.select(".lab-ref")}
            assert there & {*leads}, (page.name, address[0])
    for soup in soups.values():
        for back in soup.select(".quoted"):
            assert re.match(r"↩ back to: \S", back.get_text())


BAND = {"light": "rgb(255, 243, 214)", "dark": "rgb(58, 52, 32)"}


@pytest.mark.parametrize("theme", BAND)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_where_a_link_leads_there_is_a_band_with_a_bar(size: Any, theme: str, opens: Opens) -> None:
    for place, band in (
        (CLAIM, ":target"),
        (REPORT, ":target"),
        (FIGURE, ":target > .quoted"),
    ):
        page = opens(PAGE + place, size, color_scheme=theme)
        expect(page.locator(band)).to_have_css("background-color", BAND[theme])
        bar = page.locator(f"{band}, {band} > td:first-child")
        shadows = bar.evaluate_all("all => all.map((e) => getComputedStyle(e).boxShadow)")
        assert all("rgb(230, 159, 0) 3px" in shadow for shadow in shadows)
        found = Axe().run(page, {"include": [[".cell:has(:target)"]]}).response["violations"]
        assert [fault["id"] for fault in found] == []


def test_the_columns_of_all_tables_are_as_wide(opens: Opens) -> None:
    page = opens()
    widths = page.locator(".cell_output table.claims thead tr").evaluate_all(
        "all => all.map((row) => [...row.cells].map((cell) => Math.round(cell.offsetWidth)).join())"
    )
    assert len(widths) > 5 and len({*widths}) == 1


def test_on_a_phone_each_claim_is_a_block(opens: Opens) -> None:
    page = opens(size=PHONE)
    row = page.locator(CLAIM)
    said = " ".join(row.inner_text().split())
    assert re.match(r"✓ Mean variance in generation 20.* 0\.122 .*0\.122 ± 0\.005 .* se", said)
    tops = row.locator("td").evaluate_all("all => all.map((e) => e.getBoundingClientRect().top)")
    assert tops[1] == tops[2], "the numbers stand in one line"
    before = "e => getComputedStyle(e, '::before').content"
    assert row.locator("td").nth(1).evaluate(before) == '"expected "'
    assert row.locator("td").nth(2).evaluate(before) == '"measured "'


def test_a_text_and_its_lab_lead_to_each_other(opens: Opens) -> None:
    page = opens("book/02_gaussian.html")
    tabs = page.get_by_role("navigation", name="This chapter")
    assert tabs.inner_text().split() == ["Text", "Lab"]
    expect(tabs.locator('[aria-current="page"]')).to_have_text("Text")
    tabs.get_by_role("link", name="Lab").click()
    page.wait_for_url(f"**/{PAGE}")
    expect(tabs.locator('[aria-current="page"]')).to_have_text("Lab")
    assert page.locator(".lab-links a").all_inner_texts() == [
        "Download this lab",
        "Its solutions",
        "All labs (zip)",
    ]
    tabs.get_by_role("link", name="Text").click()
    page.wait_for_url("**/book/02_gaussian.html")
    assert page.goto(page.url.replace("02_gaussian", "glossary")) and tabs.count() == 0


def test_in_the_coursework_edition_the_ways_back_are_the_same(
    coursework_site: Site, soups: dict
) -> None:
    for lab, soup in soups.items():
        text = (coursework_site.html / f"notebooks/{lab}.html").read_text("utf-8")
        cut = BeautifulSoup(text, "html.parser")
        assert [str(back) for back in cut.select(".quoted")] == [
            str(back) for back in soup.select(".quoted")
        ]
        folds, whole = (
            [fold.get_text().split("\n")[1] for fold in one.select(".cell details > summary")]
            for one in (cut, soup)
        )
        assert folds == [fold for fold in whole if "solution" not in fold]
