"""One look for all figures of the notebooks, legible on a light and on a dark page.

A figure is stored as SVG whose colours are CSS variables with a light fallback, so that the site can show the
same picture in the reader's colour scheme. Text inside figures is English; the alternative text, which states
the finding, is given in both languages and travels in the output's metadata.
"""

import io
import re
from typing import Any

import matplotlib as mpl
import torch
from cycler import cycler
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
