# Answers to the exercises of chapter 14, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 14.1 right: by the odds, an array of one number
def largest_fpr(machine, tpr, wanted):
    odds = machine / (1 - machine)
    return np.minimum(1, np.array([odds * tpr / (wanted / (1 - wanted))]))


# %% 14.1 right: halving an interval
def largest_fpr(machine, tpr, wanted):
    low, high = 0.0, 1.0
    if filtering.precision(machine, tpr, 1.0) >= wanted:
        return 1
    for _ in range(100):
        middle = (low + high) / 2
        if filtering.precision(machine, tpr, middle) >= wanted:
            low = middle
        else:
            high = middle
    return low


# %% 14.1 wrong: more than everybody, scores 2
def largest_fpr(machine, tpr, wanted):
    return machine * tpr * (1 - wanted) / wanted / (1 - machine)


# %% 14.1 wrong: accuracy taken for precision, scores 0
def largest_fpr(machine, tpr, wanted):
    return 1 - wanted


# %% 14.1 wrong: the share of people left out, scores 2
def largest_fpr(machine, tpr, wanted):
    return min(1.0, machine * tpr * (1 - wanted) / wanted)


# %% 14.1 wrong: every machine text found, scores 1
def largest_fpr(machine, tpr, wanted):
    return min(1.0, machine * (1 - wanted) / wanted / (1 - machine))


# %% 14.2 right: the root of one generation, and a grid
def settle(slip, right, wrong, fresh):
    # With D = p wrong + (1 - p) right: p D = slip D + (1 - slip)(1 - fresh) p wrong.
    a, b = wrong - right, right
    line = b - slip * a - (1 - slip) * (1 - fresh) * wrong
    roots = np.roots([a, line, -slip * b]) if abs(a) > 1e-12 else [slip * b / line]
    return min(float(np.real(x)) for x in roots if -1e-9 <= np.real(x) <= 1 + 1e-9)


def people_needed(slip, right, wrong, target):
    shares = np.linspace(0, 1, 4001)
    ends = np.array([settle(slip, right, wrong, a) for a in shares])
    return shares[np.argmax(ends <= target + 1e-9)]


# %% 14.2 right: many generations, and the share solved for
def settle(slip, right, wrong, fresh):
    p = 0.0
    for _ in range(20_000):
        q = p * wrong / (p * wrong + (1 - p) * right)
        p = 1 - (1 - slip) * (1 - (1 - fresh) * q)
    return p


def people_needed(slip, right, wrong, target):
    q = target * wrong / (target * wrong + (1 - target) * right)
    read = (target - slip) / (1 - slip)
    return 1 - read / q


# %% 14.2 wrong: people in front of the verifier, scores 1
def settle(slip, right, wrong, fresh):
    p = 0.0
    for _ in range(20_000):
        mixed = (1 - fresh) * p
        q = mixed * wrong / (mixed * wrong + (1 - mixed) * right)
        p = q + slip * (1 - q)
    return p


def people_needed(slip, right, wrong, target):
    shares = np.linspace(0, 1, 401)
    ends = np.array([settle(slip, right, wrong, a) for a in shares])
    return shares[np.argmax(ends <= target)]


# %% 14.2 wrong: what is read, before the slips, scores 0
def settle(slip, right, wrong, fresh):
    p = 0.0
    for _ in range(5000):
        q = p * wrong / (p * wrong + (1 - p) * right)
        read = (1 - fresh) * q
        p = read + slip * (1 - read)
    return read


def people_needed(slip, right, wrong, target):
    shares = np.linspace(0, 1, 401)
    ends = np.array([settle(slip, right, wrong, a) for a in shares])
    return shares[np.argmax(ends <= target)]


# %% 14.2 wrong: three generations and no more, scores 2
def settle(slip, right, wrong, fresh):
    p = 0.0
    for _ in range(3):
        q = p * wrong / (p * wrong + (1 - p) * right)
        read = (1 - fresh) * q
        p = read + slip * (1 - read)
    return p


def people_needed(slip, right, wrong, target):
    q = target * wrong / (target * wrong + (1 - target) * right)
    return 1 - (target - slip) / (1 - slip) / q


# %% 14.2 wrong: people counted once, scores 1
def settle(slip, right, wrong, fresh):
    r = wrong / right
    return (1 - fresh) * (1.0 if slip >= 1 - r else slip / (1 - r))


def people_needed(slip, right, wrong, target):
    return max(0.0, 1 - target / settle(slip, right, wrong, 0.0))


# %% 14.4 right: with the table as an array, and sorted scores
def minority_left(m0, fresh, kept):
    kept, m = np.asarray(kept, float), float(m0)
    for _ in range(100_000):
        people = fresh * np.array([1 - m0, m0])
        made = (1 - fresh) * np.array([1 - m, m])
        passing = people * kept[0] + made * kept[1]
        m = passing[1] / passing.sum()
    return m


def group_limits(scores, group, part):
    limits = []
    for g in (0, 1):
        mine = np.sort(scores[group == g])
        limits.append(mine[int(np.rint(part * len(mine))) - 1])
    return np.array(limits)


# %% 14.4 right: the fixed point by scipy, a tuple of quantiles
def minority_left(m0, fresh, kept):
    from scipy.optimize import brentq

    def moved(m):
        minor = fresh * m0 * kept[0][1] + (1 - fresh) * m * kept[1][1]
        major = fresh * (1 - m0) * kept[0][0] + (1 - fresh) * (1 - m) * kept[1][0]
        return minor / (minor + major) - m

    return brentq(moved, 0, 1, xtol=1e-14)


def group_limits(scores, group, part):
    return tuple(float(np.quantile(scores[group == g], part)) for g in (0, 1))


# %% 14.4 wrong: people's rates for the machine too, scores 3
def minority_left(m0, fresh, kept):
    return (
        float(filtering.minority(m0, kept[0][0], kept[0][1], fresh))
        if kept[0][1] <= kept[0][0]
        else m0
    )


def group_limits(scores, group, part):
    return [np.quantile(scores[group == g], part) for g in (0, 1)]


# %% 14.4 wrong: one limit for all, scores 4
def minority_left(m0, fresh, kept):
    m = m0
    for _ in range(100_000):
        minor = fresh * m0 * kept[0][1] + (1 - fresh) * m * kept[1][1]
        major = fresh * (1 - m0) * kept[0][0] + (1 - fresh) * (1 - m) * kept[1][0]
        m = minor / (minor + major)
    return m


def group_limits(scores, group, part):
    return [np.quantile(scores, part)] * 2


# %% 14.4 wrong: one generation only, and the most suspicious kept, scores 0
def minority_left(m0, fresh, kept):
    minor = fresh * m0 * kept[0][1] + (1 - fresh) * m0 * kept[1][1]
    major = fresh * (1 - m0) * kept[0][0] + (1 - fresh) * (1 - m0) * kept[1][0]
    return minor / (minor + major)


def group_limits(scores, group, part):
    return [np.quantile(scores[group == g], 1 - part) for g in (0, 1)]


# %% 14.4 wrong: odds of the minority in place of its share, scores 2
def minority_left(m0, fresh, kept):
    m = m0
    for _ in range(100_000):
        minor = fresh * m0 * kept[0][1] + (1 - fresh) * m * kept[1][1]
        major = fresh * (1 - m0) * kept[0][0] + (1 - fresh) * (1 - m) * kept[1][0]
        m = minor / (minor + major)
    return minor / major


def group_limits(scores, group, part):
    return [np.quantile(scores[group == g], part) for g in (0, 1)]
