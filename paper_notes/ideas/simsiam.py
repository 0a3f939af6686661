"""SimSiam: one network, a predictor on one side, a stop-gradient on the other."""

from paper_notes import drawing as d
from paper_notes.words import Language

ALT: dict[Language, str] = {
    "ja": "負例もモメンタムエンコーダも使わず、予測器と勾配停止があれば特徴を学べる。"
    "二つのビューx₁とx₂は、重みを共有する同じエンコーダfを通る。"
    "一方の出力z₁を予測器hに通してp₁とし、定数とみなしたもう一方の出力z₂に似せる。"
    "勾配はp₁の側だけを通ってhとfに流れ、z₂の側では止まる。"
    "ビューを入れ替えた項も加え、学習後はバックボーンだけを残す。",
    "en": "A predictor and a stop-gradient are enough to learn features, without negatives and without a momentum "
    "encoder. Both views, x₁ and x₂, pass through the same encoder f with shared weights. The output z₁ of "
    "one goes on through the predictor h to p₁, which is made similar to the output z₂ of the other, taken as "
    "a constant. The gradient reaches h and f through p₁ only and stops on the side of z₂. The term with the "
    "views swapped is added, and after training only the backbone is kept.",
}
FIRST, SECOND = 112, 244


def draw() -> str:
    """Draw views, shared encoder, predictor above, stop-gradient below, the loss on the right."""
    return d.figure(650, 352, *_encoder(), *_sides(), *_loss(), d.legend(325, 334))


def _encoder() -> list[str]:
    parts = [
        d.tile(10, 150, 56),
        d.arrow((70, 166), (99, 134)),
        d.arrow((70, 190), (99, 222)),
        d.tile(103, FIRST - 26, 52, crop=(22, 5, 72), flip=True),
        d.tile(103, SECOND - 26, 52, crop=(10, 24, 70), hues=("2", "5", "4")),
        d.text(129, FIRST + 41, "$x_1$"),
        d.text(129, SECOND - 41, "$x_2$"),
        d.box(186, 76, 90, 204, "backbone", edge=3),
        d.box(284, 76, 82, 204, "projector", dropped=True),
        d.text(258, 298, "$f$: the same weights for both views"),
    ]
    return parts + [d.arrow((159, y), (184, y)) for y in (FIRST, SECOND)]


def _sides() -> list[str]:
    parts = []
    for y, digit in ((FIRST, "1"), (SECOND, "2")):
        parts += [d.arrow((368, y), (386, y)), d.node(405, y, f"$z_{digit}$", name=digit)]
    return [
        *parts,
        d.arrow((424, FIRST), (442, FIRST)),
        d.box(444, FIRST - 27, 46, 54, "$h$", name="1", dropped=True),
        d.arrow((492, FIRST), (510, FIRST)),
        d.node(529, FIRST, "$p_1$", name="1"),
        d.text(467, FIRST + 42, "predictor", name="1"),
        d.arrow((424, SECOND), (585, SECOND), (585, 198)),
        d.stop_gradient(500, SECOND),
        d.text(500, SECOND + 26, "stop-gradient", name="4"),
    ]


def _loss() -> list[str]:
    return [
        d.arrow((548, FIRST), (585, FIRST), (585, 158)),
        d.pill(585, 178, 96, "similarity"),
        d.gradient((614, 158), 44, (467, 82), (325, 73), (231, 73)),
        d.text(510, 26, "gradient: only through $p_1$", name="3"),
        d.text(531, 298, "+ the same, $x_1$ and $x_2$ swapped", size=15, name="muted"),
    ]
