"""The networks learn, write and score as they say; the GRU's own backward pass is right."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from agreement import global_state
from torch.nn import functional

from modelcollapse import decoding, loop
from modelcollapse.models import Model
from modelcollapse.networks.bigram import Bigram
from modelcollapse.networks.gru import GRU, plain_states
from modelcollapse.networks.mlp import MLP
from modelcollapse.networks.recurrence import SPAN, fast_states
from modelcollapse.networks.training import table_rows
from modelcollapse.networks.transformer import Transformer

pytestmark = pytest.mark.usefixtures("one_thread")

V, LENGTH = 5, 12
SMALL = {
    "bigram": lambda **options: Bigram(V, **{"characters": 2400, "batch": 8, **options}),
    "mlp": lambda **options: MLP(V, 3, 12, 4, **{"characters": 2400, "batch": 8, **options}),
    "gru": lambda **options: GRU(V, 10, **{"characters": 2400, **options}),
    "transformer": lambda **options: Transformer(V, 8, 2, 2, 3, **{"characters": 2400, **options}),
}
KINDS = list(SMALL)


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def chain(rng, replicates=3, n=60, length=LENGTH):
    """Rows of a Markov chain that prefers to go one up, and its matrix."""
    p = np.full((V, V), 0.05)
    p[np.arange(V), (np.arange(V) + 1) % V] += 0.75
    rows = np.zeros((replicates, n, length), np.uint8)
    rows[:, :, 0] = rng.integers(V, size=(replicates, n))
    for place in range(1, length):
        rows[:, :, place] = decoding.choose(p[rows[:, :, place - 1]], rng)
    return rows, p


def fitted(kind, rng, **options):
    return SMALL[kind](**options).fit(chain(rng)[0], rng)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_ranges(rng, kind):
    model = fitted(kind, rng)
    assert isinstance(model, Model) and model.vectorised
    assert model.replicates == 3 and model.length == LENGTH
    assert model.parameters == sum(w.numel() for w in model.weights.values()) / 3
    text = model.sample(7, rng)
    assert text.shape == (3, 7, LENGTH) and text.dtype == np.uint8 and text.max() < V
    assert model.sample(1, rng, length=4).shape == (3, 1, 4)
    logp = model.log_probability(text)
    assert logp.shape == text.shape and logp.dtype == float and (logp < 0).all()
    assert model.losses.shape[0] == 3 and (model.losses[:, -5:] < model.losses[:, :1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_sum_to_one_and_match_log_probability(rng, kind):
    model = fitted(kind, rng)
    for prompt in ([], [2], [0, 1, 2, 4]):
        p = model.probabilities(prompt)
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
        rows = np.array([[*prompt, symbol] for symbol in range(V)])[None]
        together = np.exp(model.log_probability(rows)[:, :, len(prompt)])
        np.testing.assert_allclose(together, p, atol=1e-5)
        # ... where each is scored in company, and the rows before it cost what they cost alone.
        np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_come_as_often_as_log_probability_says(rng, kind):
    model = fitted(kind, rng).take([0])
    n = 40_000
    text = model.sample(n, rng, length=2)[0].astype(int)
    counts = np.bincount(text[:, 0] * V + text[:, 1], minlength=V * V)
    pairs = np.stack(np.divmod(np.arange(V * V), V), axis=1)[None]
    p = np.exp(model.log_probability(pairs).sum(axis=2))[0]
    z = (counts - n * p) / np.sqrt(n * p * (1 - p))
    assert (np.abs(z) < 4.5).all(), z


@pytest.mark.parametrize("kind", KINDS)
def test_later_symbols_come_as_often_as_log_probability_says(rng, kind):
    model = fitted(kind, rng)
    text = model.sample(4000, rng)
    logp = model.log_probability(text)
    # The mean surprise of a model's own text is its entropy: scored both ways at the last place.
    prefixes = text[:, :300, :-1]
    entropy = np.zeros((3, 300))
    for symbol in range(V):
        rows = np.concatenate([prefixes, np.full((3, 300, 1), symbol, np.uint8)], axis=2)
        last = model.log_probability(rows)[:, :, -1]
        entropy -= np.exp(last) * last
    surprise = -logp[:, :, -1]
    se = np.hypot(surprise.std(axis=1) / 4000**0.5, entropy.std(axis=1) / 300**0.5)
    z = (surprise.mean(axis=1) - entropy.mean(axis=1)) / se
    assert (np.abs(z) < 4.5).all(), z


def test_gru_equals_torch_gru(rng):
    model = fitted("gru", rng)
    w = {name: weight.clone().requires_grad_() for name, weight in model.weights.items()}
    # Longer than a span of the backward pass, and no multiple of it.
    rows = torch.as_tensor(rng.integers(V, size=(3, 6, 2 * SPAN + 3)))
    ours = model._log_probability(w, rows)
    ours.mean(dim=(1, 2)).sum().backward()
    for r in range(3):
        gru = torch.nn.GRU(V + 1, model.width, batch_first=True)
        with torch.no_grad():
            gru.weight_ih_l0.copy_(torch.cat([w["gates"][r], w["input"][r]], dim=1).T)
            gru.weight_hh_l0.copy_(w["recurrent"][r].T)
            gru.bias_ih_l0.zero_()
            gru.bias_hh_l0.zero_()
            gru.bias_hh_l0[2 * model.width :] = w["shift"][r, 0]
        out = w["out"][r].detach().clone().requires_grad_()
        before = torch.cat([torch.full((6, 1), V), rows[r, :, :-1]], dim=1)
        scores = gru(functional.one_hot(before, V + 1).float())[0] @ out + w["bias"][r].detach()
        theirs = -functional.cross_entropy(scores.transpose(1, 2), rows[r], reduction="none")
        torch.testing.assert_close(ours[r], theirs, atol=1e-5, rtol=1e-5)
        theirs.mean().backward()
        near = {"atol": 1e-7, "rtol": 1e-4}
        tables = torch.cat([w["gates"].grad[r], w["input"].grad[r]], dim=1)
        torch.testing.assert_close(tables, gru.weight_ih_l0.grad.T, **near)
        torch.testing.assert_close(w["recurrent"].grad[r], gru.weight_hh_l0.grad.T, **near)
        shift = gru.bias_hh_l0.grad[2 * model.width :]
        torch.testing.assert_close(w["shift"].grad[r, 0], shift, **near)
        torch.testing.assert_close(w["out"].grad[r], out.grad, **near)


def test_the_fast_recurrence_is_the_plain_one(rng):
    model = fitted("gru", rng)
    rows = torch.as_tensor(rng.integers(V + 1, size=(3, 6, 2 * SPAN + 3)))
    arriving = torch.as_tensor(rng.normal(size=(rows.shape[2], 3, 6, model.width))).float()
    found = []
    for states in (plain_states, fast_states):
        w = {name: weight.clone().requires_grad_() for name, weight in model.weights.items()}
        h = states(w, table_rows(rows, V + 1))
        (h * arriving).sum().backward()
        found.append((h, [w[name].grad for name in ("gates", "input", "recurrent", "shift")]))
    (plain, plain_gradients), (fast, fast_gradients) = found
    torch.testing.assert_close(fast, plain, atol=1e-5, rtol=1e-5)
    for ours, wanted in zip(fast_gradients, plain_gradients, strict=True):
        torch.testing.assert_close(ours, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_replicates_become_what_they_become_alone(rng, kind):
    rows, _ = chain(rng)
    together = SMALL[kind](characters=600).fit(rows, np.random.default_rng(5))
    one_by_one = np.random.default_rng(5)
    for r in range(3):
        alone = SMALL[kind](characters=600).fit(rows[r : r + 1], one_by_one)
        for name, weight in alone.weights.items():
            torch.testing.assert_close(together.weights[name][r], weight[0], atol=2e-4, rtol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_text(kind):
    state, torch_state = global_state(), torch.random.get_rng_state()

    def text(seed):
        own = np.random.default_rng(seed)
        return SMALL[kind]().fit(chain(own)[0], own).sample(9, own)

    np.testing.assert_array_equal(text(1), text(1))
    assert (text(1) != text(2)).any()
    assert state == global_state() and torch.equal(torch_state, torch.random.get_rng_state())


def test_bigram_table_finds_the_counts(rng):
    rows, p = chain(rng, replicates=2, n=400)
    model = Bigram(V, characters=300_000).fit(rows, rng)
    for r in range(2):
        counts = np.zeros((V, V))
        np.add.at(counts, (rows[r, :, :-1].ravel(), rows[r, :, 1:].ravel()), 1)
        counted = counts / counts.sum(axis=1, keepdims=True)
        learnt = np.stack([model.probabilities([symbol])[r] for symbol in range(V)])
        np.testing.assert_allclose(learnt, counted, atol=0.01)
        np.testing.assert_allclose(learnt, p, atol=0.05)


@pytest.mark.parametrize("kind", ["mlp", "gru", "transformer"])
def test_networks_see_further_than_one_symbol(rng, kind):
    # Every symbol stands twice: after one symbol nobody knows what comes, after two it is clear.
    rows = np.repeat(rng.integers(V, size=(2, 300, LENGTH // 2)), 2, axis=2)
    model = SMALL[kind](characters=120_000, learning_rate=0.01).fit(rows, rng)
    logp = model.log_probability(rows)
    assert (-logp[:, :, 3].mean(axis=1) < 0.25).all()
    np.testing.assert_allclose(-logp[:, :, 2].mean(axis=1), np.log(V), atol=0.15)


def test_a_block_of_the_transformer_looks_at_its_window_and_no_further(rng):
    rows = rng.integers(0, V, (1, 6, 9))
    model = Transformer(V, 8, 1, 2, 3, characters=2400).fit(rows, rng)
    other = rows.copy()
    other[:, :, 4] = (other[:, :, 4] + 1) % V
    change = np.abs(model.log_probability(rows) - model.log_probability(other)).max(axis=(0, 1))
    # Symbol 4 is seen at place 5, from where symbol 5 is predicted, and at two places after it.
    assert (change[[5, 6, 7]] > 1e-6).all()
    assert (change[[0, 1, 2, 3, 8]] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_decoding(rng, kind):
    model = fitted(kind, rng)
    p = model.probabilities([1])
    n = 20_000
    for options in ({"temperature": 0.5}, {"top_k": 2}, {"top_p": 0.9}):
        model.temperature = options.get("temperature", 1.0)
        model.top_k, model.top_p = options.get("top_k"), options.get("top_p")
        text = model.sample(n, rng, length=1, prompt=[1])[:, :, 0]
        shares = np.stack([np.bincount(world, minlength=V) for world in text]) / n
        wanted = decoding.sharpen(p, **options)
        assert (shares[wanted == 0] == 0).all()
        np.testing.assert_allclose(shares, wanted, atol=4.5 * 0.5 / n**0.5)
    model.temperature, model.top_k, model.top_p = [0.0, 1.0, 0.0], None, None
    text = model.sample(50, rng, prompt=[1])
    assert (text[[0, 2]] == text[[0, 2], :1]).all() and (text[1] != text[1, :1]).any()
    assert (text[[0, 2], 0, 0] == p[[0, 2]].argmax(axis=1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_writes_longer_rows(rng, kind):
    assert fitted(kind, rng).sample(2, rng, length=3 * LENGTH).shape == (3, 2, 3 * LENGTH)


def test_take(rng):
    model = fitted("gru", rng, temperature=[0.5, 1.0, 0.8])
    taken = model.take([2, 0, 2])
    rows = chain(rng)[0][:1]
    np.testing.assert_allclose(
        taken.log_probability(rows), model.log_probability(rows)[[2, 0, 2]], atol=1e-6
    )
    assert taken.temperature == [0.8, 0.5, 0.8] and len(taken.losses) == 3


@pytest.mark.parametrize("kind", ["bigram", "gru"])
def test_runs_in_the_loop(rng, kind):
    rows, _ = chain(rng)
    history = loop.run(
        SMALL[kind](),
        rows,
        "accumulate-subsample",
        3,
        rng,
        measure={"surprise": lambda model, _: -model.log_probability(rows).mean(axis=(1, 2))},
    )
    assert history["surprise"].shape == (3, 3)


def test_one_row_of_data_serves_all_replicates(rng):
    model = fitted("gru", rng)
    rows = chain(rng)[0]
    shared = model.log_probability(rows[:1])
    for r in range(3):
        alone = model.take([r]).log_probability(rows[:1])
        np.testing.assert_allclose(shared[r], alone[0], atol=1e-5)


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: GRU(1), "vocabulary must be a whole number of at least 2"),
        (lambda: GRU(V, 0), "width must be a whole number of at least 1"),
        (lambda: GRU(V, batch=0), "batch must be"),
        (lambda: GRU(V, characters=1.5), "characters must be"),
        (lambda: GRU(V, learning_rate=-1), "learning_rate must be"),
        (lambda: GRU(V, momentum=1), "momentum must be below 1"),
        (lambda: GRU(V, temperature=[1.0, -1.0]), "temperature must be"),
        (lambda: GRU(V, top_k=0), "top_k must be"),
        (lambda: MLP(V, 0), "window must be"),
        (lambda: Transformer(V, 10, 1, 4), "width must be a multiple of heads = 4, got 10"),
        (lambda: Transformer(V, 8, 1, 2, 0), "window must be a whole number of at least 1, got 0"),
    ],
)
def test_errors_in_building(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(
    "data, message",
    [
        (np.zeros((2, 3), int), "must have the shape"),
        (np.zeros((2, 1, 3), int), "n of at least 2"),
        (np.zeros((2, 3, 4)), "whole numbers"),
        (np.full((2, 3, 4), V), "from 0 to vocabulary - 1 = 4, got 5 to 5"),
        (np.full((2, 3, 4), -1), "from 0 to"),
    ],
)
def test_errors_in_data(rng, data, message):
    with pytest.raises(ValueError, match=message):
        SMALL["gru"]().fit(data, rng)


def test_errors_in_use(rng):
    with pytest.raises(AttributeError, match="call fit"):
        SMALL["gru"]().sample(2, rng)
    with pytest.raises(TypeError, match="rng must be"):
        SMALL["gru"]().fit(chain(rng)[0], 3)
    model = fitted("transformer", rng)
    with pytest.raises(ValueError, match="1 or 3 replicates"):
        model.log_probability(np.zeros((2, 3, 4), int))
    with pytest.raises(ValueError, match="n must be"):
        model.sample(0, rng)
    for prompt in ([V], [[1]], [0.5]):
        with pytest.raises(ValueError, match="prompt must"):
            model.sample(1, rng, prompt=prompt)
    model.temperature = [1.0, 0.5]
    with pytest.raises(ValueError, match="one number or 3"):
        model.sample(1, rng)
    with pytest.raises(FloatingPointError, match="learning_rate"):
        SMALL["mlp"](learning_rate=1e38).fit(chain(rng)[0], rng)


# A warm start


@pytest.mark.parametrize("kind", KINDS)
def test_a_warm_start_begins_at_the_parent(rng, kind):
    rows = chain(rng)[0]
    parent = SMALL[kind]().fit(rows, np.random.default_rng(1))
    kept = {name: weight.clone() for name, weight in parent.weights.items()}
    one_step = SMALL[kind](characters=1, learning_rate=1e-6)
    child = one_step.fit(rows, np.random.default_rng(2), start=parent)
    for name, weight in parent.weights.items():
        assert torch.equal(weight, kept[name]), "the parent must stay as it is"
        assert torch.allclose(child.weights[name], weight, atol=1e-5), name
    from_scratch = SMALL[kind](characters=1, learning_rate=1e-6)
    from_scratch.fit(rows, np.random.default_rng(2))
    assert child.losses[:, 0].mean() < from_scratch.losses[:, 0].mean() - 0.1


def test_a_warm_start_needs_a_network_of_the_same_shape(rng):
    rows = chain(rng)[0]
    parent = SMALL["gru"]().fit(rows, rng)
    for wrong, data in ((Bigram(V, characters=100), rows), (SMALL["gru"](), rows[:2])):
        with pytest.raises(ValueError, match="start must be a trained network of the same kind"):
            wrong.fit(data, rng, start=parent)
    with pytest.raises(AttributeError, match="no weights yet"):
        SMALL["gru"]().fit(rows, rng, start=SMALL["gru"]())
