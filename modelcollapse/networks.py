"""Character-level networks: a table of bigrams, an MLP, a GRU and a small transformer.

All honour one interface: ``fit(data, rng)``, ``sample(n, rng)`` and ``log_probability(data)``, with
text as whole numbers in an array (replicates, n, length). A row is one sequence; the networks know
nothing across rows, and the first character of a row is predicted from a start symbol.

The replicates are trained side by side: every weight has a leading axis of replicates, and one
matrix product serves them all. Each replicate has its own seed, so that it becomes the same network
whether it is trained alone or in company, up to rounding. Everything is computed in float32; on one
thread, ``torch.set_num_threads(1)``, the same machine gives the same text twice.
"""

from __future__ import annotations

import copy
import math
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
SPAN = 8  # time steps for which the GRU's backward pass prepares its factors together

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

    def fit(self, data: ArrayLike, rng: np.random.Generator) -> Self:
        """Train from scratch.

        Parameters
        ----------
        data : array_like of int, shape (replicates, n, length)
            Rows of symbols.
        rng : numpy.random.Generator
            Gives each replicate its seed, for its first weights and the order of its rows.

        Raises
        ------
        ValueError
            If `data` is not as described.
        FloatingPointError
            If training diverges; a lower learning rate helps.
        """
        rows = self._symbols(data)
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
        self.weights["bias"] = shares.log()

        learnt = [weight.requires_grad_() for weight in self.weights.values()]
        adam = torch.optim.Adam(learnt, betas=(self.momentum, 0.98), eps=1e-9, fused=True)
        losses = torch.empty(steps, replicates)
        world = torch.arange(replicates)[:, None]
        passes = n // batch
        for step in range(steps):
            if step % passes == 0:
                order = torch.stack([torch.randperm(n, generator=g) for g in streams])
            start = step % passes * batch
            chosen = rows[world, order[:, start : start + batch]]
            loss = -self._log_probability(self.weights, chosen).mean(dim=(1, 2))
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
        start = torch.full((*rows.shape[:2], 1), self.vocabulary)
        scores = self._scores(w, torch.cat([start, rows[:, :, :-1]], dim=2))
        wanted = -functional.cross_entropy(scores.flatten(0, -2), rows.flatten(), reduction="none")
        return wanted.view(rows.shape)

    def _choose(self, scores: Tensor, temperature: Tensor, stream: torch.Generator) -> Tensor:
        greedy = temperature == 0
        p = (scores / torch.where(greedy, 1, temperature)[:, None, None]).softmax(dim=-1)
        if self.top_k is not None or self.top_p is not None:
            p = torch.as_tensor(decoding.sharpen(p.numpy(), 1.0, self.top_k, self.top_p))
        upto = p.cumsum(dim=-1, dtype=torch.float64)
        u = torch.rand(upto.shape[:-1], dtype=torch.float64, generator=stream)
        drawn = (upto <= (u * upto[..., -1])[..., None]).sum(dim=-1)
        if greedy.any():
            drawn[greedy] = torch.as_tensor(scores[greedy].numpy().argmax(axis=-1))
        return drawn


def _schedule(step: int, steps: int) -> float:
    """The share of the highest learning rate: up along a line, then down to zero."""
    return min((step + 1) / max(1, WARM_UP * steps), (steps - step) / (steps * (1 - WARM_UP)), 1)


def _clip(weights: list[Tensor]) -> None:
    """Shorten the gradient of every replicate on its own to the norm CLIP."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
    scale = (CLIP / norms).clamp(max=1)
    if (scale < 1).any():
        for gradient in gradients:
            gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))


def _places(before: Tensor, symbols: int) -> Tensor:
    """Row numbers in the tables of all replicates, put below each other."""
    shift = torch.arange(len(before)) * symbols
    return before + shift.view(-1, *[1] * (before.dim() - 1))


def _affine(x: Tensor, weight: Tensor, add: Tensor | None = None) -> Tensor:
    """Products (replicates, ..., a) times (replicates, a, b), each replicate its own, and `add`."""
    flat = x.flatten(1, -2)
    product = flat @ weight if add is None else torch.baddbmm(add.flatten(1, -2), flat, weight)
    return product.view(*x.shape[:-1], weight.shape[-1])


class Bigram(Network):
    """A table of logits: the next symbol depends on the last one only.

    What training finds is what counting finds: the relative frequencies of pairs of symbols.

    Parameters
    ----------
    vocabulary : int
        Number of symbols.
    **options
        As for `Network`.
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        characters: int = 400_000,
        batch: int = 64,
        learning_rate: float = 0.3,
        **options: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            characters=characters,
            batch=batch,
            learning_rate=learning_rate,
            **options,
        )

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        return {"table": normal(self.vocabulary + 1, self.vocabulary, scale=0.01)}

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        table = (w["table"] + w["bias"]).flatten(0, 1)
        return functional.embedding(_places(before, self.vocabulary + 1), table)

    def _begin(self, n: int, length: int) -> None:
        return None

    def _next(self, memory: None, last: Tensor) -> Tensor:
        return self._scores(self.weights, last)


class MLP(Network):
    """One hidden layer over a window of the last symbols.

    Parameters
    ----------
    vocabulary : int
        Number of symbols.
    window : int
        How many symbols the network sees.
    width : int
        Hidden units.
    embedding : int
        Numbers that stand for a symbol.
    **options
        As for `Network`.

    Notes
    -----
    Source: Bengio, Ducharme, Vincent and Jauvin (2003), without the direct connections.
    """

    def __init__(
        self,
        vocabulary: int,
        window: int = 4,
        width: int = 128,
        embedding: int = 16,
        *,
        characters: int = 400_000,
        batch: int = 32,
        learning_rate: float = 0.01,
        **options: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            characters=characters,
            batch=batch,
            learning_rate=learning_rate,
            **options,
        )
        self.window = _valid.integer("window", window, 1)
        self.width = _valid.integer("width", width, 1)
        self.embedding = _valid.integer("embedding", embedding, 1)

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        inputs = self.window * self.embedding
        return {
            "embedding": normal(self.vocabulary + 1, self.embedding, scale=1.0),
            "hidden": normal(inputs, self.width, scale=1 / math.sqrt(inputs)),
            "threshold": normal(1, self.width, scale=0.01),
            "out": normal(self.width, self.vocabulary, scale=0.5 / math.sqrt(self.width)),
        }

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        padding = before[:, :, :1].expand(-1, -1, self.window - 1)  # start symbols
        return self._seen(w, torch.cat([padding, before], dim=2).unfold(2, self.window, 1))

    def _seen(self, w: Weights, seen: Tensor) -> Tensor:
        """Logits after the windows `seen`, (replicates, ..., window)."""
        table = w["embedding"].flatten(0, 1)
        x = functional.embedding(_places(seen, self.vocabulary + 1), table).flatten(-2)
        return _affine(_affine(x, w["hidden"], w["threshold"]).tanh(), w["out"], w["bias"])

    def _begin(self, n: int, length: int) -> dict[str, Tensor]:
        return {"seen": torch.full((self.replicates, n, self.window), self.vocabulary)}

    def _next(self, memory: dict[str, Tensor], last: Tensor) -> Tensor:
        memory["seen"] = torch.cat([memory["seen"][:, :, 1:], last[:, :, None]], dim=2)
        return self._seen(self.weights, memory["seen"])


class GRU(Network):
    r"""A recurrent network of one layer of gated units.

    With the state :math:`h` and the symbol :math:`x`, whose rows of three tables are
    :math:`a_x`, :math:`b_x`, :math:`c_x`:

    .. math::
        r &= \sigma(a_x + h U_r), \quad z = \sigma(b_x + h U_z), \\
        m &= \tanh(c_x + r (h U_m + d)), \quad h' = (1 - z) m + z h.

    These are the equations of ``torch.nn.GRU``; a table in place of an embedding and its matrix
    saves a product.

    Parameters
    ----------
    vocabulary : int
        Number of symbols.
    width : int
        Units.
    **options
        As for `Network`.

    Notes
    -----
    Source: Cho et al. (2014), in the variant of ``torch.nn.GRU``.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int = 128,
        *,
        characters: int = 200_000,
        batch: int = 8,
        learning_rate: float = 0.03,
        **options: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            characters=characters,
            batch=batch,
            learning_rate=learning_rate,
            **options,
        )
        self.width = _valid.integer("width", width, 1)

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        symbols, h = self.vocabulary + 1, self.width
        scale = 1 / math.sqrt(3 * h)
        return {
            "gates": normal(symbols, 2 * h, scale=1.0),  # rows (a, b)
            "input": normal(symbols, h, scale=1.0),  # rows c
            "recurrent": normal(h, 3 * h, scale=scale),  # U_r, U_z, U_m
            "shift": normal(1, h, scale=0.01),  # d
            "out": normal(h, self.vocabulary, scale=scale),
        }

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        places = _places(before, self.vocabulary + 1).permute(2, 0, 1).flatten(1)
        states = _Recurrence.apply(
            places, w["gates"].flatten(0, 1), w["input"].flatten(0, 1), w["recurrent"], w["shift"]
        )
        return _affine(states.permute(1, 2, 0, 3), w["out"], w["bias"])

    def _begin(self, n: int, length: int) -> dict[str, Tensor]:
        return {"h": torch.zeros(self.replicates, n, self.width)}

    def _next(self, memory: dict[str, Tensor], last: Tensor) -> Tensor:
        w, h = self.weights, memory["h"]
        places = _places(last, self.vocabulary + 1).flatten()
        gates = w["gates"].flatten(0, 1)[places].view(*h.shape[:2], -1)
        gates.baddbmm_(h, w["recurrent"][:, :, : 2 * self.width]).sigmoid_()
        r, z = gates.split(self.width, dim=2)
        recalled = torch.baddbmm(w["shift"], h, w["recurrent"][:, :, 2 * self.width :])
        m = w["input"].flatten(0, 1)[places].view_as(h)
        memory["h"] = torch.lerp(_tanh_(m.addcmul_(r, recalled)), h, z)
        return torch.baddbmm(w["bias"], memory["h"], w["out"])


def _tanh_(x: Tensor) -> Tensor:
    """Hyperbolic tangent in place, by way of the sigmoid, which torch computes much faster."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


class _Recurrence(torch.autograd.Function):
    """States of a GRU over a sequence, with the backward pass written out.

    Automatic differentiation of the plain loop gives the same gradients and takes several times
    as long: it records twenty small operations a time step.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, places: Tensor, gates: Tensor, table: Tensor, u: Tensor, shift: Tensor
    ) -> Tensor:
        """States (length, replicates, rows, width) after the symbols at `places`."""
        length, (replicates, width) = len(places), u.shape[:2]
        rows = places.shape[1] // replicates
        h = torch.zeros(length + 1, replicates, rows, width)
        rz = torch.empty(length, replicates, rows, 2 * width)
        m = torch.empty(length, replicates, rows, width)
        q = shift.expand(replicates, rows, width).repeat(length, 1, 1, 1)
        u_rz, u_m = u[:, :, : 2 * width], u[:, :, 2 * width :]
        # Views made once: taking a slice costs as much as a small operation.
        steps = zip(
            places.unbind(),
            rz.view(length, -1, 2 * width).unbind(),
            rz.unbind(),
            rz[..., :width].unbind(),
            rz[..., width:].unbind(),
            m.view(length, -1, width).unbind(),
            m.unbind(),
            q.unbind(),
            h[:-1].unbind(),
            h[1:].unbind(),
            strict=True,
        )
        for place, rz_flat, rz_t, r, z, m_flat, m_t, q_t, h_t, h_next in steps:
            torch.index_select(gates, 0, place, out=rz_flat)
            rz_t.baddbmm_(h_t, u_rz).sigmoid_()
            q_t.baddbmm_(h_t, u_m)
            torch.index_select(table, 0, place, out=m_flat)
            _tanh_(m_t.addcmul_(r, q_t))
            torch.lerp(m_t, h_t, z, out=h_next)
        ctx.symbols = len(gates)
        ctx.save_for_backward(places, u, h, rz, m, q)
        return h[1:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients with respect to the tables and weights, back through time."""
        places, u, h, rz, m, q = ctx.saved_tensors
        length, replicates, rows, width = m.shape
        back = u.transpose(1, 2).contiguous()
        d_u = torch.zeros_like(u)
        d_shift = torch.zeros(replicates, 1, width)
        d_gates = torch.zeros(ctx.symbols, 2 * width)
        d_table = torch.zeros(ctx.symbols, width)
        # Gradients before the activations: of r, z and q side by side, and of m.
        d_rzq = torch.empty(SPAN, replicates, rows, 3 * width)
        d_m = torch.empty(SPAN, replicates, rows, width)
        d_rzq_t, d_m_t = d_rzq.unbind(), d_m.unbind()
        d_r_t, d_z_t, d_q_t = (part.unbind() for part in d_rzq.split(width, dim=3))
        arriving = gradients[0].unbind()
        d_h = arriving[-1]
        for end in range(length, 0, -SPAN):
            start = max(0, end - SPAN)
            span = slice(start, end)
            r, z = rz[span].split(width, dim=3)
            rest = torch.rsub(z, 1)
            to_z = (h[span] - m[span]).mul_(z).mul_(rest)
            to_m = rest.addcmul_(rest * m[span], m[span], value=-1)
            to_r = torch.rsub(r, 1).mul_(r).mul_(q[span])
            steps = list(
                zip(
                    r.unbind(), z.unbind(), to_z.unbind(), to_m.unbind(), to_r.unbind(), strict=True
                )
            )
            for k in range(end - start - 1, -1, -1):
                r_t, z_t, to_z_t, to_m_t, to_r_t = steps[k]
                torch.mul(d_h, to_z_t, out=d_z_t[k])
                torch.mul(d_h, to_m_t, out=d_m_t[k])
                torch.mul(d_m_t[k], r_t, out=d_q_t[k])
                torch.mul(d_m_t[k], to_r_t, out=d_r_t[k])
                t = start + k
                d_h = torch.addcmul(arriving[t - 1], d_h, z_t) if t else d_h * z_t
                d_h.baddbmm_(d_rzq_t[k], back)
            count = end - start
            by_world = d_rzq[:count].transpose(0, 1).reshape(replicates, count * rows, -1)
            before = h[span].permute(1, 3, 0, 2).reshape(replicates, width, count * rows)
            d_u.baddbmm_(before, by_world)
            d_shift += by_world[:, :, 2 * width :].sum(dim=1, keepdim=True)
            at = places[span].flatten()
            d_gates.index_add_(0, at, d_rzq[:count, ..., : 2 * width].reshape(-1, 2 * width))
            d_table.index_add_(0, at, d_m[:count].view(-1, width))
        return None, d_gates, d_table, d_u, d_shift


class Transformer(Network):
    """A small transformer: blocks of causal attention and an MLP.

    Attention falls off with distance, in each head at a rate of its own, from 2 to 1/16 nats a
    place: without such a preference a budget of a few hundred thousand characters is spent before
    the network has learnt to look at the place before. It ends at `window` places; a second layer
    sees through the first one further back.

    Parameters
    ----------
    vocabulary : int
        Number of symbols.
    width : int
        Numbers that stand for a symbol; a multiple of `heads`.
    layers, heads : int
        Number of blocks, and of attention heads in each.
    window : int
        How many places a block looks at, up to the one before the symbol that it predicts.
    **options
        As for `Network`.

    Notes
    -----
    Source: Vaswani et al. (2017); linear biases in place of positions, Press, Smith and Lewis
    (2022), here steeper, for characters; keys and values that the heads share, Shazeer (2019);
    before each part, root mean square normalisation.
    """

    rows_at_once = 2048

    def __init__(
        self,
        vocabulary: int,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        window: int = 16,
        *,
        characters: int = 200_000,
        batch: int = 8,
        learning_rate: float = 0.01,
        momentum: float = 0.6,
        **options: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            characters=characters,
            batch=batch,
            learning_rate=learning_rate,
            momentum=momentum,
            **options,
        )
        self.width = _valid.integer("width", width, 1)
        self.layers = _valid.integer("layers", layers, 1)
        self.heads = _valid.integer("heads", heads, 1)
        self.window = _valid.integer("window", window, 1)
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads = {heads}, got {width}")

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        d = self.width
        scale = 1 / math.sqrt(d)
        weights = {
            "embedding": normal(self.vocabulary + 1, d, scale=1.0),
        }
        for i in range(self.layers):
            weights[f"attend{i}"] = normal(d, d + 2 * self.width // self.heads, scale=scale)
            weights[f"gather{i}"] = normal(d, d, scale=0.2 * scale)
            weights[f"expand{i}"] = normal(d, 2 * d, scale=scale)
            weights[f"reduce{i}"] = normal(2 * d, d, scale=0.14 * scale)
        weights["out"] = normal(d, self.vocabulary, scale=0.5 * scale)
        return weights

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        x = self._embedded(w, before)
        rows, length = before.shape[0] * before.shape[1], before.shape[2]
        place = torch.arange(length)
        bias = self._bias(place[:, None] - place).flatten(0, 1)
        for i in range(self.layers):
            query, key, value = self._attending(w, i, x, rows)
            x = _block(w, i, x, _attend(query, key, value, bias))
        return _affine(_norm(x), w["out"], w["bias"])

    def _embedded(self, w: Weights, symbols: Tensor) -> Tensor:
        table = w["embedding"].flatten(0, 1)
        return functional.embedding(_places(symbols, self.vocabulary + 1), table)

    def _bias(self, distance: Tensor) -> Tensor:
        """What is added to the scores of attention, (..., heads, places): nothing looks ahead."""
        slopes = torch.tensor(np.geomspace(2, 1 / 16, self.heads), dtype=torch.float32)
        hidden = (distance < 0) | (distance >= self.window)
        fall = -slopes[:, None] * distance[..., None, :]
        return fall.masked_fill(hidden[..., None, :], -torch.inf)

    def _attending(self, w: Weights, i: int, x: Tensor, rows: int) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (rows, length * heads, each), keys and values (rows, length, each)."""
        each = self.width // self.heads
        parts = _affine(_norm(x), w[f"attend{i}"]).view(rows, -1, self.width + 2 * each)
        query, key, value = parts.split([self.width, each, each], dim=-1)
        return query.reshape(rows, -1, each), key, value

    def _begin(self, n: int, length: int) -> dict[str, Any]:
        shape = (self.layers, self.replicates * n, length, self.width // self.heads)
        near = self._bias(torch.arange(self.window - 1, -1, -1))
        return {"keys": torch.empty(shape), "values": torch.empty(shape), "near": near, "place": 0}

    def _next(self, memory: dict[str, Any], last: Tensor) -> Tensor:
        w, end = self.weights, memory["place"] + 1
        memory["place"] = end
        seen = slice(max(0, end - self.window), end)
        bias = memory["near"][:, -end:]
        x = self._embedded(w, last)
        for i in range(self.layers):
            query, key, value = self._attending(w, i, x, last.numel())
            keys, values = memory["keys"][i], memory["values"][i]
            keys[:, end - 1], values[:, end - 1] = key[:, 0], value[:, 0]
            x = _block(w, i, x, _attend(query, keys[:, seen], values[:, seen], bias))
        return _affine(_norm(x), w["out"], w["bias"])


def _block(w: Weights, i: int, x: Tensor, mixed: Tensor) -> Tensor:
    """A block after its attention: `x` and what is added to it, (replicates, ..., width)."""
    x = _affine(mixed.reshape(x.shape), w[f"gather{i}"], x)
    return _affine(_affine(_norm(x), w[f"expand{i}"]).relu(), w[f"reduce{i}"], x)


def _attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """Values (rows, places, each), averaged by how well their keys fit each query."""
    scale = query.shape[-1] ** -0.5
    scores = torch.baddbmm(bias, query, key.transpose(1, 2), alpha=scale)
    return scores.softmax(dim=-1) @ value


def _norm(x: Tensor) -> Tensor:
    return functional.rms_norm(x, x.shape[-1:])
