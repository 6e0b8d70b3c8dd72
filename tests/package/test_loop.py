"""The loop and the regimes: no row lost, none invented, provenance right."""

from __future__ import annotations

import copy
from itertools import count

import numpy as np
import pytest
from agreement import assert_mean, global_state
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from modelcollapse.loop import run
from modelcollapse.models import Categorical, Gaussian, LinearRegression, Scikit
from modelcollapse.regimes import (
    Accumulate,
    AccumulateSubsample,
    Fixed,
    Fresh,
    Replace,
)
from modelcollapse.side_by_side import SideBySide

REPLICATE, ORIGIN = 10**9, 10**6


def tags(replicates, origin, first, n, d=None):
    """Rows that say where they come from: one number each for replicate, origin and row."""
    row = np.arange(first, first + n)
    tag = REPLICATE * np.arange(replicates)[:, None] + ORIGIN * origin + row
    return tag if d is None else np.stack([tag] * d, axis=-1)


class Tagged:
    """A model whose samples are tags; copies share the count of fits."""

    def __init__(self, vectorised, replicates, d, counter=None):
        self.vectorised, self.replicates, self.d = vectorised, replicates, d
        self.counter = counter or count()
        self.made = 0

    def __deepcopy__(self, memo):
        return Tagged(self.vectorised, self.replicates, self.d, self.counter)

    def fit(self, data, rng):
        fits = next(self.counter)
        self.number = fits if self.vectorised else fits // self.replicates
        self.replicate = 0 if self.vectorised else fits % self.replicates
        return self

    def sample(self, n, rng):
        drawn = tags(self.replicates, self.number + 1, self.made, n, self.d)
        self.made += n
        return drawn if self.vectorised else drawn[self.replicate]


@st.composite
def runs(draw, regimes):
    """A run of tagged rows and its parameters."""
    replicates, n = draw(st.integers(1, 4)), draw(st.integers(2, 12))
    generations, d = draw(st.integers(1, 6)), draw(st.sampled_from([None, 1, 3]))
    real_rows = draw(st.integers(1, n))
    regime = draw(regimes)
    if isinstance(regime, type):
        regime = regime(real_rows / n)
    next_fresh = count(n)

    def fresh(m, rng):
        first = next(next_fresh)
        for _ in range(m - 1):
            next(next_fresh)
        return tags(replicates, 0, first, m, d)

    history = run(
        Tagged(draw(st.booleans()), replicates, d),
        tags(replicates, 0, 0, n, d),
        regime,
        generations,
        np.random.default_rng(draw(st.integers(0, 2**32))),
        fresh=fresh,
        keep=True,
        measure={"rows": lambda model, data: np.full(replicates, data.shape[1])},
    )
    return history, replicates, n, generations, real_rows


ANY = st.sampled_from(
    ["replace", "accumulate", "accumulate-subsample", Replace(), Accumulate(), Accumulate]
    + [AccumulateSubsample(), Fresh, Fixed]
)


@settings(max_examples=150)
@given(runs(ANY))
def test_provenance_is_right_for_every_row(drawn):
    history, replicates, n, generations, _ = drawn
    assert [generation.t for generation in history.generations] == list(range(1, generations + 1))
    np.testing.assert_array_equal(history.t, np.arange(1, generations + 1))
    for generation in history.generations:
        data = generation.data if generation.data.ndim == 2 else generation.data[..., 0]
        assert generation.origin.shape == generation.row.shape == data.shape
        told = REPLICATE * np.arange(replicates)[:, None] + ORIGIN * generation.origin
        np.testing.assert_array_equal(data, told + generation.row)
        assert (generation.origin < generation.t).all()
        for row in data:
            assert len(set(row)) == len(row)  # nothing twice
        assert generation.counts.shape == (replicates, generation.t)
        assert (generation.counts.sum(axis=1) == data.shape[1]).all()
        for g in range(generation.t):
            assert (generation.counts[:, g] == (generation.origin == g).sum(axis=1)).all()
    first = history.generations[0]
    assert (first.origin == 0).all() and (first.row == np.arange(n)).all()
    sizes = [generation.data.shape[1] for generation in history.generations]
    np.testing.assert_array_equal(history["rows"], np.tile(sizes, (replicates, 1)).T)


def rows_of(generation, origin):
    """The rows of one origin, sorted; the same in all replicates."""
    each = [
        np.sort(row[made == origin])
        for row, made in zip(generation.row, generation.origin, strict=True)
    ]
    assert all(np.array_equal(one, each[0]) for one in each)
    return each[0].tolist()


@settings(max_examples=40)
@given(runs(st.just("replace")))
def test_replace_trains_on_all_the_last_model_made(drawn):
    history, _, n, *_ = drawn
    for generation in history.generations:
        assert generation.data.shape[1] == n
        assert rows_of(generation, generation.t - 1) == list(range(n))


@settings(max_examples=40)
@given(runs(st.just("accumulate")))
def test_accumulate_keeps_everything(drawn):
    history, _, n, *_ = drawn
    for generation in history.generations:
        assert generation.data.shape[1] == generation.t * n
        for g in range(generation.t):
            assert rows_of(generation, g) == list(range(n))


@settings(max_examples=40)
@given(runs(st.just("accumulate-subsample")))
def test_subsample_takes_n_of_the_pool(drawn):
    history, _, n, *_ = drawn
    for generation in history.generations:
        assert generation.data.shape[1] == n
        assert (generation.row < n).all()  # all tags are distinct: see provenance


@settings(max_examples=40)
@given(runs(st.just(Fresh)))
def test_fresh_rows_are_new_every_time(drawn):
    history, _, n, _, m = drawn
    for generation in history.generations[1:]:
        first = n + (generation.t - 2) * m
        assert rows_of(generation, 0) == list(range(first, first + m))
        assert rows_of(generation, generation.t - 1) == list(range(n - m))


@settings(max_examples=40)
@given(runs(st.just(Accumulate)))
def test_accumulate_with_fresh_rows_keeps_everything(drawn):
    history, _, n, _, m = drawn
    for generation in history.generations:
        assert rows_of(generation, 0) == list(range(n + (generation.t - 1) * m))
        for g in range(1, generation.t):
            assert rows_of(generation, g) == list(range(n - m))


@settings(max_examples=40)
@given(runs(st.just(Fixed)))
def test_fixed_rows_are_the_same_every_time(drawn):
    history, _, n, _, m = drawn
    for generation in history.generations[1:]:
        assert rows_of(generation, 0) == list(range(m))
        assert rows_of(generation, generation.t - 1) == list(range(n - m))


def test_subsample_takes_every_row_equally_often():
    replicates, n, t = 4000, 5, 4
    rng = np.random.default_rng(3)
    history = run(Gaussian(), rng.normal(size=(replicates, n)), "accumulate-subsample", t, rng)
    last = history.generations[-1]
    place = last.origin * n + last.row
    taken = np.stack([(place == i).any(axis=1) for i in range(t * n)])
    assert_mean(taken, 1 / t)
    # Pairs too: without replacement, two given rows come together with probability
    # n (n - 1) / (N (N - 1)).
    assert_mean(taken[0] & taken[1], n * (n - 1) / (t * n * (t * n - 1)))


MODELS = {
    "gaussian": (Gaussian(), lambda rng, m: rng.normal(size=(3, m))),
    "gaussian-2d": (Gaussian(), lambda rng, m: rng.normal(size=(3, m, 2))),
    "categorical": (Categorical(9), lambda rng, m: rng.integers(0, 9, (3, m))),
    "mixture": (
        Scikit(GaussianMixture(2, init_params="random")),
        lambda rng, m: rng.normal(size=(3, m, 2)),
    ),
    "kernel": (Scikit(KernelDensity(bandwidth=0.2)), lambda rng, m: rng.normal(size=(3, m))),
}
REGIMES = ["replace", "accumulate", "accumulate-subsample", Fresh(0.25), Fixed(0.25)]
REGIMES += [Accumulate(0.25)]


def each_with_each():
    """Every model under every regime; the slow mixture under two, the others in make test-all."""
    for name, (model, draw) in MODELS.items():
        for place, regime in enumerate(REGIMES):
            late = [pytest.mark.thorough] * (name == "mixture" and place not in (0, 3))
            yield pytest.param(model, draw, regime, marks=late, id=f"{name}-{regime}")


@pytest.mark.parametrize("model, draw, regime", each_with_each())
def test_same_seed_same_history(model, draw, regime):
    before = copy.deepcopy(vars(model))
    state = global_state()

    def once(seed):
        rng = np.random.default_rng(seed)
        real = draw(rng, 20)
        real.setflags(write=False)  # the loop must not write to it
        history = run(
            model,
            real,
            regime,
            4,
            rng,
            fresh=lambda n, rng: draw(rng, n),
            measure={"total": lambda model, data: data.reshape(3, -1).sum(axis=1)},
            keep=True,
        )
        return history

    a, b, other = once(1), once(1), once(2)
    np.testing.assert_array_equal(a["total"], b["total"])
    assert not np.array_equal(a["total"], other["total"])
    for one, two in zip(a.generations, b.generations, strict=True):
        np.testing.assert_array_equal(one.data, two.data)
        np.testing.assert_array_equal(one.origin, two.origin)
        np.testing.assert_array_equal(one.row, two.row)
    assert len({id(generation.model) for generation in a.generations}) == 4
    assert vars(model).keys() == before.keys()  # the template was not fitted
    assert global_state() == state


def test_kept_model_is_the_one_of_its_data():
    rng = np.random.default_rng(0)
    history = run(
        Gaussian(),
        rng.normal(size=(3, 8)),
        "accumulate",
        5,
        rng,
        keep=True,
        measure={"mean": lambda model, data: model.mean},
    )
    for generation, mean in zip(history.generations, history["mean"], strict=True):
        np.testing.assert_allclose(generation.model.mean, generation.data.mean(axis=1))
        np.testing.assert_array_equal(generation.model.mean, mean)


def test_nothing_is_kept_unless_asked():
    rng = np.random.default_rng(0)
    history = run(Gaussian(), rng.normal(size=(3, 8)), "accumulate", 3, rng)
    assert all(g.data is None and g.model is None for g in history.generations)
    assert history.measures == {}


class Refitted:
    """The model of the same kind, which has no way to extend a fit."""

    vectorised = True

    def __init__(self, model):
        self.inner = model

    def fit(self, data, rng):
        self.inner.fit(data, rng)
        return self

    def sample(self, n, rng):
        return self.inner.sample(n, rng)


POOLED = {
    "Gaussian": (lambda: Gaussian("unbiased"), (4, 6), "variance"),
    "Gaussian, 3 d": (Gaussian, (4, 6, 3), "covariance"),
    "Categorical": (lambda: Categorical(3), (4, 6), "p"),
    "LinearRegression": (lambda: LinearRegression(0.5), (4, 6, 3), "weights"),
}


@pytest.mark.parametrize("kind, shape, fitted", POOLED.values(), ids=POOLED)
@pytest.mark.parametrize("regime", [Accumulate(), Accumulate(0.5)], ids=["plain", "half fresh"])
@pytest.mark.parametrize("shared", [False, True], ids=["fitted here", "first given"])
def test_extending_a_fit_is_fitting_everything_kept(kind, shape, fitted, regime, shared):
    def real(n, rng):
        if fitted == "p":
            return rng.integers(3, size=(shape[0], n))
        return rng.normal(size=(shape[0], n, *shape[2:]))

    def fits(of):
        rng = np.random.default_rng(3)
        data = real(shape[1], rng)
        first = of(kind()).fit(data, rng) if shared else None
        look = {"it": lambda model, rows: getattr(getattr(model, "inner", model), fitted)}
        return run(of(kind()), data, regime, 7, rng, fresh=real, measure=look, first=first)["it"]

    np.testing.assert_allclose(fits(lambda model: model), fits(Refitted), rtol=1e-9, atol=1e-12)


def test_a_fit_that_is_extended_reads_what_is_new_alone(monkeypatch):
    read = []
    for name in ("fit", "extend"):
        own = getattr(Gaussian, name)

        def reading(self, data, rng=None, *, own=own, name=name):
            read.append((name, data.shape[1]))
            return own(self, data, rng)

        monkeypatch.setattr(Gaussian, name, reading)
    run(Gaussian(), np.zeros((2, 6)), "accumulate", 4, np.random.default_rng(3))
    assert read == [("fit", 6), ("extend", 6), ("extend", 6), ("extend", 6)]


@pytest.mark.parametrize("regime", ["replace", "accumulate-subsample", Fresh(0.5), Fixed(0.5)])
def test_only_what_is_kept_whole_is_extended(regime, monkeypatch):
    monkeypatch.setattr(Gaussian, "extend", None)
    rng = np.random.default_rng(3)

    def fresh(n, rng):
        return rng.normal(size=(2, n))

    run(Gaussian(), fresh(6, rng), regime, 4, rng, fresh=fresh)


def test_a_fit_of_ones_own_is_not_extended_by_another():
    class Wide(Gaussian):
        def fit(self, data, rng=None):
            super().fit(data, rng)
            self.variance = self.variance * 2
            return self

    def twice(model, data):
        np.testing.assert_allclose(model.variance, 2 * data.var(axis=1))
        return model.variance

    rng = np.random.default_rng(3)
    run(Wide(), rng.normal(size=(2, 6)), "accumulate", 4, rng, measure={"v": twice})


def test_accumulate_shares_memory_and_provenance_is_a_view():
    rng = np.random.default_rng(0)
    history = run(Gaussian(), rng.normal(size=(50, 8)), "accumulate", 4, rng, keep=True)
    second, last = history.generations[1], history.generations[-1]
    assert np.shares_memory(second.data, last.data)
    assert last.origin.strides[0] == last.row.strides[0] == 0


def test_whole_numbers_and_samples_that_are_not():
    rng = np.random.default_rng(0)
    history = run(Gaussian(), np.arange(12).reshape(2, 6), "accumulate", 2, rng, keep=True)
    data = history.generations[1].data
    np.testing.assert_array_equal(data[:, :6], np.arange(12).reshape(2, 6))
    assert (data[:, 6:] != np.round(data[:, 6:])).all()


def test_replicates_do_not_mix():
    """Replicates with means far apart stay apart under every regime."""
    rng = np.random.default_rng(0)
    centre = 1000.0 * np.arange(4)

    def draw(n, rng):
        return rng.normal(centre[:, None], 1, (4, n))

    for regime in REGIMES:
        history = run(Gaussian(), draw(20, rng), regime, 5, rng, fresh=draw, keep=True)
        for generation in history.generations:
            assert np.abs(generation.data - centre[:, None]).max() < 20


def test_a_regime_of_ones_own():
    class Half:
        """Half of the last sample, the larger half."""

        def next(self, source):
            rows = source.synthetic(2 * source.n)
            return rows.take(np.argsort(rows.data, axis=1)[:, source.n :])

    rng = np.random.default_rng(0)
    history = run(Gaussian(), rng.normal(size=(3, 10)), Half(), 4, rng, keep=True)
    assert [g.data.shape for g in history.generations] == [(3, 10)] * 4
    assert (np.diff(history.generations[-1].data, axis=1) > 0).all()
    assert set(np.unique(history.generations[-1].row)) <= set(range(20))


class Shifted(Gaussian):
    """A model that can be cut into parts; its samples lie where its replicate's data lay."""

    def take(self, index):
        part = copy.copy(self)
        part.mean, part.variance = self.mean[list(index)], self.variance[list(index)]
        return part


def test_regimes_side_by_side_each_go_their_own_way():
    rng = np.random.default_rng(0)
    centre = 1e3 * np.arange(8)

    def draw(n, rng):
        return rng.normal(centre[:, None], 1, (8, n))

    ways = SideBySide(["replace", "accumulate-subsample", Fresh(1.0), Fixed(0.5)])
    real = draw(10, rng)
    history = run(Shifted(), real, ways, 5, rng, fresh=draw, keep=True)
    for generation in history.generations[1:]:
        assert np.abs(generation.data - centre[:, None]).max() < 20  # nobody has another's rows
        replace, pooled, fresh, fixed = generation.origin.reshape(4, 2, 10)
        assert (replace == generation.t - 1).all()
        assert (pooled < generation.t).all()
        assert (fresh == 0).all()
        assert ((fixed == 0).sum(axis=1) == 5).all()
        np.testing.assert_array_equal(generation.data[6:, :5], real[6:, :5])
    pooled = np.stack([generation.origin[2:4] for generation in history.generations])
    assert (pooled[-1] == 0).any() and len(np.unique(pooled[-1])) > 2
    new = [generation.row[4:6] for generation in history.generations]
    assert len(np.unique(np.concatenate(new, axis=1)[0])) == 5 * 10  # fresh rows come once
    rows = [generation.data[4] for generation in history.generations]
    assert len(np.unique(np.concatenate(rows))) == 5 * 10


def test_side_by_side_has_the_law_of_its_regimes():
    rng = np.random.default_rng(1)
    real = rng.normal(size=(6000, 10))
    ways = SideBySide(["replace", "accumulate-subsample", Fixed(0.2)])
    measure = {"variance": lambda model, data: model.variance}
    found = run(Shifted(), real, ways, 4, rng, measure=measure)["variance"].reshape(4, 3, 2000)
    for part, regime in enumerate(["replace", "accumulate-subsample", Fixed(0.2)]):
        alone = run(Gaussian(), real[:2000], regime, 4, rng, measure=measure)["variance"]
        assert stats.ks_2samp(found[-1, part], alone[-1]).pvalue > 1e-4, regime


def test_first_model_is_taken_as_it_is():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(3, 10))
    first = Gaussian().fit(100 + real, rng)
    history = run(Gaussian(), real, "replace", 2, rng, first=first, keep=True)
    assert history.generations[0].model is first
    np.testing.assert_array_equal(history.generations[0].data, real)
    assert history.generations[1].data.mean() > 90
    assert history.generations[1].model is not first
    np.testing.assert_array_equal(first.mean, (100 + real).mean(axis=1))


def test_rows_drawn_in_two_parts_keep_their_numbers():
    class TwoParts:
        def next(self, source):
            return source.synthetic(4) + source.synthetic(source.n - 4)

    rng = np.random.default_rng(0)
    history = run(Tagged(True, 2, None), tags(2, 0, 0, 10), TwoParts(), 3, rng, keep=True)
    for generation in history.generations[1:]:
        np.testing.assert_array_equal(generation.row, np.tile(np.arange(10), (2, 1)))
        np.testing.assert_array_equal(generation.data, tags(2, generation.t - 1, 0, 10))


def test_the_pool_grows_past_its_plan():
    class Twice:
        def next(self, source):
            return source.pool.add(source.synthetic(2 * source.n))

    rng = np.random.default_rng(0)
    history = run(Gaussian(), rng.normal(size=(3, 10)), Twice(), 5, rng, keep=True)
    assert [g.data.shape[1] for g in history.generations] == [10, 30, 50, 70, 90]
    for earlier, later in zip(history.generations, history.generations[1:], strict=False):
        np.testing.assert_array_equal(later.data[:, : earlier.data.shape[1]], earlier.data)


def test_fit_may_return_nothing():
    class Silent(Gaussian):
        def fit(self, data, rng):
            super().fit(data, rng)

    rng = np.random.default_rng(0)
    run(Silent(), rng.normal(size=(3, 10)), "replace", 3, rng)
    Silent.vectorised = False
    Silent.fit = lambda self, data, rng: setattr(self, "mean", data.mean())
    Silent.sample = lambda self, n, rng: rng.normal(self.mean, 1, n)
    run(Silent(), rng.normal(size=(3, 10)), "replace", 3, rng)


def test_mapped_and_vectorised_agree_in_distribution():
    class Plain:
        """A normal distribution in one world."""

        vectorised = False

        def fit(self, data, rng):
            self.mean, self.sd = data.mean(), data.std()
            return self

        def sample(self, n, rng):
            return rng.normal(self.mean, self.sd, n)

    rng = np.random.default_rng(5)
    real = rng.normal(size=(2000, 10))
    measure = {"variance": lambda model, data: data.var(axis=1)}
    plain, fast = (
        run(model, rng.permutation(real), "replace", 3, rng, measure=measure)["variance"][-1]
        for model in (Plain(), Gaussian())
    )
    assert stats.ks_2samp(plain, fast).pvalue > 1e-4


def test_progress_is_silent_in_the_book(monkeypatch, capfd):
    rng = np.random.default_rng(0)
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    run(Gaussian(), rng.normal(size=(3, 8)), "replace", 3, rng, progress=True)
    assert capfd.readouterr() == ("", "")


def test_a_regime_sees_the_number_of_the_generation_and_has_a_memory():
    rng = np.random.default_rng(3)

    class Counting:
        def next(self, source):
            source.memory.setdefault("seen", []).append((source.generation, source.generations))
            self.seen = source.memory["seen"]
            return source.synthetic(source.n)

    regime = Counting()
    for _ in range(2):  # what one run remembers, the next does not know
        run(Gaussian("mle"), rng.standard_normal((2, 5)), regime, 4, rng)
        assert regime.seen == [(1, 4), (2, 4), (3, 4)]
