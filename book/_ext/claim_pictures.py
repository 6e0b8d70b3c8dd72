"""Pictures of how close the claims came to failing, as SVG that is as wide as its column.

A dot is a value; dots stand in columns, one above the other. A column is one dashed line whose
dashes have no length and round ends. Lines keep their width however the picture is stretched.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.claims import Claim

HEIGHT = 170  # pixels, of the highest column at most
DOT = 5.0  # pixels from dot to dot, or less where many stand on each other


def figures(every: list[Claim]) -> str:
    """A picture of each kind of claim with its caption, as HTML."""
    made = filter(None, (_equal(every), _tolerances(every), _orders(every)))
    inner = "".join(
        f"<figure>{drawn}<figcaption>{html.escape(says)}</figcaption></figure>"
        for drawn, says in made
    )
    return f'<div class="claim-figures">{inner}</div>'


def _equal(every: list[Claim]) -> tuple[str, str] | None:
    """The claims that two values are equal within standard errors, beside chance."""
    judged = [claim for claim in every if claim.kind == "errors"]
    values = [value for claim in judged for value in claim.deviates]
    if not values:
        return None
    found = [sum(abs(value) > size for value in values) or "none" for size in (1, 2, 3)]
    chance = [len(values) * math.erfc(size / math.sqrt(2)) for size in (1, 2, 3)]
    every_limit = Counter(claim.limit_deviate for claim in judged)
    limits, usual = sorted(every_limit), every_limit.most_common(1)[0][0]
    drawn = _picture(
        f"{len(values)} distances from what was expected heap around zero, under the curve that "
        f"chance alone would give: {found[1]} lie beyond two standard errors, {found[2]} beyond "
        "three.",
        values,
        bin=0.25,
        axis=[(-5, ""), (-4, "−4"), (-2, "−2"), (0, "0"), (2, "2"), (4, "4 se"), (5, "")],
        limits=[sign * limit for limit in limits for sign in (-1, 1)],
        says=[(usual, "most limits"), (1.1, "chance alone")],
        chance=True,
    )
    return drawn, (
        f"Each dot is one of the {len(values)} values that the {len(judged)} claims of the first "
        "kind compare, at its distance from what was expected, in standard errors. "
        f"{found[0]} lie beyond 1, where chance alone would put {chance[0]:.0f}; {found[1]} beyond "
        f"2 (by chance {chance[1]:.0f}) and {found[2]} beyond 3 (by chance {chance[2]:.1f}). If "
        "the checks could hardly fail, the dots would heap closer to zero than the curve. If the "
        "limits had been chosen after the results were seen, dots would heap just inside of them. "
        "The values of one claim often come from the same runs, so they move together. Where a "
        "standard error was estimated from few runs, the distance follows Student’s t law, and its "
        "dot stands at the normal deviate that is just as unlikely."
    )


def _tolerances(every: list[Claim]) -> tuple[str, str] | None:
    """The claims that two values are equal within a tolerance."""
    shares = [
        claim.share for claim in every if claim.kind == "tolerance" and claim.share is not None
    ]
    if not shares:
        return None
    tiny, half = (sum(share < part for share in shares) for part in (1e-3, 0.5))
    drawn = _picture(
        f"Of {len(shares)} distances in units of their tolerance, {tiny} are all but zero and "
        f"{half} below a half; the largest is {max(shares):.2f}.",
        shares,
        bin=0.05,
        axis=[(-0.05, ""), (0, "0"), (0.5, "half of it"), (1, "all"), (1.1, "")],
        limits=[1],
        says=[],
    )
    return drawn, (
        f"The {len(shares)} claims of the second kind, one dot each: which part of its tolerance "
        f"the worst value uses. In {tiny} of them it is less than 0.1%, as where two "
        "programs compute the same. A heap at the right would say that tolerances were stretched "
        "until the claims held."
    )


def _orders(every: list[Claim]) -> tuple[str, str] | None:
    """The claims that one value is above the other."""
    orders = [claim for claim in every if claim.kind == "order"]
    judged = [(claim, claim.share) for claim in orders if claim.share is not None]
    if not judged:
        return None
    shares = [share for _, share in judged]
    stated = [share for claim, share in judged if claim.record["tolerance"] is not None]
    heap = sum(1.5 <= share < 3 for share in stated)
    drawn = _picture(
        f"The narrowest of {len(shares)} gaps is {min(shares):.1f} times as wide as it must be; "
        f"most are between one and a half times and three times as wide.",
        [math.log10(max(share, 0.1)) for share in shares],
        bin=0.05,
        axis=[
            (math.log10(0.8), ""),
            *((math.log10(times), f"{times}×") for times in (1, 2, 5, 10, 20)),
            (math.log10(60), "60×"),
        ],
        limits=[0],
        says=[(0, "needed")],
    )
    bare = len(orders) - len(judged)
    return drawn, (
        f"{len(judged)} claims of the third kind, one dot each: how many times the gap is as wide "
        f"as it must be. Where the margin is stated in the unit of what is measured, {heap} of "
        f"{len(stated)} lie between 1.5 and 3. This heap near the limit is no accident: our rule "
        "allows such a margin to be at most half of the gap that the first run showed, so it was "
        "chosen with the gap in view. The picture says that the gaps were there again, and not how "
        "surprising they were."
        + (f" The other {bare} compare computed values, where any gap will do." if bare else "")
    )


def _picture(
    alt: str,
    values: Iterable[float],
    *,
    bin: float,
    axis: Sequence[tuple[float, str]],
    limits: Sequence[float],
    says: Sequence[tuple[float, str]],
    chance: bool = False,
) -> str:
    """Dots over an axis.

    Parameters
    ----------
    alt : str
        What the picture shows, in a sentence for somebody who cannot see it.
    values : iterable of float
        Where the dots are; beyond the axis they stand at its end.
    bin : float
        Width of a column.
    axis : sequence of (float, str)
        Marks of the axis, from its one end to the other.
    limits : sequence of float
        Where lines stand that no dot may cross.
    says : sequence of (float, str)
        What is written at the top, and where it begins.
    chance : bool
        Whether the normal law is drawn that as many values follow by chance.
    """
    low, high = axis[0][0], axis[-1][0]
    columns = Counter(round(min(max(value, low), high) / bin) for value in values)
    total = sum(columns.values())
    peak = max(columns.values(), default=0)
    step = min(DOT, HEIGHT / max(peak, 1))
    height = math.ceil(peak * step) + 24  # room for what is written at the top

    def x(value: float) -> str:
        return f"{100 * (value - low) / (high - low):.2f}%"

    def beside(value: float) -> str:
        right_half = value > (low + high) / 2
        return 'dx="-4" text-anchor="end"' if right_half else 'dx="4"'

    bottom = height - step / 2
    dots = "".join(
        f"M{place * bin:.4g} {bottom:g}v-{(many - 1) * step + step / 5:.4g}"
        for place, many in sorted(columns.items())
    )
    paths = [f'<path class="limit" d="{"".join(f"M{limit:.4g} 0V{height}" for limit in limits)}"/>']
    paths += [
        f'<path class="dots" d="{dots}" stroke-width="{0.88 * step:.3g}" '
        f'stroke-dasharray="0 {step:.4g}"/>'
    ]
    if chance:
        places = [low + (high - low) * k / 80 for k in range(81)]
        scale = total * bin * step / math.sqrt(2 * math.pi)
        line = (f"{z:.4g} {height - scale * math.exp(-z * z / 2):.1f}" for z in places)
        paths += [f'<path class="chance" d="M{"L".join(line)}"/>']
    ends = {low: "start", high: "end"}
    texts = [
        f'<text x="{x(value)}" y="{height + 18}" text-anchor="{ends.get(value, "middle")}">'
        f"{html.escape(text)}</text>"
        for value, text in axis
        if text
    ]
    texts += [
        f'<text x="{x(value)}" {beside(value)} y="12">{html.escape(text)}</text>'
        for value, text in says
    ]
    return (
        f'<svg class="claim-picture" role="img" aria-label="{html.escape(alt)}" '
        f'width="100%" height="{height + 24}">'
        f'<svg width="100%" height="{height}" viewBox="{low:g} 0 {high - low:g} {height}" '
        f'preserveAspectRatio="none">{"".join(paths)}</svg>'
        f'<line class="axis" x2="100%" y1="{height}" y2="{height}"/>{"".join(texts)}</svg>'
    )
