"""Learning curves of all methods on shared axes, drawn as SVG text in the palette of figures.py.

The horizontal axis counts training images seen, not epochs: an epoch of UHML's second stage is a small part of the
data, and methods of one preset train for different numbers of epochs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from paper_notes.figures import dark_variant, digest, svg_size
from paper_notes.results_words import LABELS, Place
from paper_notes.stored_runs import Stored, StoredRun, Variant

METRIC = "knn_monitor"
# The fallbacks are those of ssl_core/plots.py; the seventh to ninth are of the same darkness.
COLOURS = ("#1f6fb2", "#b85c00", "#1a7f4b", "#b3324a", "#7a4bb5", "#8a6d00", "#007a82", "#a83c8a", "#57606a")
WIDTH, HEIGHT = 720.0, 420.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 570.0, 18.0, 366.0
LABEL_STEP = 19.0
FONT = "font-family:sans-serif;font-size:14px"


@dataclass(frozen=True)
class Curve:
    """One run's line: points (thousand images seen, accuracy in %)."""

    slug: str
    points: tuple[tuple[float, float], ...]


def curve_of(run: StoredRun) -> Curve:
    """Give the curve of a run; lines without the monitor, such as those of supervised stages, are passed over."""
    seen, points = 0.0, []
    for line in run.run.metrics:
        if METRIC in line:
            seen += line["pairs_per_second"] * line["seconds"] / 1000
            points.append((seen, 100 * float(line[METRIC])))
    return Curve(run.slug, tuple(points))


def learning_curves(stored: Stored, preset: str, place: Place, folder: str) -> tuple[str, dict[str, bytes]]:
    """Give the figure of a preset's first runs on CIFAR-10 as HTML, and its files; empty when there are none."""
    variants = [variant for variant in stored.variants if variant.name == preset and variant.data.startswith("cifar")]
    curves = [curve for variant in variants if (curve := curve_of(variant.runs[0])).points]
    if not curves:
        return "", {}
    svg = draw(curves, place)
    name = f"results-{preset}-{digest(svg.encode())}"
    files = {f"{name}.svg": svg.encode(), f"{name}-dark.svg": dark_variant(svg).encode()}
    told = escape(finding(curves, preset, place))
    width, height = svg_size(svg) or (0, 0)
    images = "".join(
        f'<img class="{style}" src="{folder}{file}" alt="{told}" width="{width}" height="{height}" loading="lazy">'
        for file, style in ((f"{name}.svg", "figure-light"), (f"{name}-dark.svg", "figure-dark"))
    )
    caption = f"{told} {escape(protocol(variants, place))}"
    figure = (
        f'<figure class="demo-figure" data-search-exclude="true">{images}'
        f'<figcaption aria-hidden="true">{caption}</figcaption></figure>'
    )
    return figure, files


def finding(curves: Sequence[Curve], preset: str, place: Place) -> str:
    """Say in a sentence what the curves show: which method ends highest, which lowest."""
    ordered = sorted(curves, key=lambda curve: curve.points[-1][1])
    facts: dict[str, str | int] = {"count": len(curves), "preset": preset}
    for name, curve in (("worst", ordered[0]), ("best", ordered[-1])):
        seen, value = curve.points[-1]
        facts |= {name: place.name(curve.slug), f"{name}_value": f"{value:.1f}"}
        facts |= {f"{name}_seen": f"{seen:.0f}"}
    return LABELS[place.language]["curve"].format(**facts).replace("`", "")


def protocol(variants: Sequence[Variant], place: Place) -> str:
    """Give the words of run.json for the monitor, when all runs were monitored in the same way; else nothing."""
    told = {str(variant.manifest.get("protocol", {}).get(METRIC)) for variant in variants}
    return f"{LABELS[place.language]['curve-protocol']}{told.pop()}." if len(told) == 1 else ""


def draw(curves: Sequence[Curve], place: Place) -> str:
    """Draw the curves with their names at their ends."""
    greatest = max(curve.points[-1][0] for curve in curves)
    across = step_of(greatest)
    # The axis ends with a tick; an epoch that drops its last images may fall short of it, or go beyond by little.
    right_value = across * math.ceil(greatest / across - 0.02)
    values = [value for curve in curves for _, value in curve.points]
    low, high = 5 * math.floor(min(values) / 5), 5 * math.ceil(max(values) / 5 + 1e-9)

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return (
            LEFT + (RIGHT - LEFT) * point[0] / right_value,
            BOTTOM - (BOTTOM - TOP) * (point[1] - low) / (high - low),
        )

    parts = [f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" style="fill:var(--figure-ground, #ffffff)"/>']
    for value in range(low, high + 1, 5):
        _, y = at((0, value))
        parts.append(_line([(LEFT, y), (RIGHT, y)], "grid", "#d0d7de", 1))
        parts.append(_text(LEFT - 8, y + 5, str(value), "end", "muted"))
    for number in range(round(right_value / across) + 1):
        x, _ = at((number * across, low))
        parts.append(_line([(x, BOTTOM), (x, BOTTOM + 5)], "muted", "#57606a", 1))
        parts.append(_text(x, BOTTOM + 21, f"{number * across:g}", "middle", "muted"))
    parts.append(_line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], "muted", "#57606a", 1))
    parts.append(_text((LEFT + RIGHT) / 2, HEIGHT - 10, "training images seen (thousands)", "middle", "ink"))
    middle = (TOP + BOTTOM) / 2
    turned = f' transform="rotate(-90 16 {middle:g})"'
    parts.append(_text(16, middle, "kNN accuracy, monitor (%)", "middle", "ink", turned))
    ends = [at(curve.points[-1]) for curve in curves]
    heights = spread_out([y for _, y in ends], LABEL_STEP, TOP + 8, BOTTOM - 4)
    for index, (curve, (x, y), height) in enumerate(zip(curves, ends, heights, strict=True)):
        series, colour = str(index % 9 + 1), COLOURS[index % 9]
        parts.append(_line([at(point) for point in curve.points], series, colour, 2.5))
        parts += [_dot(*at(point), series, colour) for point in curve.points]
        # A thin line leads from the end of a curve to its name.
        parts.append(_line([(x + 6, y), (RIGHT + 8, height), (RIGHT + 16, height)], series, colour, 1, "2 3"))
        label = f"{place.name(curve.slug)} {curve.points[-1][1]:.1f}"
        parts.append(_text(RIGHT + 21, height + 5, label, "start", series, colour=colour))
    box = f"0 0 {WIDTH:g} {HEIGHT:g}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">' + "\n".join(parts) + "</svg>\n"


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


def _line(points: Sequence[tuple[float, float]], name: str, colour: str, width: float, dashes: str = "") -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f";stroke-dasharray:{dashes}" if dashes else ""
    style = f"fill:none;stroke:var(--figure-{name}, {colour});stroke-width:{width:g};stroke-linejoin:round{dashed}"
    return f'<polyline points="{places}" style="{style}"/>'


def _dot(x: float, y: float, name: str, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" style="fill:var(--figure-{name}, {colour})"/>'


def _text(x: float, y: float, words: str, anchor: str, name: str, extra: str = "", colour: str = "#1f2328") -> str:
    shade = "#57606a" if name == "muted" else colour
    style = f"{FONT};fill:var(--figure-{name}, {shade})"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra} style="{style}">{escape(words)}</text>'
