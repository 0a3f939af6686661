"""The dark palette: readable on its ground."""

import pytest

from paper_notes.figures import DARK_PALETTE, dark_variant, svg_problem, svg_size
from tests.paper_notes.sample import figure_svg


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_dark_palette_is_readable_on_its_ground():
    ground = DARK_PALETTE["ground"]
    for name in ("ink", "muted"):
        assert contrast(DARK_PALETTE[name], ground) >= 4.5
    for number in range(1, 10):
        assert contrast(DARK_PALETTE[str(number)], ground) >= 3


def test_dark_variant_sets_every_variable_and_stays_well_formed():
    dark = dark_variant(figure_svg())
    assert svg_problem(dark) is None
    for name, colour in DARK_PALETTE.items():
        assert f"--figure-{name}:{colour};" in dark


@pytest.mark.parametrize(
    "inner",
    [
        '<rect fill="url(https://example.org/a.svg#b)"/>',
        '<style>a<x/>@import "https://example.org/a.css";</style>',
        r'<style>@\69mport "https://example.org/a.css";</style>',
        "<rect style=\"fill:image-set('https://example.org/a.png' 1x)\"/>",
    ],
)
def test_a_figure_that_would_load_another_file_is_refused(inner):
    assert (
        svg_problem(f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>') == "the SVG's style loads another file"
    )


def test_a_figure_may_refer_to_its_own_parts():
    own = """<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(#a)"/><rect fill="url( '#a')"/></svg>"""
    assert svg_problem(own) is None


def test_a_figure_that_asks_for_a_style_sheet_is_refused():
    svg = '<?xml-stylesheet href="https://example.org/a.css"?><svg xmlns="http://www.w3.org/2000/svg"/>'
    assert svg_problem(svg) == "the SVG asks for a style sheet"


@pytest.mark.parametrize(
    ("start", "size"),
    [
        ('<svg viewBox="0 0 576 216">', (576, 216)),
        ('<svg width="576pt" height="216pt" viewBox="0 0 576 216">', (768, 288)),
        ("<svg viewBox='0 0 400 200' width='300pt'>", (400, 200)),
        ('<svg stroke-width="3pt" viewBox="0 0 400 200">', (400, 200)),
        ('<svg width="300pt">', None),
    ],
)
def test_figure_in_points_has_its_size_in_inches_and_any_other_that_of_its_view_box(start, size):
    assert svg_size(start) == size
