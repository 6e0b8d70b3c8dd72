"""Generative models: each has ``fit(data, rng)`` and ``sample(n, rng)``.

The shape contract, here and everywhere in the package: numeric data are ``(replicates, n)`` or
``(replicates, n, d)``, categories are integers 0 to k - 1 in an array ``(replicates, n)``. The
replicates are independent worlds, and always the first axis. A model that sets
``vectorised = False`` knows one world only, with data ``(n,)`` or ``(n, d)``; `Mapped` runs it
over replicates.

A model with sufficient statistics has a third method, ``extend(data, rng)``: the fit to `data` and
to all rows that it was fitted to before, at the cost of the new ones.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from modelcollapse import _valid
from modelcollapse._valid import Array

ESTIMATORS = ("mle", "unbiased")


@runtime_checkable
class Model(Protocol):
    """What `modelcollapse.loop.run` needs of a model."""

    vectorised: bool

    def fit(self, data: Array, rng: np.random.Generator) -> Self:
        """Fit to `data` and return the model itself."""
        ...

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw `n` rows for every replicate."""
        ...


class Gaussian:
    """A normal distribution, in one dimension or several.

    Parameters
    ----------
    estimator : {"mle", "unbiased"}
        Whether squared deviations are divided by n or by n - 1.

    Attributes
    ----------
    mean : ndarray, shape (replicates,) or (replicates, d)
        Sample mean.
    variance : ndarray, shape (replicates,)
        Sample variance, for data of shape (replicates, n).
    covariance : ndarray, shape (replicates, d, d)
        Sample covariance, for data of shape (replicates, n, d).

    Notes
    -----
    Samples are float64: once the standard deviation falls below about 1e-16 of the mean, all
    numbers of a sample are the same. `laws.gaussian_chain` has no such floor.
    """

    vectorised = True
    mean: Array
    variance: Array
    covariance: Array

    def __init__(self, estimator: str = "mle") -> None:
        self.estimator = _valid.one_of("estimator", estimator, ESTIMATORS)

    def fit(self, data: Array, rng: np.random.Generator | None = None) -> Self:
        """Fit mean and variance; `rng` is not used.

        Raises
        ------
        ValueError
            If `data` has another shape, n < 2, or holds NaN or infinity.
        """
        data = _valid.data("data", data, "(replicates, n) or (replicates, n, d)")
        return self._set(data.shape[1], *_moments(data))

    def extend(self, data: Array, rng: np.random.Generator | None = None) -> Self:
        """Fit to `data` and to all rows so far, as `fit` would to all together."""
        data = _valid.data("data", data, "(replicates, n) or (replicates, n, d)", least=1)
        more, (mean, squares) = data.shape[1], _moments(data)
        rows = self._rows + more
        step = mean - self.mean
        outer = step**2 if data.ndim == 2 else step[:, :, None] * step[:, None, :]
        squares = self._squares + squares + outer * (self._rows * more / rows)
        return self._set(rows, self.mean + step * (more / rows), squares)

    def _set(self, rows: int, mean: Array, squares: Array) -> Self:
        """From the sufficient statistics; `squares` are the products of deviations, summed."""
        self._rows, self._squares, self.mean = rows, squares, mean
        spread = squares / (rows if self.estimator == "mle" else rows - 1)
        if mean.ndim == 1:
            self.variance = spread
        else:
            self.covariance = spread
        return self

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw from the fitted distribution: shape (replicates, n) or (replicates, n, d)."""
        if self.mean.ndim == 1:
            x = rng.standard_normal((len(self.mean), n))
            x *= np.sqrt(self.variance)[:, None]
        else:
            root = _root(self.covariance)
            x = rng.standard_normal((len(root), n, root.shape[-1])) @ root.transpose(0, 2, 1)
        x += self.mean[:, None]
        return x


def _root(covariance: Array) -> Array:
    """R with R R' = covariance, of each replicate."""
    try:
        root = np.linalg.cholesky(covariance)
        pivots = np.einsum("rii->ri", root)
        if (pivots.min(axis=1) > 1e-4 * pivots.max(axis=1)).all():
            return root
    except np.linalg.LinAlgError:
        pass
    # As where n <= d: directions without variance get none by rounding.
    values, vectors = np.linalg.eigh(covariance)
    floor = values[:, -1:] * values.shape[1] * np.finfo(float).eps
    return vectors * np.sqrt(np.where(values > floor, values, 0.0))[:, None, :]


def _moments(data: Array) -> tuple[Array, Array]:
    """Mean, and the sum of squared deviations or of their products."""
    mean = data.mean(axis=1)
    deviation = data - mean[:, None]
    if data.ndim == 2:
        return mean, np.einsum("rn,rn->r", deviation, deviation)
    return mean, deviation.transpose(0, 2, 1) @ deviation


class Categorical:
    """A distribution over k categories, fitted by counting.

    Parameters
    ----------
    k : int
        Number of categories.

    Attributes
    ----------
    p : ndarray, shape (replicates, k)
        Relative frequencies.
    """

    vectorised = True
    p: Array

    def __init__(self, k: int) -> None:
        self.k = _valid.integer("k", k, 1)

    def fit(self, data: Array, rng: np.random.Generator | None = None) -> Self:
        """Count the categories; `rng` is not used.

        Raises
        ------
        ValueError
            If `data` is not (replicates, n) with n >= 2, or holds anything but 0 to k - 1.
        """
        data = _valid.data("data", data, "(replicates, n)", ndims=(2,))
        self._counts = self._count(data)
        self.p = self._counts / data.shape[1]
        return self

    def extend(self, data: Array, rng: np.random.Generator | None = None) -> Self:
        """Count `data` and all rows so far, as `fit` would all together."""
        data = _valid.data("data", data, "(replicates, n)", ndims=(2,), least=1)
        self._counts = self._counts + self._count(data)
        self.p = self._counts / self._counts.sum(axis=1, keepdims=True)
        return self

    def _count(self, data: Array) -> Array:
        if not np.issubdtype(data.dtype, np.integer) or data.min() < 0 or data.max() >= self.k:
            raise ValueError(
                f"data must be whole numbers from 0 to k - 1 = {self.k - 1}, got {data.dtype} "
                f"from {data.min()} to {data.max()}"
            )
        replicates = len(data)
        shifted = data + self.k * np.arange(replicates)[:, None]
        counts = np.bincount(shifted.ravel(), minlength=replicates * self.k)
        return counts.reshape(replicates, self.k)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n categories for every replicate, in random order: shape (replicates, n)."""
        counts = multinomial(n, self.p, rng)
        categories = np.broadcast_to(np.arange(self.k), counts.shape)
        in_order = np.repeat(categories.ravel(), counts.ravel()).reshape(len(counts), n)
        return rng.permuted(in_order, axis=1, out=in_order)


def multinomial(n: int, p: Array, rng: np.random.Generator) -> Array:
    """Counts of `n` draws from each row of `p`; a category of probability 0 gets none.

    NumPy gives to the last category whatever the rounding of `p` leaves over, even where that
    category has probability 0. Here it goes to the most probable one.
    """
    counts = rng.multinomial(n, p)
    stray = np.where(p[..., -1] == 0, counts[..., -1], 0)
    if stray.any():
        counts[..., -1] -= stray
        top = p.argmax(axis=-1)[..., None]
        moved = np.take_along_axis(counts, top, axis=-1) + stray[..., None]
        np.put_along_axis(counts, top, moved, axis=-1)
    return counts


class LinearRegression:
    """Least squares without an intercept, on standard normal inputs.

    A row holds d inputs and behind them the label: ``(replicates, n, d + 1)``.

    Parameters
    ----------
    sigma : float
        Standard deviation of the noise on a label, which is known.

    Attributes
    ----------
    weights : ndarray, shape (replicates, d)
        The fitted weights.
    """

    vectorised = True
    weights: Array

    def __init__(self, sigma: float = 1.0) -> None:
        self.sigma = _valid.number("sigma", sigma, 0)

    def fit(self, data: Array, rng: np.random.Generator | None = None) -> Self:
        """Fit the weights; `rng` is not used.

        Raises
        ------
        ValueError
            If `data` has another shape, fewer rows than inputs, or holds NaN or infinity.
        """
        data = _valid.data("data", data, "(replicates, n, d + 1)", ndims=(3,))
        rows, inputs = data.shape[1], data.shape[2] - 1
        if not 1 <= inputs <= rows:
            raise ValueError(
                f"data must have inputs beside the label, and as many rows as inputs, got {rows} "
                f"rows and {inputs} inputs"
            )
        self._products = data.transpose(0, 2, 1) @ data
        return self._solve()

    def extend(self, data: Array, rng: np.random.Generator | None = None) -> Self:
        """Fit to `data` and to all rows so far, as `fit` would to all together."""
        data = _valid.data("data", data, "(replicates, n, d + 1)", ndims=(3,), least=1)
        self._products = self._products + data.transpose(0, 2, 1) @ data
        return self._solve()

    def _solve(self) -> Self:
        inputs, labels = self._products[:, :-1, :-1], self._products[:, :-1, -1:]
        self.weights = np.linalg.solve(inputs, labels)[..., 0]
        return self

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n new inputs and label them: shape (replicates, n, d + 1)."""
        replicates, d = self.weights.shape
        rows = rng.standard_normal((replicates, n, d + 1))
        rows[..., -1] *= self.sigma
        rows[..., -1] += (rows[..., :-1] @ self.weights[:, :, None])[..., 0]
        return rows


def extends(model: Any) -> bool:
    """Whether `model` has an ``extend`` that belongs to its ``fit``: both of one class."""
    for kind in type(model).__mro__:
        own = {"fit", "extend"} & vars(kind).keys()
        if own:
            return own == {"fit", "extend"}
    return False


class Scikit:
    """A scikit-learn estimator that can be sampled: ``GaussianMixture``, ``KernelDensity``.

    The estimator given is never changed: `fit` works on a clone of it. Every fit and every call
    of `sample` is seeded afresh from the generator passed in; a ``random_state`` of the
    estimator's own is overruled. Samples come as rows in random order, without the labels that
    some estimators return beside them.

    Parameters
    ----------
    estimator : sklearn estimator with ``fit(X)`` and ``sample(n)``
        What to fit.

    Attributes
    ----------
    estimator : sklearn estimator
        As given; after `fit`, the fitted clone.
    """

    vectorised = False

    def __init__(self, estimator: Any) -> None:
        if not (callable(getattr(estimator, "fit", None)) and hasattr(estimator, "sample")):
            raise TypeError(
                "estimator must be a scikit-learn estimator with fit and sample, such as "
                f"GaussianMixture or KernelDensity, got {estimator!r}"
            )
        self.estimator = estimator

    def fit(self, data: Array, rng: np.random.Generator) -> Self:
        """Fit a clone of the estimator to one replicate, of shape (n,) or (n, d)."""
        from sklearn.base import clone

        data = np.asarray(data)
        self._flat = data.ndim == 1
        self.estimator = clone(self.estimator)
        if "random_state" in self.estimator.get_params():
            self.estimator.set_params(random_state=_seed(rng))
        self.estimator.fit(data[:, None] if self._flat else data)
        return self

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n rows: shape (n,) or (n, d), as the data were."""
        if "random_state" in inspect.signature(self.estimator.sample).parameters:
            drawn = self.estimator.sample(n, random_state=_seed(rng))
        else:
            drawn = self.estimator.set_params(random_state=_seed(rng)).sample(n)
        rows = drawn[0] if isinstance(drawn, tuple) else drawn
        # A mixture hands out its components one after the other.
        rows = rng.permutation(np.asarray(rows))
        return rows[:, 0] if self._flat else rows


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


class Mapped:
    """A model that knows one replicate, run over all of them.

    Parameters
    ----------
    model : Model
        One that is not vectorised; it stays as it is, and each replicate gets a copy.

    Attributes
    ----------
    models : list of Model
        The fitted copies, one a replicate.
    """

    vectorised = True
    models: list[Any]

    def __init__(self, model: Model) -> None:
        self.model = model

    def fit(self, data: Array, rng: np.random.Generator) -> Self:
        """Fit a copy of the model to each replicate in turn."""
        self.models = [copy.deepcopy(self.model) for _ in data]
        for model, rows in zip(self.models, data, strict=True):
            model.fit(rows, rng)
        return self

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n rows from each copy in turn."""
        return np.stack([model.sample(n, rng) for model in self.models])
