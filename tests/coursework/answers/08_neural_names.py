# Answers to the exercises of chapter 8, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 8.1 right: kinds counted one by one
from collections import Counter


def sort_out(written, sample, register):
    small = lambda some: {name.casefold() for name in some}
    in_sample, on_record = small(sample), small(register)
    found = Counter(
        "copy" if name in in_sample else "listed" if name in on_record else "new"
        for name in (name.casefold() for name in written)
    )
    return np.array([found[kind] / len(written) for kind in ("copy", "listed", "new")])


jackson = sort_out(ways, names[:300], baby_names(1990)[0])


# %% 8.1 right: by arrays
def sort_out(written, sample, register):
    all_three = [np.char.lower(np.array(some)) for some in (written, sample, register)]
    copy = np.isin(all_three[0], all_three[1])
    listed = np.isin(all_three[0], all_three[2]) & ~copy
    return copy.mean(), listed.mean(), 1 - copy.mean() - listed.mean()


jackson = [round(float(x), 4) for x in sort_out(ways, names[:300], baby_names(1990)[0])]


# %% 8.1 wrong: capital letters make a difference, scores 1
def sort_out(written, sample, register):
    copy = sum(name in sample for name in written)
    listed = sum(name in register and name not in sample for name in written)
    return np.array([copy, listed, len(written) - copy - listed]) / len(written)


jackson = sort_out(ways, names[:300], baby_names(1990)[0])


# %% 8.1 wrong: each name once, scores 1
def sort_out(written, sample, register):
    in_sample = {name.lower() for name in sample}
    on_record = {name.lower() for name in register}
    distinct = {name.lower() for name in written}
    copy = len(distinct & in_sample)
    listed = len(distinct & on_record - in_sample)
    return [copy / len(distinct), listed / len(distinct), 1 - (copy + listed) / len(distinct)]


jackson = sort_out(ways, names[:300], baby_names(1990)[0])


# %% 8.1 wrong: copies count as names on record too, scores 0
def sort_out(written, sample, register):
    low = [name.lower() for name in written]
    copy = np.mean([name in {one.lower() for one in sample} for name in low])
    register = {one.lower() for one in register}
    listed = np.mean([name in register for name in low])
    return [copy, listed, 1 - listed]


jackson = sort_out(ways, names[:300], baby_names(1990)[0])


# %% 8.1 wrong: a sample that is not on record is new, scores 1
def sort_out(written, sample, register):
    in_sample = {name.lower() for name in sample}
    on_record = {name.lower() for name in register}
    found = np.zeros(3)
    for name in written:
        name = name.lower()
        found[2 if name not in on_record else 0 if name in in_sample else 1] += 1
    return found / len(written)


in_sample, on_record = set(names[:300]), {name.lower() for name in baby_names(1990)[0]}
copy = np.mean([name in in_sample for name in ways])
listed = np.mean([name in on_record and name not in in_sample for name in ways])
jackson = [copy, listed, 1 - copy - listed]


# %% 8.1 wrong: numbers in place of shares, scores 0
def sort_out(written, sample, register):
    in_sample = {name.lower() for name in sample}
    on_record = {name.lower() for name in register}
    low = [name.lower() for name in written]
    copy = sum(name in in_sample for name in low)
    listed = sum(name in on_record and name not in in_sample for name in low)
    return [copy, listed, len(low) - copy - listed]


jackson = sort_out(ways, names[:300], baby_names(1990)[0])


# %% 8.1 wrong: the register of another year, scores 2
def sort_out(written, sample, register):
    in_sample = {name.lower() for name in sample}
    on_record = {name.lower() for name in register}
    low = [name.lower() for name in written]
    copy = sum(name in in_sample for name in low) / len(low)
    listed = sum(name in on_record and name not in in_sample for name in low) / len(low)
    return [copy, listed, 1 - copy - listed]


jackson = sort_out(ways, names[:300], baby_names(2017)[0])


# %% 8.2 right: letter by letter, in dictionaries
def pair_table(some_names):
    order = " abcdefghijklmnopqrstuvwxyz"
    follows = {}
    for name in some_names:
        whole = " " + name + " "
        for first, second in zip(whole, whole[1:], strict=False):
            follows.setdefault(first, []).append(second)
    return [
        [follows[a].count(b) / len(follows[a]) if a in follows else 0.0 for b in order]
        for a in order
    ]


def chance(table, name):
    p, last = 1.0, 0
    for letter in name:
        now = ord(letter) - 96
        p *= table[last][now]
        last = now
    return p * table[last][0]


# %% 8.2 right: one text of all names, and logarithms
def pair_table(some_names):
    ids = alphabet.encode(" " + " ".join(some_names) + " ").astype(int)
    counts = np.bincount(27 * ids[:-1] + ids[1:], minlength=27 * 27).reshape(27, 27)
    totals = counts.sum(axis=1, keepdims=True)
    return np.where(totals > 0, counts / np.where(totals > 0, totals, 1), 0)


def chance(table, name):
    ids = alphabet.encode(" " + name + " ").astype(int)
    with np.errstate(divide="ignore"):
        return np.exp(np.sum(np.log(table[ids[:-1], ids[1:]])))


# %% 8.2 wrong: columns where rows should be, scores 0
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in some_names:
        ids = alphabet.encode(f" {name} ")
        np.add.at(counts, (ids[1:], ids[:-1]), 1)
    return counts / np.maximum(counts.sum(axis=0), 1)


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    return np.prod(table[ids[1:], ids[:-1]])


# %% 8.2 wrong: the name never ends, scores 0
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in some_names:
        ids = alphabet.encode(f" {name}")
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def chance(table, name):
    ids = alphabet.encode(f" {name}")
    return np.prod(table[ids[:-1], ids[1:]])


# %% 8.2 wrong: shares of all pairs, scores 2
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in some_names:
        ids = alphabet.encode(f" {name} ")
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts / counts.sum()


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    return np.prod(table[ids[:-1], ids[1:]])


# %% 8.2 wrong: a pair that is there twice in a name is counted once, scores 2
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in some_names:
        ids = alphabet.encode(f" {name} ")
        counts[ids[:-1], ids[1:]] += 1
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    return np.prod(table[ids[:-1], ids[1:]])


# %% 8.2 wrong: each name counts once, scores 2
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in set(some_names):
        ids = alphabet.encode(f" {name} ")
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    return np.prod(table[ids[:-1], ids[1:]])


# %% 8.2 wrong: nothing divided by nothing in rows of absent letters, scores 3
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in some_names:
        ids = alphabet.encode(f" {name} ")
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts / counts.sum(axis=1, keepdims=True)


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    return np.prod(table[ids[:-1], ids[1:]])


# %% 8.2 wrong: what was never seen is skipped, scores 3
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in some_names:
        ids = alphabet.encode(f" {name} ")
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    p = table[ids[:-1], ids[1:]]
    return np.prod(p[p > 0])


# %% 8.2 wrong: the mean of the shares in place of their product, scores 2
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in some_names:
        ids = alphabet.encode(f" {name} ")
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    return np.mean(table[ids[:-1], ids[1:]])


# %% 8.2 wrong: smoothed, so that nothing is impossible, scores 2
def pair_table(some_names):
    counts = np.full((27, 27), 0.1)
    for name in some_names:
        ids = alphabet.encode(f" {name} ")
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts / counts.sum(axis=1, keepdims=True)


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    return np.prod(table[ids[:-1], ids[1:]])


# %% 8.3 right: by generating functions
def survival_spelled(copies, kept, spelled, generations):
    dead, mass, there = 0.0, 0.0, []
    for _ in range(generations + 1):
        there.append(1 - np.exp(-copies * (1 - dead) - spelled * mass))
        mass, dead = mass + 1 - dead, np.exp(-kept * (1 - dead))
    return there


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies, size=many), np.zeros(generations + 1)
    for t in range(generations + 1):
        there[t] = np.count_nonzero(counts) / many
        counts = rng.poisson(kept * counts) + rng.poisson(spelled, size=many)
    return there


def overtakes(copies, kept, spelled):
    network = survival_spelled(copies, kept, spelled, 3000)
    listed = categories.survival(np.arange(1, 3002), copies)
    return next(t for t in range(1, 3001) if network[t] > listed[t])


# %% 8.3 right: one sample at a time, from the oldest line
def survival_spelled(copies, kept, spelled, generations):
    chances = []
    for t in range(generations + 1):
        alive, expected = 1.0, 0.0
        for age in range(t + 1):
            expected += (copies if age == t else spelled) * alive
            alive = 1 - np.exp(-kept * alive)
        chances.append(-np.expm1(-expected))
    return np.array(chances)


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    shares = []
    counts = rng.poisson(copies, many).astype(float)
    while len(shares) <= generations:
        shares.append(float((counts > 0).mean()))
        counts = rng.poisson(spelled + kept * counts).astype(float)
    return shares


def overtakes(copies, kept, spelled):
    s, g, total, t = 1.0, 1.0, 0.0, 0
    while True:
        total, t = total + s, t + 1
        s, g = 1 - np.exp(-kept * s), 1 - np.exp(-g)
        if copies * s + spelled * total > copies * g:
            return t


# %% 8.3 wrong: nothing comes from nowhere, scores 0
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    return 1 - np.exp(-copies * np.array(s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(kept * counts)
    return np.array(there)


def overtakes(copies, kept, spelled):
    return 1


# %% 8.3 wrong: spelled by luck in sample 0 too, scores 0
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * np.cumsum(s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies + 5 * spelled, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(kept * counts + spelled)
    return np.array(there)


def overtakes(copies, kept, spelled):
    better = survival_spelled(copies, kept, spelled, 3000) > categories.survival(
        np.arange(1, 3002), copies
    )
    return int(np.argmax(better))


# %% 8.3 wrong: what was spelled is gone in the next sample, scores 1
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.arange(generations + 1) > 0))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(kept * counts + spelled)
    return np.array(there)


def overtakes(copies, kept, spelled):
    better = survival_spelled(copies, kept, spelled, 3000) > categories.survival(
        np.arange(1, 3002), copies
    )
    return int(np.argmax(better)) + 10


# %% 8.3 wrong: the mean number of copies in place of the chance, scores 1
def survival_spelled(copies, kept, spelled, generations):
    mean = [copies]
    while len(mean) <= generations:
        mean.append(kept * mean[-1] + spelled)
    return 1 - np.exp(-np.array(mean))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(kept * counts + spelled)
    return np.array(there)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) < list_))


# %% 8.3 wrong: samples counted from one, scores 3
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(kept * counts + spelled)
    return np.array(there)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) > list_ + 1e-12)) + 1


# %% 8.3 wrong: copied from the formula, not simulated, scores 4
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    return survival_spelled(copies, kept, spelled, generations)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) > list_ + 1e-12))


# %% 8.1 right: in single precision
def sort_out(written, sample, register):
    in_sample = {name.lower() for name in sample}
    on_record = {name.lower() for name in register}
    kinds = [
        (name.lower() in in_sample, name.lower() not in in_sample and name.lower() in on_record)
        for name in written
    ]
    copy, listed = np.mean(kinds, axis=0)
    return np.float32([copy, listed, 1 - copy - listed])


jackson = sort_out(ways, names[:300], baby_names(1990)[0])


# %% 8.2 right: in single precision
def pair_table(some_names):
    counts = np.zeros((27, 27))
    for name in some_names:
        ids = alphabet.encode(f" {name} ")
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return np.float32(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def chance(table, name):
    ids = alphabet.encode(f" {name} ")
    return np.float32(np.prod(table[ids[:-1], ids[1:]]))


# %% 8.3 right: in single precision
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return np.float32(1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s)))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0, dtype=np.float32))
        counts = rng.poisson(kept * counts + spelled)
    return there


def overtakes(copies, kept, spelled):
    s, g, total, t = 1.0, 1.0, 0.0, 0
    while t == 0 or copies * s + spelled * total <= copies * g:
        s, g, total, t = 1 - np.exp(-kept * s), 1 - np.exp(-g), total + s, t + 1
    return np.float32(t)


# %% 8.3 wrong: a seed of its own, scores 4
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    rng = np.random.default_rng(8)
    counts, there = rng.poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(kept * counts + spelled)
    return np.array(there)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) > list_ + 1e-12))


# %% 8.3 wrong: numpy's own numbers in place of rng, scores 4
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = np.random.poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = np.random.poisson(kept * counts + spelled)
    return np.array(there)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) > list_ + 1e-12))


# %% 8.3 wrong: sample 0 from a generator of its own, scores 4
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = np.random.default_rng(8).poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(kept * counts + spelled)
    return np.array(there)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) > list_ + 1e-12))


# %% 8.3 wrong: the law with noise on it, scores 4
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    return rng.binomial(many, survival_spelled(copies, kept, spelled, generations)) / many


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) > list_ + 1e-12))


# %% 8.3 wrong: every sample is drawn from its mean, not from the last one, scores 4
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    there = survival_spelled(copies, kept, spelled, generations)
    return np.mean(rng.poisson(-np.log(1 - there), (many, generations + 1)) > 0, axis=0)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) > list_ + 1e-12))


# %% 8.3 wrong: sample 1 is never looked at, scores 3
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return 1 - np.exp(-copies * s - spelled * (np.cumsum(s) - s))


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies, many), []
    for _ in range(generations + 1):
        there.append(np.mean(counts > 0))
        counts = rng.poisson(kept * counts + spelled)
    return np.array(there)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000)[2:] > list_[2:])) + 2


# %% 8.3 wrong: sample 0, people's, is left out, scores 2
def survival_spelled(copies, kept, spelled, generations):
    s = [1.0]
    while len(s) <= generations:
        s.append(1 - np.exp(-kept * s[-1]))
    s = np.array(s)
    return (1 - np.exp(-(copies * s + spelled * (np.cumsum(s) - s))))[1:]


def simulate_spelled(copies, kept, spelled, generations, many, rng):
    counts, there = rng.poisson(copies, many), []
    for _ in range(generations):
        counts = rng.poisson(kept * counts + spelled)
        there.append(np.mean(counts > 0))
    return np.array(there)


def overtakes(copies, kept, spelled):
    list_ = categories.survival(np.arange(1, 3002), copies)[1:]
    return int(np.argmax(survival_spelled(copies, kept, spelled, 3000) > list_ + 1e-12)) + 1
