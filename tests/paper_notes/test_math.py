"""TeX to MathML at build time, and the font that it needs."""

import pytest
from fontTools.ttLib import TTFont

from paper_notes.math import convert_page, convert_title, to_mathml
from paper_notes.mathfont import characters, write_math_font

SOURCES = [("docs/ja/papers/simclr.md", "line one\nline two with $\\foo x$\n")]


@pytest.mark.parametrize(
    "tex",
    [
        r"\ell_{i,j} = -\log\frac{\exp(\mathrm{sim}(z_i,z_j)/\tau)}{\sum_{k=1}^{2N}\mathbb{1}_{[k\neq i]}}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\operatorname*{arg\,min}_x \mathcal{L}(x) \quad \left\lVert z \right\rVert_2",
        r"d_c(x, y) = \frac{2}{\sqrt{c}} \tanh^{-1}\!\left(\sqrt{c}\,\|{-x} \oplus_c y\|\right)",
    ],
)
def test_formulas_of_the_field_convert(tex):
    assert to_mathml(tex, block=True).startswith('<math display="block">')


def test_broken_formula_is_a_fault_with_file_and_line():
    html, faults = convert_page(r'<p><span class="arithmatex">\(\foo x\)</span></p>', SOURCES)
    assert str(faults[0]).startswith("docs/ja/papers/simclr.md:2: formula '\\\\foo x': Unknown command")
    assert r"\foo x" in html


def test_escaped_signs_reach_the_converter():
    html, faults = convert_page(r'<span class="arithmatex">\(a &lt; b\)</span>', SOURCES)
    assert faults == []
    assert "&lt;" in html


def test_no_line_begins_with_the_punctuation_behind_a_formula():
    html, _ = convert_page(
        r'<p><span class="arithmatex">\(g\)</span>、予測器<span class="arithmatex">\(q\)</span>が</p>', SOURCES
    )
    assert '<span class="unbroken"><math><mi>g</mi></math>、</span>予測器<math>' in html


def test_formula_in_a_heading_is_math_in_the_table_of_contents():
    assert "<math>" in convert_title(r"Temperature \(\tau\)")


def test_font_holds_what_formulas_show_and_can_grow(tmp_path):
    formula = to_mathml(r"\left(\frac{\mathcal{L}}{2}\right) \oplus \sqrt{x} \left[ \{ |y| \} \right]", block=True)
    needed = characters([f"<p>漢字</p>{formula}"])
    assert ord("漢") not in needed
    assert {ord("⊕"), ord("ℒ")} <= needed
    write_math_font(tmp_path / "math.woff2", needed)
    font = TTFont(tmp_path / "math.woff2")
    assert {ord("⊕"), ord("ℒ"), ord("𝑥")} <= set(font.getBestCmap())
    names = font.getBestCmap()
    growing = font["MATH"].table.MathVariants.VertGlyphCoverage.glyphs
    assert {names[ord(sign)] for sign in "([{|√"} <= set(growing)
    assert {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord} >= {"ssty", "dtls"}
    font.close()
    assert (tmp_path / "math.woff2").stat().st_size < 120_000


def test_equal_pages_give_an_equal_font(tmp_path):
    for name in ("a", "b"):
        write_math_font(tmp_path / name, characters([]))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
