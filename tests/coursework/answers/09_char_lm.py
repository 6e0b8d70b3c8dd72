# Answers to the exercises of chapter 9, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 9.1 right: the sigmoid as a tanh
def gru_step(h, a, b, c, u_r, u_z, u_m, d):
    squeeze = lambda x: 0.5 * (1 + np.tanh(x / 2))
    r, z = squeeze(a + h @ u_r), squeeze(b + h @ u_z)
    return z * h + (1 - z) * np.tanh(c + r * (h @ u_m + d))


# %% 9.1 right: transposed, unit by unit, as a list
def gru_step(h, a, b, c, u_r, u_z, u_m, d):
    new = []
    for i in range(len(h)):
        r = 1 / (1 + np.exp(-a[i] - sum(h[k] * u_r[k][i] for k in range(len(h)))))
        z = 1 / (1 + np.exp(-b[i] - np.dot(u_z.T[i], h)))
        m = np.tanh(c[i] + r * (np.dot(h, u_m[:, i]) + d[i]))
        new.append(h[i] + (1 - z) * (m - h[i]))
    return new


# %% 9.1 wrong: z the other way round, scores 0
def gru_step(h, a, b, c, u_r, u_z, u_m, d):
    r = 1 / (1 + np.exp(-(a + h @ u_r)))
    z = 1 / (1 + np.exp(-(b + h @ u_z)))
    return z * np.tanh(c + r * (h @ u_m + d)) + (1 - z) * h


# %% 9.1 wrong: the state to the right of the matrix, scores 1
def gru_step(h, a, b, c, u_r, u_z, u_m, d):
    r = 1 / (1 + np.exp(-(a + u_r @ h)))
    z = 1 / (1 + np.exp(-(b + u_z @ h)))
    return (1 - z) * np.tanh(c + r * (u_m @ h + d)) + z * h


# %% 9.1 wrong: r applied to the state before the product, scores 0
def gru_step(h, a, b, c, u_r, u_z, u_m, d):
    r = 1 / (1 + np.exp(-(a + h @ u_r)))
    z = 1 / (1 + np.exp(-(b + h @ u_z)))
    return (1 - z) * np.tanh(c + (r * h) @ u_m + d) + z * h


# %% 9.1 wrong: elementwise products with the diagonal of every matrix, scores 1
def gru_step(h, a, b, c, u_r, u_z, u_m, d):
    r = 1 / (1 + np.exp(-(a + h * np.diag(u_r))))
    z = 1 / (1 + np.exp(-(b + h * np.diag(u_z))))
    return (1 - z) * np.tanh(c + r * (h * np.diag(u_m) + d)) + z * h


# %% 9.1 wrong: no tanh, scores 0
def gru_step(h, a, b, c, u_r, u_z, u_m, d):
    r = 1 / (1 + np.exp(-(a + h @ u_r)))
    z = 1 / (1 + np.exp(-(b + h @ u_z)))
    return (1 - z) * (c + r * (h @ u_m + d)) + z * h


# %% 9.2 right: place after place
def attention_weights(query, key, slope):
    weights = np.zeros((len(key), len(key)))
    for i in range(len(key)):
        fit = key[: i + 1] @ query[i] / key.shape[1] ** 0.5 - slope * np.arange(i, -1, -1)
        weights[i, : i + 1] = np.exp(fit - fit.max())
        weights[i] /= weights[i].sum()
    return weights


def looks_back(weights):
    return [sum(w * (i - j) for j, w in enumerate(row)) for i, row in enumerate(weights)]


# %% 9.2 right: one mean place less
def attention_weights(query, key, slope):
    from scipy.special import softmax

    n, e = key.shape
    back = np.subtract.outer(np.arange(n), np.arange(n))
    return softmax(np.where(back < 0, -np.inf, query @ key.T / e**0.5 - slope * back), axis=1)


def looks_back(weights):
    return np.arange(len(weights)) - weights @ np.arange(len(weights))


# %% 9.2 wrong: not divided by the root, scores 1
def attention_weights(query, key, slope):
    place = np.arange(len(key))
    distance = place[:, None] - place
    fit = np.where(distance >= 0, query @ key.T - slope * distance, -np.inf)
    weights = np.exp(fit - fit.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def looks_back(weights):
    place = np.arange(len(weights))
    return np.sum(weights * (place[:, None] - place), axis=1)


# %% 9.2 wrong: looks ahead, scores 1
def attention_weights(query, key, slope):
    place = np.arange(len(key))
    fit = query @ key.T / np.sqrt(key.shape[1]) - slope * np.abs(place[:, None] - place)
    weights = np.exp(fit - fit.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def looks_back(weights):
    place = np.arange(len(weights))
    return np.sum(weights * (place[:, None] - place), axis=1)


# %% 9.2 wrong: overflows, scores 3
def attention_weights(query, key, slope):
    place = np.arange(len(key))
    distance = place[:, None] - place
    fit = query @ key.T / np.sqrt(key.shape[1]) - slope * distance
    weights = np.where(distance >= 0, np.exp(fit), 0)
    return weights / weights.sum(axis=1, keepdims=True)


def looks_back(weights):
    place = np.arange(len(weights))
    return np.sum(weights * (place[:, None] - place), axis=1)


# %% 9.2 wrong: the largest score taken before the mask, scores 3
def attention_weights(query, key, slope):
    place = np.arange(len(key))
    distance = place[:, None] - place
    fit = query @ key.T / np.sqrt(key.shape[1]) - slope * distance
    weights = np.where(distance >= 0, np.exp(fit - fit.max(axis=1, keepdims=True)), 0)
    return weights / weights.sum(axis=1, keepdims=True)


def looks_back(weights):
    place = np.arange(len(weights))
    return np.sum(weights * (place[:, None] - place), axis=1)


# %% 9.2 wrong: masked after the softmax, scores 1
def attention_weights(query, key, slope):
    place = np.arange(len(key))
    distance = place[:, None] - place
    fit = query @ key.T / np.sqrt(key.shape[1]) - slope * distance
    weights = np.exp(fit - fit.max(axis=1, keepdims=True))
    return np.tril(weights / weights.sum(axis=1, keepdims=True))


def looks_back(weights):
    place = np.arange(len(weights))
    return np.sum(weights * (place[:, None] - place), axis=1)


# %% 9.2 wrong: the mean place instead of the distance, scores 3
def attention_weights(query, key, slope):
    place = np.arange(len(key))
    distance = place[:, None] - place
    fit = query @ key.T / np.sqrt(key.shape[1]) - slope * distance
    fit = np.where(distance >= 0, fit, -np.inf)
    weights = np.exp(fit - fit.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def looks_back(weights):
    return weights @ np.arange(len(weights))


# %% 9.3 right: step by step
def paired(low, high):
    gap = [b - a for a, b in zip(low, high, strict=True)]
    n = len(gap)
    mean = sum(gap) / n
    variance = sum((g - mean) ** 2 for g in gap) / (n - 1)
    return [mean, (variance / n) ** 0.5]


def seeds_needed(low, high, z):
    mean, se = paired(low, high)
    spread, n = se * len(low) ** 0.5, 2
    while abs(mean) < z * spread / n**0.5:
        n += 1
    return n


# %% 9.3 right: scipy, and the square in one go
def paired(low, high):
    from scipy import stats

    gap = np.subtract(high, low)
    return np.array([np.mean(gap), stats.sem(gap)])


def seeds_needed(low, high, z):
    mean, se = paired(low, high)
    return max(int(np.ceil(z**2 * se**2 * len(low) / mean**2)), 2)


# %% 9.3 wrong: unpaired standard error, scores 0
def paired(low, high):
    n = len(low)
    se = np.sqrt(np.var(low, ddof=1) / n + np.var(high, ddof=1) / n)
    return np.mean(high) - np.mean(low), se


def seeds_needed(low, high, z):
    mean, se = paired(low, high)
    return max(2, int(np.ceil(len(low) * (z * se / mean) ** 2)))


# %% 9.3 wrong: standard deviation with n, scores 1
def paired(low, high):
    gap = high - low
    return gap.mean(), gap.std() / np.sqrt(len(gap))


def seeds_needed(low, high, z):
    gap = high - low
    return max(2, int(np.ceil((z * gap.std() / gap.mean()) ** 2)))


# %% 9.3 wrong: rounded down, scores 3
def paired(low, high):
    gap = high - low
    return gap.mean(), gap.std(ddof=1) / np.sqrt(len(gap))


def seeds_needed(low, high, z):
    gap = high - low
    return max(2, int((z * gap.std(ddof=1) / gap.mean()) ** 2))


# %% 9.3 wrong: one seed may be enough, scores 4
def paired(low, high):
    gap = high - low
    return gap.mean(), gap.std(ddof=1) / np.sqrt(len(gap))


def seeds_needed(low, high, z):
    gap = high - low
    return int(np.ceil((z * gap.std(ddof=1) / gap.mean()) ** 2))


# %% 9.3 wrong: the standard error in place of the standard deviation, scores 3
def paired(low, high):
    gap = high - low
    return gap.mean(), gap.std(ddof=1) / np.sqrt(len(gap))


def seeds_needed(low, high, z):
    mean, se = paired(low, high)
    return max(2, int(np.ceil((z * se / mean) ** 2)))


# %% 9.1 right: other names for what it is given
def gru_step(state, to_r, to_z, to_m, r_from, z_from, m_from, shift):
    r = 1 / (1 + np.exp(-(to_r + state @ r_from)))
    z = 1 / (1 + np.exp(-(to_z + state @ z_from)))
    return (1 - z) * np.tanh(to_m + r * (state @ m_from + shift)) + z * state


# %% 9.1 right: in single precision, as a tuple
def gru_step(h, *given):
    a, b, c, u_r, u_z, u_m, d = given
    r = 1 / (1 + np.exp(-(a + h @ u_r)))
    z = 1 / (1 + np.exp(-(b + h @ u_z)))
    return tuple(np.float32((1 - z) * np.tanh(c + r * (h @ u_m + d)) + z * h))


# %% 9.1 wrong: the matrices taken in another order, scores 0
def gru_step(h, a, b, c, u_m, u_r, u_z, d):
    r = 1 / (1 + np.exp(-(a + h @ u_r)))
    z = 1 / (1 + np.exp(-(b + h @ u_z)))
    return (1 - z) * np.tanh(c + r * (h @ u_m + d)) + z * h


# %% 9.3 right: a whole number with a point, the rest in single precision
def paired(low, high):
    gap = high - low
    return np.float32([gap.mean(), gap.std(ddof=1) / np.sqrt(len(gap))])


def seeds_needed(low, high, z):
    gap = high - low
    return np.maximum(2, np.ceil((z * gap.std(ddof=1) / gap.mean()) ** 2))


# %% 9.3 wrong: rounded down and one more, which is too many for whole numbers, scores 3
def paired(low, high):
    gap = high - low
    return gap.mean(), gap.std(ddof=1) / np.sqrt(len(gap))


def seeds_needed(low, high, z):
    gap = high - low
    return max(2, int((z * gap.std(ddof=1) / gap.mean()) ** 2) + 1)


# %% 9.3 wrong: more than z standard errors in place of z or more, scores 3
def paired(low, high):
    gap = high - low
    return gap.mean(), gap.std(ddof=1) / np.sqrt(len(gap))


def seeds_needed(low, high, z):
    gap, n = high - low, 2
    while abs(gap.mean()) <= z * gap.std(ddof=1) / np.sqrt(n):
        n += 1
    return n
