# Answers to the exercises of chapter 12, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 12.1 right: batch by batch
def worth(batches):
    error, rows = 0.0, 0
    for batch in batches:
        rows += batch
        error = error + (1 - error) * batch / rows**2
    return 1 / error


def tax_paid(batches):
    return batches[0] / worth(batches)


# %% 12.1 right: with the package
def worth(batches):
    return 1 / (1 - accumulate.kept_variance(batches)[-1])


def tax_paid(batches):
    return batches[0] * (1 - accumulate.kept_variance(np.array(batches))[-1])


# %% 12.1 wrong: the sum, an approximation for large samples, scores 1
def worth(batches):
    rows = np.cumsum(batches).astype(float)
    return 1 / np.sum(np.array(batches) / rows**2)


def tax_paid(batches):
    return batches[0] / worth(batches)


# %% 12.1 wrong: rows before the batch, without its own, scores 0
def worth(batches):
    error, rows = 1 / batches[0], batches[0]
    for batch in batches[1:]:
        error = error + (1 - error) * batch / rows**2
        rows += batch
    return 1 / error


def tax_paid(batches):
    return batches[0] / worth(batches)


# %% 12.1 wrong: all rows count as people, scores 0
def worth(batches):
    return float(np.sum(batches))


def tax_paid(batches):
    return batches[0] / np.sum(batches)


# %% 12.1 wrong: the tax is the error itself, not in units of the first, scores 2
def worth(batches):
    return 1 / (1 - accumulate.kept_variance(batches)[-1])


def tax_paid(batches):
    return 1 - accumulate.kept_variance(batches)[-1]


# %% 12.2 right: in one line
def honest_interval(mu, v, batches, level):
    kept = np.prod(1 - np.array(batches) / np.cumsum(batches).astype(float) ** 2)
    z = stats.norm.isf((1 - level) / 2)
    return [mu + sign * z * np.sqrt(v / kept - v) for sign in (-1, 1)]


# %% 12.2 right: as an array
def honest_interval(mu, v, batches, level):
    error = 1 - accumulate.kept_variance(batches)[-1]
    sigma2 = v / (1 - error)
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(sigma2 * error)
    return np.array([mu - half, mu + half])


# %% 12.2 wrong: the interval that the pool claims, scores 1
def honest_interval(mu, v, batches, level):
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(v / np.sum(batches))
    return mu - half, mu + half


# %% 12.2 wrong: the pool's loss of variance is not made good, scores 3
def honest_interval(mu, v, batches, level):
    error = 1 - accumulate.kept_variance(batches)[-1]
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(v * error)
    return mu - half, mu + half


# %% 12.2 wrong: always 95 %, scores 2
def honest_interval(mu, v, batches, level):
    kept = accumulate.kept_variance(batches)[-1]
    half = 1.959964 * np.sqrt(v * (1 - kept) / kept)
    return mu - half, mu + half


# %% 12.2 wrong: a quantile of one tail, scores 0
def honest_interval(mu, v, batches, level):
    kept = accumulate.kept_variance(batches)[-1]
    half = stats.norm.ppf(level) * np.sqrt(v * (1 - kept) / kept)
    return mu - half, mu + half


# %% 12.2 wrong: pi^2 / 6 whatever the batches, scores 2
def honest_interval(mu, v, batches, level):
    error = (1.645 if len(batches) > 1 else 1) / batches[0]
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(v * error / (1 - error))
    return mu - half, mu + half


# %% 12.3 right: a list of batches
def forgetful(n, window, generations, runs, rng):
    batches = [rng.standard_normal((runs, n))]
    for _ in range(generations - 1):
        pool = np.hstack(batches[-window:])
        mu, sigma = pool.mean(axis=1, keepdims=True), pool.std(axis=1, keepdims=True)
        batches.append(mu + sigma * rng.standard_normal((runs, n)))
    pool = np.hstack(batches[-window:])
    return [pool.mean(axis=1), pool.var(axis=1)]


# %% 12.3 right: the package's loop with a regime of its own
def forgetful(n, window, generations, runs, rng):
    from modelcollapse.loop import run
    from modelcollapse.models import Gaussian

    class Window:
        def next(self, source):
            pool = source.pool.add(source.synthetic(source.n))
            rows = pool.data.shape[1]
            last = np.arange(max(0, rows - window * source.n), rows)
            return pool.take(np.broadcast_to(last, (len(pool.data), last.size)))

    measure = {"mean": lambda m, d: m.mean, "variance": lambda m, d: m.variance}
    real = rng.standard_normal((runs, n))
    history = run(Gaussian(), real, Window(), generations, rng, measure=measure)
    return np.array([history["mean"][-1], history["variance"][-1]])


# %% 12.3 wrong: nothing is forgotten, scores 1
def forgetful(n, window, generations, runs, rng):
    pool = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = pool.mean(axis=1)[:, None], pool.std(axis=1)[:, None]
        pool = np.hstack([pool, mu + sigma * rng.standard_normal((runs, n))])
    return pool.mean(axis=1), pool.var(axis=1)


# %% 12.3 wrong: replace or nothing forgotten, scores 2
def forgetful(n, window, generations, runs, rng):
    pool = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = pool.mean(axis=1)[:, None], pool.std(axis=1)[:, None]
        new = mu + sigma * rng.standard_normal((runs, n))
        pool = new if window == 1 else np.hstack([pool, new])
    return pool.mean(axis=1), pool.var(axis=1)


# %% 12.3 wrong: one fit too many, scores 0
def forgetful(n, window, generations, runs, rng):
    pool = rng.standard_normal((runs, n))
    for _ in range(generations):
        mu, sigma = pool.mean(axis=1)[:, None], pool.std(axis=1)[:, None]
        new = mu + sigma * rng.standard_normal((runs, n))
        pool = np.hstack([pool, new])[:, -window * n :]
    return pool.mean(axis=1), pool.var(axis=1)


# %% 12.3 wrong: a generator of its own, scores 3
def forgetful(n, window, generations, runs, rng):
    rng = np.random.default_rng()
    pool = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        mu, sigma = pool.mean(axis=1)[:, None], pool.std(axis=1)[:, None]
        new = mu + sigma * rng.standard_normal((runs, n))
        pool = np.hstack([pool, new])[:, -window * n :]
    return pool.mean(axis=1), pool.var(axis=1)


# %% 12.3 wrong: synthetic rows about 0, scores 0
def forgetful(n, window, generations, runs, rng):
    pool = rng.standard_normal((runs, n))
    for _ in range(generations - 1):
        new = pool.std(axis=1)[:, None] * rng.standard_normal((runs, n))
        pool = np.hstack([pool, new])[:, -window * n :]
    return pool.mean(axis=1), pool.var(axis=1)


# %% 12.3 wrong: the real sample is never pushed out, scores 2
def forgetful(n, window, generations, runs, rng):
    real = pool = rng.standard_normal((runs, n))
    made = np.empty((runs, 0))
    for _ in range(generations - 1):
        mu, sigma = pool.mean(axis=1)[:, None], pool.std(axis=1)[:, None]
        made = np.hstack([made, mu + sigma * rng.standard_normal((runs, n))])
        keep = made[:, -(window - 1) * n :] if window > 1 else made[:, :0]
        pool = np.hstack([real, keep]) if window > 1 else made[:, -n:]
    return pool.mean(axis=1), pool.var(axis=1)
