"""The math font: STIX Two Math (SIL Open Font License) from the PyPI package ziamath, cut to what the site shows.

MathML needs a font with a MATH table, without one no bracket and no root grows. The whole font is 1.5 MB.
"""

import re
from collections.abc import Iterable
from html import unescape
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset

from paper_notes.errors import PaperNotesError

MATH_ELEMENT = re.compile(r"<math\b.*?</math>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
# A browser turns the single letter of <mi> into its italic form and draws the sign of <msqrt>: neither stands in the
# page's text.
ALWAYS = (
    *range(0x20, 0x7F),
    *range(0x391, 0x3F6),
    *range(0x1D434, 0x1D468),
    0x210E,
    0x1D6A4,
    0x1D6A5,
    *range(0x1D6E2, 0x1D71C),
    0x2212,
    0x221A,
    0x2032,
)
FEATURES = ("ssty", "dtls", "flac", "kern", "liga", "ccmp", "mark", "mkmk", "cv01", "ss01")


def characters(pages: Iterable[str]) -> set[int]:
    """Give the code points that the formulas of some HTML pages show."""
    found = set(ALWAYS)
    for page in pages:
        for formula in MATH_ELEMENT.findall(page):
            found.update(map(ord, unescape(TAG.sub("", formula))))
    return found


def font_file() -> Path:
    """Give the whole font, without importing the package, which would set itself up for drawing."""
    package = find_spec("ziamath")
    if package is None or package.origin is None:
        raise PaperNotesError("the package ziamath, which holds the math font, is missing: install paper-notes[site]")
    return Path(package.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"


def write_math_font(path: Path, code_points: set[int]) -> None:
    """Write the font as WOFF2 with the given code points and every size and part that they grow by."""
    options = subset.Options(flavor="woff2", layout_features=list(FEATURES), notdef_outline=True, hinting=False)
    options.drop_tables += ["DSIG"]
    font = subset.load_font(str(font_file()), options, lazy=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted(code_points))
    subsetter.subset(font)
    # A fixed time of change, so that equal pages give an equal file.
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    path.parent.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, str(path), options)
    font.close()
