"""What `ssl_core.plots` promises: colours a page can change, equal files, words for those who cannot see."""

import re
from itertools import pairwise

import IPython.display
import pytest
import torch

from ssl_core import plots
from ssl_core.plots import (
    CLASS_COLOURS,
    PALETTE,
    SERIES,
    bars,
    image_grid,
    level,
    new_figure,
    seed_bars,
    seed_curves,
    show,
    show_live,
    svg,
)


def rich_figure():
    """Use what notebooks use: lines, bars, legend, title, labels, notes, a title over all."""
    figure, (left, right) = new_figure(8, 3, columns=2)
    for i, colour in enumerate(SERIES):
        left.plot([1, 2, 3], [i, i + 1, i], marker="o", label=f"run {i}", color=colour)
    left.set(title="Loss → 0", xlabel="epoch", ylabel="NT-Xent, τ = 0.5 (±)")
    left.legend(title="seed")
    left.text(1, 1, "a note")
    left.annotate("an arrow", (1, 1), (2, 3), arrowprops={"arrowstyle": "->", "color": PALETTE["muted"]})
    right.bar(["crop", "colour"], [0.1, 0.2])
    right.axhline(0.1, color=PALETTE["muted"], linestyle="--")
    figure.suptitle("Both")
    return figure


def test_every_colour_of_a_figure_is_a_css_variable():
    text = svg(rich_figure())
    colours = set(re.findall(r"(?:fill|stroke|stop-color): ?([^;\"]+)", text)) - {"none"}
    assert colours <= {f"var(--figure-{name}, {colour})" for name, colour in PALETTE.items()}
    for name in ("ink", "muted", "grid", "ground", *"123456"):
        assert f"var(--figure-{name}, " in text


def test_every_word_of_a_figure_has_a_colour():
    # matplotlib leaves the colour out where it is black, and then no page can change it.
    words = re.findall(r"<text [^>]*>", svg(rich_figure()))
    assert len(words) > 20
    assert all("fill: var(--figure-" in word for word in words)


def test_words_stay_words():
    text = svg(rich_figure())
    assert ">a note<" in text
    assert "Loss → 0" in text


def test_equal_figures_are_equal_bytes():
    # The same cells run again draw the figure anew, and the stored notebook does not change.
    assert svg(rich_figure()) == svg(rich_figure())


def test_an_svg_names_no_date_and_no_program():
    text = svg(rich_figure())
    assert text.startswith("<svg ")
    assert not re.search(r"dc:date|<!-- Created|[Mm]atplotlib v", text)


def test_figures_touch_no_pyplot():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    new_figure()
    assert plt.get_fignums() == before


def contrast(colour: str, ground: str) -> float:
    """WCAG 2's contrast ratio."""

    def luminance(text: str) -> float:
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_from_the_ground():
    assert all(contrast(colour, "#ffffff") >= 3 for colour in SERIES)
    assert contrast(PALETTE["ink"], "#ffffff") >= 7
    assert contrast(PALETTE["muted"], "#ffffff") >= 4.5
    assert len(set(SERIES)) == 6
    assert len(set(CLASS_COLOURS)) == 10
    # Points of a scatter plot keep their colour on a dark page.
    assert all(min(contrast(colour, "#ffffff"), contrast(colour, "#000000")) >= 2 for colour in CLASS_COLOURS)


class Shown:
    """Stands for IPython's display: notes what would be shown, and hands out itself as the handle."""

    def __init__(self):
        self.calls = []

    def display(self, bundle, **options):
        self.calls.append(("display", bundle, options))
        return self

    def update(self, bundle, **options):
        self.calls.append(("update", bundle, options))


@pytest.fixture
def shown(monkeypatch):
    record = Shown()
    monkeypatch.setattr(IPython.display, "display", record.display)
    return record


def test_show_puts_both_alternative_texts_into_the_metadata(shown):
    # A notebook prints what its last line returns: it must be nothing.
    assert show(rich_figure(), ja="損失は下がる。", en="The loss falls.") is None
    ((kind, bundle, options),) = shown.calls
    assert kind == "display"
    assert bundle == {"image/svg+xml": svg(rich_figure()), "text/plain": "The loss falls."}
    assert options["raw"]
    assert options["metadata"] == {"paper_notes": {"alt": {"ja": "損失は下がる。", "en": "The loss falls."}}}


def test_a_live_figure_takes_the_place_of_the_one_before(shown):
    handle = show_live(None, rich_figure(), ja="一", en="one")
    assert show_live(handle, rich_figure(), ja="二", en="two") is handle
    (_, (kind, bundle, options)) = shown.calls
    assert kind == "update"
    assert bundle["text/plain"] == "two"
    assert options["metadata"]["paper_notes"]["alt"] == {"ja": "二", "en": "two"}


def test_image_grid_lays_images_out_row_by_row_with_clear_gaps():
    images = torch.zeros(3, 3, 4, 4, dtype=torch.uint8)
    images[0, 0], images[1, 1], images[2, 2] = 255, 255, 255
    _, axes = new_figure(3, 3)
    image_grid(axes, images, columns=2, gap=1)
    canvas = torch.tensor(axes.images[0].get_array())
    assert canvas.shape == (9, 9, 4)
    assert canvas[0, 0].tolist() == [1, 0, 0, 1]
    assert canvas[3, 8].tolist() == [0, 1, 0, 1]
    assert canvas[5, 0].tolist() == [0, 0, 1, 1]
    assert canvas[4].sum() == canvas[:, 4].sum() == canvas[5:, 5:].sum() == 0


def test_image_grid_takes_floats_and_bytes_alike():
    images = torch.randint(256, (4, 3, 8, 8), dtype=torch.uint8)
    grids = []
    for pixels in (images, images.float() / 255):
        _, axes = new_figure(3, 3)
        image_grid(axes, pixels, columns=2)
        grids.append(torch.tensor(axes.images[0].get_array()))
    assert torch.equal(*grids)


def test_style_holds_for_all_figures_of_the_process():
    figure, axes = new_figure()
    axes.set_title("t")
    assert axes.title.get_fontsize() == plots.STYLE["axes.titlesize"]
    assert not axes.spines["top"].get_visible()
    assert figure.get_constrained_layout()


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_bars_write_every_value_and_name_the_bars_of_a_group_once():
    _, axes = new_figure()
    bars(axes, {"z, random": (0.2,), "h, trained": (0.5, 0.625)}, ("kNN", "linear"))
    assert words(axes) == ["0.200", "0.500", "0.625"]
    assert [patch.get_height() for patch in axes.patches] == [0.2, 0.5, 0.625]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["kNN", "linear"]
    assert axes.get_ylim()[1] > 0.7  # room for the numbers and the legend


@pytest.mark.parametrize("count", [2, 3, 4])
def test_bars_of_a_group_do_not_overlap_each_other_or_the_next_group(count):
    _, axes = new_figure()
    bars(axes, {"a": [0.2] * count, "b": [0.3] * count}, [str(i) for i in range(count)])
    edges = sorted((patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches)
    assert all(right <= left for (_, right), (left, _) in pairwise(edges))


def test_words_name_one_font_and_then_the_page_s_own():
    families = set(re.findall(r"font-family: ([^;]*);", svg(rich_figure())))
    assert families == {"'DejaVu Sans', sans-serif"}


def test_more_variants_than_the_palette_has_colours_are_refused_not_dropped():
    _, axes = new_figure()
    with pytest.raises(ValueError, match="7 variants"):
        seed_curves(axes, {str(i): [([1], [1])] for i in range(7)})


def test_seed_bars_show_the_mean_and_every_seed():
    _, axes = new_figure()
    seed_bars(axes, {"with": [0.4, 0.5], "without": [0.3]})
    assert [patch.get_height() for patch in axes.patches] == pytest.approx([0.45, 0.3])
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.4, 0.5], [0.3]]
    assert words(axes) == ["0.450", "0.300"]


def test_seed_curves_draw_one_line_a_run_in_one_look_a_variant():
    _, axes = new_figure()
    seed_curves(axes, {"with": [([1, 2], [0.1, 0.2]), ([1, 2], [0.1, 0.3])], "without": [([1, 2], [0.1, 0.1])]})
    looks = [(line.get_color(), line.get_linestyle()) for line in axes.lines]
    assert looks[0] == looks[1] != looks[2]
    assert looks[0][0] != looks[2][0]
    assert looks[0][1] != looks[2][1]
    assert axes.get_legend_handles_labels()[1] == ["with", "without"]


def test_a_level_carries_its_word():
    _, axes = new_figure()
    level(axes, 0.1, "chance")
    assert words(axes) == ["chance"]
    assert list(axes.lines[0].get_ydata()) == [0.1, 0.1]
