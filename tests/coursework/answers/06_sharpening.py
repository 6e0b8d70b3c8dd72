# Answers to the exercises of chapter 6, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 6.1 right: with the package's decoding
from modelcollapse.decoding import sharpen


def words_left(shares, top_p, generations):
    left = []
    for _ in range(generations):
        left.append(np.count_nonzero(shares))
        shares = sharpen(shares, top_p=top_p)
    return left


def most_left(top_p):
    m = 1
    while m / (m + 1) < top_p:
        m += 1
    return m


# %% 6.1 right: a loop over words
def words_left(shares, top_p, generations):
    words = sorted(shares, reverse=True)
    left = [len(words)]
    while len(left) < generations:
        total, kept = 0.0, []
        for share in words:
            kept.append(share)
            total += share
            if total >= top_p:
                break
        words = [share / total for share in kept]
        left.append(len(words))
    return np.array(left)


def most_left(top_p):
    return int(1 / (1 - top_p) - 1e-9)


# %% 6.1 right: by searching the running sum
def words_left(shares, top_p, generations):
    ranked = np.sort(shares)[::-1]
    n, left = len(ranked), [len(ranked)]
    for _ in range(generations - 1):
        sums = np.cumsum(ranked[:n]) / ranked[:n].sum()
        n = int(np.searchsorted(sums, top_p)) + 1
        left.append(n)
    return np.array(left, float)


def most_left(top_p):
    inverse = 1 / (1 - top_p)
    return float(round(inverse) - 1 if abs(inverse - round(inverse)) < 1e-9 else int(inverse))


# %% 6.1 wrong: never divided by the sum, scores 2
def words_left(shares, top_p, generations):
    shares, left = np.sort(shares)[::-1], []
    for _ in range(generations):
        left.append(len(shares))
        shares = shares[np.cumsum(shares) - shares < top_p]
    return np.array(left)


def most_left(top_p):
    return int(np.ceil(1 / (1 - top_p) - 1e-9)) - 1


# %% 6.1 wrong: generation 1 is cut already, scores 1
def words_left(shares, top_p, generations):
    shares, left = np.sort(shares)[::-1], []
    for _ in range(generations):
        shares = shares[np.cumsum(shares) - shares < top_p]
        shares = shares / shares.sum()
        left.append(len(shares))
    return np.array(left)


def most_left(top_p):
    return int(np.ceil(1 / (1 - top_p) - 1e-9)) - 1


# %% 6.1 wrong: the word that reaches top_p is dropped, scores 1
def words_left(shares, top_p, generations):
    shares, left = np.sort(shares)[::-1], []
    for _ in range(generations):
        left.append(len(shares))
        shares = shares[: max(1, np.sum(np.cumsum(shares) <= top_p))]
        shares = shares / shares.sum()
    return np.array(left)


def most_left(top_p):
    return int(np.ceil(1 / (1 - top_p) - 1e-9)) - 1


# %% 6.1 wrong: rounded down, which is one too many for whole numbers, scores 2
def words_left(shares, top_p, generations):
    shares, left = np.sort(shares)[::-1], []
    for _ in range(generations):
        left.append(len(shares))
        shares = shares[np.cumsum(shares) - shares < top_p - 1e-12]
        shares = shares / shares.sum()
    return np.array(left)


def most_left(top_p):
    return int(1 / (1 - top_p) + 1e-9)


# %% 6.1 wrong: in the order in which the shares come, scores 1
def words_left(shares, top_p, generations):
    left = []
    for _ in range(generations):
        left.append(len(shares))
        shares = shares[np.cumsum(shares) - shares < top_p]
        shares = shares / shares.sum()
    return np.array(left)


def most_left(top_p):
    return int(np.ceil(1 / (1 - top_p) - 1e-9)) - 1


# %% 6.1 wrong: one word is left in the end, scores 2
def words_left(shares, top_p, generations):
    shares, left = np.sort(shares)[::-1], []
    for _ in range(generations):
        left.append(len(shares))
        shares = shares[np.cumsum(shares) - shares < top_p - 1e-12]
        shares = shares / shares.sum()
    return np.array(left)


def most_left(top_p):
    return 1


# %% 6.1 wrong: one too many where the computer's 1 / (1 - top_p) is above a whole number, scores 2
def words_left(shares, top_p, generations):
    shares, left = np.sort(shares)[::-1], []
    for _ in range(generations):
        left.append(len(shares))
        shares = shares[np.cumsum(shares) - shares < top_p - 1e-12]
        shares = shares / shares.sum()
    return np.array(left)


def most_left(top_p):
    return int(np.ceil(1 / (1 - top_p))) - 1


# %% 6.1 wrong: more than top_p is kept, and not at least, scores 1
def words_left(shares, top_p, generations):
    shares, left = np.sort(shares)[::-1], []
    for _ in range(generations):
        left.append(len(shares))
        shares = shares[np.cumsum(shares) - shares <= top_p + 1e-12]
        shares = shares / shares.sum()
    return np.array(left)


def most_left(top_p):
    return int(np.floor(1 / (1 - top_p) + 1e-9))


# %% 6.2 right: on a grid of logits, stability from the slope
def rests(T, alpha, real):
    grid = 1 / (1 + np.exp(-np.linspace(-9, 9, 5000)))
    moved = next_share(grid, T, alpha, real) - grid
    found = []
    for low, high, a, b in zip(grid[:-1], grid[1:], moved[:-1], moved[1:], strict=True):
        if a * b < 0:
            found.append(brentq(lambda x: next_share(x, T, alpha, real) - x, low, high))
    found = np.array(found)
    slope = np.gradient(next_share(grid, T, alpha, real), grid)
    return found, np.interp(found, grid, slope) < 1


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.2 right: stable ones by iteration, the unstable one by bisection
def rests(T, alpha, real):
    low, high = settle(1e-9, T, alpha, real), settle(1 - 1e-9, T, alpha, real)
    if high - low < 1e-5:
        return [low], [True]
    a, b = low + 1e-4, high - 1e-4
    for _ in range(60):
        middle = (a + b) / 2
        if next_share(middle, T, alpha, real) < middle:
            a = middle
        else:
            b = middle
    return [low, middle, high], [True, False, True]


def from_people(T, alpha, real):
    shares, stable = rests(T, alpha, real)
    up = next_share(real, T, alpha, real) > real
    if len(shares) == 1:
        return shares[0]
    if real == 0.5:
        return real
    return shares[2] if up else shares[0]


# %% 6.2 wrong: everything at rest is called stable, scores 3
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 3000)
    at = [i for i in range(2999) if moved(grid[i]) * moved(grid[i + 1]) < 0]
    shares = np.array([brentq(moved, grid[i], grid[i + 1]) for i in at])
    return shares, np.ones(len(shares), bool)


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.2 wrong: only what is stable is found, scores 2
def rests(T, alpha, real):
    ends = [settle(start, T, alpha, real) for start in (0.001, 0.999)]
    shares = np.unique(np.round(ends, 7))
    return shares, np.ones(len(shares), bool)


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.2 wrong: the nearest points of a coarse grid, scores 2
def rests(T, alpha, real):
    grid = np.linspace(0, 1, 1000)
    moved = next_share(grid, T, alpha, real) - grid
    at = np.flatnonzero(moved[:-1] * moved[1:] < 0)
    return grid[at], moved[at] > 0


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.2 wrong: the loop starts at one half, and the real share is left out of rests, scores 0
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha) - share

    grid = np.linspace(0, 1, 3000)
    at = [i for i in range(2999) if moved(grid[i]) * moved(grid[i + 1]) < 0]
    shares = np.array([brentq(moved, grid[i], grid[i + 1]) for i in at])
    return shares, np.array([moved(grid[i]) > 0 for i in at])


def from_people(T, alpha, real):
    return settle(0.501, T, alpha)


# %% 6.2 wrong: a dozen generations only, scores 3
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 3000)
    at = [i for i in range(2999) if moved(grid[i]) * moved(grid[i + 1]) < 0]
    shares = np.array([brentq(moved, grid[i], grid[i + 1]) for i in at])
    return shares, np.array([moved(grid[i]) > 0 for i in at])


def from_people(T, alpha, real):
    return settle(real, T, alpha, real, 3)


# %% 6.2 wrong: stable and unstable the wrong way round, scores 3
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 3000)
    at = [i for i in range(2999) if moved(grid[i]) * moved(grid[i + 1]) < 0]
    shares = np.array([brentq(moved, grid[i], grid[i + 1]) for i in at])
    return shares, np.array([moved(grid[i]) < 0 for i in at])


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.2 wrong: one half is a point of the grid, and missed, scores 1
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 1001)
    at = [i for i in range(1000) if moved(grid[i]) * moved(grid[i + 1]) < 0]
    shares = np.array([brentq(moved, grid[i], grid[i + 1]) for i in at])
    return shares, np.array([moved(grid[i]) > 0 for i in at])


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.2 wrong: one half is a point of the grid, and counted twice, scores 1
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 1001)
    signs = np.sign(moved(grid))
    at = np.flatnonzero(signs[:-1] != signs[1:])
    shares = np.array([brentq(moved, grid[i], grid[i + 1]) for i in at])
    return shares, moved(shares - 1e-6) > 0


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.2 wrong: the grid stays away from 0 and 1, scores 2
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0.01, 0.99, 100)
    signs = np.sign(moved(grid))
    at = np.flatnonzero(signs[:-1] != signs[1:])
    shares = np.array([brentq(moved, grid[i], grid[i + 1], xtol=1e-12) for i in at])
    return shares, signs[at] > 0


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.2 wrong: one of two exact equals wins, scores 3
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 20_000)
    signs = np.sign(moved(grid))
    at = np.flatnonzero(signs[:-1] != signs[1:])
    shares = np.array([brentq(moved, grid[i], grid[i + 1], xtol=1e-12) for i in at])
    return shares, signs[at] > 0


def from_people(T, alpha, real):
    return settle(real + 1e-9 * (real == 0.5), T, alpha, real)


# %% 6.4 right: odds, and a bounded search
def human_part(p, k, T):
    others = (k - 1) * ((1 - p) / (k - 1) / p) ** (1 / T)
    decoded = 1 / (1 + others)
    return (p - decoded) / (1 / k - decoded)


def fold(k, T):
    from scipy.optimize import minimize_scalar

    best = minimize_scalar(
        lambda p: -human_part(p, k, T),
        bounds=(1 / k + 1e-4, 1 - 1e-4),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return -best.fun


def threshold(k, T):
    return max(0, 1 - T)


def simulate(shares, T, alpha, generations):
    run = np.empty((generations + 1, len(shares)))
    run[0] = shares
    for t in range(generations):
        run[t + 1] = alpha / len(shares) + (1 - alpha) * decode_any(run[t], T)
    return run


def decode_any(shares, T):
    from modelcollapse.decoding import sharpen

    return sharpen(shares, temperature=T)


# %% 6.4 right: zooming in on a grid, the threshold from the slope
def human_part(p, k, T):
    state = np.full(k, (1 - p) / (k - 1))
    state[0] = p
    decoded = state ** (1 / T) / np.sum(state ** (1 / T))
    return (decoded[0] - p) / (decoded[0] - 1 / k)


def fold(k, T):
    low, high = 1 / k + 1e-5, 1 - 1e-5
    for _ in range(8):
        grid = np.linspace(low, high, 60)
        values = [human_part(p, k, T) for p in grid]
        best = int(np.argmax(values))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 59)]
    return values[best]


def threshold(k, T):
    gamma, e = 1 / T, 1e-6
    first, other = (1 / k + e) ** gamma, (1 / k - e / (k - 1)) ** gamma
    slope = (first / (first + (k - 1) * other) - 1 / k) / e
    return 1 - 1 / slope


def simulate(shares, T, alpha, generations):
    run = [list(shares)]
    for _ in range(generations):
        powers = [share ** (1 / T) for share in run[-1]]
        total = sum(powers)
        run.append([alpha / len(shares) + (1 - alpha) * power / total for power in powers])
    return run


# %% 6.4 wrong: the fold is taken for the threshold, scores 4
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    return 1 - T


def threshold(k, T):
    return 1 - T


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)


# %% 6.4 wrong: the threshold is taken for the fold, scores 4
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    return human_part(1 / k + (1 - 1 / k) * np.geomspace(1e-3, 0.999, 200_000), k, T).max()


def threshold(k, T):
    return fold(k, T) + 0.001 * (k - 2)


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)


# %% 6.4 wrong: the others are decoded as one word, scores 2
def human_part(p, k, T):
    ahead, other = p ** (1 / T), (1 - p) ** (1 / T)
    decoded = ahead / (ahead + other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    return human_part(1 / k + (1 - 1 / k) * np.geomspace(1e-2, 0.99, 10_000), k, T).max() - 0.01


def threshold(k, T):
    return 1 - T


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)


# %% 6.4 wrong: a grid that stays away from equal shares, scores 4
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    return human_part(np.linspace(1 / k + 0.04, 0.999, 200_000), k, T).max()


def threshold(k, T):
    return 1 - T


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)


# %% 6.4 wrong: people's part is decoded, too, scores 4
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    p = 1 / k + (1 - 1 / k) * np.geomspace(1e-3, 0.999, 200_000)
    return max(1 - T, human_part(p, k, T).max())


def threshold(k, T):
    return 1 - T


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = (alpha / len(shares) + (1 - alpha) * run[-1]) ** (1 / T)
        run.append(q / q.sum())
    return np.array(run)


# %% 6.4 wrong: the threshold shrinks with the number of words, scores 4
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    p = 1 / k + (1 - 1 / k) * np.geomspace(1e-3, 0.999, 200_000)
    return max(1 - T, human_part(p, k, T).max())


def threshold(k, T):
    return 2 * (1 - T) / k + 0.001


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)


# %% 6.4 wrong: twenty points for the fold, scores 3
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    return human_part(np.linspace(1 / k, 1, 22)[1:-1], k, T).max()


def threshold(k, T):
    return 1 - T


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)


# %% 6.4 wrong: a fold that is a little too low, scores 3
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    p = 1 / k + (1 - 1 / k) * np.geomspace(1e-4, 1 - 1e-6, 50_000)
    return max(1 - T, human_part(p, k, T).max()) - 0.003


def threshold(k, T):
    return 1 - T


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)


# %% 6.4 wrong: a threshold in steps of a hundredth, scores 4
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    p = 1 / k + (1 - 1 / k) * np.geomspace(1e-4, 1 - 1e-6, 50_000)
    return max(1 - T, human_part(p, k, T).max())


def threshold(k, T):
    return np.floor(100 * (1 - T)) / 100 + 0.009


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)


# %% 6.2 right: one array of two rows, ones for what is stable
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 20_000)
    signs = np.sign(moved(grid))
    at = np.flatnonzero(signs[:-1] != signs[1:])
    shares = [brentq(moved, grid[i], grid[i + 1], xtol=1e-12) for i in at]
    return np.array([shares, np.where(signs[at] > 0, 1, 0)])


def from_people(T, alpha, real):
    return np.array(settle(real, T, alpha, real))


# %% 6.2 wrong: words in place of truth values, scores 3
def rests(T, alpha, real):
    def moved(share):
        return next_share(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 20_000)
    signs = np.sign(moved(grid))
    at = np.flatnonzero(signs[:-1] != signs[1:])
    shares = np.array([brentq(moved, grid[i], grid[i + 1], xtol=1e-12) for i in at])
    return shares, ["stable" if signs[i] > 0 else "" for i in at]


def from_people(T, alpha, real):
    return settle(real, T, alpha, real)


# %% 6.4 right: in single precision
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return np.float32((decoded - p) / (decoded - 1 / k))


def fold(k, T):
    p = 1 / k + (1 - 1 / k) * np.geomspace(1e-3, 1 - 1e-6, 50_000)
    return max(np.float32(1 - T), human_part(p, k, T).max())


def threshold(k, T):
    return np.float32(1 - T)


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = run[-1] ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.float32(run)


# %% 6.4 wrong: odds against the least common word, which may have nothing, scores 4
def human_part(p, k, T):
    ahead, other = p ** (1 / T), ((1 - p) / (k - 1)) ** (1 / T)
    decoded = ahead / (ahead + (k - 1) * other)
    return (decoded - p) / (decoded - 1 / k)


def fold(k, T):
    p = 1 / k + (1 - 1 / k) * np.geomspace(1e-4, 1 - 1e-6, 50_000)
    return max(1 - T, human_part(p, k, T).max())


def threshold(k, T):
    return 1 - T


def simulate(shares, T, alpha, generations):
    run = [np.asarray(shares, float)]
    for _ in range(generations):
        q = (run[-1] / run[-1].min()) ** (1 / T)
        run.append(alpha / len(q) + (1 - alpha) * q / q.sum())
    return np.array(run)
