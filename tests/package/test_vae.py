"""The autoencoder learns, draws and scores as it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from agreement import assert_mean, global_state
from scipy import stats

from modelcollapse import loop
from modelcollapse.models import Model
from modelcollapse.networks.vae import LEAST, VAE
from modelcollapse.regimes import Fresh
from modelcollapse.side_by_side import SideBySide

pytestmark = pytest.mark.usefixtures("one_thread")

D = 6


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def bows(rng, replicates=3, n=200):
    """Rows on a curve, from 0 to 1, with a little noise of variance 0.0025."""
    u = rng.uniform(-1, 1, (replicates, n, 1))
    rows = 0.5 + 0.3 * np.sin(2 * u + np.arange(D))
    return rows + 0.05 * rng.standard_normal(rows.shape)


def small(**options):
    return VAE(2, 16, **{"steps": 150, "batch": 20, "learning_rate": 0.01, **options})


def test_shapes(rng):
    model = small().fit(bows(rng), rng)
    assert isinstance(model, Model) and model.replicates == 3
    assert model.parameters == (D + 1) * 16 + 17 * 4 + 3 * 16 + 17 * D
    rows = model.sample(7, rng)
    assert rows.shape == (3, 7, D) and rows.dtype == np.float32
    mean, sd = model.encode(bows(rng, 1, 5))
    assert mean.shape == sd.shape == (3, 5, 2) and (sd > 0).all()
    assert model.decode(mean).shape == (3, 5, D)
    assert model.decode(np.zeros((1, 4, 2))).shape == (3, 4, D)
    assert model.bound(bows(rng), rng).shape == (3, 200)
    assert model.losses.shape == (3, 150)


def test_it_learns(rng):
    """The rows have one direction along the curve; a normal distribution fits them worse."""
    rows, unseen = bows(rng), bows(rng)
    model = small(steps=800).fit(rows, rng)
    assert (model.losses[:, -50:].mean(axis=1) < model.losses[:, :10].mean(axis=1) - 3).all()
    apart = stats.norm(rows.mean(axis=(0, 1)), rows.std(axis=(0, 1))).logpdf(unseen).sum(axis=2)
    assert (model.bound(unseen, rng).mean(axis=1) > apart.mean(axis=1) + 1).all()
    assert (np.abs(model.noise_variance - 0.0025) < 0.001).all()


def test_bound_is_below_the_log_density(rng):
    """The log density by brute force over the latent numbers, and the bound's own formula."""
    model = small(sigma2=0.01).fit(bows(rng), rng)
    x = bows(rng, 1, 20)
    grid = np.linspace(-5, 5, 201)
    z = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(1, -1, 2)
    weight = stats.norm.pdf(z[0]).prod(axis=1) * (grid[1] - grid[0]) ** 2
    means = model.decode(z)
    squares = ((x[0][:, None, None] - means) ** 2).sum(axis=-1)  # (n, R, grid)
    density = np.exp(-squares / 0.02) / (2 * np.pi * 0.01) ** (D / 2)
    log_p = np.log(density @ weight).T
    found = np.stack([model.bound(x, rng, draws=1) for _ in range(400)], axis=-1)
    assert (found.mean(axis=-1) < log_p + 0.05).all()
    mean, sd = model.encode(x)
    again = mean[..., None] + sd[..., None] * rng.standard_normal((*mean.shape, 400))
    decoded = model.decode(again.transpose(0, 1, 3, 2).reshape(3, -1, 2)).reshape(3, 20, 400, D)
    fit = stats.norm(decoded, 0.1).logpdf(x[:, :, None]).sum(axis=-1)
    divergence = (mean**2 + sd**2 - 1 - 2 * np.log(sd)).sum(axis=-1) / 2
    both = found - (fit - divergence[..., None])
    assert_mean(both.reshape(60, 400), 0.0, bias=1e-4)


def test_noise_and_spread(rng):
    model = small(sigma2=[0.01, 0.04, 0.04], noise=[True, True, False]).fit(bows(rng), rng)
    np.testing.assert_allclose(model.noise_variance, [0.01, 0.04, 0.04], rtol=1e-6)
    model.spread = 0.0
    rows = model.sample(4000, rng)
    middle = model.decode(np.zeros((1, 1, 2)))
    assert_mean((rows[:2] - middle[:2]).reshape(2, -1) ** 2, [0.01, 0.04])
    np.testing.assert_allclose(rows[2], np.broadcast_to(middle[2], rows[2].shape), atol=1e-6)
    model.spread = [2.0, 1.0, 0.5]
    assert_mean(model.latents(5000, rng).reshape(3, -1) ** 2, [4.0, 1.0, 0.25])


def test_learnt_noise_is_the_mean_squared_residual(rng):
    rows = bows(rng)
    model = small(sigma2=[None, None, 0.3]).fit(rows, rng)
    mean, sd = model.encode(rows)
    z = mean + sd * rng.standard_normal(mean.shape)
    residual = ((rows - model.decode(z)) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(model.noise_variance[:2], residual[:2], rtol=0.05)
    assert model.noise_variance[2] == pytest.approx(0.3)
    still = small(steps=400).fit(np.full((1, 50, D), 0.5), rng)
    assert still.noise_variance[0] < 0.001 and still.noise_variance[0] >= 0.999 * LEAST


def test_replicates_become_what_they_become_alone(rng):
    rows = bows(rng)
    options = {"sigma2": [0.01, None, 0.02], "steps": 60}
    together = small(**options).fit(rows, np.random.default_rng(5))
    one_by_one = np.random.default_rng(5)
    for r in range(3):
        alone = small(sigma2=options["sigma2"][r], steps=60).fit(rows[r : r + 1], one_by_one)
        for name, weight in alone.weights.items():
            torch.testing.assert_close(together.weights[name][r], weight[0], atol=2e-4, rtol=2e-3)


def test_same_seed_same_rows():
    state, torch_state = global_state(), torch.random.get_rng_state()

    def rows(seed):
        own = np.random.default_rng(seed)
        return small(steps=20).fit(bows(own), own).sample(9, own)

    np.testing.assert_array_equal(rows(1), rows(1))
    assert (rows(1) != rows(2)).any()
    assert state == global_state() and torch.equal(torch_state, torch.random.get_rng_state())


def test_take(rng):
    model = small(steps=20, sigma2=[0.1, None, 0.3], spread=[1.0, 0.5, 0.2]).fit(bows(rng), rng)
    taken = model.take([2, 0, 0])
    assert taken.sigma2 == [0.3, 0.1, 0.1] and taken.spread == [0.2, 1.0, 1.0] and taken.noise
    z = rng.standard_normal((1, 3, 2))
    np.testing.assert_allclose(taken.decode(z), model.decode(z)[[2, 0, 0]], atol=1e-6)
    np.testing.assert_array_equal(taken.noise_variance, model.noise_variance[[2, 0, 0]])
    assert model.replicates == 3


def test_runs_in_the_loop(rng):
    real = bows(rng, 4, 40)
    history = loop.run(
        small(steps=20),
        real,
        SideBySide(["replace", Fresh(0.5)]),
        3,
        rng,
        fresh=lambda n, rng: bows(rng, 4, n),
        measure={"variance": lambda model, rows: rows.var(axis=(1, 2))},
    )
    assert history["variance"].shape == (3, 4)
    assert history.generations[2].counts[:, 0].tolist() == [0, 0, 20, 20]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"sigma2": 0.0}, "sigma2 must be above 0"),
        ({"sigma2": [0.1, -1.0]}, "sigma2 must be"),
        ({"spread": -1.0}, "spread must be"),
        ({"steps": 0}, "steps must be"),
        ({"batch": 0}, "batch must be"),
        ({"learning_rate": -1.0}, "learning_rate must be"),
    ],
    ids=str,
)
def test_errors_in_building(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)


def test_errors_in_use(rng):
    with pytest.raises(AttributeError, match="call fit"):
        small().sample(3, rng)
    for rows in (np.zeros((3, 9)), np.zeros((3, 1, D)), np.full((3, 9, D), np.nan)):
        with pytest.raises(ValueError, match="data must"):
            small().fit(rows, rng)
    with pytest.raises(ValueError, match="sigma2 must be one value or 3"):
        small(sigma2=[0.1, 0.1]).fit(bows(rng), rng)
    with pytest.raises(FloatingPointError, match="learning_rate must be lower"):
        small(learning_rate=1e9).fit(bows(rng), rng)
    model = small(steps=5).fit(bows(rng), rng)
    for rows in (np.zeros((2, 9, D)), np.zeros((3, 9, D + 1))):
        with pytest.raises(ValueError, match="1 or 3 replicates of rows of 6"):
            model.encode(rows)
    with pytest.raises(ValueError, match="z must have the shape"):
        model.decode(np.zeros((3, 4, 5)))
    with pytest.raises(ValueError, match="n must be"):
        model.sample(0, rng)
    with pytest.raises(TypeError, match="rng must be"):
        model.bound(bows(rng), 3)
    model.spread = [1.0, 1.0]
    with pytest.raises(ValueError, match="spread must be one value or 3"):
        model.sample(3, rng)
