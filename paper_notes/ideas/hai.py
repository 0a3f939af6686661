"""HAI: losses at four depths, one augmentation more at each, and the jitter's parameters told to the head."""

from paper_notes import drawing as d
from paper_notes.words import Language

ALT: dict[Language, str] = {
    "ja": "データ拡張への不変性を、ネットワークの深さごとに変えて求められる。"
    "四つのステージは、それぞれ専用の組から二つのビューを作る。"
    "組は、クロップとジッタに、グレースケール化、ぼかし、左右反転を段ごとに一つずつ足したものである。"
    "ステージiのビューはステージiまでしか通らず、その損失Lᵢはより深いステージに届かない。"
    "ステージ2以降では、ジッタのパラメータθの埋め込みを特徴に連結してからヘッドに渡す。"
    "学習後はバックボーンだけを残す。",
    "en": "Invariance to augmentation can be asked for depth by depth. Each of the four stages draws two views from "
    "its own set: crop and jitter at first, then one of grayscale, blur and flip more at each stage. The "
    "views of stage i run only as far as stage i, so that their loss Lᵢ reaches no deeper stage. From stage 2 "
    "on, an embedding of the jitter parameters θ joins the feature before the head. After training only the "
    "backbone is kept.",
}
ADDED = ("crop, jitter", "+ grayscale", "+ blur", "+ flip")
ROWS = (86.0, 166.0, 246.0, 326.0)
STAGES = (222.0, 282.0, 342.0, 402.0)
WIDTH = 44.0
JOIN = 478.0


def draw() -> str:
    """Draw a row for each stage's views; a stage is one tall box, since all rows that reach it share it."""
    heads = [
        d.text(136, 24, "two views from"),
        d.text(136, 44, "each stage's set"),
        d.text(334, 24, "run only as"),
        d.text(334, 44, "far as stage $i$"),
        d.text(560, 34, "head and loss"),
        d.tile(8, 180, 52),
        *(d.arrow((62, 206), (86, y)) for y in ROWS),
    ]
    stages = [
        d.box(x, top - 26, WIDTH, ROWS[-1] + 26 - (top - 26), str(number), edge=3, size=18)
        for number, (x, top) in enumerate(zip(STAGES, ROWS, strict=True), start=1)
    ]
    rows = [part for number in range(1, 5) for part in _row(number)]
    return d.figure(
        650,
        424,
        *heads,
        *stages,
        *rows,
        d.text(334, 372, "stages of the backbone"),
        d.text(500, 366, "jitter parameters", anchor="start", name="5"),
        d.legend(325, 406),
    )


def _row(number: int) -> list[str]:
    y = ROWS[number - 1]
    parts = [d.text(94, y - 9, ADDED[number - 1], anchor="start")]
    # One square for each augmentation of the set, the new ones filled.
    for place in range(number + 1):
        new = place == number or number == 1
        parts.append(d.bar(94 + 17 * place, y + 4, 12, 12, name="2", hollow=not new))
    starts = (190.0, *(x + WIDTH + 2 for x in STAGES[: number - 1]))
    parts += [d.arrow((start, y), (x - 2, y)) for start, x in zip(starts, STAGES, strict=False)]
    last = STAGES[number - 1] + WIDTH + 2
    if number < 4:
        parts += [
            d.arrow((last, y), (STAGES[3] - 2, y)),
            d.box(STAGES[3], y - 16, WIDTH, 32, "side", dropped=True, size=15),
        ]
        last = STAGES[3] + WIDTH + 2
    parts += [
        d.arrow((last, y), (510, y)),
        d.box(512, y - 18, 58, 36, "head", dropped=True),
        d.arrow((572, y), (590, y)),
        d.node(609, y, f"$L_{number}$", name="1"),
    ]
    if number > 1:
        parts += [
            d.node(JOIN, y + 36, f"$θ_{number}$", name="5", radius=15),
            d.arrow((JOIN, y + 20), (JOIN, y + 3), name="5"),
        ]
    return parts
