# Answers to the exercises of chapter 4, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 4.1 right: log1p, and a product
def rows_needed(t, chance):
    return -np.log1p(-chance) / categories.g(t)


def width_left(c, t):
    left = 1.0
    for _ in range(t):
        left -= left / c
    return left


needed = rows_needed(20, 0.95)
left = width_left(needed, 20)


# %% 4.1 right: its own recursion, an array of one number
def rows_needed(t, chance):
    share = 1.0
    for _ in range(t - 1):
        share = 1 - np.exp(-share)
    return np.array([np.log(1 / (1 - chance)) / share])


def width_left(c, t):
    return np.exp(t * np.log((c - 1) / c))


needed = rows_needed(20, 0.95)
left = width_left(needed, 20)


# %% 4.1 right: by bisection, numbers rounded
def rows_needed(t, chance):
    low, high = 0.0, 1e5
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if categories.survival(t, middle) < chance else (low, middle)
    return high


def width_left(c, t):
    return (1 - 1 / c) ** t


needed = round(float(rows_needed(20, 0.95)), 2)
left = round(width_left(needed, 20), 4)


# %% 4.1 wrong: the chance of being lost, scores 1
def rows_needed(t, chance):
    return -np.log(chance) / categories.g(t)


def width_left(c, t):
    return (1 - 1 / c) ** t


needed = rows_needed(20, 0.95)
left = width_left(needed, 20)


# %% 4.1 wrong: the rule 2/t in place of g, scores 1
def rows_needed(t, chance):
    return -np.log(1 - chance) * t / 2


def width_left(c, t):
    return (1 - 1 / c) ** t


needed = rows_needed(20, 0.95)
left = width_left(needed, 20)


# %% 4.1 wrong: the first fit costs nothing, scores 1
def rows_needed(t, chance):
    return -np.log(1 - chance) / categories.g(t)


def width_left(c, t):
    return (1 - 1 / c) ** (t - 1)


needed = rows_needed(20, 0.95)
left = width_left(needed, 20)


# %% 4.1 wrong: the exponential for the product, scores 1
def rows_needed(t, chance):
    return -np.log(1 - chance) / categories.g(t)


def width_left(c, t):
    return np.exp(-t / c)


needed = rows_needed(20, 0.95)
left = width_left(needed, 20)


# %% 4.1 wrong: whole rows, scores 1
def rows_needed(t, chance):
    return int(np.ceil(-np.log(1 - chance) / categories.g(t)))


def width_left(c, t):
    return (1 - 1 / c) ** t


needed = rows_needed(20, 0.95)
left = width_left(needed, 20)


# %% 4.1 wrong: the numbers for model 10, scores 2
def rows_needed(t, chance):
    return -np.log(1 - chance) / categories.g(t)


def width_left(c, t):
    return (1 - 1 / c) ** t


needed = rows_needed(10, 0.95)
left = width_left(needed, 10)


# %% 4.1 wrong: two fixed answers, scores 1
def rows_needed(t, chance):
    return 7.5


def width_left(c, t):
    return 0.5 if t == 1 else 0.125


needed = -np.log(0.05) / categories.g(20)
left = (1 - 1 / needed) ** 20


# %% 4.2 right: row by row
def coverage(real, made, k):
    hits = 0
    for i, row in enumerate(real):
        others = np.sort(np.linalg.norm(np.delete(real, i, axis=0) - row, axis=1))
        hits += bool(np.any(np.linalg.norm(made - row, axis=1) <= others[k - 1]))
    return hits / len(real)


def strays(people, rng):
    reach = 1e4 * (1 + np.abs(people - people.mean(axis=0)).max())
    angle = np.where(np.arange(20) % 4 == 0, 0, np.pi)
    return people.mean(axis=0) + reach * np.stack([np.cos(angle), np.sin(angle)], axis=1)


# %% 4.2 right: balls by partition, a cross of strays
def coverage(real, made, k):
    radius = np.partition(cdist(real, real), k, axis=1)[:, k]
    return float((cdist(real, made) <= radius[:, None]).any(axis=1).mean())


def strays(people, rng):
    far = 1000 * np.ptp(people, axis=0).sum()
    corners = np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1]])
    return people.mean(axis=0) + far * np.tile(corners, (4, 1))


# %% 4.2 right: a few at random until recall is 1
def coverage(real, made, k):
    inside = [
        min(np.linalg.norm(row - m) for m in made)
        <= sorted(np.linalg.norm(row - other) for other in real)[k]
        for row in real
    ]
    return sum(inside) / len(inside)


def strays(people, rng):
    while True:
        made = people.mean(axis=0) + 1e5 * people.std() * rng.standard_normal((20, 2))
        recall = metrics.precision_recall(people[None], made[None])[1][0]
        if recall == 1 and coverage(people, made, 5) == 0:
            return made


# %% 4.2 wrong: recall, with the balls of the made rows, scores 2
def coverage(real, made, k):
    radius = np.sort(cdist(made, made), axis=1)[:, min(k, len(made) - 1)]
    return np.mean((cdist(real, made) <= radius).any(axis=1))


def strays(people, rng):
    far = 1000 * np.ptp(people, axis=0).max() * np.array([1.0, 0.0])
    return people.mean(axis=0) + np.where(np.arange(20) < 5, 1, -1)[:, None] * far


# %% 4.2 wrong: the row itself counts as a neighbour, scores 2
def coverage(real, made, k):
    radius = np.sort(cdist(real, real), axis=1)[:, k - 1]
    return np.mean(cdist(real, made).min(axis=1) <= radius)


def strays(people, rng):
    far = 1000 * np.ptp(people, axis=0).max() * np.array([1.0, 0.0])
    return people.mean(axis=0) + np.where(np.arange(20) < 5, 1, -1)[:, None] * far


# %% 4.2 wrong: the edge is outside, scores 3
def coverage(real, made, k):
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    return np.mean(cdist(real, made).min(axis=1) < radius)


def strays(people, rng):
    far = 1000 * np.ptp(people, axis=0).max() * np.array([1.0, 0.0])
    return people.mean(axis=0) + np.where(np.arange(20) < 5, 1, -1)[:, None] * far


# %% 4.2 wrong: precision in place of coverage, and people themselves, scores 1
def coverage(real, made, k):
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    return np.mean((cdist(real, made) <= radius[:, None]).any(axis=0))


def strays(people, rng):
    low, high = people.min(axis=0), people.max(axis=0)
    grid = low + (high - low) * rng.random((19, 2))
    return np.vstack(
        [grid[:14], people.mean(axis=0) + 1e5 * people.std() * rng.normal(size=(6, 2))]
    )


# %% 4.2 wrong: all strays in one far place, scores 2
def coverage(real, made, k):
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    return np.mean(cdist(real, made).min(axis=1) <= radius)


def strays(people, rng):
    return people.mean(axis=0) + 1e5 + rng.standard_normal((20, 2))


# %% 4.2 wrong: strays about the origin, for people of the visible check, scores 2
def coverage(real, made, k):
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    return np.mean(cdist(real, made).min(axis=1) <= radius)


def strays(people, rng):
    return np.where(np.arange(20) < 5, 1, -1)[:, None] * np.array([20.0, 0.0])


# %% 4.2 wrong: two dimensions only, scores 3
def coverage(real, made, k):
    apart = np.hypot(*(real[:, None, j] - real[None, :, j] for j in range(2)))
    across = np.hypot(*(real[:, None, j] - made[None, :, j] for j in range(2)))
    return np.mean(across.min(axis=1) <= np.sort(apart, axis=1)[:, k])


def strays(people, rng):
    far = 1000 * np.ptp(people, axis=0).max() * np.array([1.0, 0.0])
    return people.mean(axis=0) + np.where(np.arange(20) < 5, 1, -1)[:, None] * far


# %% 4.2 wrong: every made row must be in the ball, scores 2
def coverage(real, made, k):
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    return np.mean((cdist(real, made) <= radius[:, None]).all(axis=1))


def strays(people, rng):
    far = 1000 * np.ptp(people, axis=0).max() * np.array([1.0, 0.0])
    return people.mean(axis=0) + np.where(np.arange(20) < 5, 1, -1)[:, None] * far


# %% 4.2 wrong: k is always 1, scores 2
def coverage(real, made, k):
    radius = np.sort(cdist(real, real), axis=1)[:, 1]
    return np.mean(cdist(real, made).min(axis=1) <= radius)


def strays(people, rng):
    far = 1000 * np.ptp(people, axis=0).max() * np.array([1.0, 0.0])
    return people.mean(axis=0) + np.where(np.arange(20) < 5, 1, -1)[:, None] * far


# %% 4.4 right: the textbook's factor, and the closed form
def smooth_copy(data, h, rng):
    centre = data.mean(axis=0)
    pull = 1 / np.sqrt(1 + h**2 / data.var(axis=0))
    rows = rng.choice(len(data), size=len(data))
    return centre + pull * (data[rows] - centre + rng.normal(0, h, size=data.shape))


def mean_variance(v, n, h, t, pulled):
    if pulled:
        return v * (1 - 1 / n) ** t
    limit = (n - 1) * h**2
    return limit + ((1 - 1 / n) * v - limit) * (1 - 1 / n) ** (t - 1)


# %% 4.4 right: row by row
def smooth_copy(data, h, rng):
    mean, sd = np.mean(data, axis=0), np.std(data, axis=0)
    made = []
    for _ in range(len(data)):
        row = data[rng.integers(len(data))] + h * rng.standard_normal(data.shape[1])
        made.append(
            [m + (x - m) * s / np.hypot(s, h) for x, m, s in zip(row, mean, sd, strict=True)]
        )
    return made


def mean_variance(v, n, h, t, pulled):
    variances = [v * (n - 1) / n]
    while len(variances) < t:
        grown = variances[-1] if pulled else variances[-1] + h * h
        variances.append(grown * (n - 1) / n)
    return variances[-1]


# %% 4.4 right: shrink the data and the noise, each by itself
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.mean(axis=0) * 0 + data.var(axis=0)
    shrunk = mean + (data - mean) * np.sqrt(s2 / (s2 + h**2))
    noise = rng.standard_normal(data.shape) * h * np.sqrt(s2 / (s2 + h**2))
    return shrunk[rng.integers(0, len(data), len(data))] + noise


def mean_variance(v, n, h, t, pulled):
    return v * (1 - 1 / n) ** t if pulled else v * smoothing.kernel_variance(t, n, h / v**0.5)


# %% 4.4 wrong: no pull at all, scores 4
def smooth_copy(data, h, rng):
    return data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: pulled towards zero, scores 3
def smooth_copy(data, h, rng):
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return noisy / np.sqrt(1 + h**2 / data.var(axis=0)) * 1.0


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: one factor for all columns, scores 4
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0).mean()
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return mean + (noisy - mean) / np.sqrt(1 + h**2 / s2)


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: the factor without its root, scores 4
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return mean + (noisy - mean) / (1 + h**2 / s2)


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: the sample is standardised, not the model, scores 3
def smooth_copy(data, h, rng):
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    noisy = (noisy - noisy.mean(axis=0)) / noisy.std(axis=0)
    return data.mean(axis=0) + noisy * data.std(axis=0)


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: every row once, scores 3
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    noisy = rng.permutation(data) + h * rng.standard_normal(data.shape)
    return mean + (noisy - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: one number of noise for both columns, scores 4
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal((len(data), 1))
    return mean + (noisy - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: a generator of its own, scores 4
def smooth_copy(data, h, rng):
    rng = np.random.default_rng()
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return mean + (noisy - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: the bandwidth for the variance of the noise, one step too few, scores 3
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return mean + (noisy - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v
    for _ in range(t - 1):
        left = (left + (0 if pulled else h)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: the pulled loop is thought to lose nothing, scores 4
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return mean + (noisy - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    if pulled:
        return v * (1 - 1 / n)
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + h**2) * (1 - 1 / n)
    return left


# %% 4.4 wrong: the variance with divisor n - 1, scores 4
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0, ddof=1)
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return mean + (noisy - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: pulled towards the mean of the copy, scores 3
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return mean + (noisy - noisy.mean(axis=0)) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: the noise grows with the spread of the data, scores 4
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    noisy = data[rng.integers(len(data), size=len(data))] + h * rng.standard_normal(data.shape)
    return mean + (noisy - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    if pulled:
        return v * (1 - 1 / n) ** t
    return v * smoothing.kernel_variance(t, n, h)


# %% 4.1 right: in single precision
def rows_needed(t, chance):
    return np.float32(-np.log1p(-chance) / categories.g(t))


def width_left(c, t):
    return np.float32((1 - 1 / c) ** t)


needed = rows_needed(20, 0.95)
left = width_left(needed, 20)


# %% 4.2 right: in single precision
def coverage(real, made, k):
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    return np.mean(cdist(real, made).min(axis=1) <= radius, dtype=np.float32)


def strays(people, rng):
    far = 1000 * np.ptp(people, axis=0).max() * np.array([1.0, 0.0])
    made = people.mean(axis=0) + np.where(np.arange(20) < 5, 1, -1)[:, None] * far
    return made.astype(np.float32)


# %% 4.4 wrong: the rows that are picked come from a generator of its own, scores 2
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    picked = data[np.random.default_rng(7).integers(len(data), size=len(data))]
    return mean + (picked + h * rng.standard_normal(data.shape) - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: the noise comes from a generator of its own, scores 2
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    picked = data[rng.integers(len(data), size=len(data))]
    noise = np.random.default_rng(7).standard_normal(data.shape)
    return mean + (picked + h * noise - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left


# %% 4.4 wrong: numpy's own numbers in place of rng, scores 4
def smooth_copy(data, h, rng):
    mean, s2 = data.mean(axis=0), data.var(axis=0)
    picked = data[np.random.randint(len(data), size=len(data))]
    noisy = picked + h * np.random.standard_normal(data.shape)
    return mean + (noisy - mean) * np.sqrt(s2 / (s2 + h**2))


def mean_variance(v, n, h, t, pulled):
    left = v * (1 - 1 / n)
    for _ in range(t - 1):
        left = (left + (0 if pulled else h**2)) * (1 - 1 / n)
    return left
