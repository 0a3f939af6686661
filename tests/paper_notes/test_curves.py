"""The learning curves: where a training changes, where the axis starts, and lines that can be told apart."""

import json
import re

import pytest

from paper_notes.curves import COLOURS, Curve, curve_of, draw, learning_curves
from paper_notes.figures import DARK_PALETTE, LIGHT_PALETTE, MORE_COLOURS, figure_html
from paper_notes.stored_runs import load_runs
from paper_notes.words import LANGUAGES
from tests.paper_notes.test_figures import contrast
from tests.paper_notes.test_results import place, store


def staged(root, *stages, low=0.4):
    """Store a run with an epoch of each stage, of 50,000 images each."""
    folder = store(root, "quick")
    lines = [
        {"stage": stage, "epoch": 1, "knn_monitor": low, "pairs_per_second": 1000, "seconds": 50} for stage in stages
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return load_runs(root)[0]


def test_end_of_a_stage_is_marked_in_the_figure_and_told_in_its_text(tmp_path):
    stored = staged(tmp_path, "warm-up", "warm-up", "metric")
    (variant,) = stored.variants
    curve = curve_of(variant.runs[0])
    assert curve.stage_ends == (("warm-up", (100.0, 40.0)),)
    assert "SimCLR: end of SimCLR warm-up" in draw([curve], place())
    for language, words in (
        ("ja", "SimCLRの線にかかる縦の破線は、SimCLRによるウォームアップの終わり（10万枚）を示す。"),
        ("en", "dashed line at SimCLR's curve marks the end of its SimCLR warm-up after 100,000 images."),
    ):
        html, _ = learning_curves(stored, "quick", place(language), "")
        assert words in html.replace("&#x27;", "'")


def test_training_of_one_stage_has_no_mark(tmp_path):
    stored = staged(tmp_path, "pretrain", "pretrain")
    html, files = learning_curves(stored, "quick", place(), "")
    assert "dashed line" not in html
    assert b"end of" not in next(iter(files.values()))


@pytest.mark.parametrize(("low", "told"), [(0.42, True), (0.03, False)])
def test_axis_that_does_not_start_at_zero_is_told(tmp_path, low, told):
    stored = staged(tmp_path, "pretrain", "pretrain", low=low)
    for language, words in (
        ("ja", "縦軸は0ではなく{}%から始まる。"),
        ("en", "The vertical axis starts at {}%, not at 0."),
    ):
        html, _ = learning_curves(stored, "quick", place(language), "")
        assert (words.format(40) in html) == told
        assert (words.partition("{")[0] in html) == told


def test_curves_have_colours_of_their_own_that_can_be_seen_in_both_schemes():
    curves = [Curve(f"m{number}", ((0.0, 20.0), (10.0, 20.0 + number))) for number in range(COLOURS)]
    strokes = re.findall(r"stroke:var\(--figure-(\d), (#\w+)\);stroke-width:2\.5", draw(curves, place()))
    assert len(dict(strokes)) == len({colour for _, colour in strokes}) == COLOURS > 6
    for name, colour in (LIGHT_PALETTE | MORE_COLOURS).items():
        # Names of curves are words in their colours.
        if name.isdigit():
            assert contrast(colour, LIGHT_PALETTE["ground"]) >= 4.5
            assert contrast(DARK_PALETTE[name], DARK_PALETTE["ground"]) >= 4.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_monitor_is_told_in_the_page_s_language(tmp_path, language):
    folder = store(tmp_path, "quick")
    manifest = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    manifest["protocol"]["knn_monitor"] = (
        "k = 200, temperature 0.1, cosine, features h, memory: 5000 training images at most, 1000 test images at most"
    )
    (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    html, _ = learning_curves(load_runs(tmp_path)[0], "quick", place(language), "")
    words = {"ja": "k = 200、温度0.1、コサイン類似度、特徴はh", "en": "k = 200, temperature 0.1, cosine, features h"}
    assert words[language] in html


@pytest.mark.parametrize(("language", "words"), [("ja", "横にスクロールできる"), ("en", "scrolls sideways")])
def test_figures_carry_the_hint_for_narrow_screens(language, words):
    hint = re.search(
        r'<p class="figure-hint" aria-hidden="true"[^>]*>(.*?)</p>', figure_html([], None, "x", language)
    )
    assert words in hint[1]
