"""Every lab executed end to end: clean, in time, with claims, figures and alt text."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from alt_text import alt_faults
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

import modelcollapse.text
from modelcollapse.plots import NARROW, SMALL, TYPED, WIDE
from modelcollapse.plots.living import DARK
from modelcollapse.text import suitable
from pipeline import execution, labs
from pipeline.chapters import TEXTS, chapter

DEAR = 2.5  # times what the other labs spend of their budgets

FIGURES = ("figure", "living", "play")
each_lab = pytest.mark.parametrize("lab", labs.labs(), ids=lambda path: path.stem)


@pytest.fixture
def run(lab: Path, executed: list[str]) -> NotebookNode:
    return execution.executed(lab)


def of_kind(run: NotebookNode, *kinds: str) -> list[dict[str, Any]]:
    return [record for kind, record, _ in labs.records(run) if kind in kinds]


def test_there_are_labs() -> None:
    assert labs.labs()


@each_lab
def test_every_code_cell_ran_without_an_error(run: NotebookNode) -> None:
    for cell in run.cells:
        if cell.cell_type == "code" and cell.source.strip():
            assert cell.execution_count, f"cell {cell.id!r} did not run"
            assert [o for o in cell.outputs if o.output_type == "error"] == [], cell.id


@each_lab
def test_nothing_on_stderr(run: NotebookNode) -> None:
    said = {
        cell.id: output.text
        for cell in run.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    }
    assert said == {}


def test_within_their_budgets(executed: list[str]) -> None:
    runs = {lab.stem: execution.executed(lab) for lab in labs.labs()}
    spent = {name: run.metadata["execution"]["cpu_seconds"] for name, run in runs.items()}
    assert dear(spent, {name: chapter(TEXTS / f"{name}.md").budget for name in runs}) == []


def dear(spent: Mapping[str, float], budgets: Mapping[str, float]) -> list[str]:
    """The labs that spend far more of their budgets than the other labs do.

    The others were executed on the same machine, and are the measure of its speed: a slow
    processor makes no lab dear, and neither is one seen where all became dearer alike.
    """
    pace = {
        name: (sum(spent.values()) - spent[name]) / (sum(budgets.values()) - budgets[name])
        for name in spent
    }
    return [name for name in spent if spent[name] > DEAR * pace[name] * budgets[name]]


@pytest.mark.parametrize("slower", [1, 4])
def test_a_lab_that_became_dear_is_seen_on_any_machine(slower: float) -> None:
    budgets = {"first": 60, "second": 60, "long": 240}
    spent = {"first": 60 * slower, "second": 20 * slower, "long": 130 * slower}
    assert dear(spent, budgets) == []
    assert dear(spent | {"first": 100 * slower}, budgets) == ["first"]
    assert dear(spent | {"long": 500 * slower}, budgets) == ["long"]


@each_lab
def test_claims_hold_and_each_could_fail(run: NotebookNode) -> None:
    claims = of_kind(run, "claim")
    assert len(claims) >= 3
    for record in claims:
        where = record["name"]
        assert record["statement"] and record["source"], where
        assert holds(record), f"{where} was published and does not hold"
        if record["relation"] == "=":
            assert record["limit"] > 0, f"{where} has nothing to be judged by"
            few = record["df"] is not None
            assert record["se"] is None or few or record["limit"] <= 5, f"{where} could hardly fail"


def flat(value: float | list[Any]) -> list[float]:
    return [x for item in value for x in flat(item)] if isinstance(value, list) else [value]


def holds(record: dict[str, Any]) -> bool:
    """Judge a claim again, from its record alone."""
    measured, expected = flat(record["measured"]), flat(record["expected"])
    expected = expected * len(measured) if len(expected) == 1 else expected
    units = flat(record["se"]) if record["se"] is not None else [1.0]
    units = units * len(measured) if len(units) == 1 else units
    gaps = [(m - e) / u for m, e, u in zip(measured, expected, units, strict=True)]
    limit = record["limit"]
    if record["relation"] == "=":
        return all(abs(gap) <= limit for gap in gaps)
    return all((gap if record["relation"] == ">" else -gap) > limit for gap in gaps)


def test_the_judge_sees_a_claim_that_does_not_hold() -> None:
    record = {"relation": "=", "measured": [1.0, 2.0], "expected": 1.0, "se": 0.1, "limit": 4.0}
    assert not holds(record)
    assert holds(record | {"measured": [1.0, 1.3]})
    assert holds(record | {"relation": ">", "se": None, "measured": 2.0, "limit": 0.5})
    assert not holds(record | {"relation": "<", "se": None, "measured": 2.0, "limit": 0.0})


@each_lab
def test_one_figure_lives_on_the_page_and_one_plays_in_the_lab(run: NotebookNode) -> None:
    assert of_kind(run, "living")
    assert of_kind(run, "play")
    assert of_kind(run, "figure")


@each_lab
def test_everything_that_can_be_moved_was_tried(run: NotebookNode) -> None:
    for record in of_kind(run, "play"):
        assert record["controls"], record["name"]
        for values in record["tried"]:
            assert values.keys() == record["controls"].keys()
        for key, control in record["controls"].items():
            tried = [values[key] for values in record["tried"]]
            missing = [value for value in to_try(control) if value not in tried]
            assert missing == [], f"{record['name']}: {key} was never tried there"


def to_try(control: dict[str, Any]) -> list[Any]:
    """Where a control must have been tried."""
    match control:
        case {"slider": [low, high, step, start]}:
            assert low <= start <= high and step > 0
            return [low, high]
        case {"choice": [_, _, *_]}:
            return control["choice"]
        case {"text": str()}:
            return list(TYPED)
    raise AssertionError(f"not a control: {control}")


@each_lab
def test_names_are_unique(run: NotebookNode) -> None:
    names = Counter(record["name"] for _, record, _ in labs.records(run))
    assert [name for name, count in names.items() if count > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


@each_lab
def test_alt_text(run: NotebookNode) -> None:
    assert alt_faults([record["alt"] for record in of_kind(run, *FIGURES)]) == []


@each_lab
def test_what_is_shown_can_be_read_in_a_classroom(run: NotebookNode) -> None:
    assert unsuitable(run) == []


def unsuitable(run: NotebookNode) -> list[str]:
    """The cells that show words which a classroom need not read; pictures are not looked at."""
    return [
        cell.id
        for cell in run.cells
        for output in cell.get("outputs", [])
        if not all(map(suitable, texts(output)))
    ]


def texts(output: NotebookNode) -> Iterator[str]:
    """Every text that an output holds, as its reader sees it."""
    if output.output_type == "stream":
        yield output.text
    for kind, content in output.get("data", {}).items():
        if kind == "text/html":
            for spec in re.findall(r'(?s)class="living-spec">(.*?)</script>', content):
                yield from strings(json.loads(spec))
            whole = re.sub(r"</?(?:a|b|code|em|i|mark|span|strong)\b[^<>]*>", "", content)
            yield html.unescape(re.sub(r"<[^<>]*>", " ", whole))
        elif not kind.startswith("image/"):
            for text in strings(content):
                yield re.sub(r"\\[nrt]", " ", text)  # as the repr of a string has them


def strings(value: Any) -> Iterator[str]:
    """The strings in JSON data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def test_a_word_that_a_classroom_need_not_read_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modelcollapse.text, "_WHOLE", {modelcollapse.text._digest("zebra")})
    spec = json.dumps({"data": {"values": [{"text": "one\nzebra", "n": 1}]}})
    shows = {
        "stream": new_output("stream", text="a Zebra\n"),
        "repr": new_output("execute_result", {"text/plain": r"'one\nzebra'"}),
        "html": new_output("display_data", {"text/html": "<td>one</td><td>ze<b>bra</b></td>"}),
        "chart": new_output(
            "display_data",
            {"text/html": f'<script type="application/json" class="living-spec">{spec}</script>'},
        ),
        "json": new_output("display_data", {"application/json": {"said": ["zebra"]}}),
    }
    cells = [new_code_cell(id=kind, outputs=[output]) for kind, output in shows.items()]
    assert unsuitable(NotebookNode(cells=cells)) == list(shows)
    plain = [new_output("stream", text="the zebras of Ezebra")]
    assert unsuitable(NotebookNode(cells=[new_code_cell(outputs=plain)])) == []


@each_lab
def test_living_charts_have_colours_of_the_course(run: NotebookNode) -> None:
    """Those that `DARK` has, spelled as there: others would stay what they are in the dark."""
    found = [fault for cell in run.cells for out in cell.get("outputs", []) for fault in off(out)]
    assert found == []


def off(output: NotebookNode) -> list[str]:
    """The colours of a living chart that are not the course's, with the chart's name."""
    record = output.get("metadata", {}).get("modelcollapse", {}).get("living")
    if not record:
        return []
    (spec,) = re.findall(r'(?s)class="living-spec">(.*?)</script>', output.data["text/html"])
    used = {text for text in strings(json.loads(spec)) if re.fullmatch("#[0-9A-Fa-f]{3,8}", text)}
    used |= set(re.findall(r'"(?:fill|stroke)":\[?{"value":"([^"]*)"', spec))
    used |= set(re.findall(r' (?:fill|stroke)="([^"]*)"', output.data["image/svg+xml"]))
    return [f"{record['name']}: {each}" for each in sorted(used - {*DARK, "none", "transparent"})]


def test_a_colour_that_is_not_of_the_course_is_seen() -> None:
    spec = '{"range":["#D55E00","#777"],"fill":{"value":"black"},"stroke":{"value":"#000000"}}'
    html = f'<script type="application/json" class="living-spec">{spec}</script>'
    still = '<svg><path fill="none" stroke="rgb(1, 2, 3)"/></svg>'
    output = new_output(
        "display_data",
        {"text/html": html, "image/svg+xml": still},
        metadata={"modelcollapse": {"living": {"name": "bells"}}},
    )
    assert off(output) == ["bells: #777", "bells: black", "bells: rgb(1, 2, 3)"]
    assert off(new_output("display_data", {"text/html": html})) == []


@each_lab
def test_pictures_fit_the_page_and_a_phone(run: NotebookNode) -> None:
    found = [
        fault for cell in run.cells for out in cell.get("outputs", []) for fault in misfits(out)
    ]
    assert found == []


def misfits(output: NotebookNode) -> list[str]:
    """What is wrong with a picture's two drawings: width, small letters, words cut off, colours."""
    records = output.get("metadata", {}).get("modelcollapse", {})
    record = records.get("figure") or records.get("play")
    if not record:
        return []
    name, wide, narrow = record["name"], output.data["image/svg+xml"], record["narrow"]
    faults = [f"{name}: cut off: {words}" for words in record["cut"]]
    for svg, widths in ((wide, (72 * WIDE, 72 * SMALL)), (narrow, (72 * NARROW,))):
        width = float(re.findall(r'<svg[^>]* width="([\d.]+)pt"', svg)[0])
        if not any(abs(width - allowed) < 1 for allowed in widths):
            faults.append(f"{name}: {width / 72:.2f} inches wide")
        # A letter is a path of a font of 100 points, made smaller.
        sizes = [100 * float(n) for n in re.findall(r"scale\(([\d.]+) -\1\)", svg)]
        small = [size * 4 / 3 for size in sizes if size * 4 / 3 < SMALLEST]
        faults += [f"{name}: letters of {size:.1f} pixels" for size in sorted({*small})]
        used = {colour.upper() for colour in re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", svg)}
        faults += [
            f"{name}: {colour}" for colour in sorted(used - {*DARK} - STAY) if not mapped(svg)
        ]
    return faults


SMALLEST = 11  # pixels
STAY = {"#010101", "#FEFEFE"}  # words on a coloured ground, which stays as it is in the dark


def mapped(svg: str) -> bool:
    """Whether a picture has a colour map, whose colours are many."""
    return len(set(re.findall(r"fill: (#[0-9a-f]{6})", svg))) > 2 * len(DARK)


def test_a_picture_that_does_not_fit_is_seen() -> None:
    letter = '<g transform="translate(1 2) scale(0.05 -0.05)"/><path style="fill: #777777"/>'
    record = {"name": "line", "narrow": f'<svg x="" width="360pt">{letter}</svg>', "cut": ["far"]}
    svg = f'<svg x="" width="516pt">{letter}</svg>'
    metadata = {"modelcollapse": {"figure": record}}
    output = new_output("display_data", {"image/svg+xml": svg}, metadata=metadata)
    faults = ["line: cut off: far", *["line: letters of 6.7 pixels", "line: #777777"]]
    assert misfits(output) == [*faults, "line: 5.00 inches wide", *faults[1:]]


@each_lab
def test_no_machine_path_and_no_widget_state(run: NotebookNode) -> None:
    for cell in run.cells:
        for output in cell.get("outputs", []):
            shown = str(output.get("data", "")) + str(output.get("text", ""))
            found = re.findall(
                r"/(?:home|root|tmp|work|Users)/\S+|widget-view\+json|0x[0-9a-f]{8}", shown
            )
            assert found == [], cell.id
    assert "widgets" not in run.metadata
