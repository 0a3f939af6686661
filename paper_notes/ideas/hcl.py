"""HCL: negatives similar to the anchor count more, and the share of the anchor's own class is taken off."""

import math

from paper_notes import drawing as d
from paper_notes.words import Language

ALT: dict[Language, str] = {
    "ja": "バッチ内の負例に重みを付けるだけで、難しい負例を重視できる。"
    "点の面積は、式から計算した重みwを表す。β=0ではどの負例も同じ重さであり、β=1ではアンカーに近い負例ほど重い。"
    "ただし、近い負例にはアンカーと同じクラスの偽の負例も混じり、ラベルなしには見分けられない。"
    "そこで、重み付き和Rから同じクラスの寄与の見込みτ⁺Npを引き、1−τ⁺で割ったGを損失に使う。",
    "en": "Hard negatives can be stressed by weights on the negatives already in the batch. The area of a point is "
    "its weight w, computed by the formula: at β=0 all negatives weigh the same, at β=1 those near the anchor "
    "weigh more. A near negative may be a false one, of the anchor's class, and without labels nobody can "
    "tell. So the share τ⁺Np expected of that class is taken off the weighted sum R, and the rest, divided by "
    "1−τ⁺, is the G that enters the loss.",
}
TEMPERATURE, TAU_PLUS = 0.5, 0.1
RADIUS = 100.0
# Angles from the anchor in degrees; the first negative is of the anchor's class.
POSITIVE = 16.0
NEGATIVES = (-40.0, 58.0, -76.0, 94.0, -112.0, 128.0, -146.0, 164.0)
POINT = 8.0
UNIT = 9.6


def similarity(angle: float) -> float:
    """Give e, the exponentiated similarity of unit vectors at an angle."""
    return math.exp(math.cos(math.radians(angle)) / TEMPERATURE)


def weights(beta: float) -> list[float]:
    """Give the weight w of every negative; their mean is 1."""
    tilted = [similarity(angle) ** beta for angle in NEGATIVES]
    return [value * len(tilted) / sum(tilted) for value in tilted]


def sums(beta: float) -> tuple[list[float], float, float]:
    """Give the terms of R, the same-class share and G of the formula on the page."""
    terms = [w * similarity(angle) for w, angle in zip(weights(beta), NEGATIVES, strict=True)]
    share = TAU_PLUS * len(terms) * similarity(POSITIVE)
    lowest = len(terms) * math.exp(-1 / TEMPERATURE)
    return terms, share, max((sum(terms) - share) / (1 - TAU_PLUS), lowest)


def draw() -> str:
    """Draw the circle for two values of beta, and below how the sum is corrected."""
    circles = [*_circle(165, 0, "all negatives weigh the same"), *_circle(485, 1, "similar ones weigh more")]
    return d.figure(650, 396, *circles, *_bars())


def _circle(x: float, beta: int, finding: str) -> list[str]:
    y = 176.0

    def place(angle: float, radius: float = RADIUS) -> d.Point:
        return x + radius * math.sin(math.radians(angle)), y - radius * math.cos(math.radians(angle))

    parts = [
        d.text(x, 20, f"$β = {beta}$: {finding}"),
        d.dot(x, y, RADIUS, name="muted", hollow=True),
    ]
    for number, (angle, weight) in enumerate(zip(NEGATIVES, weights(beta), strict=True)):
        parts.append(d.dot(*place(angle), POINT * math.sqrt(weight), name="2" if number else "1"))
    return [
        *parts,
        d.dot(*place(POSITIVE), 6, name="1"),
        d.dot(*place(0), 9, name="1", hollow=True, width=3),
        d.text(x - 12, 54, "anchor", anchor="end", name="1"),
        d.text(place(POSITIVE)[0] + 12, 66, "positive", anchor="start", name="1"),
        d.text(x - 84, 84, "false", anchor="end", name="1"),
        d.text(x - 90, 104, "negative", anchor="end", name="1"),
        d.text(x, y - 10, "negatives", name="2"),
        d.text(x, y + 14, "area: $w_{ij}$", name="muted"),
    ]


def _bars() -> list[str]:
    terms, share, corrected = sums(1)
    left, first, second, height = 190.0, 324.0, 364.0, 22.0
    end = left + sum(terms) * UNIT
    return [
        d.text(left - 12, first, "weighted sum $R_i$", anchor="end"),
        d.bar(left, first - height / 2, (sum(terms) - share) * UNIT, height, name="2"),
        d.box(end - share * UNIT, first - height / 2, share * UNIT, height, name="4", dropped=True),
        d.text(end + 12, first, "$− τ^+ N p_i$: expected share", anchor="start", name="4"),
        d.text(end + 12, first + 22, "of the anchor's class", anchor="start", name="4"),
        d.text(left - 12, second, "into the loss: $G_i$", anchor="end"),
        d.bar(left, second - height / 2, corrected * UNIT, height, name="2"),
    ]
