r"""Turns the short formulas of titles into readable Unicode text: $\ell_2$ is ℓ₂, $O(n^2)$ is O(n²).

Only for text that cannot hold a formula, such as a citation; a page's formulas become MathML (math.py).
"""

import re
import unicodedata

from paper_notes.tables import pairs, words

SUPERSCRIPT = pairs("""
    0 ⁰ 1 ¹ 2 ² 3 ³ 4 ⁴ 5 ⁵ 6 ⁶ 7 ⁷ 8 ⁸ 9 ⁹ + ⁺ - ⁻ = ⁼ ( ⁽ ) ⁾ , , * * ∗ * † † ′ ′ T ᵀ
    a ᵃ b ᵇ c ᶜ d ᵈ e ᵉ f ᶠ g ᵍ h ʰ i ⁱ j ʲ k ᵏ l ˡ m ᵐ n ⁿ o ᵒ p ᵖ r ʳ s ˢ t ᵗ u ᵘ v ᵛ w ʷ x ˣ y ʸ z ᶻ
""")
SUBSCRIPT = pairs("""
    0 ₀ 1 ₁ 2 ₂ 3 ₃ 4 ₄ 5 ₅ 6 ₆ 7 ₇ 8 ₈ 9 ₉ + ₊ - ₋ = ₌ ( ₍ ) ₎ , ,
    a ₐ e ₑ h ₕ i ᵢ j ⱼ k ₖ l ₗ m ₘ n ₙ o ₒ p ₚ r ᵣ s ₛ t ₜ u ᵤ v ᵥ x ₓ
""")
SIGNS = {
    **pairs("""
        times × cdot · pm ± mp ∓ infty ∞ to → rightarrow → leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐
        Leftrightarrow ⇔ mapsto ↦ uparrow ↑ downarrow ↓ leq ≤ le ≤ geq ≥ ge ≥ neq ≠ ne ≠ approx ≈ sim ∼ simeq ≃
        equiv ≡ propto ∝ in ∈ notin ∉ subset ⊂ subseteq ⊆ cup ∪ cap ∩ setminus ∖ emptyset ∅ forall ∀ exists ∃
        partial ∂ nabla ∇ sum ∑ prod ∏ int ∫ ell ℓ hbar ℏ star ⋆ ast ∗ circ ∘ bullet • oplus ⊕ otimes ⊗ odot ⊙
        perp ⊥ parallel ∥ Vert ‖ lVert ‖ rVert ‖ vert | mid | langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉
        ll ≪ gg ≫ ldots … dots … cdots ⋯ prime ′ dagger † wedge ∧ vee ∨ neg ¬ colon : degree ° Re ℜ Im ℑ aleph ℵ
        triangle △ varepsilon ε epsilon ϵ vartheta ϑ varphi φ phi ϕ varrho ϱ varsigma ς lambda λ Lambda Λ
        imath ı jmath ȷ
    """),
    **dict.fromkeys(("quad", "qquad"), " "),
    **dict.fromkeys(words("left right big bigl bigr Big bf rm it cal displaystyle textstyle limits nolimits"), ""),
}
FONTS = words("""
    mathrm mathbf mathit mathsf mathtt mathcal mathscr mathfrak mathnormal text textrm textbf textit textsf texttt
    textsc mbox hbox operatorname boldsymbol bm pmb emph ensuremath
""")
FUNCTIONS = words("log ln exp sin cos tan tanh max min arg dim det lim sup inf Pr ker deg gcd cosh sinh")
MARKS = {
    **{"hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304"},
    **{"overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c"},
}
RELATION = re.compile(r"\s*([≤≥≠≈≃≡∝∈∉⊂⊆→←↦⇒⇔∼=<>≪≫])\s*")
TOKEN = re.compile(r"\\([A-Za-z]+)\s*|\\(.)|([{}^_'~])|(.)", re.DOTALL)


def formula_to_text(latex: str) -> str:
    r"""Write a formula as text.

    >>> formula_to_text(r"\beta"), formula_to_text(r"\mathcal{O}(n^2)"), formula_to_text(r"\frac{1}{2} x_{\max}")
    ('β', 'O(n²)', '1/2 x_max')
    """
    text, _ = _formula(latex, 0)
    return " ".join(RELATION.sub(r" \1 ", text).split())


def _formula(latex: str, place: int) -> tuple[str, int]:
    out: list[str] = []
    while place < len(latex):
        token = TOKEN.match(latex, place)
        if token is None:
            break
        if token[3] == "}":
            return "".join(out), token.end()
        piece, place = _piece(latex, token)
        # A function's name is a word of its own between letters.
        if (out and piece in FUNCTIONS and out[-1][-1:].isalnum()) or (
            out and out[-1].strip() in FUNCTIONS and piece[:1].isalnum()
        ):
            piece = f" {piece}"
        out.append(piece)
    return "".join(out), place


def _piece(latex: str, token: re.Match[str]) -> tuple[str, int]:
    name, sign, mark, letter = token.groups()
    place = token.end()
    if name is not None:
        return _command(latex, name, place)
    if sign is not None:
        return {"|": "‖", ",": " ", ";": " ", ":": " ", " ": " ", "!": "", "\\": " "}.get(sign, sign), place
    if mark == "{":
        return _formula(latex, place)
    if mark in ("^", "_"):
        script, place = _argument(latex, place)
        return _script(mark, script.strip()), place
    return {"'": "′", "~": " "}.get(mark or letter, mark or letter), place


def _command(latex: str, name: str, place: int) -> tuple[str, int]:
    if name in SIGNS:
        return SIGNS[name], place
    if name in FUNCTIONS:
        return name, place
    if name in FONTS:
        return _argument(latex, place)
    if name == "mathbb":
        letters, place = _argument(latex, place)
        return "".join(_named(f"DOUBLE-STRUCK CAPITAL {letter}") or letter for letter in letters), place
    if name in ("frac", "tfrac", "dfrac"):
        above, place = _argument(latex, place)
        below, place = _argument(latex, place)
        return f"{_grouped(above)}/{_grouped(below)}", place
    if name == "sqrt":
        under, place = _argument(latex, place)
        return f"√{_grouped(under)}", place
    if name in MARKS:
        base, place = _argument(latex, place)
        return unicodedata.normalize("NFC", base[:1] + MARKS[name] + base[1:]), place
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    return _named(f"GREEK {size} LETTER {name.upper()}") or f"\\{name}", place


def _argument(latex: str, place: int) -> tuple[str, int]:
    while latex[place : place + 1] == " ":
        place += 1
    token = TOKEN.match(latex, place)
    return ("", place) if token is None or token[3] == "}" else _piece(latex, token)


def _script(mark: str, script: str) -> str:
    if mark == "^" and script == "∘":
        return "°"
    table = SUPERSCRIPT if mark == "^" else SUBSCRIPT
    if script and all(letter in table for letter in script) and (len(script) == 1 or not script.isalpha()):
        return "".join(table[letter] for letter in script)
    return mark + _grouped(script)


def _grouped(part: str) -> str:
    return part if len(part) == 1 or part.isalnum() else f"({part})"


def _named(name: str) -> str:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return ""
