"""Every page in a real browser: served and straight from the file system, wide and narrow."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml
from alt_text import alt_faults
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup, Tag
from PIL import Image
from playwright.sync_api import Browser, Error, Locator, Page, Request, Response, Route
from support import ROOT, Site, documents

PAGES = [*documents(), "search", "index", "404"]
FRONT = ("book/index", "index")
WITH_LIVING_FIGURE = [page for page in PAGES if page in FRONT or re.search(r"/\d\d_", page)]

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
# Bytes, compressed, of a cold load.
WEIGHT = {"plain": 650_000, "living": 925_000, "front": 510_000}

SHORT = {"preload": False, "resultTypes": ["violations"]}  # or axe lists thousands that are right
AXE: dict[str, dict[str, Any]] = {
    "rules": SHORT | {"rules": {"color-contrast": {"enabled": False}}},
    "contrast": SHORT | {"runOnly": ["color-contrast", "link-in-text-block"]},
}
THEMES = ("light", "dark")

# The widths that an open window is given, and by how much less of it the charts may use: ten pixels
# are Vega's padding, and a room smaller by so much can pass for no change.
WIDTHS = [(320, 0), (1280, 0), (1280, 10), (320, 0), (760, 0)]

# On a phone and from the file system, of lab pages two: one of numpy's and one of torch's.
NARROW = ("notebooks/02_gaussian", "notebooks/09_char_lm")
each_page = pytest.mark.parametrize("page", PAGES)
each_page_with_living_figure = pytest.mark.parametrize("page", WITH_LIVING_FIGURE)


def visits_of(pages: list[str]) -> pytest.MarkDecorator:
    """Each page served, on a wide screen, and from the file system, on a phone's."""
    late = [page for page in pages if page.startswith("notebooks/") and page not in NARROW]
    return pytest.mark.parametrize(
        ("page", "scheme"),
        [(page, "http") for page in pages]
        + [
            pytest.param(page, "file", marks=[pytest.mark.thorough] * (page in late))
            for page in pages
            if page != "404"  # a server shows it
        ],
    )


each_visit = visits_of(PAGES)
each_visit_of_a_living_figure = visits_of(WITH_LIVING_FIGURE)


# One look at a page


@dataclass
class Control:
    """A control of a living figure, or a group of radio buttons, as a screen reader meets it."""

    role: str
    name: str
    value: str | None  # None of what is on or off


@dataclass
class Visit:
    """What a browser saw of a page."""

    foreign: list[str] = field(default_factory=list)  # requests to other servers
    failed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # errors and warnings on the console
    bodies: dict[str, bytes] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    axe: dict[str, list[str]] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)  # by theme, how many looks text has
    controls: list[list[Control]] = field(default_factory=list)  # before and after they were moved
    moves: dict[str, str] = field(default_factory=dict)  # what the figure did at each
    misfits: list[list[str]] = field(default_factory=list)  # charts, at each of WIDTHS


FACTS = """() => {
  const math = [...document.querySelectorAll("article .math")];
  const living = [...document.querySelectorAll("figure.living")];
  const svg = living.map((figure) => figure.querySelector(".living-chart svg"));
  const scrollers = [document.documentElement, document.body,
    ...document.querySelectorAll("main, .bd-article-container, article, article figure")];
  const shown = [...document.querySelectorAll("article img, article svg, article input")]
    .filter((element) => element.checkVisibility() && !element.closest("mjx-container"));
  return {
    math: math.length,
    typeset: math.filter((element) => element.querySelector("mjx-container")).length,
    mathErrors: document.querySelectorAll("mjx-merror, [data-mjx-error]").length,
    raw: document.querySelector("article")?.innerText.match(/\\\\\\(|\\\\\\[|\\$\\$/g) ?? [],
    living: living.length,
    stills: document.querySelectorAll("figure.living img").length,
    drawn: svg.filter((drawing) => drawing
      && drawing.querySelectorAll("path, text").length > 2).length,
    described: living.map((figure) =>
      figure.querySelector("svg[role=img][aria-label]")?.ariaLabel ?? ""),
    wide: scrollers.filter((element) => element.scrollWidth > element.clientWidth + 1
      && getComputedStyle(element).display !== "inline").map((element) => element.className
      || element.tagName),
    outside: shown.filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width && (box.right > innerWidth + 1 || box.left < -1);
    }).map((element) => element.outerHTML.slice(0, 120)),
    broken: [...document.images].filter((image) => image.complete && !image.naturalWidth)
      .map((image) => image.src.slice(0, 120)),
    text: [...document.querySelectorAll("article p, article li, article figure, article td,"
      + "article .cell_output")].map((element) => element.innerText).join("\\n"),
  };
}"""

READY = """() => document.readyState === "complete"
  && [...document.querySelectorAll("article .math")].every((m) => m.querySelector("mjx-container"))
  && [...document.querySelectorAll("figure.living")].every((figure) =>
    figure.querySelector(".living-chart svg") && !figure.querySelector("img"))"""


def opened(browser: Browser, address: str, root: str, size: Any) -> tuple[Page, Visit]:
    """Open a page in a browser that knows nothing yet, and wait until it is drawn."""
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    page, visit = context.new_page(), Visit()
    responses: list[Response] = []

    def check(route: Route, request: Request) -> None:
        if request.url.startswith((root, "data:", "blob:")):
            route.continue_()
        else:
            visit.foreign.append(request.url)
            route.abort()

    def arrived(response: Response) -> None:
        if response.status >= 400:
            visit.failed.append(f"{response.status} {response.url}")
        elif response.url.startswith("http"):
            responses.append(response)

    def fell(request: Request) -> None:
        # A window made wide again drops the narrow drawing that is still on its way.
        if request.failure != "net::ERR_ABORTED":
            visit.failed.append(f"{request.failure} {request.url}")

    def said(kind: str, text: str) -> None:
        if kind not in ("log", "info", "debug"):
            visit.said.append(f"{kind}: {text}")

    context.route("**/*", check)
    page.on("response", arrived)
    page.on("requestfailed", fell)
    page.on("pageerror", lambda error: said("uncaught", str(error)))
    page.on("console", lambda message: said(message.type, message.text))
    page.goto(address)
    try:
        for figure in page.locator("figure.living").all()[
            :1
        ]:  # their script comes when one is near
            figure.scroll_into_view_if_needed()
        page.wait_for_function(READY)
    except Error:  # what is missing shows in the facts
        said("error", "the page never came to rest")
    page.wait_for_load_state("networkidle")
    visit.bodies = {response.url: response.body() for response in responses}
    visit.facts = page.evaluate(FACTS)
    return page, visit


def violations(page: Page, visit: Visit, setting: str, within: str = "html") -> list[str]:
    """What axe finds on an open page, a line for each element."""
    heard = len(visit.said)
    found = Axe().run(page, {"include": [[within]]}, AXE[setting]).response["violations"]
    del visit.said[heard:]  # what axe says is not the page's
    return [
        f"{setting}, {fault['id']}: {' '.join(map(str, node['target']))} ({fault['help']})"
        for fault in found
        for node in fault["nodes"]
    ]


PAINT = "(theme) => { document.documentElement.dataset.theme = theme }"

# Mark three texts of each look: its size, weight and colour, and what lies behind it. Axe needs
# minutes to measure the contrast of each of ten thousand words of code, and passes over text of a
# single character or half covered by another.
LOOKS = """() => {
  const known = new Map([[null, []]]);
  const behind = (element) => {
    if (!known.has(element)) {
      const style = getComputedStyle(element);
      known.set(element, [...behind(element.parentElement), style.backgroundColor,
        style.backgroundImage, style.opacity].filter((part) => !["rgba(0, 0, 0, 0)", "none", "1"]
        .includes(part)));
    }
    return known.get(element);
  };
  const looks = {};
  for (const element of document.body.querySelectorAll("*")) {
    delete element.dataset.look;
    const own = [...element.childNodes].filter((node) => node.nodeType === 3)
      .map((node) => node.data.trim()).join("");
    if (own.length < 2 || !element.checkVisibility()) continue;
    const {color, fontSize, fontWeight} = getComputedStyle(element);
    const look = [color, fontSize, fontWeight, !!element.closest("a"), ...behind(element)].join();
    looks[look] = (looks[look] ?? 0) + 1;
    if (looks[look] <= 3) element.dataset.look = "";
  }
  return Object.keys(looks).length;
}"""

CONTROLS = "figure.living :is(input, select, .living-choices)"
VALUES = """(all) => all.map((control) => ["radio", "checkbox"].includes(control.type) ? null
  : control.selectedOptions?.[0].label ?? control.value
  ?? control.querySelector(":checked").parentElement.textContent)"""


def controls(page: Page) -> list[Control]:
    """The controls of the living figures, as the accessibility tree has them."""
    cdp = page.context.new_cdp_session(page)
    top = cdp.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    places = cdp.send("DOM.querySelectorAll", {"nodeId": top, "selector": CONTROLS})["nodeIds"]
    values = page.locator(CONTROLS).evaluate_all(VALUES)
    found = []
    for place, value in zip(places, values, strict=True):
        asked = {"nodeId": place, "fetchRelatives": False}
        node = cdp.send("Accessibility.getPartialAXTree", asked)["nodes"][0]
        role, name = (node.get(key, {}).get("value", "") for key in ("role", "name"))
        found.append(Control(role, name, value))
    cdp.detach()
    return found


DRAWING = '[...figure.querySelectorAll(".living-chart svg")].map((svg) => svg.outerHTML).join("")'
# The same in two frames: what comes then is the answer to what was done then.
RESTS = f"""(figure) => {{
  const before = figure.drawing;
  figure.drawing = {DRAWING};
  return figure.drawing && figure.drawing === before;
}}"""
FOLLOWS = f"""(figure) => {{
  const now = {DRAWING};
  return now && now !== figure.drawing && delete figure.drawing;
}}"""


def by_keyboard(page: Page, control: Locator) -> None:
    control.focus()
    if control.get_attribute("type") == "checkbox":
        page.keyboard.press("Space")
    else:
        value = control.input_value()
        for key in ("End", "Home"):
            if control.input_value() == value:
                page.keyboard.press(key)


def by_mouse(page: Page, control: Locator) -> None:
    if control.get_attribute("type") != "range":
        if control.evaluate("control => control.tagName") == "SELECT":
            options = control.locator("option").count()
            chosen = control.evaluate("control => control.selectedIndex")
            control.select_option(index=options - 1 if chosen != options - 1 else 0)
        else:
            control.click()
        return
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    assert box
    low, high, value = (
        float(control.evaluate(f"control => control.{name}")) for name in ("min", "max", "value")
    )
    share = (value - low) / (high - low)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8 + share * (box["width"] - 16), middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (0.1 if share > 0.5 else 0.9), middle, steps=4)
    page.mouse.up()


def moved(page: Page, figure: Locator, control: Locator, move: Callable) -> str:
    """Move a control; "moved" if its figure follows, or else what happened."""
    place = figure.element_handle()
    was = control.evaluate("control => [control.name, control.value, control.checked]")
    try:
        page.wait_for_function(RESTS, arg=place)
        move(page, control)
        page.wait_for_function(FOLLOWS, arg=place)
    except Error as error:
        now = control.evaluate("control => [control.name, control.value, control.checked]")
        return f"{was} became {now}: {error}"
    return "moved"


def moves(page: Page) -> dict[str, str]:
    """Move every control of every living figure, by mouse and by keyboard."""
    done = {}
    for number, figure in enumerate(page.locator("figure.living").all()):
        for place, control in enumerate(figure.locator("input, select").all()):
            radio = control.get_attribute("type") == "radio"
            if radio and control.is_checked():
                continue
            # The arrow keys of a group of radio buttons are the browser's own.
            for move in (by_mouse,) if radio else (by_mouse, by_keyboard):
                key = f"figure {number}, control {place}, {move.__name__}"
                done[key] = moved(page, figure, control, move)
    return done


MISFITS = """(width) => innerWidth !== width ? [`the window is ${innerWidth} px wide`]
  : [...document.querySelectorAll(".living-chart")]
    .map((chart) => [chart.querySelector("svg").viewBox.baseVal.width, chart.clientWidth])
    .filter(([used, room]) => used < 0.8 * room || used > room + 1)
    .map(([used, room]) => `drawn ${used} px wide for ${room} px`)"""


def misfits(page: Page) -> list[list[str]]:
    """Give the window one width after the other; the charts that do not follow."""
    found = []
    for width, less in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.locator(".living-chart").evaluate_all(
            "(all, less) => all.forEach((c) => { c.style.width = `calc(100% - ${less}px)` })", less
        )
        try:
            page.wait_for_function(f"(width) => !({MISFITS})(width).length", arg=width)
            found.append([])
        except Error:
            found.append(page.evaluate(MISFITS, width))
    return found


@pytest.fixture(scope="module")
def roots(site: Site, server: str) -> dict[str, str]:
    return {"http": server, "file": site.html.as_uri() + "/"}


@pytest.fixture(scope="module")
def visits(browser: Browser, roots: dict[str, str]) -> Callable[[str, str], Visit]:
    """Looks at a page once: served on a wide screen, from the file system on a phone's."""

    @cache
    def visit(scheme: str, name: str) -> Visit:
        served = scheme == "http"
        address = f"{roots[scheme]}{name}.html"
        page, seen = opened(browser, address, roots[scheme], WIDE if served else PHONE)
        seen.axe["rules"] = violations(page, seen, "rules")
        for theme in THEMES if served else ():
            page.evaluate(PAINT, theme)
            seen.looks[theme] = page.evaluate(LOOKS)
            seen.axe[theme] = violations(page, seen, "contrast", "[data-look]")
        if seen.facts["living"]:
            seen.controls.append(controls(page))
            seen.moves = moves(page)
            seen.controls.append(controls(page))
            if served:
                seen.misfits = misfits(page)
        page.context.close()
        return seen

    return visit


@pytest.fixture
def seen(scheme: str, page: str, visits: Callable[[str, str], Visit]) -> Visit:
    return visits(scheme, page)


@pytest.fixture
def served(page: str, visits: Callable[[str, str], Visit]) -> Visit:
    return visits("http", page)


# What every page must be


@each_visit
def test_asks_no_other_server(seen: Visit) -> None:
    assert seen.foreign == []


@each_visit
def test_loads_whole_and_in_silence(seen: Visit) -> None:
    assert seen.failed == []
    assert seen.said == []
    assert seen.facts["broken"] == []


@each_visit
def test_mathematics_is_set(seen: Visit) -> None:
    assert seen.facts["typeset"] == seen.facts["math"]
    assert seen.facts["mathErrors"] == 0
    assert seen.facts["raw"] == []


@each_visit
def test_living_figures_are_drawn_and_described(page: str, seen: Visit) -> None:
    assert seen.facts["drawn"] == seen.facts["living"]
    assert seen.facts["stills"] == 0
    assert (seen.facts["living"] > 0) == (page in WITH_LIVING_FIGURE)
    assert [text for text in seen.facts["described"] if len(text.split()) < 6] == []


@each_visit
def test_nothing_overflows(seen: Visit) -> None:
    """At 1280 px (served) and at 320 px (from the file system)."""
    assert seen.facts["wide"] == []
    assert seen.facts["outside"] == []


@each_page
def test_the_interactive_bundle_is_loaded_where_it_is_used(page: str, served: Visit) -> None:
    bundle = [url for url in served.bodies if url.split("?")[0].endswith("/_static/living.js")]
    assert bool(bundle) == bool(served.facts["living"]) == (page in WITH_LIVING_FIGURE)


@each_page
def test_weight(page: str, served: Visit) -> None:
    sizes = {url: len(gzip.compress(body, 6)) for url, body in served.bodies.items()}
    kind = "front" if page in FRONT else "living" if served.facts["living"] else "plain"
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    assert sum(sizes.values()) <= WEIGHT[kind], heaviest


@each_visit
def test_accessible(page: str, seen: Visit) -> None:
    """Axe finds nothing; contrast it measures once a look, in light and in dark colours."""
    assert seen.axe
    assert [fault for faults in seen.axe.values() for fault in faults] == []
    for many in seen.looks.values():
        assert many > (20 if page.startswith("notebooks/") else 5)


@each_page
def test_shows_no_repr(served: Visit) -> None:
    text = served.facts["text"]
    assert (
        re.findall(r"<Figure size|Figure\(\d+x\d+\)|\bat 0x[0-9a-f]+|alt\.\w*Chart\(", text) == []
    )
    assert (
        re.findall(r"interactive\(children|\[<matplotlib|np\.float64\(|PASTED|\bnan\b", text) == []
    )


@pytest.mark.parametrize("page", sorted({*WITH_LIVING_FIGURE} - {*FRONT}))
def test_chapters_and_labs_have_mathematics(served: Visit) -> None:
    assert served.facts["math"] > 5


# Figures that move


@each_visit_of_a_living_figure
def test_every_control_moves_its_figure(seen: Visit) -> None:
    assert {key: what for key, what in seen.moves.items() if what != "moved"} == {}
    figures = {key.split(",")[0] for key in seen.moves}
    assert len(figures) == seen.facts["living"] > 0, "a figure that nobody can move"


@each_visit_of_a_living_figure
def test_controls_are_called_by_their_names_alone(seen: Visit) -> None:
    """A screen reader says what a control is called, and its value apart from that."""
    first, last = seen.controls
    assert [control.name for control in first] == [control.name for control in last]
    for control in (*first, *last):
        assert control.name.strip(), control
        if control.value is not None:
            assert f" {control.value} " not in f" {control.name} ", control
    roles = {control.role for control in first}
    assert ("radio" in roles) == ("radiogroup" in roles)


@each_page_with_living_figure
def test_living_figures_fit_after_the_window_changed(served: Visit) -> None:
    """A phone that is turned, a window that is dragged wide, a page that makes little room."""
    assert served.misfits == [[] for _ in WIDTHS]


def test_without_scripts_a_picture_stands_for_each_living_figure(
    browser: Browser, server: str
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}book/01_first_copies.html")
    stills = page.locator("figure.living .living-chart img")
    assert stills.count() == page.locator("figure.living").count() > 0
    for still in stills.all():
        assert still.is_visible()
        assert still.evaluate("image => image.complete && image.naturalWidth") > 0
    context.close()


LONELY = """() => [...document.querySelectorAll("article mjx-container")].filter((formula) => {
  const span = formula.closest("span.math");
  const text = span?.nextSibling;
  const short = formula.getBoundingClientRect().width < 192;
  if (!short || text?.nodeType !== 3 || !/^[.,;:?!)]/.test(text.data)) return false;
  const range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(text, 1);
  return range.getBoundingClientRect().top > span.getBoundingClientRect().bottom - 3;
}).map((formula) => formula.closest("p, li").innerText.slice(0, 80))"""


@pytest.mark.parametrize("page", ["book/04_shapes", "book/06_sharpening", "book/07_ngrams"])
def test_no_line_begins_with_a_mark(page: str, browser: Browser, server: str) -> None:
    opened_page, _ = opened(browser, f"{server}{page}.html", server, PHONE)
    for width in (320, 360, 390, 412):
        opened_page.set_viewport_size({"width": width, "height": 900})
        assert opened_page.evaluate(LONELY) == [], width
    opened_page.context.close()


# Search


@pytest.fixture
def searched(browser: Browser, server: str) -> Iterator[Callable[[str], Page]]:
    """Types something into the search page, and waits for what it finds."""
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()

    def search(text: str) -> Page:
        page.goto(f"{server}search.html")
        page.locator("main input[name=q]").fill(text)
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('.search-summary')?.innerText")
        page.wait_for_load_state("networkidle")
        return page

    yield search
    context.close()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("σ", "book/05_three_errors"),
        ("sigma", "book/05_three_errors"),
        ("σ", "book/api"),
        ("σ", "book/claims"),
        ("α", "book/claims"),
        ("β", "book/03_tails"),
        ("0.37", "book/01_first_copies"),
        ("20,000", "book/01_first_copies"),
        ("temperature", "book/06_sharpening"),
    ],
)
def test_search_finds_what_stands_in_mathematics(
    text: str, where: str, searched: Callable[[str], Page]
) -> None:
    """And shows it without TeX."""
    page = searched(text)
    found = page.locator("ul.search > li")
    links = found.locator("> a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    assert any(link.startswith(f"{where}.html") for link in links), links
    excerpts = found.locator("p.context").all_inner_texts()
    assert excerpts and [said for said in excerpts if re.search(r"[\\\n]|\^\{", said)] == []
    if text != "sigma":
        assert [said for said in excerpts if text in said]


def test_search_that_finds_nothing_says_so(searched: Callable[[str], Page]) -> None:
    page = searched("hippopotamus")
    assert page.locator("ul.search > li").count() == 0
    assert page.locator(".search-summary").inner_text().startswith("No page has all of these words")


def test_an_address_that_is_not_there_leads_on(browser: Browser, server: str, site: Site) -> None:
    """However deep it lies, the page 404 has its style, its search and its links, and fits."""
    lost = (site.html / "404.html").read_text("utf-8")
    context = browser.new_context(viewport=PHONE)
    context.route(
        "**/not/there.html",
        lambda route: route.fulfill(status=404, content_type="text/html", body=lost),
    )
    page = context.new_page()
    missed: list[str] = []
    page.on("response", lambda got: missed.append(got.url) if got.status >= 400 else None)
    page.goto(f"{server}not/there.html")
    page.wait_for_load_state("networkidle")
    assert missed == [f"{server}not/there.html"]
    facts = page.evaluate(FACTS)
    assert facts["wide"] == facts["outside"] == []
    page.locator("main input[name=q]").fill("drift")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}search.html?q=drift")
    page.go_back()
    page.locator("main article a[href*='02_']").click()
    page.wait_for_url(f"{server}book/02_gaussian.html")
    context.close()


# The files of the site


@pytest.fixture(scope="module")
def parsed(site: Site) -> Callable[[str], BeautifulSoup]:
    """Parses a file of the site, once."""

    @cache
    def parse(name: str) -> BeautifulSoup:
        return BeautifulSoup((site.html / name).read_text("utf-8"), "html.parser")

    return parse


@pytest.fixture
def soup(page: str, parsed: Callable[[str], BeautifulSoup]) -> BeautifulSoup:
    return parsed(f"{page}.html")


@pytest.fixture(scope="module")
def soups(site: Site, parsed: Callable[[str], BeautifulSoup]) -> dict[str, BeautifulSoup]:
    names = [path.relative_to(site.html) for path in sorted(site.html.rglob("*.html"))]
    return {
        name.as_posix(): parsed(name.as_posix()) for name in names if "_static" not in name.parts
    }


def article(soup: BeautifulSoup) -> Tag:
    found = soup.find("article")
    assert isinstance(found, Tag)
    return found


def test_the_pages_are_those_of_the_contents(soups: dict[str, BeautifulSoup]) -> None:
    assert set(soups) == {f"{page}.html" for page in PAGES}


def test_the_first_address_shows_the_front_page(soups: dict[str, BeautifulSoup]) -> None:
    first, front = soups["index.html"], soups["book/index.html"]
    assert first.title == front.title
    assert article(first).get_text() == article(front).get_text()


def test_the_front_page_leads_everywhere(soups: dict[str, BeautifulSoup]) -> None:
    """To each chapter by a card under its part, to each page that is no lab by a link."""
    front = article(soups["book/index.html"])
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    headed = {part["caption"]: [entry["file"] for entry in part["chapters"]] for part in parts}
    numerals = iter(("I", "II", "III", "IV"))
    for heading in front.select("section > section:has(.chapters)"):
        said, _, caption = heading.h2.find(string=True).partition(" \N{MIDDLE DOT} ")
        links = [f"book/{link['href']}" for link in heading.select(".chapters > li a")]
        assert said == next(numerals) and links == [f"{file}.html" for file in headed.pop(caption)]
    assert not [file for files in headed.values() for file in files if re.match(r"book/\d", file)]
    links = {str(link["href"]).partition("#")[0] for link in front.select("a.internal")}
    pages = {page for page in documents() if page.startswith("book/") and page not in FRONT}
    assert {page.removeprefix("book/") + ".html" for page in pages} <= links
    chapters = len(front.select(".chapters > li"))
    assert f"{chapters} chapters, {chapters} labs" in front.select_one(".kicker").get_text()


def test_the_front_page_counts_the_claims(soups: dict[str, BeautifulSoup]) -> None:
    rows = soups["book/claims.html"].select("table.claims tbody tr")
    (link,) = article(soups["book/index.html"]).select('.about a[href="claims.html"]')
    assert link.get_text() == f"{len(rows)} claims, all held"
    assert article(soups["book/index.html"]).select(".about a.checked"), "a mark to try"


def test_every_page_says_what_it_is(soups: dict[str, BeautifulSoup]) -> None:
    """To search engines, in a tab, and where somebody shares a link to it."""
    titles, descriptions = [], []
    for name, soup in soups.items():
        assert len(soup.select("meta[name=viewport]")) == 1, name
        assert soup.select("link[rel=apple-touch-icon]"), name
        assert not soup.select("link[rel=canonical]"), "the site's address is not known"
        if name in ("index.html", "search.html", "404.html"):
            continue
        titles.append(soup.title.get_text())
        metas = soup.select("meta[content]")
        said = {str(meta.get("name") or meta.get("property")): meta["content"] for meta in metas}
        assert said["og:title"] in titles[-1], name
        assert said["description"] == said["og:description"], name
        assert not re.search(r"[`{}\\*$]|[^.?!:]$", str(said["description"])), said["description"]
        descriptions.append(said["description"])
    assert len({*titles}) == len(titles) and len({*descriptions}) == len(descriptions)
    assert soups["index.html"].title.get_text().endswith("?")


def test_icons_are_drawn(site: Site) -> None:
    sizes = {"favicon.ico": (48, 48), "apple-touch-icon.png": (180, 180)}
    for name, size in sizes.items():
        with Image.open(site.html / name) as image:
            assert image.size == size
            assert len(image.convert("RGB").getcolors(1 << 16)) > 20, "an empty picture"


def test_every_internal_link_resolves(site: Site, soups: dict[str, BeautifulSoup]) -> None:
    ids = {
        name: {str(tag[key]) for key in ("id", "name") for tag in soup.find_all(attrs={key: True})}
        for name, soup in soups.items()
    }
    lost = []
    for name, soup in soups.items():
        for tag in soup.find_all(True):
            for key in ("href", "src", "data", "poster", "action"):
                target = tag.get(key)
                if target is None or re.match(r"(https?|mailto|data|javascript):", str(target)):
                    continue
                if name == "404.html":  # shown at any address, so its links begin at the first
                    assert re.match("[/#]", str(target)), target
                    target = str(target).removeprefix("/")
                parts = urlsplit(urljoin(name, str(target)))
                path = unquote(parts.path)
                if (tag.name, target) == ("a", "#") or not parts.path.strip("."):
                    continue
                file = site.html / path
                if path.startswith(("/", "..")) or not file.is_file():
                    lost.append(f"{name}: {target}")
                elif parts.fragment and path in ids and unquote(parts.fragment) not in ids[path]:
                    lost.append(f"{name}: {target}")
    assert lost == []


def test_numbers_and_claims_lead_to_the_cell_that_made_them(
    soups: dict[str, BeautifulSoup],
) -> None:
    for name, soup in soups.items():
        for link in soup.select("a.from-lab"):
            assert re.search(r"notebooks/\w+\.html#(claim|report|figure)-[\w-]+$", link["href"]), (
                name
            )
    for name, soup in soups.items():
        if re.match(r"book/\d\d_", name):
            assert len(soup.select("a.from-lab")) >= 10, name
    assert len(soups["book/claims.html"].select("table.claims tbody tr")) >= 6


def test_figures_are_numbered_by_chapter(soups: dict[str, BeautifulSoup]) -> None:
    for name, soup in soups.items():
        numbers = [number.get_text(strip=True) for number in soup.select(".caption-number")]
        chapter = re.match(r"book/(\d\d)_", name)
        assert bool(numbers) == bool(chapter), name
        if chapter:
            many = range(1, len(numbers) + 1)
            assert numbers == [f"Fig. {int(chapter[1])}.{number}" for number in many]


def test_each_letter_of_the_glossary_leads_to_its_first_entry(
    soups: dict[str, BeautifulSoup],
) -> None:
    soup = soups["book/glossary.html"]
    entries = soup.select("dl.glossary > dt:first-child, dl.glossary > dd + dt")
    first: dict[str, str] = {}
    for entry in entries:
        first.setdefault(entry.get_text()[0].upper(), f"#{entry['id']}")
    letters = {link.get_text(): str(link["href"]) for link in soup.select(".letters a")}
    assert letters == first and list(letters) == sorted(letters) and len(letters) > 15


def test_no_file_of_the_site_asks_another_server(
    site: Site, soups: dict[str, BeautifulSoup]
) -> None:
    for name, soup in soups.items():
        for tag in soup.find_all(["script", "link", "img", "iframe", "source", "video"]):
            address = str(tag.get("src") or tag.get("href") or "")
            if tag.name == "link" and tag.get("rel") in (["canonical"], ["license"]):
                continue
            assert not re.match(r"(https?:)?//", address), f"{name}: {address}"
    for sheet in site.html.rglob("*.css"):
        asked = re.findall(
            r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\s]+", sheet.read_text("utf-8")
        )
        assert asked == [], sheet.name


def test_no_module_scripts(soups: dict[str, BeautifulSoup]) -> None:
    for name, soup in soups.items():
        assert soup.select('script[type="module"], link[rel="modulepreload"]') == [], name


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@each_page
def test_alt_text(soup: BeautifulSoup) -> None:
    """Of every figure: a sentence, no file name, not the caption, once on its page."""
    for image in soup.find_all("img"):
        assert image.get("alt") is not None, f"no alt text: {str(image)[:200]}"
    if soup.find("article") is None:
        return
    alts = []
    for image in article(soup).find_all("img"):
        if image.find_parent(class_="chapters"):
            assert image["alt"] == "", "an ornament: the card says what it leads to"
            continue
        alts.append(str(image["alt"]))
        figure = image.find_parent(class_="lab-figure")
        caption = figure.select_one("figcaption, .caption") if figure else None
        if caption is not None:
            said = words(caption.get_text())
            assert words(alts[-1]) not in said and said not in words(alts[-1]), alts[-1]
    assert alt_faults(alts) == []
    for figure in article(soup).select("figure.living"):
        assert figure.select(".living-chart img"), "no still picture for a page without scripts"


@each_page
def test_one_title_a_language_and_unique_ids(page: str, soup: BeautifulSoup) -> None:
    assert soup.html and soup.html.get("lang") == "en"
    assert soup.title and soup.title.get_text(strip=True)
    assert len(soup.select("article h1, main > h1" if page == "search" else "article h1")) <= 1
    ids = [str(tag["id"]) for tag in soup.find_all(id=True)]
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


def test_solutions_are_folded_away(soups: dict[str, BeautifulSoup]) -> None:
    for name, soup in soups.items():
        if not name.startswith("notebooks/"):
            continue
        answers = soup.select(".cell.tag_answer")
        assert answers, name
        for answer in answers:
            folded = answer.select_one("details:not([open])")
            assert folded and "solution" in folded.summary.get_text().lower(), name
