"""Figures of notebooks and drawings: checked, and written twice, in their own colours and in the dark palette.

Figures colour themselves through CSS variables (`var(--figure-ink, #1f2328)`), so the dark variant is the same
file with a style that sets them. theme/assets/site.css holds the ground they stand on.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from hashlib import sha256
from html import escape

from paper_notes.words import WORDS, Language

# What `ssl_core.plots` writes as fallbacks, for the drawings made here: a test keeps both equal.
LIGHT_PALETTE = {
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
# Two more for drawings with many curves; notebooks do with six.
MORE_COLOURS = {"7": "#00808a", "8": "#c026a8"}
# The hues of the light fallbacks in their order, lighter; each has a contrast of 3:1 or more on the ground.
DARK_PALETTE = {
    "ink": "#e3e6eb",
    "muted": "#a3acb9",
    "grid": "#363d48",
    "ground": "#1a1e25",
    "1": "#7ab8ea",
    "2": "#f2a65e",
    "3": "#6fcf9b",
    "4": "#ee8e9d",
    "5": "#c3a6f0",
    "6": "#e0c25c",
    "7": "#6cd0d6",
    "8": "#f09bd0",
    "9": "#b3bdca",
}
FORBIDDEN_TAGS = {"script", "foreignObject", "iframe", "embed", "object", "set", "animate", "handler"}
SVG_CLASSES = ("figure-light", "figure-dark")
SVG_START = re.compile(r"<svg\b[^>]*>")


def digest(content: bytes) -> str:
    """Give the part of a figure's file name that changes with its content."""
    return sha256(content).hexdigest()[:12]


def dark_variant(svg: str) -> str:
    """Give the SVG with the dark palette set.

    >>> dark_variant('<svg xmlns="http://www.w3.org/2000/svg"></svg>')[:80]
    '<svg xmlns="http://www.w3.org/2000/svg"><style>:root{--figure-ink:#e3e6eb;--figu'
    """
    variables = "".join(f"--figure-{name}:{colour};" for name, colour in DARK_PALETTE.items())
    return SVG_START.sub(lambda start: f"{start[0]}<style>:root{{{variables}}}</style>", svg, count=1)


def svg_problem(svg: str) -> str | None:
    """Say why an SVG may not be published, or None: it must be well formed, run nothing and load nothing.

    >>> svg_problem('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')
    'the SVG holds <script>'
    """
    if "<!ENTITY" in svg:
        return "the SVG declares entities"
    if "<?xml-stylesheet" in svg:
        return "the SVG asks for a style sheet"
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        return f"the SVG is not well formed ({error})"
    if local_name(root.tag) != "svg":
        return f"the SVG's outermost element is <{local_name(root.tag)}>"
    for element in root.iter():
        if local_name(element.tag) in FORBIDDEN_TAGS:
            return f"the SVG holds <{local_name(element.tag)}>"
        for name, value in element.attrib.items():
            if local_name(name).lower().startswith("on"):
                return f"the SVG holds the event handler {local_name(name)}"
            if local_name(name) in ("href", "src") and not value.startswith(("#", "data:image/png;")):
                return f"the SVG refers to {value[:60]}"
        # CSS stands in <style>, in style="" and in fill="" and its like; a backslash there may spell any of this.
        style = "".join(element.itertext()) if local_name(element.tag) == "style" else None
        for css in element.attrib.values() if style is None else (style,):
            if re.search(r"@import|image-set\(|\\|url\(\s*+['\"]?(?!['\"#])", css, re.IGNORECASE):
                return "the SVG's style loads another file"
    return None


def local_name(tag: str) -> str:
    """Give an XML name without its namespace."""
    return tag.rsplit("}", 1)[-1]


def svg_files(slug: str, svg: str) -> dict[str, bytes]:
    """Give the two files of an SVG, the light and the dark one in this order; their names change with the content.

    Raises ValueError when the SVG may not be published.
    """
    if problem := svg_problem(svg):
        raise ValueError(problem)
    name = f"{slug}-{digest(svg.encode())}"
    return {f"{name}.svg": svg.encode(), f"{name}-dark.svg": dark_variant(svg).encode()}


def figure_html(
    images: Iterable[tuple[str, str]],
    size: tuple[int, int] | None,
    alternative: str,
    language: Language,
    *,
    style: str = "demo-figure",
    loading: str = "lazy",
) -> str:
    """Give the HTML of a figure: its images as pairs of address and class, and the alternative text as caption.

    Narrow screens show that it goes on sideways.
    """
    space = f' width="{size[0]}" height="{size[1]}"' if size else ""
    tags = "".join(
        f'<img class="{kind}" src="{address}" alt="{escape(alternative)}"{space} loading="{loading}">'
        for address, kind in images
    )
    # The caption is the alternative text for those who see; a screen reader has read it already.
    caption = f'<figcaption aria-hidden="true">{escape(alternative)}</figcaption>'
    words = WORDS[language]["figure-hint"]
    hint = f'<p class="figure-hint" aria-hidden="true" data-search-exclude="true">{words}</p>'
    return f'<figure class="{style}">{hint}{tags}{caption}</figure>'


def svg_size(svg: str) -> tuple[int, int] | None:
    """Give width and height in CSS pixels, so that the page keeps its place while a figure loads.

    They are those of the view box, but for a width in points, which Matplotlib writes: 72 are an inch, or 96 pixels.

    >>> svg_size('<svg viewBox="0 0 460.8 345.6">'), svg_size('<svg width="460.8pt" viewBox="0 0 460.8 345.6">')
    ((461, 346), (614, 461))
    """
    start = SVG_START.search(svg)
    box = re.search(r"viewBox=[\"']\s*([^\"']+)[\"']", start[0]) if start else None
    numbers = re.split(r"[\s,]+", box[1].strip()) if box else []
    if len(numbers) != 4:
        return None
    width, height = float(numbers[2]), float(numbers[3])
    points = re.search(r"\swidth=[\"']([\d.]+)pt", start[0]) if start else None
    scale = 96 / 72 * float(points[1]) / width if points and width else 1
    return round(scale * width), round(scale * height)


def png_size(content: bytes) -> tuple[int, int] | None:
    """Give width and height of a PNG from its header, None when it is no PNG."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        return None
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
