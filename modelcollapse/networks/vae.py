"""A small variational autoencoder, many of them trained side by side.

Shapes stand beside the lines: R replicates, N rows, D numbers in a row, H units, L latent numbers.
Each replicate has its own seed, so that it becomes the same network whether it is trained alone or
in company, up to rounding.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from modelcollapse import _valid
from modelcollapse._valid import Array

LEAST = 1e-4  # the least variance of the decoder's noise
SCORED = 1000  # rows of which the learnt variance is the mean squared residual


class VAE:
    """A variational autoencoder of data from 0 to 1, with one hidden layer on either side.

    The decoder gives the mean of a row, and normal noise with variance ``sigma2`` is added to it.
    The latent numbers are standard normal. Training raises the evidence lower bound.

    Parameters
    ----------
    latent : int
        Latent numbers.
    width : int
        Hidden units on either side.
    sigma2 : float or None, or sequence of them
        Variance of the decoder's noise, above 0, for all replicates or each its own; where it is
        None it is learnt.
    steps : int
        Steps of training; each reads `batch` rows, in an order drawn anew for each pass.
    batch : int
        Rows in a step, for each replicate.
    learning_rate : float
        Adam's, at the beginning; it falls evenly to zero.
    spread : float or sequence of float
        Standard deviation with which `sample` draws the latent numbers, for all replicates or each
        its own; below 1 is cold.
    noise : bool or sequence of bool
        Whether `sample` adds the decoder's noise, for all replicates or each its own.

    Attributes
    ----------
    weights : dict of str to Tensor
        The trained weights, replicates first.
    noise_variance : ndarray, shape (replicates,)
        ``sigma2``, given or learnt.
    losses : ndarray, shape (replicates, steps)
        Negative bound of every step, in nats a row.

    Notes
    -----
    Source: Kingma and Welling (2014). Where the variance of the noise is learnt it is the mean
    squared residual, which is where the bound is highest; at least 0.0001.
    """

    vectorised = True
    weights: dict[str, Tensor]
    noise_variance: Array
    losses: Array

    def __init__(
        self,
        latent: int = 8,
        width: int = 128,
        *,
        sigma2: float | None | Sequence[float | None] = None,
        steps: int = 720,
        batch: int = 50,
        learning_rate: float = 3e-3,
        spread: float | Sequence[float] = 1.0,
        noise: bool | Sequence[bool] = True,
    ) -> None:
        self.latent = _valid.integer("latent", latent, 1)
        self.width = _valid.integer("width", width, 1)
        for value in np.atleast_1d(np.asarray(sigma2, object)):
            if value is not None and _valid.number("sigma2", value, 0) == 0:
                raise ValueError(f"sigma2 must be above 0, got {value!r}")
        self.sigma2 = sigma2
        self.steps = _valid.integer("steps", steps, 1)
        self.batch = _valid.integer("batch", batch, 1)
        self.learning_rate = _valid.number("learning_rate", learning_rate, 0)
        for value in np.atleast_1d(np.asarray(spread, object)):
            _valid.number("spread", value, 0)
        self.spread, self.noise = spread, noise

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return len(self._fitted()["out"])

    @property
    def parameters(self) -> int:
        """Number of weights of one replicate."""
        return sum(weight[0].numel() for weight in self._fitted().values())

    def fit(self, data: ArrayLike, rng: np.random.Generator) -> Self:
        """Train from random weights.

        Parameters
        ----------
        data : array_like, shape (replicates, n, d)
            Rows; real ones lie from 0 to 1, and noise may lead out of it.
        rng : numpy.random.Generator
            Gives each replicate its seed.

        Raises
        ------
        ValueError
            If `data` is not as described.
        FloatingPointError
            If training diverges; a lower learning rate helps.
        """
        rows = self._rows(data, least=2)  # (R, N, D)
        rng = _valid.generator("rng", rng)
        replicates, n, d = rows.shape
        batch = min(self.batch, n)
        seeds = rng.integers(2**63, size=replicates)
        streams = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        self.weights = self._new(d, streams)
        given = torch.as_tensor(self._each("sigma2", self.sigma2)).float()  # NaN: to be learnt
        learnt = [weight.requires_grad_() for weight in self.weights.values()]
        adam = torch.optim.Adam(learnt, fused=True)
        losses = torch.empty(self.steps, replicates)
        world = torch.arange(replicates)[:, None]
        passes = n // batch
        for step in range(self.steps):
            if step % passes == 0:
                order = torch.stack([torch.randperm(n, generator=g) for g in streams])  # (R, N)
                shape = passes * batch, self.latent
                dice = torch.stack([torch.randn(shape, generator=g) for g in streams])
            read = slice(step % passes * batch, (step % passes + 1) * batch)
            x = rows[world, order[:, read]]  # (R, batch, D)
            squares, divergence = self._parts(x, dice[:, read])
            residual = squares.mean(dim=1)  # (R,)
            v = torch.where(given.isnan(), residual.detach() / d, given).clamp(min=LEAST)
            loss = residual / (2 * v) + d / 2 * (2 * math.pi * v).log() + divergence.mean(dim=1)
            adam.zero_grad()
            loss.sum().backward()
            for group in adam.param_groups:
                group["lr"] = self.learning_rate * (1 - step / self.steps)
            adam.step()
            losses[step] = loss.detach()
        if not losses.isfinite().all():
            raise FloatingPointError(
                "training diverged: the loss is not finite; learning_rate must be lower, "
                f"got {self.learning_rate}"
            )
        self.weights = {name: weight.detach() for name, weight in self.weights.items()}
        self.losses = losses.numpy().T.astype(float)
        some = rows[:, :SCORED]
        dice = torch.stack([torch.randn(some.shape[1], self.latent, generator=g) for g in streams])
        with torch.no_grad():
            squares, _ = self._parts(some, dice)
        v = torch.where(given.isnan(), squares.mean(dim=1) / d, given).clamp(min=LEAST)
        self.noise_variance = v.numpy().astype(float)
        return self

    def encode(self, data: ArrayLike) -> tuple[Array, Array]:
        """Mean and standard deviation of the latent numbers, given rows.

        Parameters
        ----------
        data : array_like, shape (replicates, n, d)
            Rows; one replicate of rows serves for all replicates of the model.

        Returns
        -------
        mean, sd : ndarray, shape (replicates, n, latent)
        """
        with torch.no_grad():
            mean, log_variance = self._encoded(self._given(data))
        return mean.numpy().astype(float), (log_variance / 2).exp().numpy().astype(float)

    def decode(self, z: ArrayLike) -> Array:
        """Means of the rows that belong to latent numbers.

        Parameters
        ----------
        z : array_like, shape (replicates, n, latent)
            One replicate serves for all.

        Returns
        -------
        ndarray of float32, shape (replicates, n, d)
        """
        latent = torch.as_tensor(np.asarray(z, np.float32))
        if latent.ndim != 3 or latent.shape[2] != self.latent:
            raise ValueError(
                f"z must have the shape (replicates, n, {self.latent}), got {tuple(latent.shape)}"
            )
        with torch.no_grad():
            mean = self._decoded(latent.expand(self.replicates, -1, -1))
        return mean.numpy()

    def bound(self, data: ArrayLike, rng: np.random.Generator, draws: int = 10) -> Array:
        """Evidence lower bound of the log density, in nats a row.

        Parameters
        ----------
        data : array_like, shape (replicates, n, d)
            Rows; one replicate of rows serves for all replicates of the model.
        rng : numpy.random.Generator
            Draws the latent numbers.
        draws : int
            How often each row is encoded; the mean is returned.

        Returns
        -------
        ndarray, shape (replicates, n)
        """
        x = self._given(data)
        draws = _valid.integer("draws", draws, 1)
        stream = _stream(rng)
        noise = torch.as_tensor(self.noise_variance).float()[:, None]
        d, total = x.shape[2], torch.zeros(x.shape[:2])
        with torch.no_grad():
            for _ in range(draws):
                dice = torch.randn(*x.shape[:2], self.latent, generator=stream)
                squares, divergence = self._parts(x, dice)
                total -= (squares / noise + d * (2 * math.pi * noise).log()) / 2 + divergence
        return (total / draws).numpy().astype(float)

    def latents(self, n: int, rng: np.random.Generator) -> Array:
        """Draw the latent numbers of n rows: normal, with standard deviation `spread`.

        Returns
        -------
        ndarray, shape (replicates, n, latent)
        """
        spread = self._each("spread", self.spread)
        shape = self.replicates, n, self.latent
        return rng.standard_normal(shape, np.float32) * spread.astype(np.float32)[:, None, None]

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n rows in every replicate.

        Returns
        -------
        ndarray of float32, shape (replicates, n, d)
        """
        n = _valid.integer("n", n, 1)
        rng = _valid.generator("rng", rng)
        rows = self.decode(self.latents(n, rng))
        noisy = self._each("noise", self.noise) > 0
        sigma = np.sqrt(self.noise_variance[noisy]).astype(np.float32)[:, None, None]
        rows[noisy] += sigma * rng.standard_normal((len(sigma), *rows.shape[1:]), np.float32)
        return rows

    def take(self, index: Sequence[int]) -> Self:
        """The replicates at `index`, as a model of their own; a replicate may be taken twice."""
        places = np.asarray(index, int)
        chosen = copy.copy(self)
        chosen.weights = {name: weight[places] for name, weight in self._fitted().items()}
        chosen.noise_variance, chosen.losses = self.noise_variance[places], self.losses[places]
        for name in ("sigma2", "spread", "noise"):
            if np.ndim(own := getattr(self, name)):
                setattr(chosen, name, [own[place] for place in places])
        return chosen

    # ---------------------------------------------------------------------------------------------

    def _new(self, d: int, streams: list[torch.Generator]) -> dict[str, Tensor]:
        """Random weights; the variance of each is 2 by the inputs of its unit."""
        sizes = {
            "in": (d, self.width),
            "code": (self.width, 2 * self.latent),
            "back": (self.latent, self.width),
            "out": (self.width, d),
        }
        weights = {}
        for name, (inputs, units) in sizes.items():
            drawn = [torch.randn(inputs, units, generator=g) for g in streams]
            weights[name] = torch.stack(drawn) * math.sqrt(2 / inputs)  # (R, inputs, units)
            weights[name + " shift"] = torch.zeros(len(streams), 1, units)
        return weights

    def _layer(self, x: Tensor, name: str) -> Tensor:
        return torch.baddbmm(self.weights[name + " shift"], x, self.weights[name])

    def _encoded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log variances of the latent numbers, each (R, N, L)."""
        hidden = self._layer(x, "in").relu()  # (R, N, H)
        mean, log_variance = self._layer(hidden, "code").chunk(2, dim=2)
        return mean, log_variance

    def _decoded(self, z: Tensor) -> Tensor:
        return self._layer(self._layer(z, "back").relu(), "out").sigmoid()  # (R, N, D)

    def _parts(self, x: Tensor, dice: Tensor) -> tuple[Tensor, Tensor]:
        """Squared residual and divergence from the prior of each row, (R, N) both."""
        mean, log_variance = self._encoded(x)
        z = mean + (log_variance / 2).exp() * dice
        squares = (x - self._decoded(z)).square().sum(dim=2)
        divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=2) / 2
        return squares, divergence

    def _fitted(self) -> dict[str, Tensor]:
        if not hasattr(self, "weights"):
            raise AttributeError("the network has no weights yet: call fit(data, rng) first")
        return self.weights

    def _rows(self, data: ArrayLike, least: int = 1) -> Tensor:
        array = np.asarray(data, np.float32)
        if array.ndim != 3 or array.size == 0 or array.shape[1] < least:
            raise ValueError(
                f"data must have the shape (replicates, n, d) with n of at least {least}, "
                f"got {array.shape}"
            )
        if not np.isfinite(array).all():
            raise ValueError("data must be finite, got NaN or infinity in it")
        return torch.as_tensor(array)

    def _given(self, data: ArrayLike) -> Tensor:
        """Rows for a fitted model, one replicate of them spread over all."""
        d, rows = self._fitted()["in"].shape[1], self._rows(data)
        if len(rows) not in (1, self.replicates) or rows.shape[2] != d:
            raise ValueError(
                f"data must have 1 or {self.replicates} replicates of rows of {d}, got the shape "
                f"{tuple(rows.shape)}"
            )
        return rows.expand(self.replicates, -1, -1)

    def _each(self, name: str, given: Any) -> Array:
        values = np.asarray(given, float)
        if values.ndim and values.shape != (self.replicates,):
            raise ValueError(
                f"{name} must be one value or {self.replicates}, one a replicate, got {given!r}"
            )
        return np.broadcast_to(values, self.replicates).copy()


def _stream(rng: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(_valid.generator("rng", rng).integers(2**63)))
