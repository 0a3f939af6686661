"""A small toolkit that draws the idea of a paper as SVG: boxes, nodes, arrows, labels with formulas, tiny images.

Every function returns a piece of SVG, `figure` puts pieces together. Colours are names of the palette in figures.py
and leave as CSS variables, so that a drawing follows the reader's colour scheme as the figures of the notebooks do.
A solid box with a thick edge stays after training, a dashed one is thrown away; green lines carry gradient, red bars
stop it: the same in every drawing.
"""

import math
import re
from html import escape
from typing import Literal

from paper_notes.figures import LIGHT_PALETTE, MORE_COLOURS

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

SANS = "-apple-system,'Segoe UI',Roboto,'Noto Sans','Helvetica Neue','Liberation Sans',Arial,sans-serif"
SERIF = "'STIX Two Text',Cambria,'Times New Roman','Liberation Serif',serif"
SIZE = 16.0
SCRIPT = 0.74
HEAD = 9.0
# Widths of common letters in parts of the font size, rounded up, since each reader's system has its own font.
WIDTHS = {
    **dict.fromkeys("ijlIt.,:;'|!′ ", 0.31),
    **dict.fromkeys("fr()[]-/·", 0.38),
    **dict.fromkeys("mwMW%", 0.9),
    **dict.fromkeys("→←∝≥≤", 0.95),
    "\u0303": 0.0,
}


def number(value: float) -> str:
    """Write a coordinate with at most one decimal, so that equal drawings are equal files.

    >>> number(12.0), number(3.14159), number(-0.01)
    ('12', '3.1', '0')
    """
    return f"{round(value, 1) + 0:.1f}".removesuffix(".0")


def colour(name: str) -> str:
    """Give a palette colour as a CSS value that the dark variant replaces.

    >>> colour("ink")
    'var(--figure-ink, #1f2328)'
    """
    return f"var(--figure-{name}, {(LIGHT_PALETTE | MORE_COLOURS)[name]})"


def paint(*, fill: str = "", stroke: str = "", width: float = 1.6, soft: float = 1.0, dashed: bool = False) -> str:
    """Give a style attribute; without a name neither inside nor edge is painted, `soft` thins the inside."""
    style = f"fill:{colour(fill)}" if fill else "fill:none"
    if fill and soft < 1:
        style += f";fill-opacity:{soft:g}"
    if stroke:
        style += f";stroke:{colour(stroke)};stroke-width:{width:g};stroke-linejoin:round;stroke-linecap:round"
    if dashed:
        style += ";stroke-dasharray:5 4.5"
    return f'style="{style}"'


def figure(width: float, height: float, *parts: str) -> str:
    """Put the pieces on a ground of this size in CSS pixels."""
    ground = f'<rect width="{number(width)}" height="{number(height)}" {paint(fill="ground")}/>'
    box = f"0 0 {number(width)} {number(height)}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">\n{ground}\n' + "\n".join(parts) + "\n</svg>\n"


def text(
    x: float, y: float, content: str, *, size: float = SIZE, name: str = "ink", anchor: Anchor = "middle"
) -> str:
    """Write a line whose letters are centred at height `y`; `$…$` is a formula, `**…**` around all of it is bold.

    In formulas letters are slanted, `_x` and `^{…}` lower and raise.

    >>> "font-style:italic" in text(0, 0, "feature $h_i$")
    True
    """
    bold = content.startswith("**")
    spans = _spans(pieces(content.strip("*") if bold else content), size)
    style = f"font-family:{SANS};font-size:{size:g}px;fill:{colour(name)}" + (";font-weight:600" if bold else "")
    return (
        f'<text x="{number(x)}" y="{number(y + 0.35 * size)}" text-anchor="{anchor}" xml:space="preserve" '
        f'style="{style}">{spans}</text>'
    )


def pieces(content: str) -> list[tuple[str, str]]:
    """Split a line into parts of one kind: word, letter (slanted), upright, and both scripts.

    >>> pieces("to $z'_i$")
    [('to ', 'word'), ('z′', 'letter'), ('i', 'sub')]
    """
    found: list[tuple[str, str]] = []
    for place, part in enumerate(content.split("$")):
        if place % 2 == 0:
            found += [(part, "word")] if part else []
            continue
        for script, group, single, letters, rest in re.findall(
            r"([_^])(?:\{([^}]*)\}|(.))|([^\W\d_]\u0303?'?)|([^_^])", part
        ):
            if script:
                found.append((group or single, "sub" if script == "_" else "sup"))
            elif letters:
                found.append((letters.replace("'", "′"), "letter"))
            else:
                found.append((rest.replace("'", "′"), "upright"))
    return found


def _spans(parts: list[tuple[str, str]], size: float) -> str:
    spans, raised = "", 0.0
    for piece, kind in parts:
        script = kind in ("sub", "sup")
        # A long script is a word (task), a short one a letter (i), a digit or a sign stands upright.
        slanted = kind == "letter" or (script and len(piece) <= 2 and piece.isalpha())
        font = size * (SCRIPT if script else 1.08)
        style = f"font-family:{SERIF};font-size:{font:.3g}px" + (";font-style:italic" if slanted else "")
        height = {"sub": 0.26, "sup": -0.4}.get(kind, 0.0) * size
        shift = f' dy="{number(height - raised)}"' if height != raised else ""
        own = "" if kind == "word" else f' style="{style}"'
        spans += f"<tspan{shift}{own}>{escape(piece)}</tspan>"
        raised = height
    return spans


def text_width(piece: str, size: float) -> float:
    """Estimate the width of words in a system font, rather too wide than too narrow.

    >>> 60 < text_width("encoder", 16) < 75
    True
    """
    return sum(WIDTHS.get(letter, 0.7 if letter.isupper() else 0.59) for letter in piece) * size


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    label: str = "",
    *,
    name: str = "ink",
    dropped: bool = False,
    edge: float = 2.2,
    size: float = SIZE,
) -> str:
    """Draw a part of a network, named in its middle; dashed and empty when it is thrown away after training."""
    style = paint(
        fill="ground" if dropped else name,
        stroke=name,
        width=1.5 if dropped else edge,
        soft=1 if dropped else 0.16,
        dashed=dropped,
    )
    shape = (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" rx="7" {style}/>'
    )
    return shape + (text(x + width / 2, y + height / 2, label, size=size) if label else "")


def bar(x: float, y: float, width: float, height: float, *, name: str, hollow: bool = False) -> str:
    """Draw a bar or a small square from its upper left corner."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f"<rect {place} {paint(fill='ground' if hollow else name, stroke=name, width=1.4)}/>"


def node(x: float, y: float, label: str, *, name: str = "ink", radius: float = 17) -> str:
    """Draw a vector: a round node with its letter."""
    return dot(x, y, radius, name=name, hollow=True) + text(x, y, label)


def pill(x: float, y: float, width: float, label: str, *, name: str = "ink", height: float = 34) -> str:
    """Draw a vector or a loss with a longer name, centred at a point; no part of the network."""
    shape = (
        f'<rect x="{number(x - width / 2)}" y="{number(y - height / 2)}" width="{number(width)}" '
        f'height="{number(height)}" rx="{number(height / 2)}" {paint(fill="ground", stroke=name)}/>'
    )
    return shape + text(x, y, label)


def dot(x: float, y: float, radius: float, *, name: str = "ink", hollow: bool = False, width: float = 1.6) -> str:
    """Draw a point, or a circle with the ground's colour inside."""
    style = paint(fill="ground" if hollow else name, stroke=name, width=width)
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" {style}/>'


def line(*points: Point, name: str = "ink", width: float = 1.6, dashed: bool = False) -> str:
    """Draw straight pieces from point to point."""
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polyline points="{places}" {paint(stroke=name, width=width, dashed=dashed)}/>'


def arrow(*points: Point, name: str = "ink", width: float = 1.6, dashed: bool = False, both: bool = False) -> str:
    """Draw straight pieces that end in a head, or in one at each end."""
    heads = head(points[-2], points[-1], name=name)
    shaft = [*points[:-1], _towards(points[-1], points[-2], HEAD - 2)]
    if both:
        heads += head(points[1], points[0], name=name)
        shaft[0] = _towards(points[0], points[1], HEAD - 2)
    return line(*shaft, name=name, width=width, dashed=dashed) + heads


def curve(
    start: Point, control: Point, end: Point, *, name: str = "ink", width: float = 1.6, dashed: bool = False
) -> str:
    """Draw a bent arrow: a quadratic curve drawn towards `control`."""
    stop = _towards(end, control, HEAD - 2)
    places = " ".join(f"{number(x)},{number(y)}" for x, y in (control, stop))
    path = f"M{number(start[0])},{number(start[1])} Q{places}"
    return f'<path d="{path}" {paint(stroke=name, width=width, dashed=dashed)}/>' + head(control, end, name=name)


def head(start: Point, end: Point, *, name: str) -> str:
    """Draw the head of an arrow that comes from `start`."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    corners = [end] + [
        (end[0] - HEAD * math.cos(angle + turn), end[1] - HEAD * math.sin(angle + turn)) for turn in (0.45, -0.45)
    ]
    places = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
    return f'<polygon points="{places}" {paint(fill=name)}/>'


def _towards(start: Point, end: Point, length: float) -> Point:
    distance = math.dist(start, end)
    return (
        start[0] + (end[0] - start[0]) * length / distance,
        start[1] + (end[1] - start[1]) * length / distance,
    )


def stop_gradient(x: float, y: float) -> str:
    """Draw the two red bars across a level line where no gradient passes."""
    bars = (line((x + step - 3, y + 11), (x + step + 3, y - 11), name="4", width=3) for step in (-4, 4))
    return "".join(bars)


def gradient(source: Point, height: float, *targets: Point) -> str:
    """Draw the way of the gradient: from the loss up to a level, along it, down to each target."""
    along = line(source, (source[0], height), (targets[-1][0], height), name="3", width=2.2)
    return along + "".join(arrow((x, height), (x, y), name="3", width=2.2) for x, y in targets)


def legend(centre: float, y: float, kept: str = "kept", dropped: str = "thrown away after training") -> str:
    """Say what the two kinds of boxes mean, on a line around `centre`."""
    widths = [text_width(kept, SIZE), text_width(dropped, SIZE)]
    x = centre - (2 * 34 + 20 + sum(widths)) / 2
    second = x + 34 + widths[0] + 20
    return (
        box(x, y - 8, 26, 16)
        + text(x + 34, y, kept, anchor="start")
        + box(second, y - 8, 26, 16, dropped=True)
        + text(second + 34, y, dropped, anchor="start")
    )


def tile(
    x: float,
    y: float,
    side: float,
    *,
    motif: Literal["hill", "flower", "boat"] = "hill",
    hues: tuple[str, str, str] = ("1", "3", "6"),
    crop: tuple[float, float, float] = (0, 0, 100),
    flip: bool = False,
    frame: str = "ink",
) -> str:
    """Draw a small picture that stands for an image; a crop, other hues and a flip make a view of it.

    `hues` colour sky, ground and thing; `crop` is left, top and side of the part shown, of 100.
    """
    sky, ground, thing = hues
    shapes = f'<rect width="100" height="100" {paint(fill=sky, soft=0.25)}/>'
    if motif == "hill":
        shapes += f'<circle cx="72" cy="27" r="13" {paint(fill=thing)}/>'
        shapes += f'<path d="M0,84 L34,38 L58,70 L72,54 L100,86 V100 H0Z" {paint(fill=ground, soft=0.75)}/>'
    elif motif == "flower":
        petals = (
            (50 + 19 * math.cos(angle), 40 + 19 * math.sin(angle)) for angle in (k * math.tau / 5 for k in range(5))
        )
        shapes += line((50, 50), (50, 96), name=ground, width=6)
        shapes += "".join(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="13" {paint(fill=thing)}/>' for px, py in petals)
        shapes += f'<circle cx="50" cy="40" r="9" {paint(fill="ground")}/>'
    else:
        shapes += f'<path d="M54,14 L54,62 L88,62Z M48,24 L48,62 L24,62Z" {paint(fill=thing)}/>'
        shapes += f'<path d="M14,68 H90 L78,86 H26Z" {paint(fill=ground, soft=0.8)}/>'
    if flip:
        shapes = f'<g transform="matrix(-1 0 0 1 100 0)">{shapes}</g>'
    place = f'x="{number(x)}" y="{number(y)}" width="{number(side)}" height="{number(side)}"'
    part = f"{crop[0]:g} {crop[1]:g} {crop[2]:g} {crop[2]:g}"
    return f'<svg {place} viewBox="{part}">{shapes}</svg><rect {place} {paint(stroke=frame, width=2)}/>'
