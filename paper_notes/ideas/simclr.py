"""SimCLR: two views of an image agree on the sphere, against the views of all other images of the batch."""

import math

from paper_notes import drawing as d
from paper_notes.words import Language

ALT: dict[Language, str] = {
    "ja": "同じ画像の二つのビューを引き寄せ、バッチ内のほかの画像のビューから引き離せば、ラベルなしに特徴を学べる。"
    "各画像に二度データ拡張をかけ、二つのビューを同じエンコーダfと射影ヘッドgに通し、出力zを単位球面上で比べる。"
    "勾配は両方のビューを通ってgとfに流れる。学習後はgを捨て、fの出力hを特徴として使う。",
    "en": "Features can be learned without labels by pulling two views of one image together and pushing them away "
    "from the views of all other images in the batch. Each image is augmented twice, both views pass through "
    "the same encoder f and head g, and the outputs z are compared on the unit sphere. The gradient reaches g "
    "and f through both views. After training g is thrown away, and the output h of f is the feature.",
}
CENTRE = (554.0, 165.0)
RADIUS = 82.0
# Angle of each view on the sphere, in degrees, with the colour of its image.
VIEWS = {"1": (152, 208), "2": (75, 40), "3": (285, 320)}


def on_sphere(angle: float, radius: float = RADIUS) -> d.Point:
    """Give the point at an angle, counted from the right against the clock."""
    turn = math.radians(angle)
    return CENTRE[0] + radius * math.cos(turn), CENTRE[1] - radius * math.sin(turn)


def draw() -> str:
    """Draw batch, views, network and sphere from left to right."""
    return d.figure(650, 350, *_views(), *_network(), *_sphere(), d.legend(325, 334))


def _views() -> list[str]:
    return [
        d.tile(20, 50, 44, motif="flower", hues=("6", "3", "2"), frame="2"),
        d.tile(12, 135, 60, frame="1"),
        d.tile(20, 236, 44, motif="boat", hues=("1", "2", "3"), frame="3"),
        d.text(48, 294, "batch of $N$"),
        d.arrow((70, 64), (96, 58), name="2"),
        d.arrow((70, 80), (96, 86), name="2"),
        d.arrow((70, 250), (96, 244), name="3"),
        d.arrow((70, 266), (96, 272), name="3"),
        d.arrow((76, 152), (117, 117), name="1"),
        d.arrow((76, 178), (117, 213), name="1"),
        d.tile(122, 72, 56, crop=(22, 5, 72), flip=True, frame="1"),
        d.tile(122, 202, 56, crop=(10, 24, 70), hues=("2", "5", "4"), frame="1"),
        d.text(150, 58, "$x̃_i$"),
        d.text(150, 186, "$x̃_j$"),
        d.text(150, 294, "two views"),
    ]


def _network() -> list[str]:
    rows = (100, 230)
    parts = [
        d.box(210, 62, 50, 206, "$f$", size=20),
        d.box(346, 62, 50, 206, "$g$", size=20, dropped=True),
        d.text(235, 294, "encoder"),
        d.text(371, 294, "head"),
        d.gradient((554, 76), 34, (371, 60), (235, 60)),
        d.text(462, 20, "gradient", name="3"),
    ]
    for y, letter in zip(rows, "ij", strict=True):
        parts += [
            d.arrow((182, y), (208, y)),
            d.arrow((262, y), (284, y)),
            d.node(303, y, f"$h_{letter}$"),
            d.arrow((321, y), (344, y)),
            d.arrow((398, y), (416, y)),
            d.node(435, y, f"$z_{letter}$", name="1"),
        ]
    return parts


def _sphere() -> list[str]:
    first, second = VIEWS["1"]
    parts = [
        d.dot(*CENTRE, RADIUS, name="muted", hollow=True),
        d.arrow((451, 107), _short_of(on_sphere(first), (451, 107)), name="1"),
        d.arrow((451, 223), _short_of(on_sphere(second), (451, 223)), name="1"),
    ]
    for name, angles in VIEWS.items():
        parts += [d.dot(*on_sphere(angle), 8, name=name) for angle in angles]
    return [
        *parts,
        d.arrow((483, 140), (483, 161), name="1", width=2.4),
        d.arrow((483, 190), (483, 169), name="1", width=2.4),
        d.text(494, 165, "attract", anchor="start", name="1"),
        d.arrow(on_sphere(147, 67), on_sphere(80, 66), name="4", both=True),
        d.arrow(on_sphere(213, 67), on_sphere(280, 66), name="4", both=True),
        d.text(592, 165, "repel", name="4"),
        d.text(CENTRE[0], 272, "unit sphere"),
        d.text(CENTRE[0], 294, "one colour, one image", size=15, name="muted"),
    ]


def _short_of(point: d.Point, origin: d.Point) -> d.Point:
    distance = math.dist(point, origin)
    return tuple(p + (o - p) * 11 / distance for p, o in zip(point, origin, strict=True))  # type: ignore[return-value]
