"""Claims raise when false and are refused when they cannot fail; figures and checks as promised."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections import defaultdict
from html import escape
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from modelcollapse import plots  # noqa: E402
from modelcollapse.checks import check  # noqa: E402
from modelcollapse.claims import ClaimFailed, claim, report  # noqa: E402
from modelcollapse.plots.living import DARK, INK  # noqa: E402

ALT = "A line that rises from zero to one."


def made(measured, expected, **keywords):
    claim("name", "It is so", measured, expected, source="here", **keywords)


# --- Claims --------------------------------------------------------------------------------------

TRUE = {
    "within-se": ((1.0, 1.3), {"se": 0.1}),
    "within-tolerance": ((1.0, 1.3), {"tolerance": 0.31}),
    "above": ((2.0, 1.0), {"relation": ">"}),
    "below": ((1.0, 2.0), {"relation": "<"}),
    "above-by-se": ((2.0, 1.0), {"relation": ">", "se": 0.2}),
    "below-by-tolerance": ((1.0, 2.0), {"relation": "<", "tolerance": 0.9}),
    "array": (([1.0, 2.0], [1.1, 2.1]), {"se": [0.05, 0.05]}),
    "own-z": ((1.0, 1.15), {"se": 0.1, "z": 2}),
    "few-runs": ((1.0, 2.7), {"se": 0.1, "df": 4}),
    "order-of-ten-runs": ((2.0, 1.0), {"se": 0.1, "df": 9, "relation": ">"}),
}
FALSE = {
    "outside-se": ((1.0, 1.41), {"se": 0.1}),
    "few-runs": ((1.0, 2.8), {"se": 0.1, "df": 4}),
    "order-of-ten-runs": ((2.0, 1.0), {"se": 0.2, "df": 9, "relation": ">"}),
    "outside-se-below": ((1.0, 0.59), {"se": 0.1}),
    "outside-tolerance": ((1.0, 1.3), {"tolerance": 0.29}),
    "not-above": ((1.0, 2.0), {"relation": ">"}),
    "not-below": ((2.0, 1.0), {"relation": "<"}),
    "equal-is-not-above": ((1.0, 1.0), {"relation": ">"}),
    "equal-is-not-below": ((1.0, 1.0), {"relation": "<"}),
    "above-by-too-little": ((2.0, 1.0), {"relation": ">", "se": 0.26}),
    "below-by-too-little": ((1.0, 2.0), {"relation": "<", "tolerance": 1.1}),
    "one-of-an-array": (([1.0, 2.0], [1.1, 2.9]), {"se": 0.1}),
    "one-of-an-ordering": (([3.0, 1.0], [2.0, 2.0]), {"relation": ">"}),
    "own-z": ((1.0, 1.25), {"se": 0.1, "z": 2}),
}


@pytest.mark.parametrize("values, keywords", TRUE.values(), ids=TRUE)
def test_a_true_claim_holds(values, keywords, capsys):
    made(*values, **keywords)
    assert "It is so" in capsys.readouterr().out


@pytest.mark.parametrize("values, keywords", FALSE.values(), ids=FALSE)
def test_a_false_claim_raises(values, keywords, capsys):
    with pytest.raises(ClaimFailed, match="Claim 'name' does not hold"):
        made(*values, **keywords)
    assert capsys.readouterr().out == ""


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_a_claim_of_equality_holds_just_within_four_standard_errors(measured, expected, se):
    distance = abs((measured - expected) / se)
    if distance <= 4:
        made(measured, expected, se=se)
    else:
        with pytest.raises(ClaimFailed):
            made(measured, expected, se=se)


UNJUDGED = {
    "nothing-to-judge-by": ({}, "needs se or tolerance"),
    "two-judges": ({"se": 1.0, "tolerance": 1.0}, "not both"),
    "se-zero": ({"se": 0.0}, "se must be finite and positive"),
    "se-negative": ({"se": -1.0}, "se must be finite and positive"),
    "se-nan": ({"se": np.nan}, "se must be finite and positive"),
    "se-infinite": ({"se": np.inf}, "se must be finite and positive"),
    "se-one-zero": ({"se": [1.0, 0.0]}, "se must be finite and positive"),
    "tolerance-zero": ({"tolerance": 0.0}, "tolerance must be finite and positive"),
    "tolerance-infinite": ({"tolerance": np.inf}, "tolerance must be finite and positive"),
    "tolerance-nan": ({"tolerance": np.nan}, "tolerance must be finite and positive"),
    "relation-unknown": ({"relation": "~", "se": 1.0}, "relation must be"),
    "df-without-se": ({"tolerance": 1.0, "df": 4}, "df must be at least 1, and go with se"),
    "df-zero": ({"se": 1.0, "df": 0}, "df must be at least 1"),
    "order-of-few-runs": ({"se": 1.0, "df": 8, "relation": "<"}, "claimed as a gap"),
}


@pytest.mark.parametrize("keywords, words", UNJUDGED.values(), ids=UNJUDGED)
def test_a_claim_that_cannot_fail_or_be_judged_is_refused(keywords, words):
    with pytest.raises(ValueError, match=words):
        made([1.0, 2.0], [1.0, 2.0], **keywords)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, [], [1.0, np.nan]], ids=str)
def test_values_that_are_not_numbers_are_refused(value):
    with pytest.raises(ValueError, match="measured must be finite"):
        made(value, np.ones(np.shape(value)), se=1.0)
    with pytest.raises(ValueError, match="must be finite"):
        made(np.ones(np.shape(value)), value, relation="<")


@pytest.mark.parametrize("name", ["", "two words", "under_score", "a/b", '"', "né"])
def test_names_that_no_link_can_hold_are_refused(name):
    with pytest.raises(ValueError, match="name must consist of"):
        claim(name, "It is so", 1, 1, source="here", se=1.0)
    with pytest.raises(ValueError, match="name must consist of"):
        report(name, 1.0, "a number")


def test_a_claim_is_stored_and_linkable(shown):
    ((data, metadata),) = shown(made, [1.0, 2.5], [1.1, 2.1], se=[0.1, 0.2])
    record = metadata["modelcollapse"]["claim"]
    assert record["name"] == "name" and record["statement"] == "It is so"
    assert record["measured"] == [1.0, 2.5] and record["expected"] == [1.1, 2.1]
    assert record["se"] == [0.1, 0.2] and record["relation"] == "=" and record["source"] == "here"
    assert record["z"] == pytest.approx(2.0)  # of the worst element
    json.dumps(record)
    assert 'id="claim-name"' in data["text/html"]
    for text in (data["text/html"], data["text/plain"]):
        assert "measured 2.5" in text and "expected 2.1" in text and "Source: here." in text


def test_a_false_claim_stores_nothing(shown):
    def caught():
        with pytest.raises(ClaimFailed):
            made(1.0, 9.0, se=0.1)

    assert shown(caught) == []


def test_while_the_book_is_built_a_false_claim_shows_a_cross_and_goes_on(shown, monkeypatch):
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    ((data, metadata),) = shown(made, 1.0, 9.0, se=0.1)
    assert metadata["modelcollapse"]["claim"]["holds"] is False
    assert data["text/plain"].startswith("✗ Claim 'name' does not hold. It is so: measured 1 ")
    assert 'id="claim-name"' in data["text/html"] and "claim-failed" in data["text/html"]
    ((data, metadata),) = shown(made, 1.0, 1.0, se=0.1)
    assert metadata["modelcollapse"]["claim"]["holds"] is True
    assert data["text/plain"].startswith("✓ It is so") and "claim-failed" not in data["text/html"]


@pytest.mark.parametrize("df", [1, 4, 20, 1000])
def test_few_runs_are_judged_by_t_at_the_chance_of_four_standard_errors(df):
    """Of claims that are true, as many fail as with a standard error that is known."""
    rng, runs = np.random.default_rng(1), 400_000
    t = rng.standard_normal(runs) / np.sqrt(rng.chisquare(df, runs) / df)
    z = 1.5  # rarer than can be counted at four
    chance = 2 * stats.norm.sf(z)
    with pytest.raises(ClaimFailed) as error:
        made(0.0, 1e9, se=1.0, df=df, z=z)
    failed = (np.abs(t) > float(re.search(r"\(([\d.]+) allowed", str(error.value))[1])).mean()
    assert failed == pytest.approx(chance, abs=5 * np.sqrt(chance / runs) + 0.01)


def test_html_in_a_statement_stays_text(shown):
    def one():
        claim("name", "a < b & <b>c</b>", 1, 2, source="<i>", relation="<")

    ((data, _),) = shown(one)
    assert "a &lt; b &amp; &lt;b&gt;c" in data["text/html"] and "<i>" not in data["text/html"]


def test_a_report_hands_over_its_number(shown):
    ((data, metadata),) = shown(report, "half-life", 68.9676, "Half-life", digits=3, unit="fits")
    record = metadata["modelcollapse"]["report"]
    assert record["name"] == "half-life" and record["value"] == 68.9676
    assert record["what"] == "Half-life" and record["unit"] == "fits"
    assert 'id="report-half-life"' in data["text/html"]
    assert data["text/plain"] == "Half-life: 69 fits"


@pytest.mark.parametrize("value", ["q", ["q", "x"], np.array(["q", "x"])], ids=str)
def test_a_report_hands_over_words(value, shown):
    ((data, metadata),) = shown(report, "rare", value, "Rare letters")
    kept = value if isinstance(value, str) else list(value)
    record = json.loads(json.dumps(metadata["modelcollapse"]["report"]))
    assert record["value"] == kept
    assert data["text/plain"] == f"Rare letters: {', '.join(kept)}"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_report_must_be_a_number(value):
    with pytest.raises(ValueError, match="value must be finite"):
        report("name", value, "a number")


@pytest.mark.parametrize("value", ["", " ", [], ["q", ""], [1.0, 2.0], None], ids=str)
def test_a_report_that_holds_no_word_is_refused(value):
    with pytest.raises((ValueError, TypeError), match="number|words"):
        report("name", value, "words")


def test_outside_a_notebook_a_line_is_printed(capsys):
    made(1.0, 1.0, se=0.1)
    report("name", 2.0, "A number")
    claimed, reported = capsys.readouterr().out.splitlines()
    assert "It is so" in claimed and reported == "A number: 2"


# --- Checks under an exercise --------------------------------------------------------------------


def test_a_check_says_what_is_wrong_and_stops_there(capsys):
    after = []
    with check("Exercise 1.1") as tell:
        tell(1 + 1 == 2, "never shown")
        tell(False, "Divide by n - 1.")
        after.append("reached")
    out = capsys.readouterr().out
    assert out == "Exercise 1.1: not yet. Divide by n - 1.\n" and after == []


def test_a_check_never_raises(capsys):
    for error in (ZeroDivisionError("by zero"), NameError("answer"), AssertionError("no")):
        with check("Exercise 1.1"):
            raise error
        out = capsys.readouterr().out
        assert type(error).__name__ in out and str(error) in out and "right" not in out


@pytest.mark.parametrize("use", [lambda x: x + 1, lambda x: x[0], lambda x: x.mean(), float])
@pytest.mark.parametrize("stub", [None, ...])
def test_an_open_exercise_is_not_called_an_error(capsys, stub, use):
    with check("Exercise 1.1") as tell:
        tell(use(stub) == 2, "hint")
    out = capsys.readouterr().out
    assert "not answered yet" in out or "not yet" in out


def test_a_right_answer_is_called_right(capsys):
    with check("Exercise 1.1") as tell:
        tell(True, "hint")
        tell(np.True_, "hint")
    assert re.search(r"Exercise 1\.1: right, as far as 2 checks", capsys.readouterr().out)


# --- Figures -------------------------------------------------------------------------------------


def figure(slope=1.0, points=5):
    fig, ax = plt.subplots()
    ax.plot(np.linspace(0, slope, points))
    return fig


def test_a_figure_carries_name_and_alt_text_and_is_closed(shown):
    plots.use_style()
    plt.close("all")
    ((data, metadata),) = shown(plots.show, figure(), "line", ALT)
    assert metadata["modelcollapse"]["figure"] == {"name": "line", "alt": ALT}
    assert is_a_still(data["text/html"], ALT) and data["text/plain"] == ALT
    assert plt.get_fignums() == []


def is_a_still(html, alt):
    """Whether HTML begins with an image that is left where scripts and SVG are not let through."""
    tag = re.match('<img alt="([^"]*)" src="data:image/svg[+]xml,([^"]*)" style="[^"]*">', html)
    assert tag[1] == escape(alt)
    drawn = ElementTree.fromstring(urllib.parse.unquote(tag[2]))
    return drawn.tag == "{http://www.w3.org/2000/svg}svg" and len(drawn) > 0


QUOTED = 'A line <b> that rises, "so to say", from zero & on'
WAYS = {
    "show": (lambda: plots.show(figure(), "line", QUOTED), ["img"]),
    "play": (lambda: plots.play(figure, "line", QUOTED, slope=(0.0, 2.0, 0.1, 1.0)), ["img", "p"]),
}


@pytest.mark.parametrize(("way", "tags"), WAYS.values(), ids=WAYS)
def test_a_notebook_gets_an_image_and_a_page_the_drawing(way, tags, shown, monkeypatch):
    """JupyterLab shows no SVG in a notebook that it does not trust; both are twice as much."""
    data, _ = shown(way)[-1]
    assert is_a_still(data["text/html"], QUOTED) and "image/svg+xml" not in data
    assert re.findall(r"<(\w+)", data["text/html"]) == tags
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    ((data, _),) = shown(way)
    assert data.keys() == {"text/plain", "image/svg+xml"}


def test_a_figure_is_the_same_every_time(shown):
    plots.use_style()
    first, second = (shown(plots.show, figure(), "line", ALT)[0][0] for _ in range(2))
    assert first == second
    assert "dc:date" not in urllib.parse.unquote(first["text/html"])


@pytest.mark.parametrize("alt", ["", "A plot."])
def test_a_figure_without_alt_text_is_refused(alt):
    with pytest.raises(ValueError, match="alt must say what the figure shows"):
        plots.show(figure(), "line", alt)
    with pytest.raises(ValueError, match="alt must say what the figure shows"):
        plots.play(figure, "line", alt, slope=(0.0, 2.0, 0.1, 1.0))
    plt.close("all")


def test_regimes_have_colours_of_their_own():
    assert {"replace", "accumulate", "accumulate-subsample", "fresh", "fixed"} <= set(plots.COLOURS)
    assert len(set(plots.COLOURS.values())) == len(plots.COLOURS)
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in plots.COLOURS.values())


def chart():
    altair = pytest.importorskip("altair")
    rows = [{"x": x, "y": x * x, "said": "</script><b>"} for x in range(4)]
    encoded = altair.Chart(altair.InlineData(rows)).mark_line().encode(x="x:Q", y="y:Q")
    return encoded.properties(width="container")


def slider(**options):
    altair = pytest.importorskip("altair")
    bind = altair.binding_range(**{"min": 0, "max": 3, "step": 1} | options)
    return altair.param("now", value=2, bind=bind)


def choice(**options):
    altair = pytest.importorskip("altair")
    return altair.param("n", value=10, bind=altair.binding_radio(options=[10, 30], **options))


@pytest.fixture
def lives(shown, monkeypatch):
    """Shows a chart as a page has it, and returns the HTML and the specification in it."""
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")

    def show(*arguments, **options):
        ((data, metadata),) = shown(plots.living, *arguments, **options)
        assert metadata["modelcollapse"]["living"]["name"] == "curve"
        html = data["text/html"]
        (held,) = re.findall('class="living-spec">(.*)</script>', html)
        return html, json.loads(held.replace("<\\/", "</")), data["image/svg+xml"]

    return show


def test_a_living_chart_needs_no_server_and_has_still_pictures(lives):
    html, spec, still = lives(chart(), "curve", ALT)
    assert still.startswith("<svg")
    assert html.count("</script>") == 1  # a string in the data does not end it
    assert spec["description"] == ALT and spec["autosize"]["type"] == "fit-x"
    assert spec["$schema"].endswith("vega/v6.json"), "Vega-Lite would have to be on the page"
    assert re.findall(r'(?:src|srcset|href)="(?!data:)', html) == []


@pytest.mark.parametrize("building", ["", "1"])
def test_a_living_chart_that_may_not_run_shows_a_picture_and_words(building, shown, monkeypatch):
    """As JupyterLab shows a notebook that it does not trust: without scripts."""
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", building)
    ((data, _),) = shown(plots.living, chart().add_params(slider()), "curve", ALT, "'at ' + now")
    left = re.sub(r"(?s)<script.*?</script>", "", data["text/html"])
    picture = re.search(r'<img alt="([^"]*)" src="data:image/svg\+xml,([^"]*)"', left)
    assert picture[1] == ALT
    assert urllib.parse.unquote(picture[2]) == data["image/svg+xml"]
    assert "A still picture" in left and '<p class="living-says">at 2</p>' in left
    assert ("<form hidden>" in re.sub(" (class|autocomplete)=[^> ]*", "", left)) != bool(building)


def test_the_stills_take_the_room_of_the_chart(lives):
    html, spec, still = lives(chart().properties(height=120), "curve", ALT)
    width, height = map(int, re.search(r'<img [^>]*width="(\d+)" height="(\d+)"', html).groups())
    assert f'viewBox="0 0 {width} {height}"' in still and f"height: {height}px" in html
    narrow = urllib.parse.unquote(re.search(r'srcset="data:image/svg\+xml,(\S*)"', html)[1])
    assert re.search(rf'viewBox="0 0 \d\d\d {height}"', narrow) and width > spec["height"] > 100


def test_a_living_chart_says_what_is_seen(lives):
    says = "'In ' + years[now].name + ': ' + format(years[now].share, '.0%') + ' <left>'"
    years = [{"name": str(year), "share": year / 4000} for year in range(2000, 2004)]
    moved = chart().add_params(slider())
    html, spec, _ = lives(moved, "curve", ALT, says, values={"years": years})
    assert '<p class="living-says">In 2002: 50% &lt;left&gt;</p>' in html
    assert {"name": "years", "value": years} in spec["signals"]
    assert {"name": "says", "update": says} in spec["signals"]
    html, _, _ = lives(moved, "curve", ALT, "'at ' + a[now]", values={"a": np.arange(4.0) ** 2})
    assert ">at 4</p>" in html


@pytest.mark.parametrize(
    ("says", "values", "fault"),
    [
        ("'at ' + nowhere", {}, "nowhere"),
        ("now", {}, "says must be a text"),
        ("'at ' + places[9]", {"places": [1]}, "says must be a text"),
        ("'at ' + now", {"now": [1]}, "names of parameters: .'now'."),
    ],
)
def test_a_chart_that_cannot_say_what_is_seen_is_refused(says, values, fault):
    with pytest.raises(ValueError, match=fault):
        plots.living(chart().add_params(slider()), "curve", ALT, says, values)


def test_controls_stand_in_the_page_before_the_script_comes(lives):
    moved = chart().add_params(choice(name="sample <n> "), slider(name="year "))
    html, spec, _ = lives(moved, "curve", ALT)
    assert html.index('type="range"') < html.index('type="radio"'), "sliders first"
    for name in ('type="range" name="now" disabled aria-label="year"', 'aria-label="sample &lt;n'):
        assert name in html
    assert re.search('value="10" checked>10</label>.*value="30">30</label>', html)
    assert {"name": "now", "value": 2} in spec["signals"], "Vega would make another control"


def test_a_chart_with_a_width_of_its_own_is_refused():
    with pytest.raises(ValueError, match='width of the chart must be "container", got 300'):
        plots.living(chart().properties(width=300), "curve", ALT)


def test_a_control_without_a_name_is_refused():
    with pytest.raises(ValueError, match="control without a name: 'now'"):
        plots.living(chart().add_params(slider(name=" ")), "curve", ALT)


def test_a_chart_keeps_its_own_configuration(lives):
    (_, plain, _), (_, own, _) = (
        lives(each, "curve", ALT) for each in (chart(), chart().configure_axisY(titleAngle=90))
    )
    for spec, angle in ((plain, 0), (own, 90)):
        assert spec["config"]["axisY"]["titleAngle"] == angle
        assert spec["config"]["axis"]["labelFontSize"] == 13


def test_every_colour_of_a_chart_has_one_for_the_dark(lives):
    assert set(plots.COLOURS.values()) <= set(DARK)
    _, _, still = lives(chart(), "curve", ALT)
    drawn = {*re.findall(' (?:fill|stroke)="([^"]*)"', still)} - {"none", "transparent"}
    assert INK in drawn and drawn <= set(DARK)
    assert f'[stroke="{INK}"]{{stroke:{DARK[INK]}}}' in still


def test_play_tries_every_control_when_the_book_is_built(shown, monkeypatch):
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    plt.close("all")
    called = []

    def draw(slope, points, style, title):
        called.append((slope, points, style, title))
        return figure(slope, points)

    controls = {
        "slope": (0.0, 2.0, 0.1, 1.0),
        "points": (2, 9, 1, 5),
        "style": ["solid", "dotted", "dashed"],
        "title": "a line",
    }
    ((data, metadata),) = shown(plots.play, draw, "line", ALT, **controls)
    start = (1.0, 5, "solid", "a line")
    ends = {(0.0, *start[1:]), (2.0, *start[1:]), (1.0, 2, *start[2:]), (1.0, 9, *start[2:])}
    styles = {(1.0, 5, style, "a line") for style in ("dotted", "dashed")}
    typed = {(*start[:3], text) for text in plots.TYPED}
    assert set(called) == {start} | ends | styles | typed
    record = json.loads(json.dumps(metadata["modelcollapse"]["play"]))
    assert record["name"] == "line" and len(record["tried"]) == 4 + 3 + len(plots.TYPED)
    assert record["controls"] == {
        "slope": {"slider": [0.0, 2.0, 0.1, 1.0]},
        "points": {"slider": [2, 9, 1, 5]},
        "style": {"choice": ["solid", "dotted", "dashed"]},
        "title": {"text": "a line"},
    }
    assert set(data) == {"text/plain", "image/svg+xml"}  # no dead widget
    assert plt.get_fignums() == []


def test_anything_may_be_typed():
    assert "" in plots.TYPED and max(map(len, plots.TYPED)) >= 1000
    kinds = (str.isupper, str.islower, str.isdigit, str.isspace, lambda c: c in "$\\<{%")
    everything = "".join(plots.TYPED)
    assert all(any(kind(c) for c in everything) for kind in kinds)
    assert any(ord(c) > 255 for c in everything) and any(127 < ord(c) < 256 for c in everything)


def test_play_fails_in_the_build_if_a_slider_end_fails(monkeypatch):
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")

    def draw(slope):
        return figure(1 / slope)

    with pytest.raises(ZeroDivisionError):
        plots.play(draw, "line", ALT, slope=(0.0, 2.0, 0.1, 1.0))


@pytest.mark.parametrize(
    "draw, control",
    [
        (lambda x: figure({"a": 1}[x]), ["a", "b"]),
        (lambda x: figure(len(x.encode("ascii"))), "the "),
        (lambda x: figure(1 / len(x)), "the "),
        (lambda x: figure(1 / max(100 - len(x), 0)), "the "),
    ],
    ids=["choice", "foreign", "empty", "long"],
)
def test_play_fails_in_the_build_at_what_the_function_cannot_bear(draw, control, monkeypatch):
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    with pytest.raises((KeyError, UnicodeError, ZeroDivisionError)):
        plots.play(draw, "line", ALT, x=control)
    plt.close("all")


@pytest.mark.parametrize(
    "control",
    [
        (2.0, 1.0, 0.1, 1.5),
        (0.0, 1.0, 0.1, 2.0),
        (0.0, 1.0, 0.0, 0.5),
        (1.0, 1.0, 0.1, 1.0),
        (0.0, np.inf, 0.1, 1.0),
        (0.0, 1.0, 0.1),
        ("a", "b", "c", "d"),
        [0.0, 1.0, 0.1, 0.5],
        [],
        ["one"],
        ["twice", "twice"],
        ["a", "b", 3],
        3,
        None,
    ],
    ids=str,
)
def test_a_control_that_sets_nothing_is_refused(control, monkeypatch):
    for build in ("", "1"):
        monkeypatch.setenv("COPIES_OF_COPIES_BUILD", build)
        with pytest.raises(ValueError, match="slope must be a slider .* got") as error:
            plots.play(figure, "line", ALT, slope=control)
        assert repr(control) in str(error.value)


def test_play_puts_sliders_into_the_running_lab(shown, monkeypatch):
    widgets = pytest.importorskip("ipywidgets")
    put, interactive = {}, widgets.interactive

    def putting(draw, **controls):
        put.update(controls, draw=draw)
        return interactive(draw, **controls)

    monkeypatch.setattr(widgets, "interactive", putting)
    controls = {"slope": (0.0, 2.0, 0.5, 1.0), "points": (2, 9, 1, 5)}
    drawn, (data, _) = shown(plots.play, figure, "line", ALT, **controls)
    assert drawn[0]["text/html"] in data["text/html"]
    assert {"application/vnd.jupyter.widget-view+json", "text/plain"} < data.keys()
    slope, points, draw = put["slope"], put["points"], put["draw"]
    assert type(slope) is widgets.FloatSlider and type(points) is widgets.IntSlider
    assert (slope.min, slope.max, slope.step, slope.value) == (0, 2, 0.5, 1)
    assert (points.min, points.max, points.step, points.value) == (2, 9, 1, 5)
    ((data, _),) = shown(draw, slope=2.0, points=3)
    assert is_a_still(data["text/html"], f"Moved; at the start values: {ALT}")
    assert is_a_still(shown(draw, slope=1.0, points=5)[0][0]["text/html"], ALT)


def test_play_shows_no_picture_of_a_function_that_fails(shown):
    pytest.importorskip("ipywidgets")
    ((data, _),) = shown(plots.play, lambda x: figure(1 / x), "line", ALT, x=(0, 1, 1, 0))
    assert data["text/html"].startswith("<p>")


def test_moving_a_control_redraws_in_a_running_kernel(monkeypatch):
    """Done as a browser does it: the values go to the widgets in messages."""
    pytest.importorskip("ipywidgets")
    manager = pytest.importorskip("jupyter_client.manager")
    monkeypatch.delenv("COPIES_OF_COPIES_BUILD", raising=False)
    lab = f"""
import matplotlib.pyplot as plt
from modelcollapse import plots
from modelcollapse.plots.living import DARK, INK

plots.use_style()

def draw(slope, style, title):
    fig, ax = plt.subplots()
    ax.plot([0, slope], linestyle=style)
    ax.set_title(title)
    print(slope, style, title)
    return fig

plots.play(draw, "line", {ALT!r}, slope=(0, 2, 1, 1), style=["solid", "dotted"], title="a line")
"""
    kernel, client = manager.start_new_kernel()
    try:

        def until_idle(request):
            """What the kernel says in answer, by the kind of message."""
            said = defaultdict(list)
            while True:
                message = client.get_iopub_msg(timeout=60)
                if message["parent_header"].get("msg_id") == request:
                    said[message["msg_type"]].append(message["content"])
                    if message["content"].get("execution_state") == "idle":
                        assert said["error"] == []
                        return said

        def drawn(said):
            (picture,) = (
                content["data"]["text/html"]
                for content in said["display_data"]
                if "application/vnd.jupyter.widget-view+json" not in content["data"]
            )
            return "".join(content["text"] for content in said["stream"]), picture

        first = until_idle(client.execute(lab))
        widgets = {
            content["data"]["state"]["_model_name"]: (content["comm_id"], content["data"]["state"])
            for content in first["comm_open"]
        }
        assert {"IntSliderModel", "DropdownModel", "TextModel"} <= widgets.keys()
        assert widgets["DropdownModel"][1]["_options_labels"] == ["solid", "dotted"]
        assert widgets["TextModel"][1]["value"] == "a line"
        assert not widgets["TextModel"][1]["continuous_update"]
        printed, before = drawn(first)
        assert printed == "1 solid a line\n"
        for kind, state, expected in [
            ("TextModel", {"value": "Ünbekannt"}, "1 solid Ünbekannt\n"),
            ("IntSliderModel", {"value": 2}, "2 solid Ünbekannt\n"),
            ("DropdownModel", {"index": 1}, "2 dotted Ünbekannt\n"),
        ]:
            content = {
                "comm_id": widgets[kind][0],
                "data": {"method": "update", "state": state, "buffer_paths": []},
            }
            message = client.session.msg("comm_msg", content)
            client.shell_channel.send(message)
            printed, after = drawn(until_idle(message["header"]["msg_id"]))
            assert printed == expected
            assert after != before
            before = after
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)


@pytest.mark.parametrize("z", [0, -1, 7, np.inf, np.nan])
def test_a_limit_that_cannot_be_missed_is_refused(z):
    with pytest.raises(ValueError, match="z must be above 0 and at most 6"):
        claim("a", "A is B", 1.0, 2.0, se=0.1, z=z, source="none")
