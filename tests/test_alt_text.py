"""The judge of alt text finds what is wrong."""

from __future__ import annotations

import pytest
from alt_text import alt_faults


@pytest.mark.parametrize(
    "alt",
    ["", "A falling line", "The file variance.svg shows how the variance of each run falls"],
)
def test_bad_alt_text_is_found(alt: str) -> None:
    assert alt_faults([alt])


def test_repeated_alt_text_is_found() -> None:
    good = "Ten falling curves, one for each sample size, from one towards zero"
    assert alt_faults([good]) == []
    assert alt_faults([good, good])
