# Answers to the exercises of chapter 7, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 7.1 right: from bits to bits
def word_perplexity(log_p, text):
    bits_in_all = -np.sum(log_p) / np.log(2)
    return float(2 ** (bits_in_all / len(words(text))))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.1 right: characters per word times surprise per character, words by a pattern of its own
import re


def word_perplexity(log_p, text):
    found = sum(1 for _ in re.finditer(r"[a-z]+('[a-z]+)*", text))
    per_character = np.exp(-np.mean(log_p))
    return np.array([per_character ** (np.size(log_p) / found)])


surprise = word_perplexity(a_log_p, a_text)[0]


# %% 7.1 right: one probability after the other
def word_perplexity(log_p, text):
    total, each = 1.0, 1 / len(words(text))
    for one in np.ravel(log_p):
        total *= np.exp(-one) ** each
    return total


surprise = round(word_perplexity(a_log_p, a_text), 1)


# %% 7.1 wrong: per character, scores 0
def word_perplexity(log_p, text):
    return np.exp(-np.mean(log_p))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.1 wrong: words are what stands between blanks, scores 2
def word_perplexity(log_p, text):
    return np.exp(-np.sum(log_p) / len(text.split()))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.1 wrong: the sum of the first axis only, scores 1
def word_perplexity(log_p, text):
    return np.exp(-sum(log_p) / len(words(text)))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.1 wrong: two to the power of nats, scores 0
def word_perplexity(log_p, text):
    return 2 ** (-np.sum(log_p) / len(words(text)))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.1 wrong: a product that vanishes for long texts, scores 2
def word_perplexity(log_p, text):
    return np.prod(np.exp(log_p)) ** (-1 / len(words(text)))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.1 wrong: different words, scores 0
def word_perplexity(log_p, text):
    return np.exp(-np.sum(log_p) / len(set(words(text))))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.1 wrong: the surprise of all replicates together, scores 2
def word_perplexity(log_p, text):
    return np.exp(-np.sum(log_p) / len(words(text)))


surprise = word_perplexity(judge.log_probability(held[:, :40]), a_text)


# %% 7.1 wrong: the sign forgotten, scores 0
def word_perplexity(log_p, text):
    return np.exp(np.sum(log_p) / len(words(text)))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.1 wrong: bits per character where surprise is asked for, scores 2
def word_perplexity(log_p, text):
    return np.exp(-np.sum(log_p) / len(words(text)))


surprise = bits(judge, held[:, :40])[0]


# %% 7.2 right: a mixture of relative frequencies and the shorter context
def new_symbol(counts):
    total, kinds = np.sum(counts), np.count_nonzero(counts)
    return 1 if total == 0 else kinds / (total + kinds)


def witten_bell(counts, lower):
    left = new_symbol(counts)
    return (1 - left) * np.divide(counts, max(np.sum(counts), 1)) + left * np.asarray(lower)


# %% 7.2 right: symbol by symbol, in lists
def witten_bell(counts, lower):
    c, k = sum(counts), len([one for one in counts if one])
    if not c:
        return list(lower)
    return [(one + k * below) / (c + k) for one, below in zip(counts, lower, strict=True)]


def new_symbol(counts):
    c, k = sum(counts), len([one for one in counts if one])
    return k / (c + k) if c else np.float64(1)


# %% 7.2 right: whoever is never seen is seen once, of one kind
def witten_bell(counts, lower):
    counts = np.array(counts, float)
    kinds = max(np.sum(counts > 0), 1)
    return (counts + kinds * lower) / (counts.sum() + kinds)


def new_symbol(counts):
    return np.sum(witten_bell(counts, np.ones(len(counts)) / len(counts))) - np.sum(
        witten_bell(counts, np.zeros(len(counts)))
    )


# %% 7.2 wrong: the kinds are all symbols, scores 1
def witten_bell(counts, lower):
    kinds = len(counts)
    return (counts + kinds * lower) / (np.sum(counts) + kinds)


def new_symbol(counts):
    return len(counts) / (np.sum(counts) + len(counts))


# %% 7.2 wrong: nothing divided by nothing after contexts never seen, scores 3
def witten_bell(counts, lower):
    counts = np.asarray(counts)
    kinds = np.sum(counts > 0)
    return (counts + kinds * lower) / (counts.sum() + kinds)


def new_symbol(counts):
    counts = np.asarray(counts)
    kinds = np.sum(counts > 0)
    return kinds / (counts.sum() + kinds)


# %% 7.2 wrong: after contexts never seen all symbols are alike, scores 3
def witten_bell(counts, lower):
    if np.sum(counts) == 0:
        return np.ones(len(counts)) / len(counts)
    kinds = np.sum(counts > 0)
    return (counts + kinds * lower) / (counts.sum() + kinds)


def new_symbol(counts):
    counts = np.asarray(counts)
    kinds = np.sum(counts > 0)
    return kinds / (counts.sum() + kinds) if kinds else 1


# %% 7.2 wrong: the shorter context only for symbols that did not follow, scores 2
def witten_bell(counts, lower):
    c, kinds = np.sum(counts), np.sum(counts > 0)
    if c == 0:
        return lower
    return np.where(counts > 0, counts, kinds * lower) / (c + kinds)


def new_symbol(counts):
    c, kinds = np.sum(counts), np.sum(np.array(counts) > 0)
    return kinds / (c + kinds) if c else 1.0


# %% 7.2 wrong: the kinds are those seen once, scores 1
def witten_bell(counts, lower):
    c, once = np.sum(counts), np.sum(counts == 1)
    return lower if c == 0 else (counts + once * lower) / (c + once)


def new_symbol(counts):
    c, once = np.sum(counts), np.sum(np.array(counts) == 1)
    return once / (c + once) if c else 1


# %% 7.2 wrong: new_symbol is what the context itself decides, scores 2
def witten_bell(counts, lower):
    c, kinds = np.sum(counts), np.sum(counts > 0)
    return (counts + kinds * lower) / (c + kinds) if c else lower


def new_symbol(counts):
    c, kinds = np.sum(counts), np.sum(np.array(counts) > 0)
    return c / (c + kinds) if c else 0


# %% 7.2 wrong: new_symbol counts only symbols that did not follow, scores 3
def witten_bell(counts, lower):
    c, kinds = np.sum(counts), np.sum(counts > 0)
    return (counts + kinds * lower) / (c + kinds) if c else lower


def new_symbol(counts):
    counts = np.asarray(counts)
    c, kinds = np.sum(counts), np.sum(counts > 0)
    return kinds / (c + kinds) * np.mean(counts == 0) if c else 1.0


# %% 7.2 wrong: the discount without the sum of what it takes, scores 1
def witten_bell(counts, lower):
    c, kinds = np.sum(counts), np.sum(counts > 0)
    return (counts + kinds * lower) / c if c else lower


def new_symbol(counts):
    c, kinds = np.sum(counts), np.sum(np.array(counts) > 0)
    return kinds / c if c else 1.0


# %% 7.3 right: by secants
(low, at_low), (high, at_high) = [(t, moved(64, t)["second"].mean()) for t in (0.9, 1.0)]
while min(abs(at_low), abs(at_high)) >= 0.1:
    middle = low - at_low * (high - low) / (at_high - at_low)
    at_middle = moved(64, middle)["second"].mean()
    if at_middle < 0:
        low, at_low = middle, at_middle
    else:
        high, at_high = middle, at_middle
balance = low if abs(at_low) < abs(at_high) else high
hidden = moved(64, balance)["first"].mean()


# %% 7.3 right: a root finder of scipy
from scipy.optimize import brentq

balance = brentq(lambda t: moved(64, t)["second"].mean(), 0.9, 1.0, xtol=4e-3)
hidden = np.mean(moved(64, balance)["first"])


# %% 7.3 right: found by hand, the change to two places
balance = np.float64(0.94)
hidden = round(float(moved(64, balance)["first"].mean()), 2)


# %% 7.3 wrong: the middle and no more, scores 3
balance = 0.95
hidden = moved(64, balance)["first"].mean()


# %% 7.3 wrong: stopped too early, scores 3
balance = 0.93
hidden = moved(64, balance)["first"].mean()


# %% 7.3 wrong: the change of the second perplexity in place of the first, scores 3
balance = 0.94
hidden = moved(64, balance)["second"].mean()


# %% 7.3 wrong: the first replicate alone, scores 3
balance = 0.94
hidden = moved(64, balance)["first"][0]


# %% 7.3 wrong: the change at the other end of the interval, scores 3
balance = 0.94
hidden = moved(64, 1.0)["first"].mean()


# %% 7.3 wrong: a temperature for more text than 64 blocks, scores 0
balance = 0.97
hidden = moved(100, balance)["first"].mean()


# %% 7.3 wrong: the lab's temperature for more text, scores 2
balance = 0.97
hidden = moved(64, balance)["first"].mean()


# %% 7.3 wrong: both temperatures of the lab, scores 0
balance = [0.8, 1.0]
hidden = [moved(64, t)["first"].mean() for t in balance]


# %% 7.3 wrong: a temperature outside, scores 0
balance = 1.0
hidden = moved(64, balance)["first"].mean()


# %% 7.1 right: in single precision
def word_perplexity(log_p, text):
    return np.float32(np.exp(-np.sum(log_p) / len(words(text))))


surprise = word_perplexity(a_log_p, a_text)


# %% 7.2 right: an array is asked for its sum
def witten_bell(counts, lower):
    kinds = (counts > 0).sum()
    return (counts + kinds * lower) / (counts.sum() + kinds) if kinds else lower


def new_symbol(counts):
    kinds = (counts > 0).sum()
    return kinds / (counts.sum() + kinds) if counts.any() else 1


# %% 7.2 right: in single precision
def witten_bell(counts, lower):
    counts, lower = np.asarray(counts), np.asarray(lower)
    kinds = np.count_nonzero(counts)
    found = (counts + kinds * lower) / max(counts.sum() + kinds, 1)
    return np.float32(found if kinds else lower)


def new_symbol(counts):
    kinds = np.count_nonzero(counts)
    return np.float32(kinds / (np.sum(counts) + kinds) if kinds else 1)
