"""Marks and labels: how strong a watermark is, what copies keep of it, what a label is worth.

A symbol of a watermarked text carries a *score*, whose mean tells marked text from other text; see
`marks`. A *label* says of a text whether a machine wrote it, and may be wrong. What a filter by
labels leaves is `filtering.kept_share`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def green_share(green: ArrayLike, delta: float) -> Array:
    """Probability that a symbol is green if the log odds are raised: e^d G / (1 + (e^d - 1) G).

    Parameters
    ----------
    green : array_like
        G, how probable green symbols are together without the mark.
    delta : float
        d, what is added to the log odds of each of them.

    Notes
    -----
    Source: Kirchenbauer et al. (2023), by the definition of the mark.
    Validity: exact for one symbol, given which symbols are green.
    """
    share = _common.unit("green", green)
    odds = np.exp(_valid.number("delta", delta))
    return np.asarray(odds * share / (1 + (odds - 1) * share))


def gumbel_score(p: ArrayLike) -> Array:
    """Mean score -log(1 - u) of a symbol under the Gumbel mark: sum p_i H(1 / p_i).

    H(x) = digamma(x + 1) + gamma is the harmonic number. It is 1, as without the mark, if one
    symbol is sure, and the k-th harmonic number if k are equally probable.

    Parameters
    ----------
    p : array_like, shape (..., symbols)

    Notes
    -----
    Source: derived for this course. The largest u_i^(1 / p_i) = M is uniform and independent of
    which one it is, so that the winner's u is M^p_i, and the mean of -log(1 - M^p) is H(1 / p).
    Validity: exact over all keys, where the context has not come before under the same key.
    """
    p = _valid.probabilities("p", p)
    x = 1 / np.where(p > 0, p, 1.0)
    return np.asarray((p * (special.digamma(x + 1) + np.euler_gamma)).sum(axis=-1))


def tournament_share(p: ArrayLike) -> Array:
    """Probability that the winner of one match of two draws has the coin 1: 1/2 + (1 - S) / 4.

    S = sum p_i^2 is the probability that both draws are the same symbol.

    Parameters
    ----------
    p : array_like, shape (..., symbols)

    Notes
    -----
    Source: as in Dathathri et al. (2024); in this form derived for this course.
    Validity: exact over all keys, for the first layer of the tournament.
    """
    p = _valid.probabilities("p", p)
    return np.asarray(0.5 + (1 - (p**2).sum(axis=-1)) / 4)


def symbols_needed(
    green: float, gamma: float = 0.5, share: ArrayLike = 1.0, z: float = 4.0
) -> Array:
    """Symbols until the mean z of a green list is `z`: z^2 gamma (1 - gamma) / (r (g - gamma))^2.

    Parameters
    ----------
    green : float
        g, share of green symbols in marked text, above `gamma`.
    gamma : float
        The same in unmarked text, above 0.
    share : array_like
        r, which part of the excess g - gamma the text has, above 0: the marked share of what a
        student has read, if it copies symbol by symbol.
    z : float
        Standard errors above chance.

    Notes
    -----
    Source: from the z test of Kirchenbauer et al. (2023); in this form derived for this course.
    Validity: pairs of context and symbol that do not repeat.
    """
    g, gamma = _valid.fraction("green", green), _valid.fraction("gamma", gamma)
    r = _common.unit("share", share)
    if not 0 < gamma < g:
        raise ValueError(f"gamma must be above 0 and below green, got {gamma} and {green}")
    if not (r > 0).all():
        raise ValueError(f"share must be above 0: nothing is ever found otherwise, got {share!r}")
    return np.asarray(_valid.number("z", z, 0) ** 2 * gamma * (1 - gamma) / (r * (g - gamma)) ** 2)


def marked_again(gamma: float, delta: float, t: ArrayLike, fraction: float = 0.0) -> Array:
    """Share of green symbols in text t, if every model learns exactly and marks with one key.

    Each model reads x = a gamma + (1 - a) g, with g of the last text, and raises the log odds of
    green symbols by delta. Without people, log odds grow by delta in each text:
    g_t = 1 / (1 + (1 - gamma) / gamma e^(-t delta)).

    Parameters
    ----------
    gamma : float
        Share of green symbols in people's text, and in text 0.
    delta : float
        At least 0.
    t : array_like of int
        Number of the text.
    fraction : float
        a, share of people's text in what each model reads.

    Notes
    -----
    Source: derived for this course. It is sharpening of the key's favourites.
    Validity: endless text, context and green list as if the same at every place.
    """
    gamma, a = _valid.fraction("gamma", gamma), _valid.fraction("fraction", fraction)
    delta, t = _valid.number("delta", delta, 0), _common.fits(t)
    path = [gamma]
    for _ in range(int(t.max(initial=0))):
        path.append(float(green_share(a * gamma + (1 - a) * path[-1], delta)))
    return np.array(path)[t]


def before_it_repeats(k: int) -> float:
    """Mean number of distinct places on a random walk without chance: sum k! / ((k - j)! k^j).

    Each of k contexts is followed by a fixed one, drawn at random. From any of them the walk
    comes back to a place where it was, and repeats itself for ever. About sqrt(pi k / 2) - 1/3.

    Source: Knuth's function Q, for random maps.
    Validity: exact for a uniform random map.
    """
    k = _valid.integer("k", k, 1)
    return float(np.cumprod(1 - np.arange(k) / k).sum())


def left_after_edits(rate: ArrayLike, window: int) -> Array:
    """Part of a mark's excess that is left when symbols are replaced: (1 - r)^(window + 1).

    A symbol counts as before only if it and the `window` ones before it are untouched.

    Parameters
    ----------
    rate : array_like
        r, share of symbols that are *changed*, each independently.
    window : int
        Symbols of context that the mark reads.

    Notes
    -----
    Source: counting; derived for this course.
    Validity: windows so long that a changed context or symbol has not the old number by chance.
    """
    return np.asarray((1 - _common.unit("rate", rate)) ** (_valid.integer("window", window, 1) + 1))


def label_worth(human: float, missed: ArrayLike, accused: float) -> Array:
    """Worth of one labelled text, in human ones known to be human: E[r^2].

    r is the probability that the text is human, given its label. With perfect labels it is the
    human share a, without any a^2.

    Parameters
    ----------
    human : float
        a, share of human text.
    missed : array_like
        Share of the machine's texts that are not flagged.
    accused : float
        Share of people's texts that are flagged.

    Notes
    -----
    Source: the quantity of Kanabar and Gastpar (2025); in this form derived for this course.
    X - (1 - r) m is unbiased for r p, with m the machine's known mean, so each text informs about
    people's mean p with the weight r^2.
    Validity: many texts; a machine whose mean is known and still near people's.
    """
    a, phi = _valid.fraction("human", human), _valid.fraction("accused", accused)
    b = _common.unit("missed", missed)
    worth = np.zeros_like(b)
    for people, machine in ((1 - phi, b), (phi, 1 - b)):
        seen = a * people + (1 - a) * machine
        worth = worth + np.divide(
            (a * people) ** 2, seen, out=np.zeros_like(b), where=np.asarray(seen > 0)
        )
    return np.asarray(worth)
