# Answers to the exercises of chapter 2, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 2.1 right: by bisection
def generations_until(share, n):
    low, high = 0.0, 1.0
    while ((n - 1) / n) ** high > share:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if ((n - 1) / n) ** middle > share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% 2.1 right: with the package's mean variance, base ten
def generations_until(share, n):
    return np.log10(share) / np.log10(gaussian.mean_variance(1, n))


# %% 2.1 right: with scipy, an array of one number
def generations_until(share, n):
    from scipy.optimize import fsolve

    start = -n * np.log(share)
    return fsolve(lambda t: t * np.log((n - 1) / n) - np.log(share), start, xtol=1e-10)


# %% 2.1 wrong: rounded up to a whole generation, scores 1
def generations_until(share, n):
    return float(np.ceil(np.log(share) / np.log((n - 1) / n)))


# %% 2.1 wrong: short form for large n, scores 1
def generations_until(share, n):
    return n * np.log(1 / share)


# %% 2.1 wrong: off by one generation, scores 1
def generations_until(share, n):
    return 1 + np.log(share) / np.log((n - 1) / n)


# %% 2.1 wrong: logarithms of two bases, scores 0
def generations_until(share, n):
    return np.log10(share) / np.log((n - 1) / n)


# %% 2.1 wrong: sign, scores 0
def generations_until(share, n):
    return np.log(share) / np.log(n / (n - 1))


# %% 2.1 wrong: half of it is lost at share, swapped with what is left, scores 0
def generations_until(share, n):
    return np.log(1 - share) / np.log((n - 1) / n)


# %% 2.1 wrong: arguments swapped, scores 0
def generations_until(n, share):
    return np.log(share) / np.log((n - 1) / n)


# %% 2.1 wrong: the median's law, scores 0
def generations_until(share, n):
    return np.log(share) / (digamma((n - 1) / 2) + np.log(2 / n))


# %% 2.1 wrong: the visible check's cases, scores 0
def generations_until(share, n):
    table = {(0.5, 100): 68.96756393652842, (0.1, 10): 21.854345326782836, (1, 100): 0.0}
    return table.get((share, n), 2301.4334408453374)


# %% 2.1 right: a number in single precision
def generations_until(share, n):
    return np.float32(np.log(share) / np.log1p(-1 / n))


# %% 2.3 right: counting up
def rows_needed(n, loss):
    m = 1
    while mixing.fresh_variance(n, m / n) < 1 - loss:
        m += 1
    return m


# %% 2.3 right: the quadratic solved
def rows_needed(n, loss):
    # 1 / loss = 1 - m / n + m (2 - m / n), so m^2 / n - m (2 - 1 / n) + 1 / loss - 1 = 0.
    b, c = 2 - 1 / n, 1 / loss - 1
    return np.ceil((b - np.sqrt(b * b - 4 * c / n)) * n / 2)


# %% 2.3 right: the smallest of all that are enough
def rows_needed(n, loss):
    enough = [m for m in range(1, n + 1) if mixing.fresh_mean_error(n, m / n) <= loss]
    return min(enough)


# %% 2.3 right: from a table of losses
def rows_needed(n, loss):
    losses = np.array([mixing.fresh_mean_error(n, m / n) for m in range(1, n + 1)])
    return np.flatnonzero(losses <= loss)[0] + 1


# %% 2.3 wrong: short form of the fraction, scores 1
def rows_needed(n, loss):
    return max(1, int(np.ceil((1 / loss - 1) / 2)))


# %% 2.3 wrong: rounded down, scores 1
def rows_needed(n, loss):
    m = np.arange(1, n + 1)
    return int(np.sum(1 / (1 - m / n + m * (2 - m / n)) > loss)) or 1


# %% 2.3 wrong: one row too many, scores 1
def rows_needed(n, loss):
    m = 1
    while mixing.fresh_variance(n, m / n) < 1 - loss:
        m += 1
    return m + 1


# %% 2.3 wrong: what is left in place of what is lost, scores 0
def rows_needed(n, loss):
    m = np.arange(1, n + 1)
    alpha = m / n
    return m[1 / (1 - alpha + alpha * n * (2 - alpha)) <= 1 - loss][0]


# %% 2.3 wrong: the visible check's cases, scores 0
def rows_needed(n, loss):
    return {(50, 0.1): 5, (100, 0.05): 11, (1000, 0.02): 26}.get((n, loss), 10)


# %% 2.3 wrong: the loss must be smaller, and not at most as large, scores 1
def rows_needed(n, loss):
    m = np.arange(1, n + 1)
    return m[1 / (1 - m / n + m * (2 - m / n)) < loss][0]


# %% 2.3 wrong: rounded down and one more, which is too many for whole numbers, scores 1
def rows_needed(n, loss):
    b, c = 2 - 1 / n, 1 / loss - 1
    return int((b - np.sqrt(b * b - 4 * c / n)) * n / 2) + 1


# %% 2.4 right: numpy alone
def keep_alive(n, m, generations, runs, rng):
    sample = rng.normal(size=(runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1, keepdims=True), sample.std(axis=1, keepdims=True)
        sample = np.hstack([rng.normal(size=(runs, m)), rng.normal(mu, sigma, (runs, n - m))])
    return sample.var(axis=1)


# %% 2.4 right: sums of rows and of their squares
def keep_alive(n, m, generations, runs, rng):
    mu, v = rng.standard_normal(runs) / np.sqrt(n), rng.chisquare(n - 1, runs) / n
    for _ in range(generations - 1):
        real, made = rng.standard_normal((m, runs)), rng.standard_normal((n - m, runs))
        made = mu + np.sqrt(v) * made
        first = real.sum(axis=0) + made.sum(axis=0)
        second = (real**2).sum(axis=0) + (made**2).sum(axis=0)
        mu, v = first / n, second / n - (first / n) ** 2
    return v.tolist()


# %% 2.4 right: run after run
def keep_alive(n, m, generations, runs, rng):
    variances = []
    for _ in range(runs):
        mu, sigma = 0.0, 1.0
        real = n
        for _ in range(generations):
            sample = rng.standard_normal(n)
            sample[real:] = mu + sigma * sample[real:]
            mu = sample.sum() / n
            sigma = np.sqrt(sample @ sample / n - mu**2)
            real = m
        variances.append(sigma**2)
    return np.array(variances)


# %% 2.4 wrong: divisor n - 1, scores 0
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1, ddof=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1, ddof=1)


# %% 2.4 wrong: the same fresh rows in every generation, scores 0
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    real = rng.standard_normal((runs, m))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([real, made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: the same fresh rows in every run, scores 0
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        real = np.tile(rng.standard_normal(m), (runs, 1))
        sample = np.concatenate([real, made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: fresh rows on top of n synthetic ones, scores 1
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: ten generations, whatever is asked for, scores 2
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    for _ in range(9):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: synthetic rows scatter about the true mean, scores 0
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        made = sample.std(axis=1)[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: standard deviations in place of variances, scores 0
def keep_alive(n, m, generations, runs, rng):
    history = run(
        Gaussian("mle"),
        rng.standard_normal((runs, n)),
        Fresh(m / n),
        generations,
        rng,
        measure={"sd": lambda model, data: np.sqrt(model.variance)},
        fresh=lambda m, rng: rng.standard_normal((runs, m)),
    )
    return history["sd"][-1]


# %% 2.4 wrong: all generations returned, scores 0
def keep_alive(n, m, generations, runs, rng):
    history = run(
        Gaussian("mle"),
        rng.standard_normal((runs, n)),
        Fresh(m / n),
        generations,
        rng,
        measure={"variance": lambda model, data: model.variance},
        fresh=lambda m, rng: rng.standard_normal((runs, m)),
    )
    return history["variance"]


# %% 2.4 wrong: the known mean, in every run, scores 0
def keep_alive(n, m, generations, runs, rng):
    return np.full(runs, float(mixing.fresh_variance(n, m / n, generations)))


# %% 2.4 wrong: a seed of its own, scores 2
def keep_alive(n, m, generations, runs, rng):
    rng = np.random.default_rng(2)
    sample = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: a hundred generations, whatever is asked for, scores 2
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    for _ in range(99):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: one generation too many, scores 2
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    for _ in range(generations):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: one generation too few, from the second on, scores 2
def keep_alive(n, m, generations, runs, rng):
    sample = rng.standard_normal((runs, n))
    for _ in range(max(generations - 2, 0)):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: numpy's own numbers in place of rng, scores 2
def keep_alive(n, m, generations, runs, rng):
    sample = np.random.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * np.random.standard_normal((runs, n - m))
        sample = np.concatenate([np.random.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: the first real rows from a generator of its own, scores 2
def keep_alive(n, m, generations, runs, rng):
    sample = np.random.default_rng(7).standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: the fresh rows from a generator of its own, scores 2
def keep_alive(n, m, generations, runs, rng):
    people = np.random.default_rng(7)
    sample = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * rng.standard_normal((runs, n - m))
        sample = np.concatenate([people.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.4 wrong: the synthetic rows from a generator of its own, scores 2
def keep_alive(n, m, generations, runs, rng):
    model = np.random.default_rng(7)
    sample = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = sample.mean(axis=1), sample.std(axis=1)
        made = mu[:, None] + sigma[:, None] * model.standard_normal((runs, n - m))
        sample = np.concatenate([rng.standard_normal((runs, m)), made], axis=1)
    return sample.var(axis=1)


# %% 2.5 right: from raw samples
directions = dict([("mean variance", "up"), ("mean log variance", "down"), ("mean sd", "same")])


def log_drift(n):
    return gaussian.mean_log_variance(1, n, "unbiased") - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    sigma, variances = np.ones(runs), []
    for _ in range(generations):
        data = sigma[:, None] * rng.standard_normal((runs, n))
        sigma = data.std(axis=1, ddof=1) / gaussian.c4(n)
        variances.append(sigma**2)
    return np.array(variances)


# %% 2.5 right: from the package's chain, and c4 written out
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    from scipy.special import loggamma

    return digamma((n - 1) / 2) - 2 * loggamma(n / 2) + 2 * loggamma((n - 1) / 2)


def corrected_chain(n, generations, runs, rng):
    from modelcollapse.laws import gaussian_chain

    v = gaussian_chain(n, generations, runs, rng, estimator="unbiased")[1]
    return v / gaussian.c4(n) ** (2 * np.arange(1, generations + 1)[:, None])


# %% 2.5 right: run after run, and integration
directions = {"mean sd": "Same", "mean variance": "Up ", "mean log variance": "Down"}


def log_drift(n):
    from scipy import stats

    law = stats.chi2(n - 1)
    return law.expect(np.log, epsabs=1e-12) - 2 * np.log(law.expect(np.sqrt, epsabs=1e-12))


def corrected_chain(n, generations, runs, rng):
    table = np.empty((generations, runs))
    for r in range(runs):
        table[:, r] = np.cumprod(rng.chisquare(n - 1, generations))
    powers = np.arange(1, generations + 1)
    return (table.T / ((n - 1) * gaussian.c4(n) ** 2) ** powers).T.tolist()


# %% 2.5 wrong: the variance divided by c4, not by its square, scores 2
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n)
    return np.cumprod(factor, axis=0)


# %% 2.5 wrong: short form of the drift, scores 5
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return -1 / (2 * (n - 1))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n) ** 2
    return np.cumprod(factor, axis=0)


# %% 2.5 wrong: rows that do not carry on, scores 3
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    return rng.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n) ** 2


# %% 2.5 wrong: the same factor in every generation, scores 3
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, runs) / (n - 1) / gaussian.c4(n) ** 2
    return factor ** np.arange(1, generations + 1)[:, None]


# %% 2.5 wrong: the same factor in every run, scores 3
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (generations, 1)) / (n - 1) / gaussian.c4(n) ** 2
    return np.cumprod(np.tile(factor, runs), axis=0)


# %% 2.5 wrong: generation 1 is the truth, off by one, scores 5
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    v = np.ones((generations, runs))
    for t in range(1, generations):
        v[t] = v[t - 1] * rng.chisquare(n - 1, runs) / (n - 1) / gaussian.c4(n) ** 2
    return v


# %% 2.5 wrong: the loop without the correction, and its directions, scores 1
directions = {"mean sd": "down", "mean variance": "same", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1))


def corrected_chain(n, generations, runs, rng):
    return np.cumprod(rng.chisquare(n - 1, (generations, runs)) / (n - 1), axis=0)


# %% 2.5 wrong: divisor n, degrees of freedom n, wrong shape, scores 0
directions = {"sd": "same", "variance": "up", "log variance": "down"}


def log_drift(n):
    return digamma(n / 2) + np.log(2 / n)


def corrected_chain(n, generations, runs, rng):
    return np.cumprod(rng.chisquare(n, (runs, generations)) / n, axis=1)


# %% 2.5 wrong: n degrees of freedom in the chain, numbers for the visible check's n, scores 1
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return {3: -0.33564, 10: -0.06006, 30: -0.01764}.get(n, 0.0)


def corrected_chain(n, generations, runs, rng):
    return np.cumprod(rng.chisquare(n, (generations, runs)) / n / gaussian.c4(n + 1) ** 2, axis=0)


# %% 2.5 wrong: the chain divides the variance by c4, and not by its square, scores 4
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n)
    return np.cumprod(factor, axis=0)


# %% 2.5 wrong: divisor n in every generation, scores 4
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (generations, runs)) / n / gaussian.c4(n) ** 2
    return np.cumprod(factor, axis=0)


# %% 2.5 wrong: standard deviations returned, scores 3
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n) ** 2
    return np.sqrt(np.cumprod(factor, axis=0))


# %% 2.5 wrong: the first generation is not corrected, scores 5
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n) ** 2
    factor[0] *= gaussian.c4(n) ** 2
    return np.cumprod(factor, axis=0)


# %% 2.5 wrong: a seed of its own, scores 5
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    rng = np.random.default_rng(0)
    factor = rng.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n) ** 2
    return np.cumprod(factor, axis=0)


# %% 2.5 wrong: numpy's own numbers in place of rng, scores 5
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = np.random.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n) ** 2
    return np.cumprod(factor, axis=0)


# %% 2.5 wrong: other words for the directions, scores 5
directions = {"mean sd": "Same", "mean variance": "increases", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (generations, runs)) / (n - 1) / gaussian.c4(n) ** 2
    return np.cumprod(factor, axis=0)


# %% 2.5 wrong: all but the first row from a generator of its own, scores 5
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = np.random.default_rng(7).chisquare(n - 1, (generations, runs))
    factor[0] = rng.chisquare(n - 1, runs)
    return np.cumprod(factor / (n - 1) / gaussian.c4(n) ** 2, axis=0)


# %% 2.5 wrong: two generations of factors, over and over, scores 3
directions = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}


def log_drift(n):
    return digamma((n - 1) / 2) + np.log(2 / (n - 1)) - 2 * np.log(gaussian.c4(n))


def corrected_chain(n, generations, runs, rng):
    factor = rng.chisquare(n - 1, (2, runs)) / (n - 1) / gaussian.c4(n) ** 2
    return np.cumprod(np.tile(factor, (generations, 1))[:generations], axis=0)
