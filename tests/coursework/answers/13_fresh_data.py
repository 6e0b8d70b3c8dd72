# Answers to the exercises of chapter 13, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 13.1 right: counting up
def rows_to_buy(target, m, bias):
    bought = 0
    while bought + m / (1 + m * bias**2) < target - 1e-9:
        bought += 1
    return bought


# %% 13.1 right: with the package, an array of one number
def rows_to_buy(target, m, bias):
    return np.maximum(0, np.ceil(target - weighing.worth(m, bias) - 1e-9))


# %% 13.1 right: by the errors, a float
def rows_to_buy(target, m, bias):
    if m == 0:
        return float(target)
    polluted = 1 / m + bias**2
    return float(max(0.0, np.ceil(target - 1 / polluted - 1e-9)))


# %% 13.1 wrong: rounded down, scores 2
def rows_to_buy(target, m, bias):
    return max(0, int(np.floor(target - m / (1 + m * bias**2) + 1e-9)))


# %% 13.1 wrong: every machine row taken for a clean one, scores 0
def rows_to_buy(target, m, bias):
    return max(0, target - m)


# %% 13.1 wrong: the ceiling, however small the pile, scores 0
def rows_to_buy(target, m, bias):
    return max(0, int(np.ceil(target - 1 / bias**2)))


# %% 13.1 wrong: the bias not squared, scores 0
def rows_to_buy(target, m, bias):
    return max(0, int(np.ceil(target - m / (1 + m * bias) - 1e-9)))


# %% 13.1 wrong: negative when the pile is more than enough, scores 2
def rows_to_buy(target, m, bias):
    return int(np.ceil(target - m / (1 + m * bias**2) - 1e-9))


# %% 13.1 wrong: not a whole number, scores 0
def rows_to_buy(target, m, bias):
    return max(0, target - m / (1 + m * bias**2))


# %% 13.2 right: with the package and scipy
def loop_error(w, n, k, b):
    return weighing.weighted_error(k, w) / n + weighing.drift_bias(w, b) ** 2


def best_weight(n, k, b):
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda w: loop_error(w, n, k, b),
        bounds=(1e-6, 1),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return found.x


# %% 13.2 right: by going through the generations, a coarse grid and a fine one
def loop_error(w, n, k, b):
    e, x = 1 / n, 0.0
    for _ in range(2000):
        e = w**2 / n + (1 - w) ** 2 * (e + 1 / (k * n))
        x = (1 - w) * (x + b)
    return e + x**2


def best_weight(n, k, b):
    def settled(w):
        kept = (1 - w) ** 2
        return (w**2 + kept / k) / (n * w * (2 - w)) + ((1 - w) * b / w) ** 2

    grid = np.linspace(0.005, 1, 400)
    at = grid[np.argmin(settled(grid))]
    fine = np.linspace(max(1e-4, at - 0.005), min(1, at + 0.005), 400)
    return float(fine[np.argmin(settled(fine))])


# %% 13.2 wrong: n times the error, scores 2
def loop_error(w, n, k, b):
    kept = (1 - w) ** 2
    return (w**2 + kept / k) / (1 - kept) + n * ((1 - w) * b / w) ** 2


def best_weight(n, k, b):
    w = np.linspace(0.0001, 1, 10_000)
    return w[np.argmin(loop_error(w, n, k, b))]


# %% 13.2 wrong: the bias of one generation alone, scores 2
def loop_error(w, n, k, b):
    kept = (1 - w) ** 2
    return (w**2 + kept / k) / n / (1 - kept) + ((1 - w) * b) ** 2


def best_weight(n, k, b):
    w = np.linspace(0.0001, 1, 10_000)
    return w[np.argmin(loop_error(w, n, k, b))]


# %% 13.2 wrong: the bias not squared, scores 2
def loop_error(w, n, k, b):
    kept = (1 - w) ** 2
    return (w**2 + kept / k) / n / (1 - kept) + (1 - w) * b / w


def best_weight(n, k, b):
    w = np.linspace(0.0001, 1, 10_000)
    return w[np.argmin(loop_error(w, n, k, b))]


# %% 13.2 wrong: the golden weight whatever the bias, scores 4
def loop_error(w, n, k, b):
    kept = (1 - w) ** 2
    return (w**2 + kept / k) / n / (1 - kept) + ((1 - w) * b / w) ** 2


def best_weight(n, k, b):
    return mixing.golden_weight(k)


# %% 13.2 wrong: the noise of the machine's rows forgotten, scores 0
def loop_error(w, n, k, b):
    kept = (1 - w) ** 2
    return w**2 / n / (1 - kept) + ((1 - w) * b / w) ** 2


def best_weight(n, k, b):
    w = np.linspace(0.0001, 1, 10_000)
    return w[np.argmin(loop_error(w, n, k, b))]


# %% 13.2 wrong: a grid that begins at 0, scores 4
def loop_error(w, n, k, b):
    kept = (1 - w) ** 2
    with np.errstate(all="ignore"):
        return (w**2 + kept / k) / n / (1 - kept) + ((1 - w) * b / w) ** 2


def best_weight(n, k, b):
    w = np.linspace(0, 1, 10_001)
    return w[np.argmin(loop_error(w, n, k, b))]


# %% 13.2 wrong: all rows alike, scores 3
def loop_error(w, n, k, b):
    kept = (1 - w) ** 2
    return (w**2 + kept / k) / n / (1 - kept) + ((1 - w) * b / w) ** 2


def best_weight(n, k, b):
    return 1 / (1 + k)


# %% 13.4 right: one m after the other
def human_rows(n, loss, rare, T):
    def kept(m):
        a, s, total = m / n, 1.0, 0.0
        while s >= 1e-9:
            total, s = total + s, 1 - np.exp(-(1 - a) * s)
        return 1 - np.exp(-n * rare * a * total)

    m = np.arange(1, n + 1)
    a = m / n
    return {
        "drift": m[1 / (1 - a + a * n * (2 - a)) <= loss][0],
        "rare": next(i for i in range(1, n + 1) if kept(i) >= 0.95),
        "cold": next(i for i in range(1, n + 1) if i >= (1 - T) * n - 1e-9),
    }


# %% 13.4 right: with the package, floats
def human_rows(n, loss, rare, T):
    def first(enough):
        low, high = 0, n
        while high - low > 1:
            middle = (low + high) // 2
            if enough(middle):
                high = middle
            else:
                low = middle
        return float(high)

    def lines(a):
        s, total = 1.0, 0.0
        for _ in range(100_000):
            total += s
            s = -np.expm1(-(1 - a) * s)
            if s < 1e-9:
                break
        return total

    return {
        "cold": float(max(1, np.ceil(n - n * T - 1e-9))),
        "drift": first(lambda m: mixing.fresh_variance(n, m / n) >= 1 - loss),
        "rare": first(lambda m: m * rare * lines(m / n) >= -np.log(0.05)),
    }


# %% 13.4 right: shares compared, and nothing done about rounding
def human_rows(n, loss, rare, T):
    def kept(m):
        a, s, total = m / n, 1.0, 0.0
        while s >= 1e-9:
            total, s = total + s, 1 - np.exp(-(1 - a) * s)
        return 1 - np.exp(-n * rare * a * total)

    def drift(m):
        a = m / n
        return 1 / (1 - a + a * n * (2 - a)) <= loss

    every = range(1, n + 1)
    return {
        "drift": next(m for m in every if drift(m)),
        "rare": next(m for m in every if kept(m) >= 0.95),
        "cold": next(m for m in every if m / n >= 1 - T),
    }


# %% 13.4 wrong: short form for drift, each new row counted once, scores 2
def human_rows(n, loss, rare, T):
    return {
        "drift": int(np.ceil((1 / loss - 1) / 2)) + 1,
        "rare": min(n, int(np.ceil(-np.log(0.05) / rare))),
        "cold": max(1, int(np.ceil((1 - T) * n - 1e-9))),
    }


# %% 13.4 wrong: the share in place of the rows, scores 0
def human_rows(n, loss, rare, T):
    return {"drift": (1 / loss - 1) / 2 / n, "rare": 3 / rare / n, "cold": 1 - T}


# %% 13.4 wrong: only a number, scores 0
def human_rows(n, loss, rare, T):
    return max(1, int(np.ceil((1 - T) * n)))


# %% 13.4 wrong: the sum without its first term, scores 4
def human_rows(n, loss, rare, T):
    def kept(m):
        a, s, total = m / n, 1.0, 0.0
        while s > 1e-9:
            s = 1 - np.exp(-(1 - a) * s)
            total += s
        return 1 - np.exp(-n * rare * a * total)

    m = np.arange(1, n + 1)
    a = m / n
    return {
        "drift": m[1 / (1 - a + a * n * (2 - a)) <= loss][0],
        "rare": next((i for i in range(1, n + 1) if kept(i) >= 0.95), n),
        "cold": max(1, int(np.ceil((1 - T) * n - 1e-9))),
    }


# %% 13.4 wrong: T in place of 1 - T, scores 4
def human_rows(n, loss, rare, T):
    def kept(m):
        a, s, total = m / n, 1.0, 0.0
        while s > 1e-9:
            total += s
            s = 1 - np.exp(-(1 - a) * s)
        return 1 - np.exp(-n * rare * a * total)

    m = np.arange(1, n + 1)
    a = m / n
    return {
        "drift": m[1 / (1 - a + a * n * (2 - a)) <= loss][0],
        "rare": next(i for i in range(1, n + 1) if kept(i) >= 0.95),
        "cold": int(np.ceil(T * n)),
    }


# %% 13.4 wrong: no row at all at temperature 1, scores 4
def human_rows(n, loss, rare, T):
    def kept(m):
        a, s, total = m / n, 1.0, 0.0
        while s > 1e-9:
            total += s
            s = 1 - np.exp(-(1 - a) * s)
        return 1 - np.exp(-n * rare * a * total)

    m = np.arange(1, n + 1)
    a = m / n
    return {
        "drift": m[1 / (1 - a + a * n * (2 - a)) <= loss][0],
        "rare": next(i for i in range(1, n + 1) if kept(i) >= 0.95),
        "cold": int(np.ceil((1 - T) * n - 1e-9)),
    }
