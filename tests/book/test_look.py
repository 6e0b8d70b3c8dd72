"""What a reader sees and reaches: marks and numbers with their tips, tables, boxes, paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from support import Site

from modelcollapse.plots import DARK, PAPER

PAGE = "book/02_gaussian.html"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
SEVERAL = ".lab-ref:has(> .checked):has(.lab-tip > span + span)"  # a mark of several claims

Opens = Callable[..., Page]


def refs(page: Page) -> tuple[Locator, Locator]:
    """A number in the text, and a mark of several claims."""
    return page.locator("p > .lab-ref:not(:has(> .checked))").first, page.locator(SEVERAL).first


# Type


def test_text_is_in_the_typeface_of_the_course_at_once(opens: Opens, site: Site) -> None:
    """It comes with the style sheet, and its licence stands beside it."""
    page = opens()
    faces = page.evaluate(
        """() => [...document.fonts].filter((face) => face.family.includes("Course Sans") &&
          face.status === "loaded").map((face) => `${face.style} ${face.weight}`)"""
    )
    assert {"italic 400", "normal 400", "normal 500 900"} <= {*faces}
    for place in ("p", "h1", "td", "figcaption"):
        first = "(e) => getComputedStyle(e).fontFamily.split(',')[0]"
        assert page.locator(f"article {place}").first.evaluate(first) == '"Course Sans"', place
    licence = (site.html / "_static/fonts/LICENSE.txt").read_text("utf-8")
    assert "SIL Open Font License" in licence and "Reserved Font Name 'Source'" in licence


# Tips


@pytest.mark.parametrize("which", [0, 1], ids=["a number", "a mark"])
def test_a_tip_opens_to_the_mouse_and_stays_under_it(which: int, opens: Opens) -> None:
    page = opens()
    ref = refs(page)[which]
    link, tip = ref.locator("> a"), ref.locator("> .lab-tip")
    expect(tip).to_be_hidden()
    link.hover()
    expect(tip).to_be_visible()
    box = tip.bounding_box()
    assert box
    cdp = page.context.new_cdp_session(page)
    cdp.send("Animation.enable")
    cdp.send("Animation.setPlaybackRate", {"playbackRate": 0.01})  # the mouse is never too late
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    cdp.send("Animation.setPlaybackRate", {"playbackRate": 1})
    page.wait_for_timeout(500)
    expect(tip).to_be_visible()
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_a_tip_opens_to_the_keyboard_and_closes_with_escape(opens: Opens) -> None:
    page = opens()
    ref = refs(page)[1]
    link, tip = ref.locator("> a"), ref.locator("> .lab-tip")
    link.focus()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("Tab")
    assert not ref.evaluate("ref => ref.contains(document.activeElement)"), (
        "one stop of the Tab key"
    )
    page.keyboard.press("Shift+Tab")
    expect(tip).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = tip.locator("a").nth(1)
    expect(second).to_be_focused()
    address = second.get_attribute("href")
    assert address and address != link.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url("**/" + address.removeprefix("../"))


def test_a_finger_opens_a_tip_first_and_then_follows(opens: Opens) -> None:
    page = opens(size=PHONE, has_touch=True, is_mobile=True)
    number, mark = refs(page)
    mark.locator("> a").tap()
    expect(mark.locator("> .lab-tip")).to_be_visible()
    number.locator("> a").tap()
    expect(number.locator("> .lab-tip")).to_be_visible()
    expect(mark.locator("> .lab-tip")).to_be_hidden()
    page.locator("article h1").tap()
    expect(number.locator("> .lab-tip")).to_be_hidden()
    assert page.url.endswith(PAGE)
    number.locator("> a").tap()
    number.locator("> a").tap()
    page.wait_for_url("**/notebooks/02_gaussian.html#*")


def test_nothing_lies_on_an_open_tip(opens: Opens) -> None:
    page = opens(size=PHONE, has_touch=True, is_mobile=True)
    number, _ = refs(page)
    top = number.evaluate("(e) => e.getBoundingClientRect().top + scrollY")
    for y in (top + 200, top - 100):  # the button comes when one goes back up
        page.evaluate(
            """(top) => new Promise((done) => {
              addEventListener("scroll", () => done(), {once: true});
              scrollTo({top, behavior: "instant"});
            })""",
            y,
        )
    expect(page.locator("#pst-back-to-top")).to_be_visible()
    number.locator("> a").tap()
    expect(page.locator("#pst-back-to-top")).to_be_visible()
    covered = number.locator("> .lab-tip").evaluate(
        """(tip) => { const box = tip.getBoundingClientRect();
          const parts = [0.1, 0.3, 0.5, 0.7, 0.9];
          const places = parts.flatMap((x) => parts.map((y) => [x, y]));
          return places.filter(([x, y]) => !tip.contains(document.elementFromPoint(
            box.x + x * box.width, box.y + y * box.height))); }"""
    )
    assert covered == []


def test_a_tip_opens_without_a_script(opens: Opens) -> None:
    page = opens(java_script_enabled=False)
    ref = refs(page)[1]
    ref.locator("> a").hover()
    expect(ref.locator("> .lab-tip")).to_be_visible()
    ref.locator("> a").click()
    page.wait_for_url("**/notebooks/02_gaussian.html#claim-*")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("address", [PAGE, "book/papers.html"])
def test_every_open_tip_is_in_the_window_and_cut_off_by_nothing(
    address: str, size: Any, opens: Opens
) -> None:
    page = opens(address, size)
    page.evaluate(
        "document.querySelectorAll('.toggle-hidden .toggle-button').forEach(b => b.click())"
    )
    # What unfolds lies below its neighbours until it is open.
    page.wait_for_function("document.getAnimations().every((a) => a.playState !== 'running')")
    lost = page.evaluate(
        """() => [...document.querySelectorAll(".lab-ref")].filter((ref) => {
          ref.firstChild.scrollIntoView({block: "center", behavior: "instant"});
          ref.firstChild.focus({preventScroll: true});
          const tip = ref.lastChild, box = tip.getBoundingClientRect();
          const corners = [[box.left + 3, box.top + 3], [box.right - 3, box.bottom - 3]];
          return getComputedStyle(tip).visibility !== "visible" || box.left < 0
            || box.right > innerWidth || !corners.every((at) =>
              tip.contains(document.elementFromPoint(...at)));
        }).map((ref) => ref.outerHTML.slice(0, 200))"""
    )
    assert lost == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_open_tip_is_accessible(theme: str, opens: Opens) -> None:
    page = opens(color_scheme=theme)
    for ref in refs(page):
        ref.locator("> a").focus()
        found = Axe().run(page, {"include": [[".lab-ref:focus-within"]]}).response
        assert [fault["help"] for fault in found["violations"]] == []


def test_a_mark_is_a_target_for_a_finger_and_says_its_kind(opens: Opens) -> None:
    page = opens()
    marks = page.locator("a.checked").evaluate_all(
        """(all) => all.map((mark) => [mark.textContent, mark.ariaLabel,
          document.getElementById(mark.getAttribute("aria-describedby")).textContent,
          mark.getBoundingClientRect().width, mark.getBoundingClientRect().height])"""
    )
    kinds = {"✓": "checked", "✓≈": "checked within a tolerance"}
    kinds |= {"✓<": "order checked", "✓>": "order checked"}
    assert {text for text, *_ in marks} >= {"✓", "✓<"}
    for text, name, tip, width, height in marks:
        each = re.findall("✓[≈<>]?", text)
        assert name == "; ".join(dict.fromkeys(kinds[one] for one in each))
        assert (
            all(f"{one} " in tip for one in each)
            and "measured" in tip
            and "Lab\N{NO-BREAK SPACE}2" in tip
        )
        assert width >= 24 and height >= 24, text


def test_on_paper_a_mark_stays_and_its_tip_does_not(opens: Opens) -> None:
    page = opens()
    page.emulate_media(media="print")
    ref = refs(page)[1]
    ref.locator("> a").focus()
    expect(ref.locator("> a")).to_be_visible()
    expect(ref.locator("> .lab-tip")).to_be_hidden()


def test_an_excerpt_of_the_search_has_no_tips(opens: Opens) -> None:
    page = opens("search.html?q=gibberish")
    excerpts = page.locator("#search-results p.context")
    expect(excerpts.first).to_be_visible()
    assert "gibberish" in excerpts.first.inner_text()
    said = " ".join(excerpts.all_inner_texts())
    assert "people do not use✓>" in said and "measured" not in said
    page = opens("search.html?q=sigma")
    expect(page.locator("#search-results p.context").first).to_be_visible()
    said = " ".join(page.locator("#search-results p.context").all_inner_texts())
    assert "TextLab" not in said


# Tables, boxes, headings, fields


def style(page: Page, selector: str, name: str, pseudo: str = "") -> list[str]:
    """A property of every element that the selector finds."""
    return page.locator(selector).evaluate_all(
        "(all, [name, pseudo]) => all.map((e) => getComputedStyle(e, pseudo || null)[name])",
        [name, pseudo],
    )


def test_tables_have_lines_between_rows_and_no_others(opens: Opens) -> None:
    page = opens()
    clear = {"rgba(0, 0, 0, 0)"}
    assert set(style(page, "article .table tr", "backgroundColor")) == clear
    for cell in ("article .table td + td", "article .table th + th"):
        assert set(style(page, cell, "borderLeftColor")) == clear
    assert set(style(page, "article .table tbody tr", "borderBottomStyle")) == {"solid"}
    assert set(style(page, "article td a.from-lab", "textDecorationLine")) == {"none"}
    said = style(page, ".pst-scrollable-table-container:has(td a.from-lab)", "content", "::after")
    assert "Each result leads" in said[0]


@pytest.mark.parametrize("address", [PAGE, "notebooks/02_gaussian.html"])
def test_what_is_as_wide_as_the_page_ends_at_one_edge(address: str, opens: Opens) -> None:
    page = opens(address, size={"width": 1600, "height": 900})
    wide = ".admonition, .admonition-title, .living-chart, .cell_input, nav.text-and-lab"
    edges = page.locator(f"article :is({wide})").evaluate_all(
        """(all) => [...new Set(all.filter((e) => e.offsetWidth && (e.matches("p")
            || !e.parentElement.closest(".admonition, details")))
          .map((e) => Math.round(e.getBoundingClientRect().right)))]"""
    )
    assert max(edges) - min(edges) <= 2, edges


def test_at_the_end_of_a_page_its_last_heading_is_marked(opens: Opens) -> None:
    page = opens()
    active = page.locator(".bd-sidebar-secondary .nav-link.active").filter(visible=True)
    page.mouse.move(600, 400)
    for _ in range(100):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(30)
    expect(active).to_have_text("Sources")
    for _ in range(10):
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(60)
    expect(active).to_have_count(1)
    expect(active).not_to_have_text("Sources")


def test_in_the_dark_a_lab_has_one_ground_and_figures_stand_on_it(opens: Opens) -> None:
    page = opens("notebooks/02_gaussian.html", color_scheme="dark")
    (ground,) = style(page, "body", "backgroundColor")
    assert ground == "rgb({}, {}, {})".format(*bytes.fromhex(DARK[PAPER][1:]))
    for figure in ("div.output.text_html:has(picture)", "picture.drawing > img"):
        assert set(style(page, figure, "backgroundColor")) == {"rgba(0, 0, 0, 0)"}
    (surface,) = set(style(page, "article .highlight", "backgroundColor"))
    assert ground != surface == style(page, ".search-button-field", "backgroundColor")[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_links_have_one_colour_and_another_under_the_mouse(theme: str, opens: Opens) -> None:
    page = opens("book/papers.html", color_scheme=theme)
    links = "article a:is(.internal, .external):not(.from-lab, .headerlink)"
    (colour,) = set(style(page, links, "color"))
    page.locator(links).first.hover()
    expect(page.locator(links).first).not_to_have_css("color", colour)
    blue = [int(part) for part in re.findall(r"\d+", colour)]
    assert max(blue) == blue[2]


def test_without_a_script_links_have_their_colour(opens: Opens) -> None:
    with_, without = (
        set(
            style(
                opens(java_script_enabled=script), "article p > a.internal:not(.from-lab)", "color"
            )
        )
        for script in (True, False)
    )
    assert with_ == without


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_a_script_a_page_is_light(scheme: str, opens: Opens) -> None:
    page = opens(FRONT, java_script_enabled=False, color_scheme=scheme)
    scripted = opens(FRONT, color_scheme="light")
    for name in ("--pst-color-text-base", "--pst-color-background", "--pst-color-surface"):
        read = "(e, name) => getComputedStyle(e).getPropertyValue(name)"
        without, with_ = (one.locator("html").evaluate(read, name) for one in (page, scripted))
        assert without == with_ != "", name
    expect(page.locator(".bd-header-article .search-button")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_a_script_a_page_is_as_the_system_is(scheme: str, opens: Opens) -> None:
    page = opens(FRONT, color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    expect(page.locator("html")).to_have_attribute("data-mode", "auto")


def test_without_a_script_a_formula_is_plain(opens: Opens) -> None:
    """Also until the script has set it, so that nothing moves then."""
    page = opens(java_script_enabled=False)
    formulas = page.locator("article span.math")
    shown = formulas.evaluate_all(
        """(all) => all.map((formula) => {
          const [box, line] = [formula, formula.parentElement].map((e) => getComputedStyle(e));
          return [getComputedStyle(formula, "::before").content, box.overflow,
            parseFloat(box.height) <= parseFloat(line.lineHeight) + 1];
        })"""
    )
    assert len(shown) > 50 and '"χ^2_(n-1)"' in {content for content, *_ in shown}
    for content, *clipped in shown:
        assert not re.search(r"\\|\{", content) and clipped == ["hidden", True], content


@pytest.mark.parametrize("chapter", ["02_gaussian", "14_filtering"])
def test_without_a_script_a_displayed_formula_is_plain(chapter: str, opens: Opens) -> None:
    page = opens(f"book/{chapter}.html", PHONE, java_script_enabled=False)
    shown = page.locator("article div.math").evaluate_all(
        """(all) => all.map((formula) => {
          const seen = getComputedStyle(formula, "::before");
          return [seen.content, parseFloat(seen.fontSize), getComputedStyle(formula).fontSize,
            formula.scrollWidth <= formula.clientWidth];
        })"""
    )
    assert len(shown) >= 5
    for content, seen, tex, fits in shown:
        assert not re.search(r"\\\\(?!a)|\{", content), content  # \a is a new line
        assert seen >= 16 and tex == "0px" and fits, content
    page = opens(f"book/{chapter}.html")
    expect(page.locator("article div.math mjx-container").first).to_be_visible()
    sizes = "(all) => all.map((one) => parseFloat(getComputedStyle(one).fontSize))"
    assert min(page.locator("article div.math").evaluate_all(sizes)) >= 16


def test_a_number_alone_is_no_formula(opens: Opens) -> None:
    """It looks like the numbers that stand beside it, and reads the same without a script."""
    page = opens("book/12_accumulate.html", java_script_enabled=False)
    formulas = page.locator("article .math").all_inner_texts()
    assert formulas and not [tex for tex in formulas if re.fullmatch(r"[\\()\d.,{}% ]+", tex)]
    expect(page.locator("article")).to_contain_text("the 95% interval")


def test_no_formula_is_cut_at_its_top(opens: Opens) -> None:
    """A formula in a line of its own may scroll, and a box that scrolls cuts ink at its edge."""
    page = opens("book/12_accumulate.html")
    page.wait_for_selector("div.math mjx-c")
    over = page.locator("div.math mjx-container").evaluate_all(
        """boxes => boxes.filter((box) => box.checkVisibility()).map((box) => {
          const glyphs = [...box.querySelectorAll(":not(mjx-ext) > mjx-c")]
            .map((glyph) => glyph.getBoundingClientRect());
          const { top, bottom } = box.getBoundingClientRect();
          return [Math.min(...glyphs.map((g) => g.top)) - top,
                  bottom - Math.max(...glyphs.map((g) => g.bottom))];
        })"""
    )
    assert over and all(above >= 3 and below >= 3 for above, below in over)


def test_what_is_wider_than_the_page_ends_in_a_shadow(opens: Opens) -> None:
    page = opens("book/papers.html", PHONE)
    wide = '.pst-scrollable-table-container[tabindex="0"]'
    assert all("gradient" in image for image in style(page, wide, "backgroundImage"))
    assert page.locator(wide).count()


def test_an_answer_is_a_plain_box(opens: Opens) -> None:
    page = opens()
    assert set(style(page, ".dropdown.admonition", "borderLeftWidth")) == {"1px"}
    titles = ".dropdown.admonition > .admonition-title"
    assert set(style(page, titles, "content", "::after")) == {"none"}


def test_a_figure_in_a_box_keeps_off_both_its_edges(opens: Opens) -> None:
    page = opens("book/13_fresh_data.html", PHONE)
    page.locator(".admonition:has(.lab-figure) > .admonition-title").click()
    sides = page.locator(".admonition .lab-figure").evaluate_all(
        """figures => figures.map((figure) => {
          const inner = figure.getBoundingClientRect();
          const outer = figure.closest(".admonition").getBoundingClientRect();
          return [inner.left - outer.left, outer.right - inner.right];
        })"""
    )
    assert sides and all(min(both) >= 8 for both in sides)


def test_a_heading_is_no_higher_for_its_link(opens: Opens) -> None:
    page = opens()
    assert set(style(page, "article :is(h2, h3) > .headerlink", "position")) == {"absolute"}
    weights = [int(style(page, f"article {rank}", "fontWeight")[0]) for rank in ("h1", "h2")]
    page = opens("notebooks/02_gaussian.html")
    assert int(style(page, "article h3", "fontWeight")[0]) <= min(weights)


def test_the_icon_of_the_search_field_covers_no_letter(opens: Opens) -> None:
    page = opens("search.html?q=temperature")
    icon, field = (page.locator(f"main form.bd-search {name}") for name in ("i, svg", "input"))
    right = icon.first.evaluate("icon => icon.getBoundingClientRect().right")
    text = field.evaluate(
        "e => e.getBoundingClientRect().left + parseFloat(getComputedStyle(e).paddingLeft)"
    )
    assert text > right


FRONT = "book/index.html"


def test_a_card_is_a_link_and_shows_the_focus(opens: Opens) -> None:
    page = opens(FRONT)
    for card in page.locator(".chapters > li").all():
        link = card.locator("a")
        link.focus()
        expect(card).to_have_css("outline-style", "solid")
        card.scroll_into_view_if_needed()
        box = card.bounding_box()
        assert box
        corner = [box["x"] + box["width"] - 5, box["y"] + box["height"] - 5]
        assert link.evaluate("(a, at) => document.elementFromPoint(...at) === a", corner)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_cards_keep_their_height_when_their_pictures_come(size: Any, opens: Opens) -> None:
    page = opens(FRONT, size)
    heights = "(all) => all.map((card) => card.offsetHeight)"
    pictures = page.locator(".chapters img")
    pictures.evaluate_all("(all) => all.forEach((image) => image.loading = 'eager')")
    page.wait_for_function("[...document.images].every((image) => image.naturalWidth)")
    come = page.locator(".chapters > li").evaluate_all(heights)
    pictures.evaluate_all("(all) => all.forEach((image) => image.removeAttribute('src'))")
    assert page.locator(".chapters > li").evaluate_all(heights) == come


def test_the_front_page_has_no_columns_at_its_sides_and_says_its_title_once(opens: Opens) -> None:
    page = opens(FRONT)
    for column in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".primary-toggle"):
        for part in page.locator(column).all():
            expect(part).to_be_hidden()
    expect(page.locator(".bd-header-article .search-button")).to_be_visible()
    shown = page.locator("body").inner_text()
    assert page.locator(".bd-sidebar-primary", has_text="What is left").count() == 0
    assert shown.count("Copies of Copies") == 2  # above the question, and as the author
    assert shown.count("What is left after") == 1


ORDER = {
    "wide": [".kicker", "h1", ".lede", ".doors a:first-child", ".about", ".chapters"],
    "phone": [".kicker", "h1", "figure", "figure input", ".lede", ".doors a:first-child", ".about"],
}


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_the_front_page_begins_with_the_question_and_the_figure(screen: str, opens: Opens) -> None:
    page = opens(FRONT, WIDE if screen == "wide" else {"width": 390, "height": 844})
    boxes = {
        part: page.locator(f"article section {part}").first.bounding_box() for part in ORDER[screen]
    }
    tops = [box["y"] for box in boxes.values() if box]
    assert len(tops) == len(boxes) and tops == sorted(tops), boxes
    slider = page.locator("figure.living input").bounding_box()
    assert slider and slider["y"] + slider["height"] < (900 if screen == "wide" else 844)
    assert page.locator("figure.living input").input_value() == "20"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_button_and_the_links_of_the_front_page(size: Any, opens: Opens) -> None:
    page = opens(FRONT, size)
    for link, address in {
        "Start with chapter 1": "/01_first_copies.html",
        "Run the labs": "/how_to_use.html#run-a-lab",
        "Teach with it": "/teach.html#teach",
    }.items():
        found = page.locator(".doors").get_by_role("link", name=link, exact=True)
        box = found.bounding_box()
        assert box and box["height"] >= 40
        assert found.evaluate("link => link.href").endswith(address)


def test_the_drawer_of_a_phone_cuts_no_heading(opens: Opens) -> None:
    page = opens(size={"width": 390, "height": 800})
    page.locator(".primary-toggle").first.click()
    drawer = "document.querySelector('.bd-sidebar-primary')"
    page.wait_for_function(f"{drawer}.getBoundingClientRect().left === 0")
    captions = page.locator(".bd-sidebar-primary p.caption")
    expect(captions.first).to_be_visible()
    for caption in captions.all():
        assert (
            caption.evaluate(
                """(caption) => {
              const text = document.createRange();
              text.selectNodeContents(caption);
              return document.querySelector(".bd-sidebar-primary").clientWidth
                - text.getBoundingClientRect().right;
            }"""
            )
            > 8
        )


def test_printed_code_is_not_cut(opens: Opens) -> None:
    page = opens("notebooks/02_gaussian.html")
    page.emulate_media(media="print")
    for part in ("div.cell_input", "div.cell_input div", "pre"):  # a cell may fill two sheets
        assert set(style(page, f"article {part}", "breakInside")) == {"auto"}, part
        assert set(style(page, f"article {part}", "display")) == {"block"}, part
    for part in ("pre", "div.highlight", "div.cell"):
        assert set(style(page, f"article {part}", "overflow")) == {"visible"}, part


def test_what_one_can_only_click_is_not_printed(opens: Opens) -> None:
    page = opens()
    page.emulate_media(media="print")
    for part in ("button.toggle-button", "a.how", "#jb-print-toc", ".living-controls"):
        assert set(style(page, part, "display")) == {"none"}, part
    assert set(style(page, ".dropdown .admonition-title", "breakAfter")) == {"avoid"}
    page = opens("notebooks/02_gaussian.html")
    page.emulate_media(media="print")
    assert set(style(page, "article details:not([open])", "display")) == {"none"}


def test_a_box_is_called_by_its_title_and_what_its_button_says(opens: Opens) -> None:
    page = opens()
    box = page.locator(".dropdown.admonition").first
    title = box.locator(".admonition-title").inner_text().partition("\n")[0].strip()
    button = box.get_by_role("button", name=re.compile(f"^{re.escape(title)}.*Click to "))
    expect(button).to_have_attribute("aria-expanded", "false")
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize("path", ["book/07_ngrams.html", "book/12_accumulate.html"])
def test_a_table_that_scrolls_has_a_name_and_one_that_does_not_no_focus(
    path: str, opens: Opens
) -> None:
    page = opens(path, size=PHONE)
    page.wait_for_function(
        """() => {
          const tables = [...document.querySelectorAll(".pst-scrollable-table-container")];
          const wide = (table) => table.scrollWidth > table.clientWidth + 2;
          return tables.some(wide) && tables.every((table) => wide(table)
            ? table.hasAttribute("tabindex") && table.ariaLabel : !table.hasAttribute("tabindex"));
        }"""
    )
