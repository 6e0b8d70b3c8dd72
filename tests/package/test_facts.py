"""Sentences that state facts: what is written is what is read, and the model counts it."""

from __future__ import annotations

import numpy as np
import pytest
from agreement import assert_mean

from modelcollapse.facts import FactModel, Grounded, Sentences, answers, copied, drawn
from modelcollapse.loop import run
from modelcollapse.theory import facts

NAMES = [f"land{i}" for i in range(12)], [f"town{i}" for i in range(12)]
LANGUAGE = Sentences(*NAMES)
P = 1 / np.arange(1, 13)
P /= P.sum()


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def human(rng):
    return LANGUAGE.write(P, 400, 0.25, 6, rng)


def rows(*texts):
    return np.array([[LANGUAGE.encode(text) for text in texts]])


def test_people_write_well_formed_true_sentences(human):
    assert human.shape == (6, 400, 8) and human.dtype == np.uint8
    assert LANGUAGE.well_formed(human).all()
    country, city = LANGUAGE.stated(human)
    assert ((country >= 0).sum(axis=1) == 100).all()
    np.testing.assert_array_equal(country, city)
    assert (LANGUAGE.mentions(human).sum(axis=1) == 400).all()


def test_people_mention_as_often_as_they_are_told(rng):
    written = LANGUAGE.write(P, 200, 0.3, 2000, rng)
    assert_mean(LANGUAGE.mentions(written).T / 200, P)
    stated = np.einsum("rii->ir", LANGUAGE.statements(written))
    assert_mean(stated / 60, P)
    # The order of the sentences says nothing.
    assert abs((LANGUAGE.stated(written)[0][:, :60] >= 0).mean() - 0.3) < 0.01


def test_reading():
    text = rows(
        "the capital of land3 is town3",
        "in land3 the capital is town4",
        "people say the capital of land5 is town0",
        "we went to land7 last summer",
        "the capital of land3 is land3",
        "the capital of land3 town3 is",
    )
    country, city = LANGUAGE.stated(text)
    assert country.tolist() == [[3, 3, 5, -1, -1, -1]]
    assert city.tolist() == [[3, 4, 0, -1, -1, -1]]
    assert LANGUAGE.well_formed(text).tolist() == [[True] * 4 + [False] * 2]
    table = LANGUAGE.statements(text)[0]
    assert table.sum() == 3 and table[3, 3] == table[3, 4] == table[5, 0] == 1
    assert LANGUAGE.mentions(text)[0].tolist() == [0, 0, 0, 5, 0, 1, 0, 1, 0, 0, 0, 0]
    asked, place = LANGUAGE.asked(text)
    assert asked.tolist() == [[3, 3, 5, -1, 3, -1]]
    assert place[0, [0, 1, 2, 4]].tolist() == [5, 5, 7, 5]
    assert LANGUAGE.decode(text[0, 2]) == "people say the capital of land5 is town0"


def test_answers():
    counts = np.zeros((1, 3, 3))
    counts[0, 0, 0], counts[0, 1, 1] = 3, 1
    np.testing.assert_allclose(answers(counts)[0], [[1, 0, 0], [0, 1, 0], [0.75, 0.25, 0]])
    doubted = answers(counts, 1.0)[0]
    np.testing.assert_allclose(
        doubted, [[3.75 / 4, 0.25 / 4, 0], [0.375, 0.625, 0], [0.75, 0.25, 0]]
    )
    np.testing.assert_allclose(answers(np.zeros((1, 2, 4)))[0], 0.25)
    np.testing.assert_allclose(answers(counts, 0.3).sum(axis=2), 1)


def test_drawn(rng):
    weights = np.array([[[1.0, 0, 3], [0, 2, 0]]])
    row = np.repeat([[0, 1]], 20_000, axis=1).reshape(1, -1)
    found = drawn(weights, row, rng)
    assert (found[row == 1] == 1).all()
    assert_mean(found[row == 0] == 2, 0.75)


def test_the_model_writes_what_it_counted(rng, human):
    model = FactModel(LANGUAGE).fit(human)
    np.testing.assert_allclose(model.mentioned, LANGUAGE.mentions(human) / 400)
    made = model.sample(4000, rng)
    assert LANGUAGE.well_formed(made).mean() > 0.97
    country, city = LANGUAGE.stated(made)
    wrong = ((country >= 0) & (country != city)).sum() / (country >= 0).sum()
    assert wrong == pytest.approx(model.errors.mean(), abs=0.01)
    shares = LANGUAGE.mentions(made) / LANGUAGE.mentions(made).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, model.mentioned, atol=0.03)


def test_errors_are_those_of_the_law(rng):
    human = LANGUAGE.write(P, 80, 0.25, 4000, rng)
    model = FactModel(LANGUAGE).fit(human)
    assert_mean(model.errors, facts.first_errors(P, 20, 0.25))
    stated = np.einsum("rii->ri", LANGUAGE.statements(human)) > 0
    np.testing.assert_array_equal(model.right, stated)


def test_cold_names_get_colder(rng):
    human = LANGUAGE.write(P, 60, 0.25, 6, rng)
    warm, cold = (FactModel(LANGUAGE, temperature=t).fit(human) for t in (1.0, 0.5))
    np.testing.assert_array_equal(warm.answers, cold.answers)
    assert (cold.errors <= warm.errors).all() and (cold.errors < warm.errors).any()
    made = cold.sample(3000, np.random.default_rng(1))
    shares = LANGUAGE.mentions(made) / LANGUAGE.mentions(made).sum(axis=1, keepdims=True)
    expected = warm.mentioned**2
    np.testing.assert_allclose(shares, expected / expected.sum(axis=1, keepdims=True), atol=0.03)


def test_copied_from_a_store(rng):
    text = rows(
        "the capital of land3 is town9",
        "in land4 the capital is town9",
        "we went to land3 last summer",
        "the capital of land3 is sing",
    )
    store = rows("in land3 the capital is town3", "we went to land4 last summer")
    found = copied(LANGUAGE, text, store, rng)
    assert [LANGUAGE.decode(row) for row in found[0]] == [
        "the capital of land3 is town3",
        "in land4 the capital is town9",  # the store says nothing of it
        "we went to land3 last summer",
        "the capital of land3 is town3",
    ]
    assert LANGUAGE.decode(text[0, 0]) == "the capital of land3 is town9"


def test_a_passage_is_picked_at_random(rng):
    store = rows(*["in land3 the capital is town3"] * 3, "in land3 the capital is town5")
    text = np.repeat(rows("the capital of land3 is town9"), 8000, axis=1)
    city = LANGUAGE.stated(copied(LANGUAGE, text, store, rng))[1]
    assert set(np.unique(city)) == {3, 5}
    assert_mean(city.ravel() == 3, 0.75)


def wrong_in_last_text(regime, human):
    def wrong(model, data):
        country, city = LANGUAGE.stated(data)
        return (country != city).any(axis=1)

    rng = np.random.default_rng(5)
    history = run(FactModel(LANGUAGE), human, regime, 6, rng, measure={"wrong": wrong})
    return history["wrong"][-1]


def test_grounded_in_an_almanac_nothing_is_wrong(human):
    almanac = rows(*(f"the capital of land{i} is town{i}" for i in range(12)))
    assert not wrong_in_last_text(Grounded(LANGUAGE, almanac), human[:, :100]).any()


def test_grounded_in_the_own_text_errors_come(human):
    assert wrong_in_last_text(Grounded(LANGUAGE), human[:, :100]).any()


def test_the_own_store_is_the_last_text(human):
    first = {}

    class Watched(Grounded):
        def next(self, source):
            first.setdefault("before", source.memory.get("text"))
            rows = super().next(source)
            first["after"] = source.memory["text"]
            return rows

    run(FactModel(LANGUAGE), human, Watched(LANGUAGE), 2, np.random.default_rng(5))
    assert first["before"] is None and first["after"].shape == human.shape
