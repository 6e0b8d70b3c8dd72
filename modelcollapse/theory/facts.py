"""Facts that a text states again and again, copied from text to text.

``t`` counts texts: text 1 is the first that a model writes, and text 0 is people's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common
from modelcollapse.theory.categories import g


def first_errors(p: ArrayLike, statements: int, stating: float) -> Array:
    """Expected share of false statements in text 1: (1 - s) sum p_i (1 - p_i)^N.

    Countries are mentioned with the shares p; of the sentences a share s states a fact, N of them
    in all, and each truly. The model mentions what it has read as often as it has read it, and
    guesses, always wrongly, where nothing was stated.

    Parameters
    ----------
    p : array_like, shape (..., facts)
        How often each is mentioned, as shares.
    statements : int
        N.
    stating : float
        s, below 1.

    Notes
    -----
    Source: derived for this course from `categories.missing_mass`: given that a fact was never
    stated, only the share 1 - s of its sentences is left to mention it. In the spirit of Kalai and
    Vempala (2024).
    Validity: exact as a mean over texts, for a model that answers by counts; not text by text.
    """
    p = _valid.probabilities("p", p)
    n = _valid.integer("statements", statements, 1)
    return (1 - _valid.fraction("stating", stating)) * (p * (1 - p) ** n).sum(axis=-1)


def still_stated(t: ArrayLike, mentions: ArrayLike, stating: float) -> Array:
    """Probability that a fact is stated in every text from 1 to t.

    A chain with two types of sentence. A text that mentions a country m times is followed by one
    that mentions it a Poisson number of times with mean m, and each mention states the fact with
    the probability s. The fact is lost in the first text that does not state it, though the
    country may still be mentioned.

    Parameters
    ----------
    t : array_like of int
        Number of the text; 0 is people's, which states the fact.
    mentions : array_like of int
        How often people's text mentions the country, in all its sentences.
    stating : float
        s.

    Returns
    -------
    ndarray
        The shapes of `t` and `mentions` put side by side: t first.

    Notes
    -----
    Source: derived for this course; the exact Poisson chain, counts cut off where they no longer
    matter. With s = 1 it is `categories.survival` of the count.
    Validity: facts that are a small part of the text; a grammar that keeps s.
    """
    t = _common.fits(t)
    m = _valid.integers("mentions", mentions, 0)
    s = _valid.fraction("stating", stating)
    top = int(m.max(initial=0))
    steps = int(t.max(initial=0))
    size = int(top + 12 * np.sqrt((top + 1) * (steps + 1)) + 30)
    counts = np.arange(size)
    # Probability of j mentions after i, one of them at least with the fact.
    mean = counts[:, None]
    poisson = np.exp(special.xlogy(counts, mean) - special.gammaln(counts + 1) - mean)
    onward = poisson * (1 - (1 - s) ** counts)
    beyond = special.pdtrc(size - 1, counts)  # so often mentioned that it is safe
    left = np.ones((steps + 1, size))
    for step in range(steps):
        left[step + 1] = onward @ left[step] + beyond
    return left[t][..., m]


def asked_accuracy(
    t: ArrayLike, mentions: ArrayLike, answers: int, looked_up: float = 0.0
) -> Array:
    """Expected accuracy on a question that every text answers Poisson(c) times.

    Each answer is looked up in a true source with the probability g, and otherwise copied from
    the model: x_{t} = q (g + (1 - g) x_{t-1}) + (1 - q) / V with q = 1 - exp(-c), x_0 = 1. With
    g = 0 it is 1 / V + (1 - 1 / V) q^t.

    Parameters
    ----------
    t : array_like of int
        Number of the text that the model has not yet written: after t texts.
    mentions : array_like
        c.
    answers : int
        V, among which a model guesses that has read none.
    looked_up : float
        g.

    Notes
    -----
    Source: derived for this course.
    Validity: exact, for a model that answers with the shares that it has read.
    """
    t, q, v, looked = _common.fits(t), *_asked(mentions, answers, looked_up)
    settled = (q * looked + (1 - q) / v) / (1 - q * (1 - looked))
    return settled + (1 - settled) * (q * (1 - looked)) ** t


def asked_settled(mentions: ArrayLike, answers: int, looked_up: float) -> Array:
    """Where `asked_accuracy` comes to rest: (q g + (1 - q) / V) / (1 - q (1 - g)).

    Source, validity: as `asked_accuracy`.
    """
    q, v, looked = _asked(mentions, answers, looked_up)
    return (q * looked + (1 - q) / v) / (1 - q * (1 - looked))


def _asked(mentions: ArrayLike, answers: int, looked_up: float) -> tuple[Array, int, float]:
    c = np.asarray(mentions, float)
    if not (np.isfinite(c) & (c > 0)).all():
        raise ValueError(f"mentions must be finite and above 0, got {mentions!r}")
    v = _valid.integer("answers", answers, 1)
    return -np.expm1(-c), v, _valid.fraction("looked_up", looked_up)


def count_if_asked(t: ArrayLike) -> Array:
    """Mentions a text that leave half of a fact after t texts, where it is asked for in each.

    c with (1 - exp(-c))^t = 1/2: -log(1 - 2^(-1 / t)), about log(t / log 2).

    Source: derived for this course.
    Validity: exact for Poisson mentions, many possible answers.
    """
    return -np.log(-np.expm1(-np.log(2) / _common.fits(t, 1)))


def count_if_free(t: ArrayLike) -> Array:
    """Mentions in people's text that leave half of a fact after t texts that run freely.

    c with exp(-c g_t) = 1/2: log(2) / g_t, about t log(2) / 2.

    Source: derived for this course from Suresh, Thangaraj and Khandavally (2025), theorem 2.
    Validity: as `categories.survival`.
    """
    return np.log(2) / g(t)


def polluted_store(t: ArrayLike, human: int, made: int, slip: float) -> Array:
    """Expected share of true documents in a store that grows by its own copies.

    `human` true documents; each of t rounds adds `made` more, each a copy of a document picked at
    random, and a copy of a true one is false with the probability `slip`. The product over rounds
    of 1 - slip made / (N_j + made), N_j documents before round j; it falls like the size of the
    store to the power -slip.

    Source: derived for this course.
    Validity: exact; nothing false becomes true.
    """
    t = _common.fits(t)
    a, m = _valid.integer("human", human, 1), _valid.integer("made", made, 1)
    e = _valid.fraction("slip", slip)
    k = a / m
    logs = special.gammaln(k + t + 1 - e) - special.gammaln(k + t + 1)
    return np.exp(logs + special.gammaln(k + 1) - special.gammaln(k + 1 - e))


def urn_variance(t: ArrayLike, start: int) -> Array:
    """Variance, in units of p (1 - p), of an answer's share in a store that keeps every answer.

    The store begins with `start` passages, a share p of which gives the answer. A passage is
    picked at random, its answer is given and stored, t times: t / ((start + t) (start + 1)).

    Source: Eggenberger and Polya (1923), the urn named after the second.
    Validity: exact. The mean stays p.
    """
    t, a = _common.fits(t), _valid.integer("start", start, 1)
    return t / ((a + t) * (a + 1.0))


def prompt_variance(t: ArrayLike, n: int, weights: float) -> Array:
    """Variance, in units of p (1 - p), of an answer's share in a prompt that is rewritten.

    A prompt holds n answers. Each of the next n is drawn from the model's own weights, where the
    answer has the share p, with the probability `weights`, and is otherwise the answer of a place
    of the prompt picked at random. The first prompt is drawn from the weights alone:
    u_1 = 1 / n, u_{t+1} = (1 - w)^2 (1 - 1 / n) u_t + 1 / n.

    Source: derived for this course; for w = 0 the drift of Wright (1931) and Fisher (1930).
    Validity: exact. The mean stays p.
    """
    t, n = _common.fits(t, 1), _valid.integer("n", n, 1)
    w = _valid.fraction("weights", weights)
    factor = (1 - w) ** 2 * (1 - 1 / n)
    return (1 - factor**t) / (n * (1 - factor))
