"""What the networks share: training, writing, probabilities."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn import functional

from modelcollapse import _valid, decoding
from modelcollapse._valid import Array

CLIP = 1.0  # the largest norm of a replicate's gradient
WARM_UP = 0.05  # the share of the steps in which the learning rate rises
SCORED = 512  # rows scored at a time, over all replicates

Weights = dict[str, Tensor]


class Network:
    """What the networks share: training, sampling, probabilities.

    Parameters
    ----------
    vocabulary : int
        Number of symbols; data are 0 to vocabulary - 1.
    characters : int
        Training characters for each replicate: the budget. It is spent in passes over the
        rows, in an order drawn anew for each pass; a budget below the size of the data is one
        incomplete pass.
    batch : int
        Rows in a step, for each replicate.
    learning_rate : float
        The highest; Adam's rate rises over the first twentieth of the steps and falls to zero.
    momentum : float
        Adam's decay of the average gradient.
    temperature : float or sequence of float
        Sampling at this temperature, for all replicates or each its own; 0 is greedy.
    top_k, top_p : int, float, optional
        As in `decoding.sharpen`.

    Attributes
    ----------
    weights : dict of str to Tensor
        The trained weights, replicates first.
    length : int
        Characters in a row of the training data.
    losses : ndarray, shape (replicates, steps)
        Mean training loss of every step, in nats a character.
    """

    vectorised = True
    rows_at_once = 4096  # over all replicates, where rows are written
    weights: Weights
    length: int
    losses: Array

    def __init__(
        self,
        vocabulary: int,
        *,
        characters: int,
        batch: int,
        learning_rate: float,
        momentum: float = 0.6,
        temperature: float | Sequence[float] = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> None:
        self.vocabulary = _valid.integer("vocabulary", vocabulary, 2)
        self.characters = _valid.integer("characters", characters, 1)
        self.batch = _valid.integer("batch", batch, 1)
        self.learning_rate = _valid.number("learning_rate", learning_rate, 0)
        self.momentum = _valid.fraction("momentum", momentum)
        if self.momentum == 1:
            raise ValueError("momentum must be below 1, got 1")
        for value in np.atleast_1d(np.asarray(temperature, object)):
            decoding.options(value, top_k, top_p)
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p

    # What each kind of network says of itself ---------------------------------------------------

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        """Weights to start from; ``normal(*shape, scale)`` draws (replicates, *shape)."""
        raise NotImplementedError

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        """Logits (replicates, rows, length, vocabulary), given what stands before each place."""
        raise NotImplementedError

    def _begin(self, n: int, length: int) -> Any:
        """The memory of n rows in every replicate, before their first character."""
        raise NotImplementedError

    def _next(self, memory: Any, last: Tensor) -> Tensor:
        """Logits (replicates, n, vocabulary) after the characters `last`, (replicates, n)."""
        raise NotImplementedError

    # ---------------------------------------------------------------------------------------------

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return len(next(iter(self._fitted().values())))

    @property
    def parameters(self) -> int:
        """Number of parameters of one replicate."""
        return sum(weight[0].numel() for weight in self._fitted().values())

    def fit(
        self, data: ArrayLike, rng: np.random.Generator, *, start: Network | None = None
    ) -> Self:
        """Train from random weights, or from those of another network.

        Parameters
        ----------
        data : array_like of int, shape (replicates, n, length)
            Rows of symbols.
        rng : numpy.random.Generator
            Gives each replicate its seed, for its first weights and the order of its rows.
        start : Network, optional
            A trained network of the same kind and size, at whose weights training begins (a warm
            start). It stays as it is, and the rows come in the same order as without it.

        Raises
        ------
        ValueError
            If `data` or `start` is not as described.
        FloatingPointError
            If training diverges; a lower learning rate helps.
        """
        rows = self._symbols(data)  # (R, N, L)
        rng = _valid.generator("rng", rng)
        replicates, n, self.length = rows.shape
        batch = min(self.batch, n)
        steps = max(1, round(self.characters / (batch * self.length)))
        seeds = rng.integers(2**63, size=replicates)
        streams = [torch.Generator().manual_seed(int(seed)) for seed in seeds]

        def normal(*shape: int, scale: float) -> Tensor:
            return scale * torch.stack([torch.randn(*shape, generator=g) for g in streams])

        self.weights = self._new(normal)
        counts = [torch.bincount(world.flatten(), minlength=self.vocabulary) for world in rows]
        shares = (torch.stack(counts)[:, None] + 1) / (n * self.length + self.vocabulary)
        self.weights["bias"] = shares.log()  # (R, 1, V)
        if start is not None:
            self.weights = _taken_over(start, self.weights)

        learnt = [weight.requires_grad_() for weight in self.weights.values()]
        adam = torch.optim.Adam(learnt, betas=(self.momentum, 0.98), eps=1e-9, fused=True)
        losses = torch.empty(steps, replicates)
        world = torch.arange(replicates)[:, None]
        passes = n // batch
        for step in range(steps):
            if step % passes == 0:
                order = torch.stack([torch.randperm(n, generator=g) for g in streams])  # (R, N)
            first = step % passes * batch
            chosen = rows[world, order[:, first : first + batch]]  # (R, batch, L)
            loss = -self._log_probability(self.weights, chosen).mean(dim=(1, 2))  # (R,)
            adam.zero_grad()
            loss.sum().backward()
            _clip(learnt)
            for group in adam.param_groups:
                group["lr"] = self.learning_rate * _schedule(step, steps)
            adam.step()
            losses[step] = loss.detach()
        if not losses.isfinite().all():
            raise FloatingPointError(
                "training diverged: the loss is not finite; learning_rate must be lower, "
                f"got {self.learning_rate}"
            )
        self.weights = {name: weight.detach() for name, weight in self.weights.items()}
        self.losses = losses.numpy().T.astype(float)
        return self

    def log_probability(self, data: ArrayLike) -> Array:
        """Log probability of each symbol, given those before it in its row.

        Parameters
        ----------
        data : array_like of int, shape (replicates, n, length)
            Rows of symbols; one replicate of rows serves for all replicates of the model.

        Returns
        -------
        ndarray, shape (replicates, n, length)
            In nats; bits per character are ``-mean / ln 2``.

        Raises
        ------
        ValueError
            If `data` is not as described.
        """
        self._fitted()
        rows = self._symbols(data, least=1)
        if len(rows) not in (1, self.replicates):
            raise ValueError(
                f"data must have 1 or {self.replicates} replicates, got the shape "
                f"{tuple(rows.shape)}"
            )
        rows = rows.expand(self.replicates, -1, -1)
        with torch.no_grad():
            parts = [
                self._log_probability(self.weights, part)
                for part in rows.split(max(1, SCORED // self.replicates), dim=1)
            ]
        return torch.cat(parts, dim=1).numpy().astype(float)

    def sample(
        self,
        n: int,
        rng: np.random.Generator,
        *,
        length: int | None = None,
        prompt: ArrayLike = (),
    ) -> Array:
        """Write n rows in every replicate.

        Parameters
        ----------
        n : int
            Number of rows.
        rng : numpy.random.Generator
            Source of randomness.
        length : int, optional
            Symbols in a row; as in the training data if not given.
        prompt : array_like of int, shape (symbols,)
            What every row goes on from; it is not repeated in the rows.

        Returns
        -------
        ndarray of uint8, shape (replicates, n, length)
            The rows; uint16 for a vocabulary above 256.

        Raises
        ------
        ValueError
            If an argument is not as described.
        """
        self._fitted()
        n = _valid.integer("n", n, 1)
        rng = _valid.generator("rng", rng)
        length = self.length if length is None else _valid.integer("length", length, 1)
        temperature = self._temperatures()
        stream = torch.Generator().manual_seed(int(rng.integers(2**63)))
        out = torch.empty(self.replicates, n, length, dtype=torch.int64)
        with torch.no_grad():
            for part in out.split(max(1, self.rows_at_once // self.replicates), dim=1):
                memory, scores = self._after(prompt, part.shape[1], length)
                for place in range(length):
                    part[:, :, place] = self._choose(scores, temperature, stream)
                    if place < length - 1:
                        scores = self._next(memory, part[:, :, place])
        return out.numpy().astype(np.uint8 if self.vocabulary <= 256 else np.uint16)

    def probabilities(self, prompt: ArrayLike = ()) -> Array:
        """Probabilities of the symbol after a row's first ones, before decoding.

        Parameters
        ----------
        prompt : array_like of int, shape (symbols,)
            How the row begins.

        Returns
        -------
        ndarray, shape (replicates, vocabulary)
        """
        with torch.no_grad():
            _, scores = self._after(prompt, 1, 1)
        return scores[:, 0].double().softmax(dim=-1).numpy()

    def _after(self, prompt: ArrayLike, n: int, length: int) -> tuple[Any, Tensor]:
        """The memory of n rows that begin with `prompt`, and the logits of what comes next."""
        given = np.asarray(prompt)
        whole = given.size == 0 or np.issubdtype(given.dtype, np.integer)
        if given.ndim != 1 or not whole:
            raise ValueError(f"prompt must be one row of symbols, got {prompt!r}")
        if given.size and not (0 <= given.min() and given.max() < self.vocabulary):
            raise ValueError(
                f"prompt must hold whole numbers from 0 to {self.vocabulary - 1}, got {prompt!r}"
            )
        shape = (len(self._fitted()["bias"]), n)
        memory = self._begin(n, given.size + length)
        scores = self._next(memory, torch.full(shape, self.vocabulary))
        for symbol in given:
            scores = self._next(memory, torch.full(shape, int(symbol)))
        return memory, scores

    def take(self, index: Sequence[int]) -> Self:
        """The replicates at `index`, as a model of their own; a replicate may be taken twice.

        A temperature for each replicate is taken along with it.
        """
        chosen = copy.copy(self)
        places = torch.as_tensor(np.asarray(index, int))
        chosen.weights = {name: weight[places] for name, weight in self._fitted().items()}
        chosen.losses = self.losses[places.numpy()]
        if np.ndim(self.temperature):
            chosen.temperature = [float(t) for t in np.asarray(self.temperature)[places.numpy()]]
        return chosen

    def _fitted(self) -> Weights:
        if not hasattr(self, "weights"):
            raise AttributeError("the network has no weights yet: call fit(data, rng) first")
        return self.weights

    def _temperatures(self) -> Tensor:
        given = np.asarray(self.temperature, float)
        if given.ndim and given.shape != (self.replicates,):
            raise ValueError(
                f"temperature must be one number or {self.replicates}, one a replicate, got "
                f"{self.temperature!r}"
            )
        return torch.as_tensor(np.broadcast_to(given, self.replicates).copy()).float()

    def _symbols(self, data: ArrayLike, least: int = 2) -> Tensor:
        array = np.asarray(data)
        if array.ndim != 3 or array.size == 0 or array.shape[1] < least:
            raise ValueError(
                f"data must have the shape (replicates, n, length) with n of at least {least}, "
                f"got {array.shape}"
            )
        if not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"data must be whole numbers, got {array.dtype}")
        if array.min() < 0 or array.max() >= self.vocabulary:
            raise ValueError(
                f"data must be whole numbers from 0 to vocabulary - 1 = {self.vocabulary - 1}, "
                f"got {array.min()} to {array.max()}"
            )
        return torch.as_tensor(array.astype(np.int64))

    def _log_probability(self, w: Weights, rows: Tensor) -> Tensor:
        start = torch.full((*rows.shape[:2], 1), self.vocabulary)  # (R, N, 1)
        scores = self._scores(w, torch.cat([start, rows[:, :, :-1]], dim=2))  # (R, N, L, V)
        wanted = -functional.cross_entropy(scores.flatten(0, -2), rows.flatten(), reduction="none")
        return wanted.view(rows.shape)

    def _choose(self, scores: Tensor, temperature: Tensor, stream: torch.Generator) -> Tensor:
        greedy = temperature == 0
        # (R, N, V)
        p = (scores / torch.where(greedy, 1, temperature)[:, None, None]).softmax(dim=-1)
        if self.top_k is not None or self.top_p is not None:
            p = torch.as_tensor(decoding.sharpen(p.numpy(), 1.0, self.top_k, self.top_p))
        upto = p.cumsum(dim=-1, dtype=torch.float64)
        u = torch.rand(upto.shape[:-1], dtype=torch.float64, generator=stream)
        drawn = (upto <= (u * upto[..., -1])[..., None]).sum(dim=-1)  # (R, N)
        if greedy.any():
            drawn[greedy] = torch.as_tensor(scores[greedy].numpy().argmax(axis=-1))
        return drawn


def _schedule(step: int, steps: int) -> float:
    """The share of the highest learning rate: up along a line, then down to zero."""
    return min((step + 1) / max(1, WARM_UP * steps), (steps - step) / (steps * (1 - WARM_UP)), 1)


def _taken_over(start: Network, new: Weights) -> Weights:
    """The weights of a network to start from, which must have the shapes of the new ones."""
    old = start._fitted()
    if {name: w.shape for name, w in old.items()} != {name: w.shape for name, w in new.items()}:
        raise ValueError(
            "start must be a trained network of the same kind, size and number of replicates, got "
            f"{type(start).__name__} with {start.replicates} replicates"
        )
    return {name: weight.clone() for name, weight in old.items()}


def _clip(weights: list[Tensor]) -> None:
    """Shorten the gradient of every replicate on its own to the norm CLIP."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
    scale = (CLIP / norms).clamp(max=1)
    if (scale < 1).any():
        for gradient in gradients:
            gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))


def table_rows(before: Tensor, symbols: int) -> Tensor:
    """Row numbers in the tables of all replicates, put below each other."""
    shift = torch.arange(len(before)) * symbols
    return before + shift.view(-1, *[1] * (before.dim() - 1))


def affine(x: Tensor, weight: Tensor, add: Tensor | None = None) -> Tensor:
    """Products (replicates, ..., a) times (replicates, a, b), each replicate its own, and `add`."""
    flat = x.flatten(1, -2)
    product = flat @ weight if add is None else torch.baddbmm(add.flatten(1, -2), flat, weight)
    return product.view(*x.shape[:-1], weight.shape[-1])
