# Answers to the exercises of chapter 11, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: B905, E402, E731, F811, F821, I001

# %% 11.1 right: in loops, from lists
def answer_table(counts, doubt):
    rows = [list(map(float, row)) for row in counts]
    columns = [sum(column) for column in zip(*rows)]
    back = [(c + 1) / (sum(columns) + len(columns)) for c in columns]
    return [[(c + doubt * b) / (sum(row) + doubt) for c, b in zip(row, back)] for row in rows]


def best_doubt(counts, other, doubts):
    def cost(doubt):
        table = answer_table(counts, doubt)
        return -sum(
            k * np.log(chance)
            for row, chances in zip(other, table)
            for k, chance in zip(row, chances)
        )

    return min(doubts, key=cost)


# %% 11.1 right: as a mixture of shares and back-off
def answer_table(counts, doubt):
    c = np.array(counts, float)
    total = c.sum(1)[:, None]
    weight = total / (total + doubt)
    shares = np.divide(c, total, out=np.zeros_like(c), where=total > 0)
    back = (c.sum(0) + 1) / (c.sum() + len(c[0]))
    return weight * shares + (1 - weight) * back


def best_doubt(counts, other, doubts):
    best, most = None, -np.inf
    for doubt in doubts:
        score = np.sum(other * np.log(answer_table(counts, doubt)))
        if score > most:
            best, most = doubt, score
    return best


# %% 11.1 wrong: all answers equally likely for the back-off, scores 0
def answer_table(counts, doubt):
    counts = np.asarray(counts, float)
    back = 1 / counts.shape[1]
    return (counts + doubt * back) / (counts.sum(axis=1, keepdims=True) + doubt)


def best_doubt(counts, other, doubts):
    return doubts[0]


# %% 11.1 wrong: the doubt that suits the text itself, scores 2
def answer_table(counts, doubt):
    counts = np.asarray(counts, float)
    back = (counts.sum(axis=0) + 1) / (counts.sum() + counts.shape[1])
    return (counts + doubt * back) / (counts.sum(axis=1, keepdims=True) + doubt)


def best_doubt(counts, other, doubts):
    scores = [(np.asarray(counts) * np.log(answer_table(counts, d))).sum() for d in doubts]
    return doubts[int(np.argmax(scores))]


# %% 11.1 wrong: rows taken for columns, scores 0
def answer_table(counts, doubt):
    counts = np.asarray(counts, float)
    back = (counts.sum(axis=1, keepdims=True) + 1) / (counts.sum() + counts.shape[0])
    return (counts + doubt * back) / (counts.sum(axis=1, keepdims=True) + doubt)


def best_doubt(counts, other, doubts):
    scores = [(np.asarray(other) * np.log(answer_table(counts, d))).sum() for d in doubts]
    return doubts[int(np.argmin(scores))]


# %% 11.1 wrong: the place of the best doubt, scores 2
def answer_table(counts, doubt):
    counts = np.asarray(counts, float)
    back = (counts.sum(axis=0) + 1) / (counts.sum() + counts.shape[1])
    return (counts + doubt * back) / (counts.sum(axis=1, keepdims=True) + doubt)


def best_doubt(counts, other, doubts):
    return int(np.argmax([np.sum(other * np.log(answer_table(counts, d))) for d in doubts]))


# %% 11.2 right: with a Counter, and counting up
def predict_errors(stated, stating):
    from collections import Counter

    once = [fact for fact, k in Counter(stated).items() if k == 1]
    return len(once) / len(stated) * (1 - stating)


def statements_needed(shares, stating, target):
    p, n = np.asarray(shares, float), 1
    while (1 - stating) * (p * (1 - p) ** n).sum() > target:
        n += 1
    return n


# %% 11.2 right: all numbers of statements at once, in growing tables
def predict_errors(stated, stating):
    stated = np.asarray(stated)
    singles = ((stated[:, None] == stated).sum(axis=1) == 1).sum()
    return float(singles * (1 - stating) / stated.size)


def statements_needed(shares, stating, target):
    size = 256
    while True:
        n = np.arange(1, size)
        enough = [float(facts.first_errors(shares, int(k), stating)) <= target for k in n]
        if any(enough):
            return n[np.argmax(enough)]
        size *= 4


# %% 11.2 wrong: singletons among the distinct facts, scores 3
def predict_errors(stated, stating):
    _, counts = np.unique(stated, return_counts=True)
    return (1 - stating) * (counts == 1).sum() / len(counts)


def statements_needed(shares, stating, target):
    n = 1
    while facts.first_errors(shares, n, stating) > target:
        n += 1
    return n


# %% 11.2 wrong: the sentences that tell something else forgotten, scores 2
def predict_errors(stated, stating):
    _, counts = np.unique(stated, return_counts=True)
    return (counts == 1).sum() / len(stated)


def statements_needed(shares, stating, target):
    n = 1
    while facts.first_errors(shares, n, stating) > target:
        n += 1
    return n


# %% 11.2 wrong: sentences in place of statements, scores 3
def predict_errors(stated, stating):
    _, counts = np.unique(stated, return_counts=True)
    return (1 - stating) * (counts == 1).sum() / len(stated)


def statements_needed(shares, stating, target):
    n = 1
    while facts.first_errors(shares, max(1, round(stating * n)), stating) > target:
        n += 1
    return n


# %% 11.2 wrong: one statement too few, scores 3
def predict_errors(stated, stating):
    _, counts = np.unique(stated, return_counts=True)
    return (1 - stating) * (counts == 1).sum() / len(stated)


def statements_needed(shares, stating, target):
    n = 1
    while facts.first_errors(shares, n + 1, stating) > target:
        n += 1
    return n


# %% 11.3 right: sorted by the gain, an array
def wrong_share(mentions, asked, chosen):
    total = 0.0
    for i, (m, a) in enumerate(zip(mentions, asked)):
        total += 0 if i in set(chosen) else a * np.exp(-m)
    return np.array([total / sum(asked)])


def spend(mentions, asked, budget):
    order = sorted(range(len(asked)), key=lambda i: asked[i] * np.exp(-mentions[i]))
    return np.array(order[::-1][:budget])


# %% 11.3 right: one sentence after the other
def wrong_share(mentions, asked, chosen):
    stated = 1 - np.exp(-np.asarray(mentions, float))
    for i in chosen:
        stated[i] = 1
    return 1 - np.average(stated, weights=asked)


def spend(mentions, asked, budget):
    chosen = []
    while len(chosen) < min(budget, len(asked)):
        left = [i for i in range(len(asked)) if i not in chosen]
        chosen.append(min(left, key=lambda i: wrong_share(mentions, asked, chosen + [i])))
    return chosen


# %% 11.3 wrong: to the rarest, scores 2
def wrong_share(mentions, asked, chosen):
    missing = np.exp(-np.asarray(mentions, float))
    missing[list(chosen)] = 0
    return (asked * missing).sum() / np.sum(asked)


def spend(mentions, asked, budget):
    return np.argsort(mentions)[:budget]


# %% 11.3 wrong: to what is asked most, scores 2
def wrong_share(mentions, asked, chosen):
    missing = np.exp(-np.asarray(mentions, float))
    missing[list(chosen)] = 0
    return (asked * missing).sum() / np.sum(asked)


def spend(mentions, asked, budget):
    return np.argsort(-np.asarray(asked))[:budget]


# %% 11.3 wrong: every fact asked alike, scores 0
def wrong_share(mentions, asked, chosen):
    missing = np.exp(-np.asarray(mentions, float))
    missing[list(chosen)] = 0
    return missing.mean()


def spend(mentions, asked, budget):
    return np.argsort(-np.exp(-np.asarray(mentions, float)))[:budget]


# %% 11.3 wrong: as many sentences as the budget, even twice the same, scores 3
def wrong_share(mentions, asked, chosen):
    missing = np.exp(-np.asarray(mentions, float))
    missing[list(chosen)] = 0
    return (asked * missing).sum() / np.sum(asked)


def spend(mentions, asked, budget):
    gain = np.asarray(asked) * np.exp(-np.asarray(mentions, float))
    order = list(np.argsort(-gain))
    return (order * 3)[:budget]
