"""Figures that move: how they come, what they say, and how fingers, eyes and paper meet them."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support import documents

CHAPTER, FRONT = "book/02_gaussian.html", "book/index.html"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
FIGURE = "figure.living"
DRAWN = f"{FIGURE} .living-drawing svg"

Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser, server: str) -> Iterator[Opens]:
    """Opens a page of the site in a window of its own, and goes to its first living figure."""
    contexts = []

    def open_(
        address: str = CHAPTER,
        size: Any = WIDE,
        drawn: bool = True,
        paused: bool = False,
        **options: Any,
    ) -> Page:
        options = {"reduced_motion": "reduce"} | options
        contexts.append(browser.new_context(viewport=size, **options))
        page = contexts[-1].new_page()
        if paused:  # its clock goes on when the test says so
            page.clock.install(time=0)
            page.clock.pause_at(1)
        if not drawn:
            page.route("**/living.js", lambda route: route.abort())
        page.goto(server + address)
        page.locator(FIGURE).first.scroll_into_view_if_needed()
        if drawn:
            expect(page.locator(DRAWN).first).to_be_visible()
        return page

    yield open_
    for context in contexts:
        context.close()


# How they come


MOVED = """window.moved = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) window.moved += entry.value;
})).observe({ type: "layout-shift", buffered: true });
window.heights = [];
addEventListener("DOMContentLoaded", () => {
  const figure = document.querySelector("figure.living");
  if (figure) new ResizeObserver(() => window.heights.push(figure.offsetHeight)).observe(figure);
});"""
SET = """() => [...document.querySelectorAll("article .math")].every((formula) =>
  formula.querySelector("mjx-container"))"""
#: A slow phone: bits a second, and how much slower its processor is.
LINE = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 1e5}
SLOW = [("Network.emulateNetworkConditions", LINE), ("Emulation.setCPUThrottlingRate", {"rate": 2})]


@pytest.fixture
def slowly(browser: Browser, server: str) -> Iterator[Opens]:
    """Opens a page as a slow phone does, and waits until its formulas are set."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    context.set_default_timeout(300_000)

    def open_(address: str) -> Page:
        page = context.new_page()
        page.add_init_script(MOVED)
        cdp = context.new_cdp_session(page)
        for command, options in SLOW:
            cdp.send(command, options)
        page.goto(f"{server}{address}.html")
        page.wait_for_function(SET)
        page.wait_for_timeout(500)
        return page

    yield open_
    context.close()


FIRST = [f"book/{name}" for name in ("index", "01_first_copies", "02_gaussian", "04_shapes")]


@pytest.mark.parametrize("address", FIRST)
def test_nothing_moves_while_a_figure_comes(address: str, slowly: Opens) -> None:
    """Not the page that is opened, and not the figure that somebody goes to."""
    page = slowly(address)
    assert page.evaluate("window.moved") <= 0.05
    page.locator(FIGURE).first.scroll_into_view_if_needed()
    page.wait_for_selector(DRAWN)
    page.wait_for_timeout(500)
    heights = page.evaluate("window.heights")
    assert heights and max(heights) - min(heights) <= 1


@pytest.mark.thorough
@pytest.mark.parametrize("address", [page for page in documents() if page not in FIRST])
def test_no_page_moves_while_it_comes(address: str, slowly: Opens) -> None:
    assert slowly(address).evaluate("window.moved") <= 0.05


def test_the_script_comes_when_a_figure_is_near(browser: Browser, server: str) -> None:
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(f"{server}notebooks/02_gaussian.html")
    page.wait_for_load_state("networkidle")
    assert "living.js" not in asked and "course.js" in " ".join(asked)
    figure = page.locator(FIGURE).first
    figure.evaluate("(f) => scrollTo(0, f.getBoundingClientRect().top - innerHeight - 700)")
    expect(page.locator(DRAWN).first).to_be_attached()
    assert asked.count("living.js") == 1
    context.close()


def test_until_the_script_comes_there_is_a_picture_and_no_excuse(opens: Opens) -> None:
    page = opens(drawn=False)
    figure = page.locator(FIGURE).first
    expect(figure.locator("img")).to_be_visible()
    expect(figure.locator(".living-note")).to_be_hidden()
    expect(figure.locator("input").first).to_be_disabled()
    before = figure.bounding_box()
    drawn = opens().locator(FIGURE).first
    after = drawn.bounding_box()
    assert before and after and abs(before["height"] - after["height"]) < 1
    expect(drawn.locator(".living-note")).to_have_count(0)


def test_where_no_script_may_run_the_picture_says_so(opens: Opens) -> None:
    page = opens(drawn=False, java_script_enabled=False)
    figure = page.locator(FIGURE).first
    expect(figure.locator(".living-note")).to_be_visible()
    expect(figure.locator(".living-says")).to_be_visible()
    expect(figure.locator(".living-controls")).to_be_hidden()


def test_a_phone_gets_a_picture_that_is_drawn_for_it(opens: Opens) -> None:
    width = "(image) => image.naturalWidth"
    sizes = [opens(size=size, drawn=False) for size in (PHONE, WIDE)]
    assert [page.locator(f"{FIGURE} img").first.evaluate(width) for page in sizes] == [350, 688]


# What they say


def test_the_sentence_follows_and_is_said_once_the_moving_ends(opens: Opens) -> None:
    page = opens()
    figure = page.locator(FIGURE).first
    says, status = figure.locator(".living-says"), figure.locator("[role=status]")
    first = says.inner_text()
    assert status.text_content() == first and says.get_attribute("aria-hidden") == "true"
    slider = figure.locator("input[type=range]").first
    moving = slider.evaluate(  # in one go, so that no time passes for the page
        """(slider) => {
          for (let step = 0; step < 5; step++) {
            slider.stepUp();
            slider.dispatchEvent(new Event("input", {bubbles: true}));
          }
          return slider.closest("figure").querySelector("[role=status]").textContent;
        }"""
    )
    assert moving == first, "said while the slider is still moving"
    expect(says).not_to_have_text(first)
    expect(status).to_have_text(says.inner_text())
    assert slider.input_value() in re.findall(r"\d+", says.inner_text())


def test_a_chart_is_one_picture_to_a_screen_reader(opens: Opens) -> None:
    page = opens()
    cdp = page.context.new_cdp_session(page)
    nodes = cdp.send("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in nodes if not node["ignored"]}
    assert roles.isdisjoint({"graphics-symbol", "graphics-object", "graphics-document"})
    assert "image" in roles


# How they are moved


def test_a_swipe_over_a_slider_scrolls_the_page_and_moves_no_slider(opens: Opens) -> None:
    page = opens(size=PHONE, has_touch=True, is_mobile=True)
    slider = page.locator(f"{FIGURE} input[type=range]").first
    slider.evaluate("(s) => s.scrollIntoView({block: 'center', behavior: 'instant'})")
    says = page.locator(f"{FIGURE} .living-says").first
    value, said, top = slider.input_value(), says.inner_text(), page.evaluate("scrollY")
    box = slider.bounding_box()
    assert box
    x, y = box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2
    cdp = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", (x, y))
    for step in range(1, 16):
        touch("touchMove", (x + 2 * step, y - 20 * step))
        page.wait_for_timeout(16)
    touch("touchEnd")
    page.wait_for_function("(top) => scrollY > top + 100", arg=top)
    expect(slider).to_have_value(value)
    expect(says).to_have_text(said)


def test_a_finger_along_a_slider_moves_it(opens: Opens) -> None:
    page = opens(size=PHONE, has_touch=True, is_mobile=True)
    slider = page.locator(f"{FIGURE} input[type=range]").first
    slider.evaluate("(s) => s.scrollIntoView({block: 'center', behavior: 'instant'})")
    value, box = slider.input_value(), slider.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2)
    assert int(slider.input_value()) > int(value) + 20


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("address", [CHAPTER, "book/05_three_errors.html"])
def test_controls_are_targets_for_a_thumb(address: str, size: Any, opens: Opens) -> None:
    page = opens(address, size)
    controls = page.locator(f"{FIGURE} :is(input[type=range], select, label:has(input))")
    boxes = [control.bounding_box() for control in controls.all()]
    assert (
        boxes and [box for box in boxes if not box or min(box["width"], box["height"]) < 44] == []
    )


def test_the_focus_is_seen_on_every_control(opens: Opens) -> None:
    page = opens("book/05_three_errors.html")
    ring = """(input) => [input, input.closest("label")].map((element) =>
      getComputedStyle(element)).some((style) => style.outlineStyle === "solid"
      && parseFloat(style.outlineWidth) >= 3)"""
    page.keyboard.press("Tab")
    for control in page.locator(f"{FIGURE} input").all():
        control.focus()
        assert control.evaluate(ring), control.evaluate("(input) => input.outerHTML")


# Light, dark, paper


PAINTS = """() => [...document.querySelectorAll(".living-drawing svg *")].flatMap((mark) => {
  const style = getComputedStyle(mark);
  return [style.fill, style.stroke];
})"""


@pytest.mark.parametrize("address", [CHAPTER, "book/06_sharpening.html"])
def test_in_the_dark_a_chart_has_no_card_and_no_light_colours_of_its_own(
    address: str, opens: Opens
) -> None:
    page = opens(address)
    light = set(page.evaluate(PAINTS))
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    dark = set(page.evaluate(PAINTS))
    clear = "rgba(0, 0, 0, 0)"
    assert light & dark <= {"none", clear, "rgba(0, 0, 0, 0.003)", "rgb(0, 0, 0)"}
    for part in (FIGURE, ".living-chart", ".living-drawing", DRAWN):
        for element in page.locator(part).all():
            expect(element).to_have_css("background-color", clear)


def test_on_paper_there_are_no_controls(opens: Opens) -> None:
    page = opens()
    page.emulate_media(media="print")
    expect(page.locator(f"{FIGURE} .living-controls").first).to_be_hidden()
    expect(page.locator(f"{FIGURE} .living-says").first).to_be_visible()
    expect(page.locator(DRAWN).first).to_be_visible()


# The front page plays


def after(page: Page, ms: int) -> int:
    """Where the slider stands when the clock of a paused page has gone on."""
    page.clock.run_for(ms)
    return int(page.locator(f"{FIGURE} input[type=range]").input_value())


def test_the_front_page_plays_once_up_to_where_it_stands(opens: Opens) -> None:
    page = opens(FRONT, paused=True, reduced_motion="no-preference")
    assert [after(page, ms) for ms in (100, 1400, 1600, 9000)] == [1, 10, 20, 20]


def test_the_front_page_plays_to_its_end_at_a_button(opens: Opens) -> None:
    page = opens(FRONT, paused=True)
    assert [after(page, ms) for ms in (100, 1400)] == [20, 20], "less motion was asked for"
    page.get_by_role("button", name="Play the copies").click()
    assert [after(page, ms) for ms in (4000, 4100, 9000)] == [50, 100, 100]
    expect(page.locator(".living-says")).to_contain_text("After 100 copies")


def test_the_button_stops_the_play_too(opens: Opens) -> None:
    page = opens(FRONT, paused=True)
    page.get_by_role("button", name="Play the copies").click()
    assert after(page, 4000) == 50
    page.get_by_role("button", name="Stop the copies").click()
    assert after(page, 9000) == 50
    expect(page.get_by_role("button", name="Play the copies")).to_be_visible()


def test_a_hand_on_the_slider_stops_the_play(opens: Opens) -> None:
    page = opens(FRONT, paused=True)
    page.get_by_role("button", name="Play the copies").click()
    assert after(page, 4000) == 50
    page.locator(f"{FIGURE} input[type=range]").press("ArrowRight")
    assert after(page, 9000) == 51


def test_a_still_in_the_dark_has_the_ground_of_its_page(opens: Opens) -> None:
    page = opens(drawn=False, color_scheme="dark")
    expect(page.locator(f"{FIGURE} img").first).to_have_css("filter", "none")


def test_a_still_has_the_letters_of_the_course(opens: Opens) -> None:
    """A picture cannot use the page's typeface, and brings the letters of its words along."""
    page = opens(drawn=False)
    still = urllib.parse.unquote(page.locator(f"{FIGURE} img").first.get_attribute("src") or "")
    svg = still.removeprefix("data:image/svg+xml,")
    page.set_content(svg)  # as a document of its own
    faces = page.evaluate(
        """async () => (await document.fonts.load('400 13px "Course Sans"', "1")).map(
          (face) => face.family)"""
    )
    assert [face.strip('"') for face in faces] == ["Course Sans"]
    assert len(svg) < 60_000
