# Answers to the exercises of chapter 15, each in place of its whole answer cell.
# Behind "wrong:" stands a real mistake, and what an answer that makes it deserves.
# ruff: noqa: E402, E731, F811, F821, I001

# %% 15.1 right: going along both lists
def first_fault(documents, links):
    link = digest(b"")
    for number, document in enumerate(documents):
        link = digest((link + document).encode())
        if number >= len(links) or link != links[number]:
            return number
    return len(documents) if len(documents) < len(links) else -1


# %% 15.1 right: by halving, since what is behind a fault never fits again
def first_fault(documents, links):
    now = links_of(documents)
    low, high = 0, min(len(now), len(links))
    while low < high:
        middle = (low + high) // 2
        if now[middle] == links[middle]:
            low = middle + 1
        else:
            high = middle
    return -1 if low == len(now) == len(links) else low


# %% 15.1 wrong: the ends are not compared, scores 3
def first_fault(documents, links):
    for number, (a, b) in enumerate(zip(links_of(documents), links, strict=False)):
        if a != b:
            return number
    return -1


# %% 15.1 wrong: counted from one, scores 1
def first_fault(documents, links):
    now = links_of(documents)
    for number in range(max(len(now), len(links))):
        if now[number : number + 1] != links[number : number + 1]:
            return number + 1
    return -1


# %% 15.1 wrong: the last link alone, scores 2
def first_fault(documents, links):
    now = links_of(documents)
    if now and links and now[-1] == links[-1]:
        return -1
    return min(len(now), len(links))


# %% 15.1 wrong: each document hashed by itself, scores 0
def first_fault(documents, links):
    for number, document in enumerate(documents):
        if number >= len(links) or digest(document.encode()) != links[number]:
            return number
    return -1


# %% 15.2 right: by searching, and an array
def characters_needed(green, gamma, share, z):
    n = 1
    while share * (green - gamma) * (n / (gamma * (1 - gamma))) ** 0.5 < z:
        n += 1
    return n


def marked_share(count, n, green, gamma):
    q = count / n
    return np.array([q - gamma, (q * (1 - q) / n) ** 0.5]) / (green - gamma)


# %% 15.2 right: by the package
from modelcollapse.theory import provenance


def characters_needed(green, gamma, share, z):
    return int(np.ceil(provenance.symbols_needed(green, gamma, share, z)))


def marked_share(count, n, green, gamma):
    error = np.sqrt(count * (n - count) / n) / n
    return (count - n * gamma) / n / (green - gamma), error / (green - gamma)


# %% 15.2 wrong: rounded down, and the error of the green share, scores 2
def characters_needed(green, gamma, share, z):
    return int(z**2 * gamma * (1 - gamma) / (share * (green - gamma)) ** 2)


def marked_share(count, n, green, gamma):
    q = count / n
    return (q - gamma) / (green - gamma), np.sqrt(q * (1 - q) / n)


# %% 15.2 wrong: the share not squared, and cut off at 0 and 1, scores 1
def characters_needed(green, gamma, share, z):
    return int(np.ceil(z**2 * gamma * (1 - gamma) / (share * (green - gamma) ** 2)))


def marked_share(count, n, green, gamma):
    q = count / n
    error = np.sqrt(q * (1 - q) / n) / (green - gamma)
    return min(1, max(0, (q - gamma) / (green - gamma))), error


# %% 15.2 wrong: half of the characters green always, scores 0
def characters_needed(green, gamma, share, z):
    return int(np.ceil(z**2 / 4 / (share * (green - 0.5)) ** 2))


def marked_share(count, n, green, gamma):
    return (count / n - 0.5) / (green - 0.5), 0.5 / np.sqrt(n) / (green - 0.5)


# %% 15.2 wrong: green over green, not the excess, scores 2
def characters_needed(green, gamma, share, z):
    return int(np.ceil(z**2 * gamma * (1 - gamma) / (share * (green - gamma)) ** 2))


def marked_share(count, n, green, gamma):
    q = count / n
    return q / green, np.sqrt(q * (1 - q) / n) / green


# %% 15.4 right: as sums, and every cut
def worth(human, people, machines):
    total = 0.0
    for a, b in zip(people, machines, strict=True):
        seen = human * a + (1 - human) * b
        if seen > 0:
            r = human * a / seen
            total += seen * r**2
    return total


def best_cut(human, people, machines):
    best = None
    for n in range(1, len(people)):
        p, m = sum(people[:n]), sum(machines[:n])
        value = worth(human, [p, 1 - p], [m, 1 - m])
        if best is None or value > best[0] + 1e-12:
            best = value, n
    return best[1]


# %% 15.4 right: with cumulated shares, an array of one number and a float
def worth(human, people, machines):
    a, b = human * np.array(people), (1 - human) * np.array(machines)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.array([np.nansum(a**2 / (a + b))])


def best_cut(human, people, machines):
    p, m = np.cumsum(people)[:-1], np.cumsum(machines)[:-1]
    value = sum(
        (human * x) ** 2 / np.maximum(human * x + (1 - human) * y, 1e-300)
        for x, y in ((p, m), (1 - p, 1 - m))
    )
    return np.argmax(value) + 1.0


# %% 15.4 wrong: divides by nothing where nobody has a grade, scores 5
def worth(human, people, machines):
    a, b = human * np.array(people), (1 - human) * np.array(machines)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float((a**2 / (a + b)).sum())


def best_cut(human, people, machines):
    p, m = np.cumsum(people)[:-1], np.cumsum(machines)[:-1]
    return (
        int(np.argmax([worth(human, [x, 1 - x], [y, 1 - y]) for x, y in zip(p, m, strict=True)]))
        + 1
    )


# %% 15.4 wrong: the mean of r, which is only the share of people, scores 0
def worth(human, people, machines):
    a, b = human * np.array(people), (1 - human) * np.array(machines)
    seen = a + b
    return float((seen * np.where(seen > 0, a / np.where(seen > 0, seen, 1), 0)).sum())


def best_cut(human, people, machines):
    return 1


# %% 15.4 wrong: cuts where a text is likelier human than not, scores 4
def worth(human, people, machines):
    a, b = human * np.array(people), (1 - human) * np.array(machines)
    seen = np.where(a + b > 0, a + b, 1)
    return float((a**2 / seen).sum())


def best_cut(human, people, machines):
    a, b = human * np.array(people), (1 - human) * np.array(machines)
    return int(np.clip((a > b).sum(), 1, len(a) - 1))


# %% 15.4 wrong: averaged over people's texts only, scores 2
def worth(human, people, machines):
    a, b = human * np.array(people), (1 - human) * np.array(machines)
    seen = np.where(a + b > 0, a + b, 1)
    return float((np.array(people) * a / seen).sum())


def best_cut(human, people, machines):
    p, m = np.cumsum(people)[:-1], np.cumsum(machines)[:-1]
    return (
        int(np.argmax([worth(human, [x, 1 - x], [y, 1 - y]) for x, y in zip(p, m, strict=True)]))
        + 1
    )
