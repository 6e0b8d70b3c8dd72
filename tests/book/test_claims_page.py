"""The page of claims: all of them, what it says of them, and what its box finds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from alt_text import alt_faults
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, Page
from support import Site

from pipeline.claims import Claim, claims

PAGE = "book/claims.html"
ALL = [claim for found in claims().values() for claim in found]


@pytest.fixture(scope="module")
def soup(site: Site) -> BeautifulSoup:
    return BeautifulSoup((site.html / PAGE).read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def rows(soup: BeautifulSoup) -> dict[str, Tag]:
    return {str(row["id"]): row for row in soup.select("table.claims tbody tr")}


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(server + PAGE)
    yield page
    context.close()


def of_kind(kind: str) -> list[Claim]:
    return [claim for claim in ALL if claim.kind == kind]


def test_every_claim_has_a_row_below_the_heading_of_its_lab(
    soup: BeautifulSoup, rows: dict[str, Tag]
) -> None:
    assert set(rows) == {claim.name for claim in ALL}
    for lab, found in claims().items():
        section = rows[found[0].name].find_parent("section")
        assert isinstance(section, Tag) and section.h2
        assert re.match(rf"{int(lab[:2])} .* · {len(found)} claims#?$", section.h2.get_text())
        assert [row["id"] for row in section.select("tbody tr")] == [one.name for one in found]
        contents = soup.select(f'.bd-sidebar-secondary a[href="#{section["id"]}"]')
        assert len(contents) == 1


def test_the_head_counts_them(soup: BeautifulSoup) -> None:
    said = " ".join(soup.select_one("article").get_text().split())
    assert f"{len(ALL)} claims, all held when this book was built." in said
    kinds = {"errors": "a standard error", "tolerance": "that the lab states", "order": "above"}
    for kind, words in kinds.items():
        assert re.search(rf"\b{len(of_kind(kind))} say [^.]*{words}", said), kind


def test_numbers_are_written_for_people(rows: dict[str, Tag]) -> None:
    for name, row in rows.items():
        cells = [cell.get_text(" ") for cell in row.find_all("td")[1:]]
        assert not re.search(r"\de[+−-]?\d|\d-\d|nan", " ".join(cells)), name
        if error := re.search(r"([\d.]+) ± ([\d.]+)", cells[1]):
            decimals = [len(number.partition(".")[2]) for number in error.groups()]
            assert decimals[0] == decimals[1], name
        if far := re.search(r"([\d.]+) se", cells[2]):
            assert float(far[1]) <= 20, name
    assert any("> 20 se" in row.get_text() for row in rows.values())
    assert any("identical" in row.get_text() for row in rows.values())


def test_a_row_leads_to_where_the_text_quotes_its_claim(site: Site, rows: dict[str, Tag]) -> None:
    pages: dict[str, BeautifulSoup] = {}
    links = [(name, link) for name, row in rows.items() for link in row.select(".note a")]
    assert len({name for name, _ in links}) > len(ALL) / 2
    for name, link in links:
        file, _, part = str(link["href"]).partition("#")
        if file not in pages:
            text = (site.html / "book" / file).read_text("utf-8")
            pages[file] = BeautifulSoup(text, "html.parser")
        there = pages[file].find(id=part) if part else pages[file].article
        lab, _, short = name.partition("-")
        assert there.select(f'a[href$="{lab}.html#claim-{short}"]'), (name, link["href"])


def test_pictures_say_what_they_show_and_have_a_dot_a_value(soup: BeautifulSoup) -> None:
    drawn = soup.select("svg.claim-picture")
    assert alt_faults([str(picture["aria-label"]) for picture in drawn]) == []
    dots = [
        sum(
            round((float(length) - float(step) / 5) / float(step)) + 1
            for path in picture.select("path.dots")
            for step in [str(path["stroke-dasharray"]).split()[1]]
            for length in re.findall(r"v-([\d.]+)", str(path["d"]))
        )
        for picture in drawn
    ]
    assert dots == [
        sum(claim.deviates.size for claim in of_kind("errors")),
        len(of_kind("tolerance")),
        sum(claim.share is not None for claim in of_kind("order")),
    ]


def test_the_box_finds_claims_by_words_and_kind(page: Page) -> None:
    shown = page.locator("table.claims tbody tr:visible")
    says, words = page.get_by_role("status"), page.get_by_role("searchbox")
    assert shown.count() == len(ALL)
    words.fill("VARIANCE median")
    found = shown.all_inner_texts()
    assert 0 < len(found) < len(ALL)
    assert all("variance" in text.lower() and "median" in text.lower() for text in found)
    assert says.inner_text() == f"{len(found)} of {len(ALL)} claims"
    assert page.locator(".claims-of h2:visible").count() < len(claims())
    words.fill("")
    order = page.get_by_role("button", name="one above the other")
    order.focus()
    page.keyboard.press("Enter")
    assert order.get_attribute("aria-pressed") == "true"
    assert shown.count() == len(of_kind("order"))
    page.get_by_role("button", name="equal within a tolerance").click()
    assert shown.count() == len(of_kind("order")) + len(of_kind("tolerance"))
    order.click()
    assert shown.count() == len(of_kind("tolerance"))
    words.fill("nothing has these words")
    assert (shown.count(), says.inner_text()) == (0, f"0 of {len(ALL)} claims")


def test_a_link_to_what_the_box_hides_shows_all_again(page: Page) -> None:
    page.get_by_role("searchbox").fill("entropy")
    last = list(claims())[-1]
    number = int(last.partition("_")[0])
    heading = page.locator(f"#lab-{number} h2")
    page.get_by_role("searchbox").fill("nothing has these words")
    assert not heading.is_visible()
    page.evaluate(f"location.hash = 'lab-{number}'")
    heading.wait_for(state="visible")
    assert page.get_by_role("searchbox").input_value() == ""
    assert page.locator("table.claims tbody tr:visible").count() == len(ALL)


def test_without_scripts_all_is_there_but_the_box(browser: Browser, server: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server + PAGE)
    assert page.locator("table.claims tbody tr:visible").count() == len(ALL)
    assert page.locator("svg.claim-picture:visible").count() == 3
    assert not page.locator(".claims-filter").is_visible()
    context.close()


WIDER = """(room) => [...document.querySelectorAll("table.claims *, .claim-figures *")]
  .filter((part) => part.getBoundingClientRect().right > room + 1)
  .map((part) => part.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("width", [320, 390, 760, 1920])
def test_nothing_scrolls_sideways(width: int, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(WIDER, width) == []
    scrolling = "(t) => t.scrollWidth > t.clientWidth + 1"
    assert not any(table.evaluate(scrolling) for table in page.locator("table.claims").all())


def test_nothing_is_cut_on_paper(page: Page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # A4 at 96 dots an inch, and margins
    assert page.evaluate(WIDER, 680) == []
    assert not page.locator(".claims-filter").is_visible()
