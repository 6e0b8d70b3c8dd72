"""What the search index holds of formulas; tests in a browser type it into the search page."""

from __future__ import annotations

import pytest
from site_search import Search, plain


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\(\frac{\sigma^2}{n-1}\)", "σ²/(n-1)"),
        (r"\(v_t = \left(1 - \tfrac1n\right)^{t} \approx 0.37\)", "v_t = (1 - 1/n)^t ≈ 0.37"),
        (r"\(20{,}000\)", "20,000"),
        (r"\(\mathrm{KL}(\text{real}\,\|\,q)\)", "KL(real | q)"),
        (r"\bigl(\hat p_{t+1} + \tilde{\mathrm E}\bigr)", "(p\u0302_(t+1) + E\u0303)"),
        (r"\frac{\sqrt{1+4k}-1}{2k} - \tfrac{1}{2x}", "(√(1+4k)-1)/(2k) - 1/(2x)"),
        (r"\frac{\pi\cdot\mathrm{TPR}}{1-\pi}\,\log\tfrac{2}{b}", "(π· TPR)/(1-π) log 2/b"),
        (r"\(p_i \propto i^{-\beta}, \quad \beta > 1\)", "p_i ∝ i^(-β), β > 1"),
    ],
)
def test_formulas_as_text(tex: str, text: str) -> None:
    assert plain(tex) == text


def test_decimals_and_greek_letters_are_words() -> None:
    words = Search({}).split(r"The bound \(\pi^2/6 \approx 1.6449\) for \(\sigma_0\), n = 20,000.")
    assert {"bound", "π", "pi", "1.6449", "σ", "sigma", "20,000"} <= set(words)
    words = Search({}).split("from 02_gaussian to v0.5x")
    assert words == ["from", "02_gaussian", "to", "v0", "5x"]
