# Answers to the exercises of chapter 1, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 1.1 right: with loops
def gone(before, after):
    found, left = [], set(after)
    for word in before:
        if word not in left and word not in found:
            found.append(word)
    found.sort()
    return found


def share_of_text(before, after):
    missing = gone(before, after)
    return sum(before.count(word) for word in missing) / len(before)


texts = copies(pieces[0], 1, np.random.default_rng(101))
lost = gone(texts[0], texts[1])
share = share_of_text(texts[0], texts[1])


# %% 1.1 right: with numpy and Counter
def gone(before, after):
    return np.setdiff1d(before, after).tolist()


def share_of_text(before, after):
    used = Counter(before)
    return 1 - sum(used[word] for word in set(after)) / used.total()


texts = copies(pieces[0], 1, np.random.default_rng(101))
lost, share = gone(*texts), share_of_text(*texts)


# %% 1.1 wrong: the share of the distinct words, scores 1
def gone(before, after):
    return sorted(set(before) - set(after))


def share_of_text(before, after):
    return len(gone(before, after)) / len(set(before))


texts = copies(pieces[0], 1, np.random.default_rng(101))
lost, share = gone(*texts), share_of_text(*texts)


# %% 1.1 wrong: the words that are new in the copy, scores 0
def gone(before, after):
    return sorted(set(after) - set(before))


def share_of_text(before, after):
    return sum(word not in set(before) for word in set(after)) / len(after)


texts = copies(pieces[0], 1, np.random.default_rng(101))
lost, share = gone(*texts), share_of_text(*texts)


# %% 1.1 wrong: as often as they stand there, in the order of the text, scores 3
def gone(before, after):
    left = set(after)
    return [word for word in before if word not in left]


def share_of_text(before, after):
    return len(gone(before, after)) / len(before)


texts = copies(pieces[0], 1, np.random.default_rng(101))
lost, share = gone(*texts), share_of_text(*texts)


# %% 1.1 wrong: the two texts swapped at the end, scores 3
def gone(before, after):
    return sorted(set(before) - set(after))


def share_of_text(before, after):
    return np.mean(~np.isin(before, after))


texts = copies(pieces[0], 1, np.random.default_rng(101))
lost = gone(texts[1], texts[0])
share = 0.0


# %% 1.2 right: by logarithms
def chance_gone(count, n):
    with np.errstate(divide="ignore"):
        return np.exp(n * np.log1p(-np.asarray(count) / n))


def expected_vocabulary(text):
    return sum(1 - chance_gone(text.count(word), len(text)) for word in set(text))


# %% 1.2 right: each word of the text adds its part
def chance_gone(count, n):
    return ((n - count) / n) ** n


def expected_vocabulary(text):
    n, used = len(text), Counter(text)
    return np.sum([(1 - chance_gone(used[word], n)) / used[word] for word in text])


# %% 1.2 wrong: the limit in place of the chance, scores 0
def chance_gone(count, n):
    return np.exp(-np.asarray(count, float))


def expected_vocabulary(text):
    return sum(1 - chance_gone(text.count(word), len(text)) for word in set(text))


# %% 1.2 wrong: one draw only, scores 0
def chance_gone(count, n):
    return 1 - np.asarray(count) / n


def expected_vocabulary(text):
    return sum(1 - chance_gone(text.count(word), len(text)) for word in set(text))


# %% 1.2 wrong: over all words of the text, scores 2
def chance_gone(count, n):
    return (1 - np.asarray(count) / n) ** n


def expected_vocabulary(text):
    return sum(1 - chance_gone(text.count(word), len(text)) for word in text)


# %% 1.2 wrong: how many are gone, scores 2
def chance_gone(count, n):
    return (1 - np.asarray(count) / n) ** n


def expected_vocabulary(text):
    return sum(chance_gone(text.count(word), len(text)) for word in set(text))


# %% 1.3 right: step by step
def colder(shares, temperature, t):
    shares = np.array(shares, float)
    for _ in range(t):
        shares = (shares / shares.max()) ** (1 / temperature)
    return shares / shares.sum()


def generations_until(shares, temperature, top):
    for t in range(100_000):
        if max(colder(shares, temperature, t)) >= top:
            return t


# %% 1.3 right: with logarithms
def colder(shares, temperature, t):
    scores = np.log(shares) / temperature**t
    scores = np.exp(scores - scores.max())
    return scores / scores.sum()


def generations_until(shares, temperature, top):
    t = 0
    while np.max(colder(shares, temperature, t)) < top:
        t = t + 1
    return float(t)


# %% 1.3 wrong: powers rounded to zero, scores 4
def colder(shares, temperature, t):
    power = np.asarray(shares) ** (1 / temperature) ** t
    return power / power.sum()


def generations_until(shares, temperature, top):
    t = 0
    while np.max(colder(shares, temperature, t)) < top:
        t += 1
    return t


# %% 1.3 wrong: the power grows along a line, scores 0
def colder(shares, temperature, t):
    power = (np.asarray(shares) / np.max(shares)) ** (1 + t * (1 / temperature - 1))
    return power / power.sum()


def generations_until(shares, temperature, top):
    t = 0
    while np.max(colder(shares, temperature, t)) < top:
        t += 1
    return t


# %% 1.3 wrong: counted from one, scores 3
def colder(shares, temperature, t):
    power = (np.asarray(shares) / np.max(shares)) ** temperature**-t
    return power / power.sum()


def generations_until(shares, temperature, top):
    t = 1
    while np.max(colder(shares, temperature, t - 1)) < top:
        t += 1
    return t


# %% 1.3 wrong: the first word's share in place of the commonest's, scores 3
def colder(shares, temperature, t):
    power = (np.asarray(shares) / np.max(shares)) ** temperature**-t
    return power / power.sum()


def generations_until(shares, temperature, top):
    t = 0
    while colder(shares, temperature, t)[0] < top:
        t += 1
    return t


# %% 1.3 wrong: not divided by the sum, scores 0
def colder(shares, temperature, t):
    return np.asarray(shares) ** (1 / temperature) ** t


def generations_until(shares, temperature, top):
    t = 0
    while np.max(colder(shares, temperature, t)) < top and t < 50:
        t += 1
    return t


# %% 1.1 right: tuples and arrays, shares in single precision
def gone(before, after):
    return tuple(sorted({*before}.difference(after)))


def share_of_text(before, after):
    return np.float32(np.mean([word not in after for word in before]))


texts = copies(pieces[0], 1, np.random.default_rng(101))
lost, share = np.array(gone(*texts)), share_of_text(texts[0], set(texts[1]))


# %% 1.1 wrong: another text in place of the human one, scores 3
def gone(before, after):
    return sorted(set(before) - set(after))


def share_of_text(before, after):
    return np.mean(~np.isin(before, after))


texts = copies(pieces[1], 1, np.random.default_rng(101))
lost, share = gone(*texts), share_of_text(*texts)


# %% 1.1 wrong: the human text for its own copy, scores 3
def gone(before, after):
    return sorted(set(before) - set(after))


def share_of_text(before, after):
    return np.mean(~np.isin(before, after))


texts = [pieces[0], pieces[0]]
lost, share = gone(*texts), share_of_text(*texts)


# %% 1.1 wrong: another piece for the copy of the first, scores 3
def gone(before, after):
    return sorted(set(before) - set(after))


def share_of_text(before, after):
    return np.mean(~np.isin(before, after))


texts = pieces
lost, share = gone(*texts[:2]), share_of_text(*texts[:2])


# %% 1.2 right: in single precision
def chance_gone(count, n):
    return np.float32((1 - np.asarray(count) / n) ** n)


def expected_vocabulary(text):
    counts = np.array([text.count(word) for word in set(text)])
    return np.float32(len(counts) - np.sum((1 - counts / len(text)) ** len(text)))


# %% 1.3 wrong: more than top in place of at least, scores 3
def colder(shares, temperature, t):
    power = (np.asarray(shares) / np.max(shares)) ** temperature**-t
    return power / power.sum()


def generations_until(shares, temperature, top):
    t = 0
    while np.max(colder(shares, temperature, t)) <= top:
        t += 1
    return t
