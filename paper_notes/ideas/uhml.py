"""UHML: a tree over the embeddings, cut at several levels, says how similar two images should be."""

import math
from itertools import combinations

from paper_notes import drawing as d
from paper_notes.words import Language

ALT: dict[Language, str] = {
    "ja": "ラベルがなくても、埋め込みから作った木によって、画像どうしの類似度に段階を付けられる。"
    "左の円盤はポアンカレ球で、点は埋め込み、線は測地線である。右の木はこれらの点から作り、二つの段で切る。"
    "最も細かい段でアンカーaと同じクラスタの画像が正例pである。"
    "目標とする類似度は、正例を1として、細かい段だけで分かれる負例 (h=1) で1/1.259、"
    "粗い段でも分かれる負例 (h=2) で1/1.585である。"
    "埋め込み、木、対数比損失による学習をエポックごとに繰り返す。",
    "en": "Without labels, a tree built from the embeddings can grade how similar images should be. The disk on the "
    "left is the Poincaré ball with the embeddings as points and geodesics between them; the tree on the "
    "right is built from these points and cut at two levels. An image in the anchor's finest cluster is a "
    "positive p. With the positive's similarity as 1, the target is 1/1.259 for a negative that only the "
    "finest level separates (h=1) and 1/1.585 for one that the coarser level separates too (h=2). Embedding, "
    "tree and training with the log-ratio loss repeat every epoch.",
}
CENTRE, RADIUS = (160.0, 196.0), 138.0
# All embeddings have this norm, since vectors of length 1 enter the exponential map (c = 1).
NORM = math.tanh(1)
ANGLES = (96.0, 116.0, 152.0, 178.0, 262.0, 284.0, 332.0, 358.0)
NAMES = ("1", "1", "2", "2", "5", "5", "6", "6")
LETTERS = ("a", "p", "n", "n", "n", "n", "n", "n")
OMEGA, WEIGHT = 0.1, 0.1
LEAVES = [372.0 + 27 * leaf for leaf in range(8)]
FLOOR, SCALE = 268.0, 74.0
BASE, BAR = 400.0, 62.0

POINTS = [(NORM * math.cos(math.radians(a)), NORM * math.sin(math.radians(a))) for a in ANGLES]


def ward(points: list[d.Point]) -> list[tuple[int, int, float]]:
    """Build Ward's tree: each step joins two clusters, numbered on from the points, at a height.

    >>> [(first, second, round(height, 3)) for first, second, height in ward([(0, 0), (1, 0), (4, 0)])]
    [(0, 1, 1.0), (2, 3, 4.041)]
    """
    clusters = {place: [place] for place in range(len(points))}

    def height(pair: tuple[int, int]) -> float:
        sizes, means = [], []
        for members in (clusters[pair[0]], clusters[pair[1]]):
            sizes.append(len(members))
            means.append([sum(points[place][axis] for place in members) / len(members) for axis in (0, 1)])
        return math.sqrt(2 * sizes[0] * sizes[1] / sum(sizes)) * math.dist(*means)

    steps = []
    while len(clusters) > 1:
        first, second = min(combinations(clusters, 2), key=height)
        steps.append((first, second, height((first, second))))
        clusters[len(points) + len(steps) - 1] = clusters.pop(first) + clusters.pop(second)
    return steps


def geodesic(first: d.Point, second: d.Point) -> tuple[d.Point, float]:
    """Give centre and radius of the circle through two points that meets the unit circle at right angles.

    Such a centre m has 2 m·x = 1 + |x|² for every point x on it.
    """
    (a, b), (c, e) = first, second
    left, right = (1 + a * a + b * b) / 2, (1 + c * c + e * e) / 2
    determinant = a * e - b * c
    centre = ((left * e - right * b) / determinant, (a * right - c * left) / determinant)
    return centre, math.sqrt(centre[0] ** 2 + centre[1] ** 2 - 1)


def target(level: int) -> float:
    """Give the similarity to ask of a negative, as a share of the positive's: level 0 is the positive itself."""
    return float(OMEGA ** (WEIGHT * level))


def _share(level: int) -> str:
    return f"1/{1 / target(level):.3f}"


def draw() -> str:
    """Draw the disk on the left, the tree on the right, the targets below it."""
    return d.figure(650, 456, *_disk(), *_tree(), *_targets(), *_loop())


def _loop() -> list[str]:
    return [
        d.arrow((288, 22), (352, 22), name="muted"),
        d.curve((58, 374), (28, 350), (52, 314), name="muted"),
        d.text(72, 352, "repeat every epoch", anchor="start", size=15, name="muted"),
    ]


def _place(point: d.Point) -> d.Point:
    return CENTRE[0] + RADIUS * point[0], CENTRE[1] - RADIUS * point[1]


def _disk() -> list[str]:
    parts = [
        d.text(CENTRE[0], 22, "**1 embed in the Poincaré ball**"),
        d.dot(*CENTRE, RADIUS, name="muted", hollow=True, width=2),
    ]
    for other in (1, 2, 5):
        (_, radius), start, end = geodesic(POINTS[0], POINTS[other]), _place(POINTS[0]), _place(POINTS[other])
        # A geodesic bends towards the origin, so it turns against the way from its start to its end around it.
        (a, b), (c, e) = POINTS[0], POINTS[other]
        sweep = int(a * e - b * c > 0)
        size = d.number(radius * RADIUS)
        arc = f"M{d.number(start[0])},{d.number(start[1])} A{size},{size} 0 0 {sweep} "
        parts.append(
            f'<path d="{arc}{d.number(end[0])},{d.number(end[1])}" {d.paint(stroke=NAMES[other], width=2)}/>'
        )
    for point, name, letter in zip(POINTS, NAMES, LETTERS, strict=True):
        parts.append(d.dot(*_place(point), 8, name=name))
        if letter != "n":
            x, y = _place((point[0] * 1.17, point[1] * 1.17))
            parts.append(d.text(x, y, f"${letter}$"))
    return parts


def _tree() -> list[str]:
    """Draw Ward's tree; every cluster is carried as its middle and the height of its joint."""
    parts = [d.text(LEAVES[3] + 13, 22, "**2 build a tree, cut it twice**")]
    joints = {leaf: (x, FLOOR) for leaf, x in enumerate(LEAVES)}
    steps = ward(POINTS)
    for first, second, height in steps:
        (left, low), (right, low2) = joints[first], joints[second]
        y = FLOOR - SCALE * height
        parts.append(d.line((left, low), (left, y), (right, y), (right, low2), width=2))
        joints[len(joints)] = ((left + right) / 2, y)
    # The two cuts lie between the joints that they keep and those that they undo: four clusters, then two.
    heights = [FLOOR - SCALE * step[2] for step in steps]
    for label, word, above, below in (
        ("1", "finest", heights[4], heights[3]),
        ("2", "coarser", heights[6], heights[5]),
    ):
        y = (above + below) / 2
        parts += [
            d.line((LEAVES[0] - 14, y), (LEAVES[-1] + 12, y), name="4", dashed=True),
            d.text(LEAVES[-1] + 20, y - 9, f"level {label}", anchor="start", name="4", size=15),
            d.text(LEAVES[-1] + 20, y + 9, word, anchor="start", name="4", size=15),
        ]
    for x, name, letter in zip(LEAVES, NAMES, LETTERS, strict=True):
        parts += [d.dot(x, FLOOR, 8, name=name), d.text(x, FLOOR + 22, f"${letter}$")]
    return parts


def _targets() -> list[str]:
    parts = [
        d.text(190, 384, "**3 train towards these**"),
        d.text(190, 406, "similarities to $a$"),
        d.arrow((288, 384), (366, 384), name="muted"),
    ]
    for leaf, x in enumerate(LEAVES):
        if leaf:
            level = (0, 0, 1, 1, 2, 2, 2, 2)[leaf]
            height = BAR * target(level)
            parts.append(d.bar(x - 8, BASE - height, 16, height, name=NAMES[leaf]))
    for label, first, last in (("1", 1, 1), (_share(1), 2, 3), (_share(2), 4, 7)):
        parts.append(d.text((LEAVES[first] + LEAVES[last]) / 2, BASE + 16, label))
    for label, first, last in (("$h = 1$", 2, 3), ("$h = 2$", 4, 7)):
        parts.append(d.text((LEAVES[first] + LEAVES[last]) / 2, BASE + 38, label))
    return parts
