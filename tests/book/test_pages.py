"""Every page in a real browser: served and straight from the file system, wide and narrow."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from alt_text import alt_faults
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, Page, Request, Route
from support import Site, documents

PAGES = [*documents(), "search"]
WITH_LIVING_FIGURE = [page for page in PAGES if page == "book/index" or re.search(r"/\d\d_", page)]

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
WEIGHT = {"plain": 650_000, "living": 950_000}  # bytes, compressed, of a cold load
SETTLED = 15_000  # milliseconds

# Everything in light colours; in dark ones what depends on colour, on a phone what does not.
AXE: dict[str, dict[str, Any]] = {
    "light": {"preload": False, "resultTypes": ["violations"]},
    "dark": {"preload": False, "runOnly": ["color-contrast", "link-in-text-block"]},
    "phone": {"preload": False, "rules": {"color-contrast": {"enabled": False}}},
}

each_page = pytest.mark.parametrize("page", PAGES)
each_scheme = pytest.mark.parametrize("scheme", ["http", "file"])


# One look at a page


@dataclass
class Visit:
    """What a browser saw of a page."""

    foreign: list[str] = field(default_factory=list)  # requests to other servers
    failed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # errors and warnings on the console
    bodies: dict[str, bytes] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    axe: dict[str, list[str]] = field(default_factory=dict)


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
    drawn: svg.filter((drawing) => drawing
      && drawing.querySelectorAll("path, text").length > 2).length,
    described: living.map((figure) =>
      figure.querySelector("[role=graphics-document][aria-label]")?.ariaLabel ?? ""),
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
  && [...document.querySelectorAll(".living-chart")].every((c) => c.querySelector("svg"))"""


def opened(browser: Browser, address: str, root: str, size: Any) -> tuple[Page, Visit]:
    """Open a page in a browser that knows nothing yet, and wait until it is drawn."""
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    page, visit = context.new_page(), Visit()

    def check(route: Route, request: Request) -> None:
        if request.url.startswith((root, "data:", "blob:")):
            route.continue_()
        else:
            visit.foreign.append(request.url)
            route.abort()

    said: list[str] = []
    responses = []
    context.route("**/*", check)
    page.on("response", lambda response: responses.append(response))
    page.on("requestfailed", lambda request: visit.failed.append(request.url))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.goto(address)
    try:
        page.wait_for_function(READY, timeout=SETTLED)
    except Exception:  # what is missing shows in the facts
        said.append("the page never came to rest")
    page.wait_for_load_state("networkidle")
    for response in responses:
        if response.status >= 400:
            visit.failed.append(f"{response.status} {response.url}")
        elif response.url.startswith("http"):
            visit.bodies[response.url] = response.body()
    visit.facts = page.evaluate(FACTS)
    # What axe says later is not the page's.
    visit.said = [line for line in said if not re.match("log|info|debug", line)]
    return page, visit


def violations(page: Page, setting: str) -> list[str]:
    """What axe finds on an open page, a line for each element."""
    return [
        f"{setting}, {found['id']}: {' '.join(map(str, node['target']))} ({found['help']})"
        for found in Axe().run(page, options=AXE[setting]).response["violations"]
        for node in found["nodes"]
    ]


@pytest.fixture(scope="module")
def roots(site: Site, server: str) -> dict[str, str]:
    return {"http": server, "file": site.html.as_uri() + "/"}


@pytest.fixture(scope="module")
def visits(browser: Browser, roots: dict[str, str]) -> Iterator[Any]:
    """Looks at a page once, served on a wide screen, and keeps what was seen."""
    seen: dict[str, Visit] = {}

    def visit(name: str) -> Visit:
        if name not in seen:
            page, seen[name] = opened(browser, f"{roots['http']}{name}.html", roots["http"], WIDE)
            for theme in ("light", "dark"):
                page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
                seen[name].axe[theme] = violations(page, theme)
            page.context.close()
        return seen[name]

    yield visit


@pytest.fixture(scope="module")
def phone_visits(browser: Browser, roots: dict[str, str]) -> Iterator[Any]:
    """Looks at a page once, from the file system on a phone's screen."""
    seen: dict[str, Visit] = {}

    def visit(name: str) -> Visit:
        if name not in seen:
            page, seen[name] = opened(browser, f"{roots['file']}{name}.html", roots["file"], NARROW)
            seen[name].axe["phone"] = violations(page, "phone")
            page.context.close()
        return seen[name]

    yield visit


@pytest.fixture
def seen(scheme: str, page: str, visits: Any, phone_visits: Any) -> Visit:
    return visits(page) if scheme == "http" else phone_visits(page)


# What every page must be


@each_scheme
@each_page
def test_asks_no_other_server(seen: Visit) -> None:
    assert seen.foreign == []


@each_scheme
@each_page
def test_loads_whole_and_in_silence(seen: Visit) -> None:
    assert seen.failed == []
    assert seen.said == []
    assert seen.facts["broken"] == []


@each_scheme
@each_page
def test_mathematics_is_set(seen: Visit) -> None:
    assert seen.facts["typeset"] == seen.facts["math"]
    assert seen.facts["mathErrors"] == 0
    assert seen.facts["raw"] == []


@each_scheme
@each_page
def test_living_figures_are_drawn_and_described(page: str, seen: Visit) -> None:
    assert seen.facts["drawn"] == seen.facts["living"]
    assert (seen.facts["living"] > 0) == (page in WITH_LIVING_FIGURE)
    assert [text for text in seen.facts["described"] if len(text.split()) < 6] == []


@each_scheme
@each_page
def test_nothing_overflows(seen: Visit) -> None:
    """At 1280 px (served) and at 360 px (from the file system)."""
    assert seen.facts["wide"] == []
    assert seen.facts["outside"] == []


@each_page
def test_the_interactive_bundle_is_loaded_where_it_is_used(page: str, visits: Any) -> None:
    visit = visits(page)
    scripts = [url for url, body in visit.bodies.items() if b"vega" in body and len(body) > 300_000]
    assert bool(scripts) == bool(visit.facts["living"]) == (page in WITH_LIVING_FIGURE)


@each_page
def test_weight(page: str, visits: Any) -> None:
    visit = visits(page)
    sizes = {url: len(gzip.compress(body, 6)) for url, body in visit.bodies.items()}
    limit = WEIGHT["living" if visit.facts["living"] else "plain"]
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    assert sum(sizes.values()) <= limit, heaviest


@each_scheme
@each_page
def test_accessible(seen: Visit) -> None:
    """Axe finds nothing: in light and in dark colours (served), on a phone (from files)."""
    assert seen.axe
    assert [fault for faults in seen.axe.values() for fault in faults] == []


@each_page
def test_shows_no_repr(page: str, visits: Any) -> None:
    text = visits(page).facts["text"]
    assert (
        re.findall(r"<Figure size|Figure\(\d+x\d+\)|\bat 0x[0-9a-f]+|alt\.\w*Chart\(", text) == []
    )
    assert (
        re.findall(r"interactive\(children|\[<matplotlib|np\.float64\(|PASTED|\bnan\b", text) == []
    )


def test_mathematics_and_living_figures_are_on_the_pages_at_all(visits: Any) -> None:
    for page in WITH_LIVING_FIGURE:
        if page != "book/index":
            assert visits(page).facts["math"] > 5, page


# Figures that move

CONTROLS = "input, select"


def drawing(page: Page, figure: Any) -> str:
    """A figure as it is drawn now, when it has come to rest."""
    page.wait_for_timeout(120)
    return "".join(
        figure.locator(".living-chart svg").evaluate_all("all => all.map(s => s.outerHTML)")
    )


def by_keyboard(page: Page, control: Any) -> None:
    control.focus()
    if control.get_attribute("type") == "checkbox":
        page.keyboard.press("Space")
    else:
        value = control.input_value()
        for key in ("End", "Home"):
            if control.input_value() == value:
                page.keyboard.press(key)


def by_mouse(page: Page, control: Any) -> None:
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    if control.get_attribute("type") != "range":
        if control.evaluate("control => control.tagName") == "SELECT":
            options = control.locator("option").count()
            chosen = control.evaluate("control => control.selectedIndex")
            control.select_option(index=options - 1 if chosen != options - 1 else 0)
        else:
            control.click()
        return
    low, high, value = (
        float(control.evaluate(f"control => control.{name}")) for name in ("min", "max", "value")
    )
    share = (value - low) / (high - low)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8 + share * (box["width"] - 16), middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (0.1 if share > 0.5 else 0.9), middle, steps=4)
    page.mouse.up()


@each_scheme
@pytest.mark.parametrize("page", WITH_LIVING_FIGURE)
def test_every_control_moves_its_figure(
    page: str, scheme: str, browser: Browser, roots: dict[str, str]
) -> None:
    root = roots[scheme]
    tab, _ = opened(browser, f"{root}{page}.html", root, WIDE if scheme == "http" else NARROW)
    figures = tab.locator("figure.living")
    assert figures.count()
    for number in range(figures.count()):
        figure = figures.nth(number)
        controls = figure.locator(CONTROLS)
        assert controls.count(), "a figure that nobody can move"
        for place in range(controls.count()):
            control = controls.nth(place)
            if control.get_attribute("type") == "radio" and control.is_checked():
                continue
            for move in (by_mouse, by_keyboard):
                if move is by_keyboard and control.get_attribute("type") == "radio":
                    continue  # the arrow keys of the group are the browser's own
                before = drawing(tab, figure)
                move(tab, control)
                after = drawing(tab, figure)
                assert after and after != before, (
                    f"figure {number}, control {place}: {move.__name__}"
                )
    tab.context.close()


@pytest.mark.parametrize("page", WITH_LIVING_FIGURE)
def test_living_figures_fit_after_the_window_changed(
    page: str, browser: Browser, server: str
) -> None:
    """A phone that is turned, a window that is dragged wide, a page that makes little room."""
    tab, _ = opened(browser, f"{server}{page}.html", server, NARROW)
    # Ten pixels are Vega's padding: a room smaller by so much can pass for no change.
    for size, less in ((WIDE, 0), (WIDE, 10), (NARROW, 0), ({"width": 760, "height": 900}, 0)):
        tab.set_viewport_size(size)
        tab.wait_for_timeout(500)
        for chart in tab.locator(".living-chart").all():
            chart.evaluate("(chart, less) => chart.style.width = `calc(100% - ${less}px)`", less)
            for _ in range(50):  # a busy machine draws late
                room, used = chart.evaluate(
                    "chart => [chart.clientWidth, chart.querySelector('svg').viewBox.baseVal.width]"
                )
                if 0.8 * room <= used <= room + 1:
                    break
                tab.wait_for_timeout(100)
            assert 0.8 * room <= used <= room + 1, f"drawn {used} px wide for {room} px"
    tab.context.close()


# The files of the site


@pytest.fixture(scope="module")
def soups(site: Site) -> dict[str, BeautifulSoup]:
    return {
        path.relative_to(site.html).as_posix(): BeautifulSoup(
            path.read_text("utf-8"), "html.parser"
        )
        for path in sorted(site.html.rglob("*.html"))
        if "_static" not in path.parts
    }


def article(soup: BeautifulSoup) -> Tag:
    found = soup.find("article")
    assert isinstance(found, Tag)
    return found


def test_the_pages_are_those_of_the_contents(soups: dict[str, BeautifulSoup]) -> None:
    assert set(soups) == {f"{page}.html" for page in PAGES} | {"index.html"}


def test_the_first_address_leads_to_the_front_page(soups: dict[str, BeautifulSoup]) -> None:
    refresh = soups["index.html"].find("meta", attrs={"http-equiv": re.compile("refresh", re.I)})
    assert isinstance(refresh, Tag)
    assert str(refresh["content"]).endswith("url=book/index.html")


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
def test_alt_text(page: str, soups: dict[str, BeautifulSoup]) -> None:
    """Of every figure: a sentence, no file name, not the caption, once on its page."""
    soup = soups[f"{page}.html"]
    for image in soup.find_all("img"):
        assert image.get("alt") is not None, f"no alt text: {str(image)[:200]}"
    if soup.find("article") is None:
        return
    alts = []
    for image in article(soup).find_all("img"):
        alts.append(str(image["alt"]))
        figure = image.find_parent(class_="lab-figure")
        caption = figure.select_one("figcaption, .caption") if figure else None
        if caption is not None:
            said = words(caption.get_text())
            assert words(alts[-1]) not in said and said not in words(alts[-1]), alts[-1]
    assert alt_faults(alts) == []
    for figure in article(soup).select("figure.living"):
        assert figure.select(".living-still img"), "no still picture for a page without scripts"


@each_page
def test_one_title_a_language_and_unique_ids(page: str, soups: dict[str, BeautifulSoup]) -> None:
    soup = soups[f"{page}.html"]
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
