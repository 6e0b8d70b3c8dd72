# Answers to the exercises of chapter 10, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 10.1 right: copy by copy
def ink_left(eigenvalues, sigma2, weight, t):
    values = list(eigenvalues)
    for _ in range(t):
        values = [max(v - weight * sigma2, 0.0) for v in values]
    return sum(values)


def directions_left(eigenvalues, sigma2, weight, t):
    values = list(eigenvalues)
    for _ in range(t):
        values = [max(v - weight * sigma2, 0.0) for v in values]
    return sum(v > 0 for v in values)


# %% 10.1 right: with the package
def ink_left(eigenvalues, sigma2, weight, t):
    return linear_vae.means(eigenvalues, weight * sigma2, t).sum()


def directions_left(eigenvalues, sigma2, weight, t):
    return np.count_nonzero(linear_vae.means(eigenvalues, weight * sigma2, t))


# %% 10.1 wrong: nothing stops at zero, scores 2
def ink_left(eigenvalues, sigma2, weight, t):
    return float(np.sum(np.asarray(eigenvalues) - t * weight * sigma2))


def directions_left(eigenvalues, sigma2, weight, t):
    return int(np.sum(np.asarray(eigenvalues) - t * weight * sigma2 > 0))


# %% 10.1 wrong: what has just died counts as alive, scores 2
def ink_left(eigenvalues, sigma2, weight, t):
    return float(np.maximum(np.asarray(eigenvalues) - t * weight * sigma2, 0).sum())


def directions_left(eigenvalues, sigma2, weight, t):
    return int(np.sum(np.asarray(eigenvalues) >= t * weight * sigma2))


# %% 10.1 wrong: the weight forgotten, scores 1
def ink_left(eigenvalues, sigma2, weight, t):
    return float(np.maximum(np.asarray(eigenvalues) - t * sigma2, 0).sum())


def directions_left(eigenvalues, sigma2, weight, t):
    return int(np.sum(np.asarray(eigenvalues) > t * sigma2))


# %% 10.1 wrong: divided by the weight, scores 1
def ink_left(eigenvalues, sigma2, weight, t):
    return float(np.maximum(np.asarray(eigenvalues) - t * sigma2 / weight, 0).sum())


def directions_left(eigenvalues, sigma2, weight, t):
    return int(np.sum(np.asarray(eigenvalues) > t * sigma2 / weight))


# %% 10.1 wrong: a factor a copy in place of an amount, scores 0
def ink_left(eigenvalues, sigma2, weight, t):
    return float(np.sum(np.asarray(eigenvalues) * (1 - weight * sigma2) ** t))


def directions_left(eigenvalues, sigma2, weight, t):
    return len(eigenvalues)


# %% 10.2 right: the share that is needed, by the formula
def fresh_share(eigenvalue, sigma2, kept):
    lost = eigenvalue - kept * eigenvalue
    return np.inf if sigma2 > lost else sigma2 / lost


# %% 10.2 right: by halving an interval
def fresh_share(eigenvalue, sigma2, kept):
    def left(a):
        return max(eigenvalue - sigma2 / a, 0.0)

    if left(1.0) < kept * eigenvalue:
        return np.inf
    low, high = 1e-9, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        if left(middle) >= kept * eigenvalue:
            high = middle
        else:
            low = middle
    return high


# %% 10.2 wrong: returns what is left as well, scores 0
def fresh_share(eigenvalue, sigma2, kept):
    share = sigma2 / (eigenvalue * (1 - kept))
    return (share, kept) if share <= 1 else (np.inf, 0.0)


# %% 10.2 wrong: never infinite, scores 2
def fresh_share(eigenvalue, sigma2, kept):
    return sigma2 / (eigenvalue * (1 - kept))


# %% 10.2 wrong: what may be lost taken for what is kept, scores 0
def fresh_share(eigenvalue, sigma2, kept):
    share = sigma2 / (eigenvalue * kept)
    return share if share <= 1 else np.inf


# %% 10.2 wrong: kept taken for an amount and not a share, scores 0
def fresh_share(eigenvalue, sigma2, kept):
    if eigenvalue <= kept:
        return np.inf
    share = sigma2 / (eigenvalue - kept)
    return share if share <= 1 else np.inf


# %% 10.2 wrong: one copy and not the long run, scores 0
def fresh_share(eigenvalue, sigma2, kept):
    # a lambda + (1 - a) (lambda - sigma2) - sigma2 = kept lambda
    share = 2 - eigenvalue * (1 - kept) / sigma2
    return max(share, 0.01) if share <= 1 else np.inf


# %% 10.3 right: from the deviations
def widths(made, label, real, real_label):
    def spread(rows):
        return ((rows - rows.mean(axis=0)) ** 2).sum() / len(rows)

    found = []
    for k in range(10):
        mine = made[label == k]
        theirs = spread(real[real_label == k])
        found.append(spread(mine) / theirs if len(mine) >= 2 else 0.0)
    return np.array(found)


# %% 10.3 right: a list, by the trace of the covariance
def widths(made, label, real, real_label):
    found = [0.0] * 10
    for k in np.unique(label):
        mine, theirs = made[label == k], real[real_label == k]
        if len(mine) > 1:
            a = np.atleast_2d(np.cov(mine.T, bias=True)).trace()
            found[int(k)] = a / np.atleast_2d(np.cov(theirs.T, bias=True)).trace()
    return found


# %% 10.3 wrong: the mean of ratios over the cells, scores 0
def widths(made, label, real, real_label):
    found = np.zeros(10)
    for k in range(10):
        if np.sum(label == k) > 1:
            ratio = made[label == k].var(axis=0) / real[real_label == k].var(axis=0)
            found[k] = ratio.mean()
    return found


# %% 10.3 wrong: not a number where a class is missing, scores 3
def widths(made, label, real, real_label):
    found = np.zeros(10)
    for k in range(10):
        own = made[label == k].var(axis=0).sum()
        found[k] = own / real[real_label == k].var(axis=0).sum()
    return found


# %% 10.3 wrong: all cells of a class in one heap, scores 0
def widths(made, label, real, real_label):
    found = np.zeros(10)
    for k in range(10):
        if np.sum(label == k) > 1:
            found[k] = made[label == k].var() / real[real_label == k].var()
    return found


# %% 10.3 wrong: standard deviations, scores 0
def widths(made, label, real, real_label):
    found = np.zeros(10)
    for k in range(10):
        if np.sum(label == k) > 1:
            own = made[label == k].std(axis=0).sum()
            found[k] = own / real[real_label == k].std(axis=0).sum()
    return found
