"""HAI: losses at four depths, one augmentation more at each, and the jitter's parameters told to the head."""

from paper_notes import drawing as d
from paper_notes.words import Language

ALT: dict[Language, str] = {
    "ja": "データ拡張への不変性を、ネットワークの深さごとに変えて求められる。"
    "四つのステージは、それぞれ専用の組から二つのビューを作る。"
    "組は、クロップとジッタに、グレースケール化、ぼかし、左右反転を段ごとに一つずつ足したものである。"
    "ステージiのビューはステージiまでしか通らず、その損失ℒᵢの勾配は、より深いステージに届かない。"
    "ステージ2以降では、ジッタのパラメータθᵢをエンコーダfᵢで埋め込み、特徴に連結してから射影ヘッドと予測器に渡す。"
    "学習後はバックボーンだけを残す。",
    "en": "Invariance to augmentation can be asked for depth by depth. Each of the four stages draws two views from "
    "its own set: crop and jitter at first, then one of grayscale, blur and flip more at each stage. The "
    "views of stage i run only as far as stage i, so that the gradient of their loss ℒᵢ reaches no deeper stage. "
    "From stage 2 on, an encoder fᵢ embeds the jitter parameters θᵢ, and the embedding joins the feature before the "
    "projection head and the predictor. After training only the backbone is kept.",
}
ADDED = ("crop, jitter", "+ grayscale", "+ blur", "+ flip")
ROWS = (86.0, 166.0, 246.0, 326.0)
STAGES = (214.0, 274.0, 334.0, 394.0)
WIDTH = 44.0
JOIN = 464.0


def draw() -> str:
    """Draw a row for each stage's views; a stage is one tall box, since all rows that reach it share it."""
    heads = [
        d.text(136, 24, "two views from"),
        d.text(136, 44, "each stage's set"),
        d.text(326, 24, "run only as"),
        d.text(326, 44, "far as stage $i$"),
        d.text(568, 34, "heads and loss"),
        d.tile(8, 180, 52),
        *(d.arrow((62, 206), (86, y)) for y in ROWS),
    ]
    stages = [
        d.box(x, top - 26, WIDTH, ROWS[-1] + 26 - (top - 26), str(number), edge=3, size=18)
        for number, (x, top) in enumerate(zip(STAGES, ROWS, strict=True), start=1)
    ]
    rows = [part for number in range(1, 5) for part in _row(number)]
    return d.figure(
        656,
        424,
        *heads,
        *stages,
        *rows,
        d.text(326, 372, "stages of the backbone"),
        d.text(542, 360, "jitter", anchor="start", name="5"),
        d.text(542, 379, "parameters", anchor="start", name="5"),
        d.legend(328, 406),
    )


def _row(number: int) -> list[str]:
    y = ROWS[number - 1]
    parts = [d.text(94, y - 9, ADDED[number - 1], anchor="start")]
    # One square for each augmentation of the set, the new ones filled.
    for place in range(number + 1):
        new = place == number or number == 1
        parts.append(d.bar(94 + 17 * place, y + 4, 12, 12, name="2", hollow=not new))
    starts = (186.0, *(x + WIDTH + 2 for x in STAGES[: number - 1]))
    parts += [d.arrow((start, y), (x - 2, y)) for start, x in zip(starts, STAGES, strict=False)]
    last = STAGES[number - 1] + WIDTH + 2
    if number < 4:
        parts += [
            d.arrow((last, y), (STAGES[3] - 2, y)),
            d.box(STAGES[3], y - 16, WIDTH, 32, "side", dropped=True, size=15),
        ]
        last = STAGES[3] + WIDTH + 2
    parts += [
        d.arrow((last, y), (488, y)),
        d.box(490, y - 16, 44, 32, "proj", dropped=True),
        d.arrow((536, y), (550, y)),
        d.box(552, y - 16, 46, 32, "pred", dropped=True),
        d.arrow((600, y), (614, y)),
        d.node(632, y, f"ℒ$_{number}$", name="1", radius=16),
    ]
    if number > 1:
        parts += [
            d.node(JOIN + 54, y + 37, f"$θ_{number}$", name="5", radius=15),
            d.arrow((JOIN + 37, y + 37), (JOIN + 18, y + 37), name="5"),
            d.box(JOIN - 16, y + 24, 32, 26, f"$f_{number}$", name="5", dropped=True),
            d.arrow((JOIN, y + 22), (JOIN, y + 3), name="5"),
        ]
    return parts
