"""Generated text as a reader meets it: whole words, set in lines, unknown words marked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from modelcollapse.plots import INKS, NARROW, SMALL
from modelcollapse.text import Alphabet, normalise, suitable, words

COLUMNS, LINES = 52, 8
PHONE_COLUMNS, PHONE_LINES = 34, 12  # about as much text
# Fonts of one width, with one or more of which every system comes.
FONT = "Menlo, DejaVu Sans Mono, Liberation Mono, Lucida Console, Droid Sans Mono, monospace"
ADVANCE = 0.602  # ems a character, in each of these fonts


@dataclass(frozen=True)
class Piece:
    """A part of a line.

    Attributes
    ----------
    line, column : int
        Where it begins, both from 0.
    known : bool
        Whether all its words are known.
    text : str
        What it says.
    """

    line: int
    column: int
    known: bool
    text: str


def whole(rows: ArrayLike, alphabet: Alphabet) -> str:
    """The text of rows that were cut anywhere, without the words that the cuts went through.

    Parameters
    ----------
    rows : array_like of int, shape (n, length)
        Ids of symbols; each row needs two blanks, or nothing of it is left.
    alphabet : Alphabet
        The symbols.
    """
    lines = (alphabet.decode(row).split(" ")[1:-1] for row in np.asarray(rows))
    return " ".join(" ".join(line) for line in lines if line)


def readable(rows: ArrayLike, alphabet: Alphabet, n: int = 1) -> list[str]:
    """The first n rows without words that a classroom need not read, as `whole` gives them.

    Raises
    ------
    ValueError
        If there are not so many.
    """
    texts = (whole([row], alphabet) for row in np.asarray(rows))
    found = list(islice(filter(suitable, texts), n))
    if len(found) < n:
        raise ValueError(
            f"rows must hold {n} that a classroom may read, got {len(found)} among "
            f"{len(np.asarray(rows))}"
        )
    return found


def typed(prompt: str, longest: int = 200) -> str:
    """What somebody typed, as a beginning that a model can go on from.

    In the symbols of the course's alphabet, with a blank in front, and only the last `longest`
    symbols of it; a blank at the end stays.
    """
    cleaned = normalise(f"a{prompt}a")[1:-1]  # with a letter on either side, end blanks stay
    return (" " + cleaned.lstrip())[-longest:]


def pieces(
    text: str,
    known: Collection[str],
    columns: int = COLUMNS,
    lines: int = LINES,
    cut: Callable[[str], list[str]] = words,
) -> list[Piece]:
    """A text set in lines of `columns` characters, cut into runs of known and unknown words.

    What stands between two blanks may be several words, or none: `cut` says which.
    """
    found: list[Piece] = []
    line = column = 0
    for word in text.split():
        if column and column + len(word) > columns:
            line, column = line + 1, 0
        if line == lines:
            break
        is_known = all(part in known for part in cut(word))
        if column and is_known and found[-1].known:
            last = found.pop()
            found.append(Piece(last.line, last.column, True, f"{last.text} {word}"))
        else:
            found.append(Piece(line, column, is_known, word))
        column += len(word) + 1
    return found


class Page(Figure):
    """A text as a figure.

    Attributes
    ----------
    narrow : Figure
        The same text for a phone, in shorter lines.
    """

    narrow: Figure


def page(
    text: str,
    known: Collection[str],
    title: str,
    cut: Callable[[str], list[str]] = words,
) -> Page:
    """A text as a figure: words that are not among the `known` ones bold and orange.

    What stands between two blanks may be several words, or none: `cut` says which.
    """
    fig = _page(pieces(text, known, cut=cut), title, SMALL, LINES)
    small = pieces(text, known, PHONE_COLUMNS, PHONE_LINES, cut)
    fig.narrow = _page(small, title, NARROW, PHONE_LINES)
    return fig


def _page(found: list[Piece], title: str, width: float, lines: int) -> Page:
    look: dict[str, Any] = {"family": "monospace", "size": 11.25, "in_layout": False}
    fig = Page(figsize=(width, 0.35 + 0.22 * lines))  # inches
    ax = fig.subplots()
    for piece in found:
        mark: dict[str, Any] = {} if piece.known else {"color": INKS["replace"], "weight": "bold"}
        ax.text(piece.column, -piece.line, piece.text, **look, **mark)
    across = (72 * width - 6) / (ADVANCE * look["size"])  # characters between the margins
    ax.set(xlim=(0, across), ylim=(0.4 - lines, 0.9), title=title)
    ax.axis("off")
    return fig


def browser(
    texts: Mapping[str, Sequence[str]],
    known: Collection[str] | Sequence[Collection[str]],
    start: tuple[str, int],
    labels: Sequence[str] | None = None,
    cut: Callable[[str], list[str]] = words,
) -> Any:
    """An Altair chart of texts to choose from by name and number, unknown words marked.

    Parameters
    ----------
    texts : mapping of str to sequence of str
        For each name (a loop) its texts, from text 1 on, as many for each name. Where there is
        one name there is nothing to choose.
    known : collection of str, or sequence of them
        Words not to be marked: the same everywhere, or for each number its own.
    start : (str, int)
        The name and number shown first.
    labels : sequence of str, optional
        What to call the texts. With them they are buttons, and not places of a slider.
    cut : callable
        As in `pieces`.

    Returns
    -------
    altair.LayerChart
        For `plots.living`.

    Raises
    ------
    ValueError
        If `start` is not among the texts, the names have different numbers of texts, or there are
        not as many labels or collections of known words.
    """
    import altair as alt

    name, generation = start
    sizes = {len(column) for column in texts.values()}
    if len(sizes) != 1:
        raise ValueError(f"texts must be as many for each name, got {sizes}")
    if name not in texts or not 1 <= generation <= max(sizes):
        raise ValueError(f"start must be one of {list(texts)} and 1 to {max(sizes)}, got {start!r}")
    last = max(sizes)
    of_each: list[Any] = list(known) if _many(known) else [known] * last
    for what, given in (("labels", labels), ("known", of_each)):
        if given is not None and len(given) != last:
            raise ValueError(f"{what} must be as many as the texts, {last}, got {len(given)}")
    records = [
        {
            "name": name,
            "t": t,
            "phone": phone,
            "known": piece.known,
            "text": piece.text,
            "x": piece.column,
            "y": (piece.line + 0.5) / lines,
        }
        for name, column in texts.items()
        for t, (text, here) in enumerate(zip(column, of_each, strict=True), 1)
        for phone, columns, lines in (
            (False, COLUMNS, LINES),
            (True, PHONE_COLUMNS, PHONE_LINES),
        )
        for piece in pieces(text, here, columns, lines, cut)
    ]
    slide: Any = alt.binding_range(min=1, max=last, step=1, name="text ")
    if labels is not None:
        slide = alt.binding_radio(
            options=list(range(1, last + 1)), labels=list(labels), name="text "
        )
    now = alt.param("now", value=generation, bind=slide)
    choices = [now]
    if len(texts) > 1:
        choice = alt.binding_radio(options=list(texts), name="loop ")
        choices.insert(0, alt.param("which", value=name, bind=choice))
    phone = "(width < 540)"
    character = (  # pixels; so letters have 15 on a phone, 17 on a wide page
        f"({phone} ? min(9.03, width / {PHONE_COLUMNS + 1}) : min(10.24, width / {COLUMNS + 1}))"
    )
    across = alt.Scale(domain=[0, COLUMNS], range=[0, alt.expr(f"{COLUMNS} * {character}")])
    base = alt.Chart(alt.Data(values=records)).encode(
        x=alt.X("x:Q", axis=None, scale=across),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[1, 0])),
        text="text:N",
    )
    style: dict[str, Any] = {
        "align": "left",
        "font": FONT,
        "fontSize": alt.expr(f"{character} / {ADVANCE}"),
    }
    here = "datum.name == which && " * (len(texts) > 1)
    here += f"datum.t == now && datum.phone == {phone} && "
    return (
        alt.layer(
            base.transform_filter(here + "datum.known").mark_text(**style),
            base.transform_filter(here + "!datum.known").mark_text(
                **style, color=INKS["replace"], fontWeight="bold"
            ),
        )
        .add_params(*choices)
        .properties(width="container", height=232, padding=0)
    )


def _many(known: Collection[Any]) -> bool:
    """Whether these are collections of words, and not words."""
    return isinstance(known, Sequence) and not all(isinstance(word, str) for word in known)
