"""Closed forms for the recursion, each with its source and its range of validity.

``t`` counts fits, may be an array, and starts at 1, the fit to real data; ``t = 0`` is the truth.
Formulas for normal distributions are in units of the true variance (sigma^2 = 1) and take the
true mean as 0. "Replace" is the regime in which each generation trains on n samples of the last.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.models import ESTIMATORS

SUMMARIES = ("mean", "median", "sd")
INPUTS = ("reused", "fresh")

# --- A normal distribution, replace -------------------------------------------------------------


def c4(n: int) -> float:
    """E[s] / sigma for the standard deviation s (divisor n - 1) of n normal samples.

    Source: the mean of the chi distribution; quality control calls the constant c4.
    Validity: exact, n >= 2. Close to exp(-1 / (4 (n - 1))).
    """
    n = _valid.integer("n", n, 2)
    return float(
        np.sqrt(2 / (n - 1)) * np.exp(special.gammaln(n / 2) - special.gammaln((n - 1) / 2))
    )


def gaussian_mean_variance(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[v_t], the mean over replicates of the fitted variance.

    Source: derived for this course from E[chi2_{n-1}] = n - 1; the unbiased case is the
    martingale of Alemohammad et al. (2024).
    Validity: exact, n >= 2. With "unbiased" v_t is heavy-tailed: at large t, the mean of any
    feasible number of runs lies far below it.
    """
    return (_variance_factor(n, estimator)) ** _fits(t)


def gaussian_mean_sd(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[sqrt(v_t)], the mean over replicates of the fitted standard deviation.

    Source: Bertrand et al. (2024) for the unbiased estimator; the other follows.
    Validity: exact, n >= 2.
    """
    return (c4(n) * np.sqrt(_variance_factor(n, estimator))) ** _fits(t)


def gaussian_mean_log_variance(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[log v_t]; close to -2 t / n ("mle") or -t / (n - 1) ("unbiased").

    Source: derived for this course from E[log chi2_k] = psi(k / 2) + log 2.
    Validity: exact, n >= 2.
    """
    return _fits(t) * _log_drift(n, estimator)


def gaussian_var_log_variance(t: ArrayLike, n: int) -> Array:
    """Var[log v_t], the same for both estimators.

    Source: derived for this course from Var[log chi2_k] = psi_1(k / 2).
    Validity: exact, n >= 2.
    """
    n = _valid.integer("n", n, 2)
    return _fits(t) * special.polygamma(1, (n - 1) / 2)


def gaussian_median_variance(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """Median over replicates of v_t, approximately.

    log v_t is a sum of t independent log chi2 variables; its median is taken as its mean less
    skewness * sd / 6 (Cornish and Fisher), with exact mean, variance and third cumulant. The
    last term does not grow with t.

    Source: derived for this course.
    Validity: approximate, t >= 1. The error in log v_t is largest at t = 1: 0.002 at n = 10,
    0.0002 at n = 30.
    """
    n = _valid.integer("n", n, 2)
    k = (n - 1) / 2
    shift = -special.polygamma(2, k) / (6 * special.polygamma(1, k))
    return np.exp(_fits(t, 1) * _log_drift(n, estimator) + shift)


def gaussian_mean_squared_mean(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[mu_t^2], the mean squared error of the fitted mean.

    Source: the sum of E[v_s] / n over s < t; Shumailov et al. (2024) have t / n.
    Validity: exact, n >= 2. With "unbiased" heavy-tailed, as `gaussian_mean_variance` is.
    """
    t = _fits(t)
    return 1 - _variance_factor(n, estimator) ** t if _mle(estimator) else t / n


def gaussian_fresh_sample_variance(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """Variance about the true mean of one sample drawn from generation t: E[v_t] + E[mu_t^2].

    With "mle" it is 1 for ever: what the runs lose inside, they gain between them.

    Source: the law of total variance; Shumailov et al. (2024) have 1 + t / n.
    Validity: exact, n >= 2.
    """
    return gaussian_mean_variance(t, n, estimator) + gaussian_mean_squared_mean(t, n, estimator)


def gaussian_mean_w2_squared(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[W2^2], the mean squared 2-Wasserstein distance of the fit from the truth.

    W2^2 = mu^2 + (sqrt(v) - 1)^2, hence E[v] + E[mu^2] + 1 - 2 E[sqrt(v)]. Tends to 2 with "mle";
    grows as t / n with "unbiased".

    Source: derived for this course; 1.5 t / n, its first order, is in Shumailov et al. (2024).
    Validity: exact, n >= 2. With "unbiased" heavy-tailed, as `gaussian_mean_variance` is.
    """
    return (
        gaussian_fresh_sample_variance(t, n, estimator) + 1 - 2 * gaussian_mean_sd(t, n, estimator)
    )


def gaussian_half_life(n: int, estimator: str = "mle", summary: str = "mean") -> float:
    """Number of fits, not rounded, at which a summary of the runs has halved.

    Parameters
    ----------
    n : int
        Sample size.
    estimator : {"mle", "unbiased"}
        Divisor n or n - 1.
    summary : {"mean", "median", "sd"}
        E[v_t], the median of v_t, or E[sqrt(v_t)]. The first never halves with "unbiased": inf.

    Notes
    -----
    Source: derived for this course.
    Validity: exact for "mean" and "sd"; as `gaussian_median_variance` for "median".
    """
    summary = _valid.one_of("summary", summary, SUMMARIES)
    if summary == "median":
        at_one = np.log(gaussian_median_variance(1, n, estimator))
        drift = _log_drift(n, estimator)
        return float(1 + (np.log(0.5) - at_one) / drift)
    of = gaussian_mean_variance if summary == "mean" else gaussian_mean_sd
    factor = float(of(1, n, estimator))
    return float(np.log(0.5) / np.log(factor)) if factor < 1 else np.inf


def gaussian_log_det_drift(n: int, d: int, estimator: str = "mle") -> float:
    """E[log det covariance] gained a generation, in d dimensions; it is negative.

    Source: the determinant of a Wishart matrix is a product of independent chi2_{n-i},
    i = 1 to d; derived for this course from that.
    Validity: exact, n > d. Where n <= d the determinant is 0 from the first fit on.
    """
    n, d = _valid.integer("n", n, 2), _valid.integer("d", d, 1)
    if n <= d:
        raise ValueError(f"n must be greater than d = {d}, or the determinant is 0, got {n}")
    divisor = n if _mle(estimator) else n - 1
    i = np.arange(1, d + 1)
    return float((special.digamma((n - i) / 2) + np.log(2 / divisor)).sum())


# --- Other one-parameter families, replace ------------------------------------------------------


def exponential_log_mean_drift(n: int) -> float:
    """E[log mean] gained a generation by an exponential distribution; close to -1 / (2 n).

    The fitted mean is the sample mean: unbiased, and the maximum-likelihood estimate.

    Source: derived for this course from E[log Gamma(n)] = psi(n).
    Validity: exact, n >= 1.
    """
    n = _valid.integer("n", n, 1)
    return float(special.digamma(n) - np.log(n))


def uniform_mle_mean(t: ArrayLike, n: int) -> Array:
    """E[theta_t] / theta for Uniform(0, theta) fitted by the sample maximum.

    Source: derived for this course from E[max] = theta n / (n + 1).
    Validity: exact, n >= 1.
    """
    n = _valid.integer("n", n, 1)
    return (n / (n + 1)) ** _fits(t)


def uniform_umvue_log_drift(n: int) -> float:
    """E[log theta] gained a generation with the unbiased (n + 1) / n max; close to -1 / (2 n^2).

    Source: derived for this course from E[log(max / theta)] = -1 / n.
    Validity: exact, n >= 1.
    """
    n = _valid.integer("n", n, 1)
    return float(np.log1p(1 / n) - 1 / n)


# --- Accumulate ---------------------------------------------------------------------------------


def accumulate_variance(t: ArrayLike, n: int) -> Array:
    """E[v_t] when all batches are kept: the product of 1 - 1 / (n k^2), k = 1 to t.

    For the maximum-likelihood variance of a normal distribution, and equally for the
    heterozygosity of categories as a share of the true one. The mean squared error of the
    fitted mean is 1 minus it.

    Source: derived for this course, from E[v_{t+1} | v_t] = v_t (1 - 1 / (n (t + 1)^2)); Kazdan
    et al. (2024) study the same loop.
    Validity: exact, n >= 2.
    """
    x = 1 / np.sqrt(_valid.integer("n", n, 2))
    t = _fits(t)
    log_product = (
        special.gammaln(t + 1 - x) + special.gammaln(t + 1 + x) - 2 * special.gammaln(t + 1)
    )
    return np.exp(log_product) * np.sinc(x)


def accumulate_limit(n: int) -> float:
    """Limit of `accumulate_variance`: sin(pi / sqrt(n)) / (pi / sqrt(n)).

    Source: Euler's product for the sine.
    Validity: exact, n >= 2.
    """
    return float(np.sinc(1 / np.sqrt(_valid.integer("n", n, 2))))


def accumulate_inflation(n: int) -> float:
    """Final mean squared error of the mean under accumulate, in units of the first fit's, 1 / n.

    Source: n (1 - accumulate_limit(n)); tends to pi^2 / 6 from below. Gerstgrasser et al. (2024)
    have the bound for regression, Dey and Donoho (2024) for exponential families.
    Validity: exact, n >= 2.
    """
    return n * (1 - accumulate_limit(n))


def subsample_mean_error(t: ArrayLike, n: int, of: str = "model") -> Array:
    """E[(P_t - p)^2] / (p (1 - p)) under accumulate-subsample, for a category of probability p.

    Parameters
    ----------
    t : array_like of int
        Number of fits.
    n : int
        Rows a batch, and rows that a model trains on.
    of : {"model", "pool"}
        P_t as the frequency in the n rows trained on, or in the pool of all t n rows.

    Notes
    -----
    Source: derived for this course: with N = t n, the pool's relative heterozygosity obeys
    h_{t+1} = h_t (1 - c_t / (t + 1)^2), c_t = 1/n + (1 - 1/n) (1/n) (N - n) / (N - 1).
    Validity: exact, n >= 2. For large n and t it tends to pi^2 / 2 - 3 = 1.93 (pool) and
    pi^2 / 2 - 2 = 2.93 (model) times the first fit's 1 / n.
    """
    n = _valid.integer("n", n, 2)
    of = _valid.one_of("of", of, ("model", "pool"))
    t = _fits(t, 1)
    s = np.arange(1, int(t.max()) + 1)
    spread = (s * n - n) / (s * n - 1) / n  # sampling n of s n without replacement
    c = 1 / n + (1 - 1 / n) * spread
    h = np.cumprod(np.concatenate([[1 - 1 / n], 1 - c[:-1] / s[1:] ** 2]))
    return (1 - h + (h * spread if of == "model" else 0))[t - 1]


# --- Linear regression ---------------------------------------------------------------------------


def regression_replace_error(
    t: ArrayLike, n: int, d: int, sigma2: float = 1.0, omitted: float = 0.0
) -> Array:
    """E[(x . (w_t - w))^2] for least squares refitted to n new labels of the last fit.

    The mean squared error of the prediction at a new input, without the noise of the label:
    u + (t sigma2 + u) d / (n - d - 1), with u the variance that the family leaves out.

    Parameters
    ----------
    t : array_like of int
        Number of fits.
    n : int
        Rows a fit, with normal inputs of any covariance; new inputs each time or the same ones.
    d : int
        Weights that are fitted; no intercept.
    sigma2 : float
        Variance of the noise on every label, real or made by a model.
    omitted : float
        Variance of that part of the true function that no weight can represent, its inputs being
        normal and independent of those that are fitted.

    Notes
    -----
    Source: Dohmatob et al. (2024, regression) and Gerstgrasser et al. (2024), theorem 2, for
    omitted = 0; the rest derived for this course.
    Validity: exact, n >= d + 2.
    """
    sigma2, omitted = _valid.number("sigma2", sigma2, 0), _valid.number("omitted", omitted, 0)
    return omitted + (_fits(t, 1) * sigma2 + omitted) * d * _per_weight(n, d)


def regression_accumulate_error(
    t: ArrayLike, n: int, d: int, sigma2: float = 1.0, inputs: str = "reused"
) -> Array:
    """E[(x . (w_t - w))^2] for least squares refitted to all labels so far, n new ones a fit.

    Parameters
    ----------
    t, n, d, sigma2
        As in `regression_replace_error`.
    inputs : {"reused", "fresh"}
        Whether every model labels the n inputs of the first sample again, or n new ones. The
        error is the sum over i <= t of sigma2 d / (i^2 (n - d - 1)), or of
        sigma2 d / (i (i n - d - 1)), which is less.

    Notes
    -----
    Source: Gerstgrasser et al. (2024), theorem 2, for "reused"; derived for this course for
    "fresh".
    Validity: exact, n >= d + 2, normal inputs of any covariance, no intercept.
    """
    inputs = _valid.one_of("inputs", inputs, INPUTS)
    _per_weight(n, d)
    t = _fits(t, 1)
    i = np.arange(1, int(t.max()) + 1)
    steps = 1 / (i**2 * (n - d - 1)) if inputs == "reused" else 1 / (i * (i * n - d - 1))
    return _valid.number("sigma2", sigma2, 0) * d * np.cumsum(steps)[t - 1]


def regression_accumulate_limit(
    n: int, d: int, sigma2: float = 1.0, inputs: str = "reused"
) -> float:
    """Limit of `regression_accumulate_error` for t to infinity.

    ``"reused"``: pi^2 / 6 times the first fit's error. ``"fresh"``: sigma2 d / (d + 1) times
    (-gamma - psi(1 - (d + 1) / n)), which is less.

    Source: Gerstgrasser et al. (2024) for "reused"; derived for this course for "fresh".
    Validity: as `regression_accumulate_error`.
    """
    sigma2 = _valid.number("sigma2", sigma2, 0)
    first = sigma2 * d * _per_weight(n, d)
    if _valid.one_of("inputs", inputs, INPUTS) == "reused":
        return float(first * np.pi**2 / 6)
    return float(-sigma2 * d / (d + 1) * (np.euler_gamma + special.digamma(1 - (d + 1) / n)))


def descent_factor(eigenvalue: ArrayLike, steps: int, rate: float) -> Array:
    """Share of a weight that gradient descent from zero learns: 1 - (1 - rate * eigenvalue)^steps.

    For least squares, along a direction in which the inputs have the variance `eigenvalue`. Each
    generation that starts from zero multiplies the weight by it once more.

    Source: the gradient of a quadratic; its power over generations as in this course.
    Validity: exact with exact expectations; every rate * eigenvalue from 0 to 2, or it diverges.
    """
    rate, steps = _valid.number("rate", rate, 0), _valid.integer("steps", steps, 0)
    speed = rate * np.asarray(eigenvalue, float)
    if not ((speed >= 0) & (speed <= 2)).all():
        raise ValueError(f"rate * eigenvalue must be from 0 to 2, got {speed!r}")
    return 1 - (1 - speed) ** steps


# --- Real data in every batch -------------------------------------------------------------------


def fresh_variance(n: int, fraction: float, t: ArrayLike | None = None) -> Array:
    """E[v_t] with fresh real rows in every batch, maximum likelihood: 1 - `fresh_mean_error`.

    Source, validity: as `fresh_mean_error`.
    """
    return 1 - fresh_mean_error(n, fraction, t)


def fresh_mean_error(n: int, fraction: float, t: ArrayLike | None = None) -> Array:
    """E[mu_t^2] where each batch of n has a share of fresh real rows, the rest from the last model.

    Without `t` the stationary value 1 / D, with D = 1 - a + a n (2 - a), a the fraction. It is
    approached from 1 / n at the rate (1 - a) (1 - a - 1 / n) a generation.

    Source: derived for this course; the stationary loop is that of Alemohammad et al. (2024).
    Validity: exact where fraction * n is whole and generation 1 fits n real rows; n >= 2.
    """
    n, a = _valid.integer("n", n, 2), _valid.fraction("fraction", fraction)
    stationary = np.asarray(1 / _real_share(n, a))
    if t is None:
        return stationary
    return stationary + (1 / n - stationary) * ((1 - a) * (1 - a - 1 / n)) ** (_fits(t, 1) - 1)


def fixed_variance(n: int, fraction: float) -> float:
    """Stationary E[v], in units of the frozen sample's variance, with fixed real rows.

    The frozen sample is the fraction * n real rows that every batch holds; its variance is taken
    with their number as the divisor. Equal to 1 - `fixed_mean_error`.

    Source, validity: as `fixed_mean_error`.
    """
    return 1 - fixed_mean_error(n, fraction)


def fixed_mean_error(n: int, fraction: float) -> float:
    """Stationary E[(mu - m)^2], in units of the frozen sample's variance; m is its mean.

    (1 - a) / D, with D = 1 - a + a n (2 - a), a the fraction.

    Source: derived for this course.
    Validity: exact given the frozen sample, for t large; fraction * n whole, fraction > 0.
    """
    n, a = _valid.integer("n", n, 2), _valid.fraction("fraction", fraction)
    if a == 0:
        raise ValueError(f"fraction must be above 0: nothing is fixed otherwise, got {fraction}")
    return (1 - a) / _real_share(n, a)


def accumulate_fresh_mean_error(t: ArrayLike, n: int, fraction: float) -> Array:
    """E[mu_t^2] when all batches are kept and each holds a share of fresh real rows.

    The mean is that of the whole pool. For a category, in units of p (1 - p). It obeys
    e_{t+1} = (((t + 1 - a)^2 - (1 - a) / n) e_t + 1 / n) / (t + 1)^2, e_1 = 1 / n, with a the
    fraction; for a = 0, 1 - `accumulate_variance`.

    Source: derived for this course.
    Validity: exact where fraction * n is whole; n >= 2.
    """
    n, a = _valid.integer("n", n, 2), _valid.fraction("fraction", fraction)
    t = _fits(t, 1)
    e = np.empty(int(t.max()))
    e[0] = 1 / n
    for s in range(2, len(e) + 1):
        e[s - 1] = (((s - a) ** 2 - (1 - a) / n) * e[s - 2] + 1 / n) / s**2
    return e[t - 1]


def accumulate_fresh_exponent(fraction: float) -> float:
    """The power of 1 / t at which `accumulate_fresh_mean_error` falls: min(1, 2 a).

    Source: derived for this course.
    Validity: asymptotic, t large, 0 < a <= 1; at a = 1/2 with a factor log t.
    """
    a = _valid.fraction("fraction", fraction)
    if a == 0:
        raise ValueError(f"fraction must be above 0: the error stays otherwise, got {fraction}")
    return min(1.0, 2 * a)


def demixed_mean_error(t: ArrayLike, n: int, fraction: float) -> Array:
    """Error of the mean in the same loop when each batch is de-mixed first, in true variances.

    A batch with mean b, made with the last estimate m, gives (b - (1 - a) m) / a, which is
    unbiased; estimates are weighted by their precision, a^2 for every batch after the first:
    1 / (n (1 + a^2 (t - 1))).

    Source: derived for this course; Kanabar and Gastpar (2026) find the same a^2 n.
    Validity: exact where the variance of a sample does not depend on the mean (normal, known
    variance); to leading order in 1 / n for categories.
    """
    n, a = _valid.integer("n", n, 2), _valid.fraction("fraction", fraction)
    return 1 / (n * (1 + a**2 * (_fits(t, 1) - 1)))


def golden_weight(ratio: float) -> float:
    """Best weight of the real part when a fit averages fresh real and synthetic estimates.

    Each generation has n fresh real rows and ratio * n rows of the last model. The weight w
    solves ratio w^2 + w = 1; ratio 1 gives 0.618, one over the golden ratio. The stationary
    mean squared error is then w / n in units of the variance.

    Source: He, Xu and Cheng (2026); derived again for this course.
    Validity: leading order in 1 / n; exact for a mean with known variance.
    """
    ratio = _valid.number("ratio", ratio, 0)
    return float(2 / (1 + np.sqrt(1 + 4 * ratio)))


# --- Kernel density estimate, replace -----------------------------------------------------------


def kernel_variance(t: ArrayLike, n: int, bandwidth: float) -> Array:
    """E of the sample variance (divisor n) that fit t of a kernel density estimate trains on.

    Each sample adds the kernel's variance, so that it grows: E v_{t+1} = (1 - 1 / n)
    (E v_t + h^2), with limit (n - 1) h^2, in units of the true variance.

    Source: derived for this course.
    Validity: exact for a Gaussian kernel of fixed bandwidth h (in true standard deviations).
    """
    n, h = _valid.integer("n", n, 2), _valid.number("bandwidth", bandwidth, 0)
    limit = (n - 1) * h**2
    first = 1 - 1 / n
    return limit + (first - limit) * (1 - 1 / n) ** (_fits(t, 1) - 1)


# --- Categories, replace ------------------------------------------------------------------------


def heterozygosity(t: ArrayLike, n: int, h0: float = 1.0) -> Array:
    """E[1 - sum p_i^2] after t fits: h0 (1 - 1 / n)^t.

    The probability that two samples are of different categories; h0 is the true one.

    Source: Wright (1931), Fisher (1930); Seddik et al. (2024) for language models.
    Validity: exact, n >= 1.
    """
    n = _valid.integer("n", n, 1)
    return _valid.fraction("h0", h0) * (1 - 1 / n) ** _fits(t)


def fixation_probability(p: ArrayLike) -> Array:
    """Probability that a category is the only one left in the end: its true probability.

    Source: Wright (1931); the frequency is a bounded martingale.
    Validity: exact.
    """
    return _unit("p", p)


def absorption_time(p: ArrayLike, n: int) -> float:
    """Mean number of fits until one category is left: -2 n sum (1 - p_i) log(1 - p_i).

    Parameters
    ----------
    p : float or array_like, shape (k,)
        Probability of one of two categories, or the probabilities of all.
    n : int
        Sample size.

    Notes
    -----
    Source: the diffusion limit; Kimura (1955), Kimura and Ohta (1969) for two categories.
    Validity: n large, n p_i not small. Six per cent high at n = 20, p = 1/2.
    """
    n = _valid.integer("n", n, 1)
    p = _two(p) if np.ndim(p) == 0 else _valid.probabilities("p", p)
    return float(-2 * n * special.xlogy(1 - p, 1 - p).sum())


def absorption_time_exact(p: ArrayLike, n: int) -> Array:
    """Mean number of fits until one of two categories is left.

    Parameters
    ----------
    p : array_like
        Probability of one of the two.
    n : int
        Sample size.

    Notes
    -----
    Source: the Wright-Fisher Markov chain on counts, solved as a linear system of n - 1 unknowns.
    Validity: exact, n >= 2; n up to a few thousand.
    """
    n = _valid.integer("n", n, 2)
    p = _unit("p", p)
    inner = np.arange(1, n)
    from_counts = np.linalg.solve(np.eye(n - 1) - _binomial(n, inner / n)[:, 1:-1], np.ones(n - 1))
    time = 1 + _binomial(n, p.ravel())[:, 1:-1] @ from_counts
    return np.where((p > 0) & (p < 1), time.reshape(p.shape), 0.0)


def g(k: ArrayLike) -> Array:
    """The recursion g_1 = 1, g_{k+1} = 1 - exp(-g_k), which falls as 2 / k.

    Source: Suresh, Thangaraj and Khandavally (2025).
    Validity: k >= 1.
    """
    k = _valid.integers("k", k, 1)
    table = np.empty(int(k.max()))
    table[0] = 1
    for i in range(1, len(table)):
        table[i] = -np.expm1(-table[i - 1])
    return table[k - 1]


def survival(k: ArrayLike, copies: ArrayLike = 1.0) -> Array:
    """Probability that a rare type is still there at fit k: 1 - exp(-copies g_k).

    Parameters
    ----------
    k : array_like of int
        Number of fits.
    copies : array_like
        Expected count in the real sample, n p.

    Notes
    -----
    Source: Suresh, Thangaraj and Khandavally (2025), theorem 2.
    Validity: exact for Poisson counts (`laws.rare_type_chain`); a lower bound for a category,
    close where p is small.
    """
    copies = np.asarray(copies, float)
    if not (np.isfinite(copies) & (copies >= 0)).all():
        raise ValueError(f"copies must be finite and not negative, got {copies!r}")
    return -np.expm1(-copies * g(k))


def distinct_fraction(k: ArrayLike) -> Array:
    """Share of n distinct rows still there after resampling k times with replacement: g_{k+1}.

    Source: derived for this course from `g`: each row begins as one copy.
    Validity: the limit of large n, k much smaller than n.
    """
    return g(_valid.integers("k", k, 0) + 1)


def lost_mass(p: ArrayLike, n: int, generations: ArrayLike) -> Array:
    """Expected true probability of all categories that are gone at a fit.

    The sum of p_i exp(-n p_i g_m), m = `generations`. For Zipf's law p_i ~ i^-b it grows as
    (m / n)^(1 - 1 / b).

    Source: derived for this course from Suresh, Thangaraj and Khandavally (2025), theorem 2.
    Validity: categories of small probability; m much smaller than n.
    """
    p = _valid.probabilities("p", p)
    gone = np.exp(-n * p * g(generations)[..., None])
    return (p * gone).sum(axis=-1)


def missing_mass(p: ArrayLike, n: int) -> Array:
    """Expected true probability of the categories that a sample of n does not hold.

    The sum of p_i (1 - p_i)^n. The share of singletons in the sample estimates it
    (`metrics.good_turing`).

    Source: Good (1953).
    Validity: exact.
    """
    p = _valid.probabilities("p", p)
    return (p * (1 - p) ** _valid.integer("n", n, 1)).sum(axis=-1)


# --- Sharpening: endless text, decoded before it is copied ---------------------------------------


def sharpened(p: ArrayLike, temperature: float, t: ArrayLike) -> Array:
    """Probabilities of generation t where every text is endless and decoded at a temperature.

    Proportional to p ** (1 / temperature ** (t - 1)): generation 1 is the fit to real data, and
    every later one has its parent's decoded probabilities.

    Parameters
    ----------
    p : array_like, shape (k,)
        The true probabilities.
    temperature : float
        Above 0.
    t : array_like of int
        Number of fits, at least 1.

    Returns
    -------
    ndarray, shape (..., k)
        The axes of `t` first.

    Notes
    -----
    Source: derived for this course.
    Validity: exact for categories without sampling error. A category of probability 0 stays there.
    """
    p = _valid.probabilities("p", p)
    if p.ndim != 1:
        raise ValueError(f"p must have the shape (k,), got {p.shape}")
    with np.errstate(over="ignore"):  # the power is then infinite, and the likeliest are left
        powers = np.asarray(_temperature(temperature) ** (1.0 - _fits(t, 1)))
    q = np.where(p > 0, (p / p.max()) ** powers[..., None], 0.0)
    return q / q.sum(axis=-1, keepdims=True)


def two_mode_step(share: ArrayLike, temperature: float, alpha: float, real: float = 0.5) -> Array:
    """Share of the first of two categories in the next generation, with real data in every text.

    alpha real + (1 - alpha) share^b / (share^b + (1 - share)^b), b = 1 / temperature: a part alpha
    of what the next model reads is written by people and read as it is, the rest is the last
    model's text, decoded at the temperature. Every text is endless.

    Source: derived for this course.
    Validity: exact without sampling error.
    """
    share, alpha = _unit("share", share), _valid.fraction("alpha", alpha)
    with np.errstate(divide="ignore"):
        decoded = special.expit(special.logit(share) / _temperature(temperature))
    return alpha * _valid.fraction("real", real) + (1 - alpha) * decoded


def balance_slope(temperature: float, alpha: float) -> float:
    """Factor by which a small imbalance of two equal categories changes in a generation.

    The derivative of `two_mode_step` at one half, (1 - alpha) / temperature. It is the same for
    any number of equal categories.

    Source: derived for this course.
    Validity: exact for small imbalances.
    """
    return (1 - _valid.fraction("alpha", alpha)) / _temperature(temperature)


def balance_threshold(temperature: float) -> float:
    """Real part of every text above which equal categories stay equal: 1 - temperature.

    Where `balance_slope` is 1; 0 for temperatures above 1. For two categories the balance is then
    reached from every start. For more, it is stable against small disturbances only: a lopsided
    state can be stable beside it, up to a larger real part.

    Source: derived for this course.
    Validity: exact without sampling error.
    """
    return max(0.0, 1 - _temperature(temperature))


def two_mode_branch(share: ArrayLike, temperature: float) -> Array:
    """Real part of every text at which a share other than one half keeps itself.

    With d = 2 share - 1 the imbalance: 1 - d / tanh(artanh(d) / temperature), for two categories
    that are equal in the real data. It is negative, so that there is none, where the temperature
    is above 1. Near the threshold it is 1 - T - d^2 (1 - T^2) / (3 T), so that d grows as the
    square root of the distance: a continuous transition.

    Parameters
    ----------
    share : array_like
        Share of one of the two, between 0 and 1, both excluded, and not one half.
    temperature : float
        Above 0.

    Notes
    -----
    Source: derived for this course.
    Validity: exact without sampling error.
    """
    share = _unit("share", share)
    if not ((share > 0) & (share < 1) & (share != 0.5)).all():
        raise ValueError(f"share must be between 0 and 1 and not one half, got {share!r}")
    d = 2 * share - 1
    return 1 - d / np.tanh(np.arctanh(d) / _temperature(temperature))


def balance_amplification(temperature: float, alpha: float) -> float:
    """Factor by which a small real imbalance of two categories has grown in the long run.

    alpha / (1 - (1 - alpha) / temperature), which diverges at the threshold.

    Source: derived for this course.
    Validity: small imbalances, alpha above `balance_threshold`.
    """
    slope = balance_slope(temperature, alpha)
    if slope >= 1:
        raise ValueError(
            f"alpha must be above the threshold {balance_threshold(temperature)}, got {alpha!r}"
        )
    return _valid.fraction("alpha", alpha) / (1 - slope)


def balance_noise(n: int, temperature: float, alpha: float) -> float:
    """Stationary variance of 2 share - 1 about the balance, where each text has n symbols.

    Each text adds the variance 1 / n, and each generation keeps the square of `balance_slope` of
    what was there: 1 / (n (1 - slope^2)). It diverges at the threshold.

    Source: derived for this course.
    Validity: n large and alpha far enough above `balance_threshold` that the imbalance is small.
    """
    n = _valid.integer("n", n, 1)
    slope = balance_slope(temperature, alpha)
    if slope >= 1:
        raise ValueError(
            f"alpha must be above the threshold {balance_threshold(temperature)}, got {alpha!r}"
        )
    return 1 / (n * (1 - slope**2))


def _temperature(temperature: float) -> float:
    value = _valid.number("temperature", temperature, 0)
    if value == 0:
        raise ValueError("temperature must be above 0, got 0")
    return value


# --- Helpers ------------------------------------------------------------------------------------


def _fits(t: ArrayLike, low: int = 0) -> Array:
    return _valid.integers("t", t, low)


def _mle(estimator: str) -> bool:
    return _valid.one_of("estimator", estimator, ESTIMATORS) == "mle"


def _variance_factor(n: int, estimator: str) -> float:
    n = _valid.integer("n", n, 2)
    return (n - 1) / n if _mle(estimator) else 1.0


def _log_drift(n: int, estimator: str) -> float:
    n = _valid.integer("n", n, 2)
    divisor = n if _mle(estimator) else n - 1
    return float(special.digamma((n - 1) / 2) + np.log(2 / divisor))


def _per_weight(n: int, d: int) -> float:
    """E[(X'X)^-1] = I / (n - d - 1) for n rows of d standard normal inputs."""
    n, d = _valid.integer("n", n, 2), _valid.integer("d", d, 1)
    if n < d + 2:
        raise ValueError(f"n must be at least d + 2 = {d + 2}, or the error is infinite, got {n}")
    return 1 / (n - d - 1)


def _real_share(n: int, a: float) -> float:
    return 1 - a + a * n * (2 - a)


def _unit(name: str, p: ArrayLike) -> Array:
    array = np.asarray(p, float)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name} must be from 0 to 1, got {p!r}")
    return array


def _two(p: ArrayLike) -> Array:
    one = float(_unit("p", p))
    return np.array([one, 1 - one])


def _binomial(n: int, p: Array) -> Array:
    """Probabilities of 0 to n successes, one row for each p."""
    j = np.arange(n + 1)
    log_choose = special.gammaln(n + 1) - special.gammaln(j + 1) - special.gammaln(n - j + 1)
    p = p[:, None]
    return np.exp(log_choose + special.xlogy(j, p) + special.xlog1py(n - j, -p))
