r"""Turns LaTeX as it stands in bibliographies into plain Unicode text.

pybtex's own reader drops what follows a bare %, knows few commands and leaves formulas as LaTeX. This one knows what
publishers write; a command that it does not know stays in the text, so that a check can find it.
"""

import re
import unicodedata

from paper_notes.identifiers import address
from paper_notes.latex_math import formula_to_text
from paper_notes.tables import pairs, words

COMBINING = {
    **{"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307"},
    **{"u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "r": "\u030a"},
    **{"k": "\u0328", "t": "\u0361", "h": "\u0309"},
}
# Commands that are one letter; the way back uses the same table.
LETTERS = pairs("""
    ss ß o ø O Ø l ł L Ł ae æ AE Æ oe œ OE Œ aa å AA Å dh ð DH Ð th þ TH Þ dj đ DJ Đ ng ŋ NG Ŋ i ı j ȷ
""")
SYMBOLS = {
    **pairs("""
        S § P ¶ copyright © textregistered ® texttrademark ™ dag † ddag ‡ pounds £ euro € texteuro € ldots … dots …
        textellipsis … textendash – textemdash — textquoteleft ‘ textquoteright ’ textquotesingle ' textquotedbl "
        textquotedblleft “ textquotedblright ” guillemotleft « guillemotright » textasciitilde ~ textasciicircum ^
        textasciigrave ` textunderscore _ textless < textgreater > textbar | textbraceleft { textbraceright }
        textdollar $ textbackslash \\ textdegree ° textmu µ textperiodcentered · textbullet • slash /
        TeX TeX LaTeX LaTeX BibTeX BibTeX
    """),
    **dict.fromkeys(("space", "quad", "nobreakspace"), " "),
}
# Styling: the words in the argument stay.
WRAPPERS = words("""
    emph textit textbf textsc texttt textrm textsf textsl textup textmd textnormal mbox hbox text underline uline
    MakeUppercase MakeLowercase NoCaseChange bibstring
""")
SWITCHES = words("em it itshape bf bfseries sc scshape sl rm rmfamily sf tt ttfamily relax protect boldmath")
TOKEN = re.compile(r"\\([A-Za-z]+)\s*|\\(.)|(\$\$?)|([{}~])|(---?|``|''|`)|([^\\${}~`'-]+|.)", re.DOTALL)


def to_text(latex: str) -> str:
    r"""Turn a BibTeX value into plain Unicode text, in composed form and with single spaces.

    >>> to_text(r"{\'E}cole: {S}elf-supervision at 100\% \& {\v{C}}ech's $\ell_2$")
    "École: Self-supervision at 100% & Čech's ℓ₂"
    """
    # Composed before it is read: a combining mark behind \ss would belong to its last letter.
    latex = unicodedata.normalize("NFC", latex)
    text, end = _text(latex, 0, in_group=False)
    if end != len(latex):
        raise ValueError("a brace is closed that was never opened")
    return " ".join(unicodedata.normalize("NFC", text).split())


def text_or_fault(latex: str) -> tuple[str, tuple[str, str] | None]:
    r"""Give the plain text of a value, and what is wrong with it and what to do, where it has none.

    >>> text_or_fault(r"A \emph{title}"), text_or_fault(r"{\foo}bar")
    (('A title', None), ('\\foobar', ('holds the LaTeX command \\foo, which has no plain text', 'write it as text')))
    """
    try:
        text = to_text(latex)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "too many braces within braces"
        return "", (f"has broken LaTeX ({reason})", "mend it")
    unknown = re.search(r"\\[A-Za-z]+", text)
    if unknown is None:
        return text, None
    # In the text, the letters behind a command seem to belong to its name.
    written = [each for each in re.findall(r"\\[A-Za-z]+", latex) if unknown[0].startswith(each)]
    command = max(written, key=len, default=unknown[0])
    return text, (f"holds the LaTeX command {command}, which has no plain text", "write it as text")


def _text(latex: str, place: int, *, in_group: bool) -> tuple[str, int]:
    """Read up to the end, or to the brace that closes the group."""
    out: list[str] = []
    while place < len(latex):
        token = TOKEN.match(latex, place)
        assert token is not None  # its last alternative takes any letter
        if token[4] == "}":
            if not in_group:
                return "".join(out), place
            return "".join(out), token.end()
        piece, place = _piece(latex, token)
        out.append(piece)
    if in_group:
        raise ValueError("a brace is not closed")
    return "".join(out), place


def _piece(latex: str, token: re.Match[str]) -> tuple[str, int]:
    name, sign, dollar, brace, ligature, plain = token.groups()
    place = token.end()
    if name is not None:
        return _command(latex, name, place)
    if sign is not None:
        return _sign(latex, sign, place)
    if dollar is not None:
        closing = re.compile(rf"(?<!\\){re.escape(dollar)}").search(latex, place)
        if closing is None:
            return dollar, place
        return formula_to_text(latex[place : closing.start()]), closing.end()
    if brace == "{":
        return _text(latex, place, in_group=True)
    if brace == "~":
        return " ", place
    return {"--": "–", "---": "—", "``": "“", "''": "”", "`": "‘"}.get(ligature or "", ligature or plain), place


def _sign(latex: str, sign: str, place: int) -> tuple[str, int]:
    if sign in COMBINING:
        return _accented(latex, sign, place)
    if sign == "(" and (end := latex.find(r"\)", place)) >= 0:
        return formula_to_text(latex[place:end]), end + 2
    if sign in "-/@":
        return "", place
    return (" " if sign in " ,;:!\\\n" else sign), place


def _command(latex: str, name: str, place: int) -> tuple[str, int]:
    if name in COMBINING:
        return _accented(latex, name, place)
    if name in LETTERS or name in SYMBOLS:
        # The space behind a command is its end; a pair of braces says that a space there is meant.
        place += len("{}") if latex.startswith("{}", place) else 0
        return (LETTERS.get(name) or SYMBOLS[name]), place
    if name in SWITCHES:
        return "", place
    if name in WRAPPERS:
        return _argument(latex, place)
    if name == "enquote":
        quoted, place = _argument(latex, place)
        return f"“{quoted}”", place
    if name == "href":
        _, place = _raw_argument(latex, place)
        return _argument(latex, place)
    if name in ("url", "path", "nolinkurl"):
        raw, place = _raw_argument(latex, place)
        return address(raw), place
    if name in ("ensuremath", "textsuperscript", "textsubscript"):
        raw, place = _raw_argument(latex, place)
        mark = {"textsuperscript": "^", "textsubscript": "_"}.get(name, "")
        return formula_to_text(f"{mark}{{{raw}}}"), place
    return f"\\{name}", place


def _accented(latex: str, accent: str, place: int) -> tuple[str, int]:
    while latex[place : place + 1] == " ":
        place += 1
    base, place = _argument(latex, place)
    base = {"ı": "i", "ȷ": "j"}.get(base, base)
    if not base:
        return {"~": "~", "^": "^", "`": "`", "'": "´", '"': "¨"}.get(accent, ""), place
    return unicodedata.normalize("NFC", base[0] + COMBINING[accent] + base[1:]), place


def _argument(latex: str, place: int) -> tuple[str, int]:
    """Read what a command applies to: a group, a command, or one letter."""
    token = TOKEN.match(latex, place)
    if token is None or token[4] == "}":
        return "", place
    if token[6] is not None:
        return token[6][0], place + 1
    return _piece(latex, token)


def _raw_argument(latex: str, place: int) -> tuple[str, int]:
    if latex[place : place + 1] != "{":
        return latex[place : place + 1], place + 1
    depth = 0
    for end in range(place, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[end], 0) if latex[end - 1] != "\\" else 0
        if depth == 0:
            return latex[place + 1 : end], end + 1
    raise ValueError("a brace is not closed")
