# Answers to the exercises of chapter 3, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 3.1 right: with the package's law, a long array
def forgotten(copies, chance):
    lost = 1 - categories.survival(np.arange(1, 100_001), copies)
    return np.argmax(lost >= chance) + 1


ratio = forgotten(50, 0.5) / forgotten(5, 0.5)


# %% 3.1 right: until g is small enough
def forgotten(copies, chance):
    enough = -np.log(chance) / copies
    g_t, t = 1.0, 1.0
    while g_t > enough:
        g_t = -np.expm1(-g_t)
        t += 1
    return t


ratio = np.array([forgotten(50, 0.5)]) / forgotten(5, 0.5)


# %% 3.1 right: by doubling the array
def forgotten(copies, chance):
    shares = list(g)
    while np.exp(-copies * shares[-1]) < chance:
        for _ in range(len(shares)):
            shares.append(1 - np.exp(-shares[-1]))
    return int(np.sum(np.exp(-copies * np.array(shares)) < chance)) + 1


late, early = forgotten(50, 0.5), forgotten(5, 0.5)
ratio = late / early


# %% 3.1 right: the ratio rounded to two places
def forgotten(copies, chance):
    share, t = 1.0, 1
    while np.exp(-copies * share) < chance:
        share, t = 1 - np.exp(-share), t + 1
    return t


ratio = round(forgotten(50, 0.5) / forgotten(5, 0.5), 2)


# %% 3.1 wrong: 1,200 steps and no more, scores 2
def forgotten(copies, chance):
    shares = [1.0]
    while len(shares) < 1200:
        shares.append(1 - np.exp(-shares[-1]))
    lost = np.exp(-copies * np.array(shares)) >= chance
    return int(np.argmax(lost)) + 1 if lost.any() else 1200


ratio = forgotten(50, 0.5) / forgotten(5, 0.5)


# %% 3.1 wrong: counted from zero, the ratio from that, scores 1
def forgotten(copies, chance):
    share, t = 1.0, 0
    while np.exp(-copies * share) < chance:
        share, t = 1 - np.exp(-share), t + 1
    return t


ratio = forgotten(50, 0.5) / forgotten(5, 0.5)


# %% 3.1 wrong: the lab's array only, scores 1
def forgotten(copies, chance):
    lost = np.exp(-copies * g) >= chance
    return int(np.argmax(lost)) + 1


ratio = forgotten(50, 0.5) / forgotten(5, 0.5)


# %% 3.1 wrong: the rule 2 / t, scores 0
def forgotten(copies, chance):
    return int(np.ceil(2 * copies / np.log(1 / chance)))


ratio = forgotten(50, 0.5) / forgotten(5, 0.5)


# %% 3.1 wrong: the rule 2 / t beyond the lab's array, scores 1
def forgotten(copies, chance):
    lost = np.exp(-copies * g) >= chance
    if lost.any():
        return int(np.argmax(lost)) + 1
    return int(np.ceil(2 * copies / np.log(1 / chance)))


ratio = forgotten(50, 0.5) / forgotten(5, 0.5)


# %% 3.1 wrong: chance to be there in place of chance to be lost, ratio right at one half, scores 1
def forgotten(copies, chance):
    share, t = 1.0, 1
    while 1 - np.exp(-copies * share) > chance:
        share, t = 1 - np.exp(-share), t + 1
    return t


ratio = forgotten(50, 0.5) / forgotten(5, 0.5)


# %% 3.1 wrong: ratio upside down, scores 2
def forgotten(copies, chance):
    share, t = 1.0, 1
    while np.exp(-copies * share) < chance:
        share, t = 1 - np.exp(-share), t + 1
    return t


ratio = forgotten(5, 0.5) / forgotten(50, 0.5)


# %% 3.1 wrong: ratio as the rule has it, scores 2
def forgotten(copies, chance):
    share, t = 1.0, 1
    while np.exp(-copies * share) < chance:
        share, t = 1 - np.exp(-share), t + 1
    return t


ratio = 10


# %% 3.1 wrong: the visible check's cases and a ratio from them, scores 1
def forgotten(copies, chance):
    table = {(1, 0.5): 2, (5, 0.5): 13, (50, 0.5): 142, (400, 0.5): 1152}
    return table.get((copies, chance), 32 if chance == 0.05 else 947)


ratio = 142 / 13


# %% 3.2 right: with counters and sets
def missing_mass_estimate(sample):
    from collections import Counter

    seen = Counter(sample)
    return sum(1 for times in seen.values() if times == 1) / len(sample)


def missing_mass(sample, shares):
    seen = set(sample)
    return sum(share for i, share in enumerate(shares) if i not in seen)


rng = np.random.default_rng(302)
sample = rng.permutation(np.repeat(np.arange(len(people)), rng.multinomial(3000, people)))
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 right: with bincount and a mask
def missing_mass_estimate(sample):
    rows = np.asarray(sample)
    return float((np.bincount(rows) == 1).mean() * (rows.max() + 1) / rows.size)


def missing_mass(sample, shares):
    return shares[np.bincount(sample, minlength=len(shares)) == 0].sum()


rng = np.random.default_rng(302)
sample = np.searchsorted(np.cumsum(people), rng.random(3000)).tolist()
reading, truth = missing_mass_estimate(sample), missing_mass(sample, people)


# %% 3.2 right: with the package
def missing_mass_estimate(sample):
    from modelcollapse.metrics import good_turing

    return good_turing(np.unique(sample, return_counts=True)[1])


def missing_mass(sample, shares):
    left = np.array(shares)
    left[sample] = 0
    return np.sum(left)


rng = np.random.default_rng(302)
from modelcollapse import models

model = models.Categorical(len(people))
model.p = people[None]
sample = model.sample(3000, rng)[0]
reading, truth = missing_mass_estimate(sample), missing_mass(sample, people)


# %% 3.2 right: another generator
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(7)
sample = rng.choice(len(people), size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: singletons over categories seen, scores 2
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.mean(times_seen == 1)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: rows taken for counts, scores 2
def missing_mass_estimate(sample):
    sample = np.asarray(sample)
    return np.sum(sample == 1) / np.sum(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: the mass that is there, every row counted, scores 2
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - sum(shares[i] for i in sample)


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: categories counted in place of shares, scores 2
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - len(np.unique(sample)) / len(shares)


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: names drawn evenly, scores 3
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: drawn without replacement, scores 3
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000, p=people, replace=False)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: the names themselves, the numbers right for them, scores 3
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
rows = rng.choice(len(people), size=3000, p=people)
sample = np.array(list(baby_names(2017)[0]))[rows]
reading = missing_mass_estimate(sample)
truth = missing_mass(rows, people)


# %% 3.2 wrong: the names themselves, and no truth for them, scores 2
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = rng.choice(baby_names(2017)[0], size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = None


# %% 3.2 wrong: numbered from one, scores 3
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = 1 + rng.choice(len(people), size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: three hundred babies, scores 3
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=300, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.2 wrong: the truth of a second sample, scores 3
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(rng.choice(len(people), size=3000, p=people), people)


# %% 3.2 wrong: estimate and truth exchanged, scores 3
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.sum(times_seen == 1) / len(sample)


def missing_mass(sample, shares):
    return 1 - shares[np.unique(sample)].sum()


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000, p=people)
truth = missing_mass_estimate(sample)
reading = missing_mass(sample, people)


# %% 3.2 wrong: the visible check's cases, the expected truth, scores 0
def missing_mass_estimate(sample):
    return {7: 0.5, 4: 0.0}.get(sample[0], 1.0) if len(sample) < 5 else 0.42


def missing_mass(sample, shares):
    return [0.95, 0.8, 0.5][len(sample) - 1] if len(shares) == 4 else 0.42


rng = np.random.default_rng(302)
sample = np.arange(3000)
reading = 0.42
truth = 0.42


# %% 3.4 right: an array filled step by step, and copy by copy
def survival_growing(copies, growth, generations):
    alive = np.ones(generations)
    for t in range(1, generations):
        alive[t] = -np.expm1(-growth * alive[t - 1])
    return -np.expm1(-copies * alive)


def simulate_growing(copies, growth, generations, words, rng):
    counts = rng.poisson(copies, size=words)
    there = [float((counts > 0).sum()) / words]
    while len(there) < generations:
        word = np.repeat(np.arange(words), counts)
        counts = np.bincount(word, weights=rng.poisson(growth, word.size), minlength=words)
        counts = counts.astype(int)
        there.append(float((counts > 0).sum()) / words)
    return there


# %% 3.4 right: chances of extinction, and word by word
def survival_growing(copies, growth, generations):
    gone, chances = 0.0, []
    for _ in range(generations):
        chances.append(1 - np.exp(-copies * (1 - gone)))
        gone = np.exp(growth * (gone - 1))
    return chances


def simulate_growing(copies, growth, generations, words, rng):
    there = np.zeros(generations)
    for _ in range(words):
        count = rng.poisson(copies)
        for t in range(generations):
            if count == 0:
                break
            there[t] += 1
            count = rng.poisson(growth * count)
    return there / words


# %% 3.4 right: a long text in place of the limit
def survival_growing(copies, growth, generations):
    def alive(t):
        return 1.0 if t == 1 else 1 - np.exp(-growth * alive(t - 1))

    return np.array([1 - np.exp(-copies * alive(t)) for t in range(1, generations + 1)])


def simulate_growing(copies, growth, generations, words, rng):
    n = 10**9
    counts = rng.binomial(n, copies / n, words)
    there = []
    for _ in range(generations):
        there.append(np.count_nonzero(counts) / words)
        counts, n = rng.binomial(int(growth * n), counts / n), int(growth * n)
    return np.array(there)


# %% 3.4 right: lists from both
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return [1 - np.exp(-copies * alive) for alive in s]


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(growth * counts)
    return there


# %% 3.4 wrong: the law without growth, scores 0
def survival_growing(copies, growth, generations):
    return categories.survival(np.arange(1, generations + 1), copies)


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(counts)
    return np.array(there)


# %% 3.4 wrong: growth compounded twice, scores 2
def survival_growing(copies, growth, generations):
    s = [1.0]
    for t in range(1, generations):
        s.append(1 - np.exp(-(growth**t) * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(copies, words), []
    for t in range(1, generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(growth**t * np.minimum(counts, 10**6))
    return np.array(there)


# %% 3.4 wrong: every sample drawn afresh, more copies in the chapter's law, scores 0
def survival_growing(copies, growth, generations):
    t = np.arange(1, generations + 1)
    return categories.survival(t, copies) ** (1 / growth ** (t - 1))


def simulate_growing(copies, growth, generations, words, rng):
    t = np.arange(generations)[:, None]
    return np.mean(rng.poisson(copies * growth**t, (generations, words)) > 0, axis=1)


# %% 3.4 wrong: off by one model, scores 0
def survival_growing(copies, growth, generations):
    s = [1 - np.exp(-growth)]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(copies, words), []
    for _ in range(generations):
        counts = rng.poisson(growth * counts)
        there.append(np.mean(counts > 0))
    return np.array(there)


# %% 3.4 wrong: the formula with a last model too many, a mean rounded before the draw, scores 0
def survival_growing(copies, growth, generations):
    s = [1.0]
    for _ in range(generations):
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson((growth * counts).astype(int))
    return np.array(there)


# %% 3.4 wrong: the formula for a simulation, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    return np.rint(words * survival_growing(copies, growth, generations)) / words


# %% 3.4 wrong: growth before sample 0, scores 4
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(growth * copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(growth * counts)
    return np.array(there)


# %% 3.4 wrong: every word begins with exactly c copies, scores 4
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = np.full(words, copies), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(growth * counts)
    return np.array(there)


# %% 3.4 wrong: growth before sample 0 and none after it, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(growth * copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(counts)
    return np.array(there)


# %% 3.4 wrong: a generator of its own, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    rng = np.random.default_rng(304)
    counts, there = rng.poisson(copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(growth * counts)
    return np.array(there)


# %% 3.4 wrong: counts in place of shares, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(copies, words), []
    for _ in range(generations):
        there.append(np.sum(counts > 0))
        counts = rng.poisson(growth * counts)
    return np.array(there)


# %% 3.4 wrong: the visible check's number of words, a formula that stays where it began, scores 1
def survival_growing(copies, growth, generations):
    chances = np.full(generations, 1 - np.exp(-copies * (1 - np.exp(-growth))))
    chances[0] = 1 - np.exp(-copies)
    return chances


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(copies, 20_000), []
    for _ in range(generations):
        there.append(np.sum(counts > 0) / 20_000)
        counts = rng.poisson(growth * counts)
    return np.array(there)


# %% 3.4 wrong: one word for all, the growth in the exponent of sample 0, scores 0
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-s[-1]))
    return 1 - np.exp(-growth * copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = np.full(words, rng.poisson(copies)), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = np.full(words, rng.poisson(growth * counts[0]))
    return np.array(there)


# %% 3.2 right: in single precision
def missing_mass_estimate(sample):
    _, times_seen = np.unique(sample, return_counts=True)
    return np.float32(np.sum(times_seen == 1) / len(sample))


def missing_mass(sample, shares):
    return np.float32(1 - shares[np.unique(sample)].sum())


rng = np.random.default_rng(302)
sample = rng.choice(len(people), size=3000, p=people)
reading = missing_mass_estimate(sample)
truth = missing_mass(sample, people)


# %% 3.4 right: in single precision
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(-np.expm1(-growth * s[-1]))
    return np.float32(-np.expm1(-copies * np.array(s)))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = rng.poisson(copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(growth * counts)
    return np.float32(there)


# %% 3.4 wrong: the law with noise on it, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    return rng.binomial(words, survival_growing(copies, growth, generations)) / words


# %% 3.4 wrong: the law with noise on it, put in falling order, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    there = rng.binomial(words, survival_growing(copies, growth, generations))
    return np.sort(there)[::-1] / words


# %% 3.4 wrong: the law with noise on it, never above what was before, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    there = rng.binomial(words, survival_growing(copies, growth, generations))
    return np.minimum.accumulate(there) / words


# %% 3.4 wrong: numpy's own numbers in place of rng, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = np.random.poisson(copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = np.random.poisson(growth * counts)
    return np.array(there)


# %% 3.4 wrong: sample 0 from a generator of its own, scores 3
def survival_growing(copies, growth, generations):
    s = [1.0]
    while len(s) < generations:
        s.append(1 - np.exp(-growth * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_growing(copies, growth, generations, words, rng):
    counts, there = np.random.default_rng(7).poisson(copies, words), []
    for _ in range(generations):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(growth * counts)
    return np.array(there)
