"""One look for all figures of the notebooks, legible on a light and on a dark page.

A figure is stored as SVG whose colours are CSS variables with a light fallback, so that the site can show the
same picture in the reader's colour scheme. Text inside figures is English; the alternative text, which states
the finding, is given in both languages and travels in the output's metadata.
"""

import io
import re
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import matplotlib as mpl
import torch
from cycler import cycler
from matplotlib import patches
from matplotlib.figure import Figure
from torch import Tensor

# name of the CSS variable -> its light fallback; series colours have a contrast of 3:1 or more on white.
PALETTE = {
    "ink": "#1f2328",
    "muted": "#57606a",
    "grid": "#d0d7de",
    "ground": "#ffffff",
    "1": "#1f6fb2",
    "2": "#b85c00",
    "3": "#1a7f4b",
    "4": "#b3324a",
    "5": "#7a4bb5",
    "6": "#8a6d00",
}
SERIES = tuple(PALETTE[str(i)] for i in range(1, 7))
# Ten hues of middle lightness for the classes of a scatter plot, visible on white and on black alike.
CLASS_COLOURS = (
    "#4477cc", "#d1782a", "#3a9a55", "#cc4455", "#8a63c8", "#8c6a4f", "#d066a8", "#7d7d7d", "#a0a02c", "#2a9fb0",
)  # fmt: skip
STYLE: Any = {
    "figure.constrained_layout.use": True,
    "figure.facecolor": PALETTE["ground"],
    "axes.facecolor": PALETTE["ground"],
    "axes.edgecolor": PALETTE["muted"],
    "axes.labelcolor": PALETTE["ink"],
    "axes.titlecolor": PALETTE["ink"],
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=SERIES),
    "grid.color": PALETTE["grid"],
    "grid.linewidth": 0.8,
    "text.color": PALETTE["ink"],
    "xtick.color": PALETTE["muted"],
    "ytick.color": PALETTE["muted"],
    "legend.frameon": False,
    "font.size": 10,
    # Each word of an SVG names all of these fonts; the page's own font is what remains of matplotlib's long list.
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "svg.fonttype": "none",  # text stays text: small files, words that can be searched and read aloud
    "svg.hashsalt": "ssl_core",  # equal figures are equal files
}
# For good, not in a context: legends and notes take their colours when they are added, long after `new_figure`.
mpl.rcParams.update(STYLE)


def new_figure(width: float = 7.0, height: float = 3.6, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """Return a figure of width x height inches in the common style and its axes (one, or an array of them).

    The figure belongs to nobody's global state: it is never shown twice and needs no closing.

    >>> figure, axes = new_figure(4, 3)
    >>> figure.get_size_inches().tolist()
    [4.0, 3.0]
    """
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots(rows, columns)


def svg(figure: Figure) -> str:
    """Return the figure as SVG text whose palette colours are `var(--figure-NAME, #fallback)`."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    for name, colour in PALETTE.items():
        text = re.sub(rf"(?<=: ){colour}\b", f"var(--figure-{name}, {colour})", text)
    return text[text.index("<svg") :]


def show(figure: Figure, *, ja: str, en: str) -> None:
    """Show a figure in a notebook, with its alternative text in both languages.

    Args:
        figure: from `new_figure`.
        ja, en: what the figure shows, the finding first, for those who cannot see it.
    """
    show_live(None, figure, ja=ja, en=en)


def show_live(handle: Any, figure: Figure, *, ja: str, en: str) -> Any:
    """Show a figure as `show` does, in place of the one behind `handle` if that is not None; return the handle."""
    from IPython.display import display

    bundle = {"image/svg+xml": svg(figure), "text/plain": en}
    metadata = {"paper_notes": {"alt": {"ja": ja, "en": en}}}
    if handle is None:
        return display(bundle, raw=True, metadata=metadata, display_id=True)
    handle.update(bundle, raw=True, metadata=metadata)
    return handle


def image_grid(axes: Any, images: Tensor, columns: int, gap: int = 2) -> None:
    """Draw images (B, 3, H, W), uint8 or floats in [0, 1], row by row on axes, `gap` clear pixels between them."""
    pixels = images.float() / 255 if images.dtype == torch.uint8 else images
    rows = -(-len(pixels) // columns)
    height, width = pixels.shape[-2] + gap, pixels.shape[-1] + gap
    canvas = torch.zeros(rows * height - gap, columns * width - gap, 4)
    for i, image in enumerate(pixels):
        top, left = i // columns * height, i % columns * width
        cell = canvas[top : top + height - gap, left : left + width - gap]
        cell[..., :3], cell[..., 3] = image.permute(1, 2, 0), 1.0
    axes.imshow(canvas.numpy(), interpolation="none")  # stored pixel by pixel, enlarged by the browser
    axes.set_axis_off()


def bars(axes: Any, groups: Mapping[str, Sequence[float]], names: Sequence[str], digits: int = 3) -> None:
    """Draw a group of bars with their values for each key, for instance kNN and linear accuracy before and after.

    Args:
        axes: from `new_figure`.
        groups: name of the group -> its values; one with fewer values lacks the later bars.
        names: what the first, second … bar of a group is, for the legend.
        digits: decimals of the values.
    """
    step = 0.8 / max(2, len(names))
    for place, values in enumerate(groups.values()):
        for i, value in enumerate(values):
            x = place + step * (i - (len(values) - 1) / 2)
            axes.bar(x, value, width=0.95 * step, color=SERIES[i])
            axes.annotate(f"{value:.{digits}f}", (x, value), (0, 3), textcoords="offset points", ha="center")
    axes.set_xticks(range(len(groups)), groups)
    handles = [patches.Patch(color=SERIES[i], label=name) for i, name in enumerate(names)]
    axes.legend(handles=handles, loc="upper left")
    axes.set_ylim(0, 1.3 * max(value for values in groups.values() for value in values))


def seed_bars(axes: Any, values: Mapping[str, Sequence[float]], digits: int = 3) -> None:
    """Draw for each variant the mean as a bar, with its value, and each seed as a dot.

    Args:
        axes: from `new_figure`.
        values: name of the variant -> one value a seed.
        digits: decimals of the mean.
    """
    for place, (of_variant, colour) in enumerate(zip(values.values(), cycle(SERIES), strict=False)):
        mean = sum(of_variant) / len(of_variant)
        axes.bar(place, mean, width=0.55, color=colour, alpha=0.35)
        axes.plot([place] * len(of_variant), of_variant, "o", color=colour)
        top = max(of_variant)
        axes.annotate(f"{mean:.{digits}f}", (place, top), (0, 6), textcoords="offset points", ha="center")
    axes.set_xticks(range(len(values)), values)
    axes.set_ylim(0, 1.2 * max(max(of_variant) for of_variant in values.values()))


def seed_curves(axes: Any, curves: Mapping[str, Sequence[tuple[Sequence[float], Sequence[float]]]]) -> None:
    """Draw one line for each run, in one colour and line style for each variant.

    Args:
        axes: from `new_figure`.
        curves: name of the variant -> for each seed the x and y values; at most as many as the palette has colours.
    """
    if len(curves) > len(SERIES):
        raise ValueError(
            f"{len(curves)} variants in one figure: the palette tells {len(SERIES)} apart, draw two figures"
        )
    styles = zip(SERIES, ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1))), strict=True)
    for (name, runs), (colour, style) in zip(curves.items(), styles, strict=False):
        for i, (x, y) in enumerate(runs):
            axes.plot(x, y, linestyle=style, color=colour, linewidth=1.4, label=name if i == 0 else None)
    axes.xaxis.get_major_locator().set_params(integer=True)


def level(axes: Any, height: float, word: str) -> None:
    """Draw a dotted line at a height that means something, such as chance, with its word above it at the right."""
    axes.axhline(height, color=PALETTE["muted"], linestyle=":", linewidth=1)
    axes.annotate(
        word, (1, height), (0, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
        ha="right", color=PALETTE["muted"], bbox={"facecolor": PALETTE["ground"], "edgecolor": "none", "pad": 1},
    )  # fmt: skip
