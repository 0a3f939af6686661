"""Learning curves of all methods on shared axes, drawn as SVG text in the palette of figures.py.

The horizontal axis counts training images seen, not epochs: an epoch of UHML's second stage is a small part of the
data, and methods of one preset train for different numbers of epochs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from paper_notes.drawing import Anchor, Point, dot, figure, line, text
from paper_notes.figures import SVG_CLASSES, figure_html, svg_files, svg_size
from paper_notes.protocols import protocol_text
from paper_notes.results_words import LABELS, REASONS, STAGES, Place
from paper_notes.stored_runs import MONITOR, Stored, StoredRun, Variant
from paper_notes.words import image_count

# Eight colours carry a line each; the curves after them have the same ones, dashed and with hollow points.
COLOURS = 8
WIDTH, HEIGHT = 720.0, 420.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 570.0, 18.0, 366.0
LABEL_STEP = 19.0
STAGE_STEP = 18.0
SIZE = 14.0


@dataclass(frozen=True)
class Curve:
    """One run's line: points (thousand images seen, accuracy in %), and the last point of each stage but the last."""

    slug: str
    points: tuple[Point, ...]
    stage_ends: tuple[tuple[str, Point], ...] = ()


def curve_of(run: StoredRun) -> Curve:
    """Give the curve of a run; lines without the monitor, such as those of supervised stages, are passed over."""
    seen = 0.0
    points: list[Point] = []
    stages: list[str] = []
    for epoch in run.run.metrics:
        if MONITOR in epoch:
            seen += epoch["pairs_per_second"] * epoch["seconds"] / 1000
            points.append((seen, 100 * float(epoch[MONITOR])))
            stages.append(str(epoch.get("stage")))
    last = [i for i, (stage, after) in enumerate(pairwise(stages)) if stage != after]
    return Curve(run.slug, tuple(points), tuple((stages[i], points[i]) for i in last))


def learning_curves(stored: Stored, preset: str, place: Place, folder: str) -> tuple[str, dict[str, bytes]]:
    """Give the figure of a preset's first runs on CIFAR-10 as HTML, and its files; empty when there are none."""
    variants = [variant for variant in stored.variants if variant.name == preset and variant.data.startswith("cifar")]
    curves = [curve for variant in variants if (curve := curve_of(variant.runs[0])).points]
    if not curves:
        return "", {}
    svg = draw(curves, place)
    files = svg_files(f"results-{preset}", svg)
    images = [(folder + name, kind) for name, kind in zip(files, SVG_CLASSES, strict=True)]
    told = [finding(curves, preset, place), *reading(curves, place), protocol(variants, place)]
    between = " " if place.language == "en" else ""
    return figure_html(images, svg_size(svg), between.join(filter(None, told)), place.language), files


def finding(curves: Sequence[Curve], preset: str, place: Place) -> str:
    """Say in a sentence what the curves show: which method ends highest, which lowest."""
    ordered = sorted(curves, key=lambda curve: curve.points[-1][1])
    facts: dict[str, str | int] = {"count": len(curves), "preset": preset}
    for name, curve in (("worst", ordered[0]), ("best", ordered[-1])):
        seen, value = curve.points[-1]
        facts |= {name: place.name(curve.slug), f"{name}_value": f"{value:.1f}"}
        facts |= {f"{name}_seen": image_count(1000 * round(seen), place.language)}
    return LABELS[place.language]["curve" if len(curves) > 1 else "curve-of-one"].format(**facts).replace("`", "")


def reading(curves: Sequence[Curve], place: Place) -> list[str]:
    """Say what a reader must know of the drawing: where a stage of a training ends, and where the axis starts."""
    words = LABELS[place.language]
    told = []
    for curve in curves:
        for stage, (seen, _) in curve.stage_ends:
            name = STAGES[stage][place.language] if stage in STAGES else stage
            count = image_count(1000 * round(seen), place.language)
            told.append(words["curve-stage"].format(name=place.name(curve.slug), stage=name, seen=count))
    low, _ = accuracies(curves)
    return [*told, words["curve-axis"].format(low=low)] if low else told


def accuracies(curves: Sequence[Curve]) -> tuple[int, int]:
    """Give the ends of the vertical axis in %, multiples of five around all values."""
    values = [value for curve in curves for _, value in curve.points]
    return 5 * math.floor(min(values) / 5), 5 * math.ceil(max(values) / 5 + 1e-9)


def protocol(variants: Sequence[Variant], place: Place) -> str:
    """Give the words of run.json for the monitor, when all runs were monitored in the same way; else nothing."""
    told = {str((variant.manifest.get("protocol") or {}).get(MONITOR)) for variant in variants}
    if len(told) != 1:
        return ""
    words = protocol_text(told.pop(), place.language)
    return LABELS[place.language]["curve-protocol"] + words + REASONS[place.language]["end"]


def draw(curves: Sequence[Curve], place: Place) -> str:
    """Draw the curves with their names at their ends."""
    greatest = max(curve.points[-1][0] for curve in curves)
    across = step_of(greatest)
    # The axis ends with a tick; an epoch that drops its last images may fall short of it, or go beyond by little.
    right_value = across * math.ceil(greatest / across - 0.02)
    low, high = accuracies(curves)
    # Above the plot each end of a stage has a line for its words.
    top = TOP + STAGE_STEP * sum(len(curve.stage_ends) for curve in curves)

    def at(point: Point) -> Point:
        return (
            LEFT + (RIGHT - LEFT) * point[0] / right_value,
            BOTTOM - (BOTTOM - top) * (point[1] - low) / (high - low),
        )

    parts = []
    for value in range(low, high + 1, 5):
        _, y = at((0, value))
        parts.append(line((LEFT, y), (RIGHT, y), name="grid", width=1))
        parts.append(text(LEFT - 8, y, str(value), size=SIZE, name="muted", anchor="end"))
    for number in range(round(right_value / across) + 1):
        x, _ = at((number * across, low))
        parts.append(line((x, BOTTOM), (x, BOTTOM + 5), name="muted", width=1))
        parts.append(text(x, BOTTOM + 16, f"{number * across:g}", size=SIZE, name="muted"))
    parts.append(line((LEFT, BOTTOM), (RIGHT, BOTTOM), name="muted", width=1))
    parts.append(text((LEFT + RIGHT) / 2, HEIGHT - 15, "training images seen (thousands)", size=SIZE))
    middle = (top + BOTTOM) / 2
    side = text(14, middle, "kNN accuracy, monitor (%)", size=SIZE)
    parts.append(f'<g transform="rotate(-90 14 {middle:g})">{side}</g>')
    ends = [at(curve.points[-1]) for curve in curves]
    heights = spread_out([y for _, y in ends], LABEL_STEP, top + 8, BOTTOM - 4)
    words_at = TOP
    for index, (curve, (x, y), height) in enumerate(zip(curves, ends, heights, strict=True)):
        series, again = str(index % COLOURS + 1), index >= COLOURS
        places = [at(point) for point in curve.points]
        parts.append(line(*places, name=series, width=2.5, dashed=again))
        parts += [dot(*each, 3, name=series, hollow=again) for each in places]
        for stage, point in curve.stage_ends:
            end, bottom = at(point)
            parts.append(line((end, words_at - 6), (end, bottom), name=series, width=1.2, dashed=True))
            anchor: Anchor = "end" if end > (LEFT + RIGHT) / 2 else "start"
            told = f"{place.name(curve.slug)}: end of {STAGES[stage]['en'] if stage in STAGES else stage}"
            away = -6 if anchor == "end" else 6
            parts.append(text(end + away, words_at, told, size=SIZE, name=series, anchor=anchor))
            words_at += STAGE_STEP
        # A thin line leads from the end of a curve to its name.
        parts.append(line((x + 6, y), (RIGHT + 8, height), (RIGHT + 16, height), name=series, width=0.8))
        label = f"{place.name(curve.slug)} {curve.points[-1][1]:.1f}"
        parts.append(text(RIGHT + 21, height, label, size=SIZE, name=series, anchor="start"))
    return figure(WIDTH, HEIGHT, *parts)


def step_of(greatest: float) -> float:
    """Give the distance of ticks that makes about six of them.

    >>> step_of(300), step_of(10)
    (50, 2)
    """
    power: float = 10 ** math.floor(math.log10(greatest / 5))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= greatest / 6.5)


def spread_out(heights: Sequence[float], step: float, top: float, bottom: float) -> list[float]:
    """Move labels apart until each has its step, in their order, within top and bottom where they fit.

    >>> spread_out([100, 102, 200], 20, 0, 300)
    [91.0, 111.0, 200]
    """
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    # Groups of labels that touch: a group stands around the mean of its members.
    groups: list[list[int]] = []
    for index in order:
        groups.append([index])
        while len(groups) > 1 and _start(groups[-1], heights, step) < _start(groups[-2], heights, step) + step * len(
            groups[-2]
        ):
            groups[-2:] = [groups[-2] + groups[-1]]
    placed = list(heights)
    for group in groups:
        start = max(top, min(_start(group, heights, step), bottom - step * (len(group) - 1)))
        for number, index in enumerate(group):
            placed[index] = start + step * number if len(group) > 1 else max(top, min(heights[index], bottom))
    return placed


def _start(group: Sequence[int], heights: Sequence[float], step: float) -> float:
    return sum(heights[index] for index in group) / len(group) - step * (len(group) - 1) / 2
