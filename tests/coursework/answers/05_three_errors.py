# Answers to the exercises of chapter 5, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 5.1 right: from the package's law
def error_after(t, n0, n, d, sigma2):
    first = regression.replace_error(1, n0, d, sigma2)
    return float(first if t == 1 else first + regression.replace_error(t - 1, n, d, sigma2))


def generations_until(factor, n0, n, d):
    t = 2
    while error_after(t, n0, n, d, 1) < factor * error_after(1, n0, n, d, 1):
        t += 1
    return t


# %% 5.1 right: solved for t
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d * (1 / (n0 - d - 1) + (t - 1) / (n - d - 1))


def generations_until(factor, n0, n, d):
    steps = (factor - 1) * (n - d - 1) / (n0 - d - 1)
    return 1 + int(np.ceil(steps - 1e-9))


# %% 5.1 right: a list of all errors
def error_after(t, n0, n, d, sigma2):
    steps = [d / (n0 - d - 1)] + (t - 1) * [d / (n - d - 1)]
    return np.float64(sigma2) * np.sum(steps)


def generations_until(factor, n0, n, d):
    t = np.arange(1, 100_000)
    ratio = 1 + (t - 1) * (n0 - d - 1) / (n - d - 1)
    return float(t[np.argmax(ratio >= factor - 1e-12)])


# %% 5.1 right: one bracket, and no allowance for rounding
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d * (1 / (n0 - d - 1) + (t - 1) / (n - d - 1))


def generations_until(factor, n0, n, d):
    first = error_after(1, n0, n, d, 1)
    t = 1
    while error_after(t, n0, n, d, 1) < factor * first:
        t += 1
    return t


# %% 5.1 wrong: every generation counted as a copy, scores 0
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d / (n0 - d - 1) + t * sigma2 * d / (n - d - 1)


def generations_until(factor, n0, n, d):
    t = 1
    while error_after(t, n0, n, d, 1) < factor * error_after(1, n0, n, d, 1):
        t += 1
    return t


# %% 5.1 wrong: rounded down, scores 1
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d / (n0 - d - 1) + (t - 1) * sigma2 * d / (n - d - 1)


def generations_until(factor, n0, n, d):
    return 1 + int((factor - 1) * (n - d - 1) / (n0 - d - 1))


# %% 5.1 wrong: n - d in place of n - d - 1, scores 0
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d / (n0 - d) + (t - 1) * sigma2 * d / (n - d)


def generations_until(factor, n0, n, d):
    return 1 + int(np.ceil((factor - 1) * (n - d) / (n0 - d)))


# %% 5.1 wrong: the factor times the error of one copy, scores 1
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d / (n0 - d - 1) + (t - 1) * sigma2 * d / (n - d - 1)


def generations_until(factor, n0, n, d):
    t = 1
    while error_after(t, n0, n, d, 1) < factor * d / (n - d - 1):
        t += 1
    return t


# %% 5.1 wrong: later generations as if the first had n rows too, scores 0
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d / (n0 - d - 1) if t == 1 else t * sigma2 * d / (n - d - 1)


def generations_until(factor, n0, n, d):
    t = 1
    while error_after(t, n0, n, d, 1) < factor * error_after(1, n0, n, d, 1):
        t += 1
    return t


# %% 5.1 wrong: more than the factor in place of at least, scores 1
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d / (n0 - d - 1) + (t - 1) * sigma2 * d / (n - d - 1)


def generations_until(factor, n0, n, d):
    t = 1
    while error_after(t, n0, n, d, 1) <= factor * error_after(1, n0, n, d, 1):
        t += 1
    return t


# %% 5.3 right: powers of the factor
def kept(s, alpha, start, t):
    factor = s * (1 - alpha) if start == "zero" else 1 - s * alpha
    rest = kept_for_ever(s, alpha, start)
    return rest + (s - rest) * factor ** (t - 1)


def kept_for_ever(s, alpha, start):
    if start == "zero" and (s < 1 or alpha > 0):
        return s * alpha / (1 - s + s * alpha)
    return s if alpha == 0 else 1.0


# %% 5.3 right: a recursion that calls itself
def kept(s, alpha, start, t):
    if t == 1:
        return s
    before = kept(s, alpha, start, t - 1)
    begin = {"zero": 0.0, "parent": before}[start]
    return s * (alpha * 1.0 + (1 - alpha) * before) + (1 - s) * begin


def kept_for_ever(s, alpha, start):
    if alpha == 0:
        return s if start == "parent" or s == 1 else 0.0
    return 1.0 if start == "parent" else alpha * s / (1 - (1 - alpha) * s)


# %% 5.3 wrong: the limit from the parent is always one, scores 4
def kept(s, alpha, start, t):
    w = s
    for _ in range(t - 1):
        w = s * (alpha + (1 - alpha) * w) + (0 if start == "zero" else (1 - s) * w)
    return w


def kept_for_ever(s, alpha, start):
    if start == "parent":
        return 1.0
    return 1.0 if s == 1 else s * alpha / (1 - s * (1 - alpha))


# %% 5.3 wrong: the limit by running on, scores 2
def kept(s, alpha, start, t):
    w = s
    for _ in range(t - 1):
        w = s * (alpha + (1 - alpha) * w) + (0 if start == "zero" else (1 - s) * w)
    return w


def kept_for_ever(s, alpha, start):
    return kept(s, alpha, start, 5000)


# %% 5.3 wrong: the parent taken for zero, scores 3
def kept(s, alpha, start, t):
    w = s
    for _ in range(t - 1):
        w = s * (alpha + (1 - alpha) * w)
    return w


def kept_for_ever(s, alpha, start):
    return 1.0 if s == 1 else s * alpha / (1 - s * (1 - alpha))


# %% 5.3 wrong: a mean of the loops with real labels alone and with none, scores 0
def kept(s, alpha, start, t):
    if start == "zero":
        return s * alpha + (1 - alpha) * s**t
    return alpha * (1 - (1 - s) ** t) + (1 - alpha) * s


def kept_for_ever(s, alpha, start):
    if start == "zero":
        return 1.0 if s == 1 else s * alpha
    return alpha + (1 - alpha) * s


# %% 5.3 wrong: one generation too many, scores 3
def kept(s, alpha, start, t):
    w = s
    for _ in range(t):
        w = s * (alpha + (1 - alpha) * w) + (0 if start == "zero" else (1 - s) * w)
    return w


def kept_for_ever(s, alpha, start):
    if start == "parent":
        return 1.0 if alpha > 0 else s
    return 1.0 if s == 1 else s * alpha / (1 - s * (1 - alpha))


# %% 5.4 right: rows gathered and fitted anew
def pool_error(sizes, d):
    total, pool, errors = 0.0, 0, []
    for n in sizes:
        pool += n
        total += d * n / (pool * (pool - d - 1))
        errors.append(total)
    return errors


def pool_simulated(sizes, d, runs, rng):
    true = np.arange(1.0, d + 1)
    w, xs, ys, out = np.tile(true, (runs, 1)), [], [], []
    for n in sizes:
        x = rng.standard_normal((runs, n, d))
        y = np.einsum("rnd,rd->rn", x, w) + rng.standard_normal((runs, n))
        xs, ys = [*xs, x], [*ys, y]
        X, Y = np.concatenate(xs, axis=1), np.concatenate(ys, axis=1)
        w = np.linalg.solve(
            np.einsum("rni,rnj->rij", X, X), np.einsum("rni,rn->ri", X, Y)[..., None]
        )[..., 0]
        out.append(((w - true) ** 2).sum(axis=1))
    return out


# %% 5.4 right: the increments of the text
def pool_error(sizes, d):
    N = np.cumsum(sizes)
    return np.cumsum(np.diff(N, prepend=0) * d / (N * (N - d - 1)))


def pool_simulated(sizes, d, runs, rng):
    w, A = np.zeros((runs, d)), np.zeros((runs, d, d))
    errors = np.empty((len(sizes), runs))
    for i, n in enumerate(sizes):
        X = rng.normal(size=(runs, n, d))
        A = A + np.swapaxes(X, 1, 2) @ X
        w = w + np.linalg.solve(A, np.swapaxes(X, 1, 2) @ rng.normal(size=(runs, n, 1)))[..., 0]
        errors[i] = np.sum(w * w, axis=1)
    return errors


# %% 5.4 wrong: every sample has 1/i of the trace, as in the text, scores 2
def pool_error(sizes, d):
    pool = np.cumsum(sizes)
    return np.cumsum(d / np.arange(1, len(sizes) + 1) / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    w, A, b, errors = np.zeros((runs, d)), 0.0, 0.0, []
    for n in sizes:
        X = rng.standard_normal((runs, n, d))
        X_t = X.transpose(0, 2, 1)
        y = X @ w[:, :, None] + rng.standard_normal((runs, n, 1))
        A, b = A + X_t @ X, b + (X_t @ y)[:, :, 0]
        w = least_squares(A, b)
        errors.append(np.sum(w**2, axis=1))
    return np.array(errors)


# %% 5.4 wrong: real labels throughout, scores 3
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return np.cumsum(sizes / pool * d / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    A, b, errors = 0.0, 0.0, []
    for n in sizes:
        X = rng.standard_normal((runs, n, d))
        X_t = X.transpose(0, 2, 1)
        A, b = A + X_t @ X, b + (X_t @ rng.standard_normal((runs, n, 1)))[:, :, 0]
        errors.append(np.sum(least_squares(A, b) ** 2, axis=1))
    return np.array(errors)


# %% 5.4 wrong: the step of each sample, not their sum, scores 2
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return sizes / pool * d / (pool - d - 1)


def pool_simulated(sizes, d, runs, rng):
    w, A, b, errors = np.zeros((runs, d)), 0.0, 0.0, []
    for n in sizes:
        X = rng.standard_normal((runs, n, d))
        X_t = X.transpose(0, 2, 1)
        y = X @ w[:, :, None] + rng.standard_normal((runs, n, 1))
        A, b = A + X_t @ X, b + (X_t @ y)[:, :, 0]
        w = least_squares(A, b)
        errors.append(np.sum(w**2, axis=1))
    return np.array(errors)


# %% 5.4 wrong: fitted to the newest sample alone, scores 3
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return np.cumsum(sizes / pool * d / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    w, errors = np.zeros((runs, d)), []
    for n in sizes:
        X = rng.standard_normal((runs, n, d))
        y = X @ w[:, :, None] + rng.standard_normal((runs, n, 1))
        w = (np.linalg.pinv(X) @ y)[:, :, 0]
        errors.append(np.sum(w**2, axis=1))
    return np.array(errors)


# %% 5.1 right: in single precision
def error_after(t, n0, n, d, sigma2):
    return np.float32(sigma2 * d / (n0 - d - 1) + (t - 1) * sigma2 * d / (n - d - 1))


def generations_until(factor, n0, n, d):
    return np.ceil((factor - 1) * (n - d - 1) / (n0 - d - 1) - 1e-9) + 1


# %% 5.1 wrong: rounded down and one more, which is too many for whole numbers, scores 1
def error_after(t, n0, n, d, sigma2):
    return sigma2 * d / (n0 - d - 1) + (t - 1) * sigma2 * d / (n - d - 1)


def generations_until(factor, n0, n, d):
    return int((factor - 1) * (n - d - 1) / (n0 - d - 1)) + 2


# %% 5.3 right: in single precision
def kept(s, alpha, start, t):
    w = s
    for _ in range(t - 1):
        begin = w if start == "parent" else 0.0
        w = begin + s * (alpha + (1 - alpha) * w - begin)
    return np.float32(w)


def kept_for_ever(s, alpha, start):
    if start == "parent":
        return np.float32(1.0 if alpha > 0 else s)
    return np.float32(1.0 if s == 1 else s * alpha / (1 - s * (1 - alpha)))


# %% 5.3 wrong: a formula for every model that stops at s = 1 and alpha = 0, scores 4
def kept(s, alpha, start, t):
    if start == "parent":
        return 1 - (1 - s) * (1 - s * alpha) ** (t - 1)
    rest = s * alpha / (1 - s * (1 - alpha))
    return rest + (s - rest) * (s * (1 - alpha)) ** (t - 1)


def kept_for_ever(s, alpha, start):
    if start == "parent":
        return 1.0 if alpha > 0 else s
    return 1.0 if s == 1 else s * alpha / (1 - s * (1 - alpha))


# %% 5.4 right: in single precision, the list grown by hand
def pool_error(sizes, d):
    rows, error, errors = 0, 0.0, []
    for n in sizes:
        rows += n
        error += n / rows * d / (rows - d - 1)
        errors.append(np.float32(error))
    return tuple(errors)


def pool_simulated(sizes, d, runs, rng):
    w, A, b, errors = np.zeros((runs, d)), 0.0, 0.0, []
    for n in sizes:
        X = rng.standard_normal((runs, n, d))
        X_t = X.transpose(0, 2, 1)
        y = X @ w[:, :, None] + rng.standard_normal((runs, n, 1))
        A, b = A + X_t @ X, b + (X_t @ y)[:, :, 0]
        w = least_squares(A, b)
        errors.append(np.sum(w**2, axis=1))
    return np.float32(errors)


# %% 5.4 wrong: the law with noise on it, scores 3
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return np.cumsum(sizes / pool * d / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    return pool_error(sizes, d)[:, None] * rng.chisquare(d, (len(sizes), runs)) / d


# %% 5.4 wrong: the law with one noise for all samples, scores 3
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return np.cumsum(sizes / pool * d / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    return pool_error(sizes, d)[:, None] * rng.chisquare(d, runs) / d


# %% 5.4 wrong: a seed of its own, scores 3
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return np.cumsum(sizes / pool * d / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    rng = np.random.default_rng(7)
    w, A, b, errors = np.zeros((runs, d)), 0.0, 0.0, []
    for n in sizes:
        X = rng.standard_normal((runs, n, d))
        X_t = X.transpose(0, 2, 1)
        y = X @ w[:, :, None] + rng.standard_normal((runs, n, 1))
        A, b = A + X_t @ X, b + (X_t @ y)[:, :, 0]
        w = least_squares(A, b)
        errors.append(np.sum(w**2, axis=1))
    return np.array(errors)


# %% 5.4 wrong: numpy's own numbers in place of rng, scores 3
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return np.cumsum(sizes / pool * d / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    w, A, b, errors = np.zeros((runs, d)), 0.0, 0.0, []
    for n in sizes:
        X = np.random.standard_normal((runs, n, d))
        X_t = X.transpose(0, 2, 1)
        y = X @ w[:, :, None] + np.random.standard_normal((runs, n, 1))
        A, b = A + X_t @ X, b + (X_t @ y)[:, :, 0]
        w = least_squares(A, b)
        errors.append(np.sum(w**2, axis=1))
    return np.array(errors)


# %% 5.4 wrong: the inputs from a generator of its own, scores 3
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return np.cumsum(sizes / pool * d / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    inputs = np.random.default_rng(7)
    w, A, b, errors = np.zeros((runs, d)), 0.0, 0.0, []
    for n in sizes:
        X = inputs.standard_normal((runs, n, d))
        X_t = X.transpose(0, 2, 1)
        y = X @ w[:, :, None] + rng.standard_normal((runs, n, 1))
        A, b = A + X_t @ X, b + (X_t @ y)[:, :, 0]
        w = least_squares(A, b)
        errors.append(np.sum(w**2, axis=1))
    return np.array(errors)


# %% 5.4 wrong: the noise from a generator of its own, scores 3
def pool_error(sizes, d):
    sizes = np.asarray(sizes)
    pool = np.cumsum(sizes)
    return np.cumsum(sizes / pool * d / (pool - d - 1))


def pool_simulated(sizes, d, runs, rng):
    noise = np.random.default_rng(7)
    w, A, b, errors = np.zeros((runs, d)), 0.0, 0.0, []
    for n in sizes:
        X = rng.standard_normal((runs, n, d))
        X_t = X.transpose(0, 2, 1)
        y = X @ w[:, :, None] + noise.standard_normal((runs, n, 1))
        A, b = A + X_t @ X, b + (X_t @ y)[:, :, 0]
        w = least_squares(A, b)
        errors.append(np.sum(w**2, axis=1))
    return np.array(errors)
