"""What `ssl_core.comparison` promises: every seed counts, and an effect within their spread is called none."""

import pytest

from ssl_core import comparison
from ssl_core.comparison import ablation_runs, effect, last, results, signed_points, span, table
from ssl_core.methods import simclr
from ssl_core.runs import Run, RunError


def run(knn, *losses):
    lines = [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(losses, 1)]
    return Run(None, {"results": {"knn": knn}}, [*lines, {"epoch": 1, "stage": "other"}])


RUNS = {"with": [run(0.4, 2.0, 1.0), run(0.5, 2.0, 1.5)], "without": [run(0.3, 3.0, 2.5), run(0.41, 3.0, 2.0)]}


def test_results_are_those_of_every_seed():
    assert results(RUNS, "knn") == {"with": [0.4, 0.5], "without": [0.3, 0.41]}


def test_the_last_epoch_is_the_last_that_has_the_metric_and_no_better_one():
    assert last(RUNS, "loss", scale=2) == {"with": [2.0, 3.0], "without": [5.0, 4.0]}


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [([0.5, 0.6], [0.3, 0.4], True), ([0.3, 0.4], [0.5, 0.6], True), ([0.4, 0.6], [0.3, 0.5], False)],
)
def test_ranges_that_overlap_show_no_difference_in_either_language(first, second, apart):
    found = effect(first, second)
    assert found.apart is apart
    assert ("差があるとは言えない" in found.ja) is not apart
    assert ("no difference" in found.en) is not apart
    assert all(signed_points(found.points) in text for text in (found.ja, found.en))


@pytest.mark.parametrize(
    ("first", "second", "ja", "en"),
    [
        ([0.40, 0.45], [0.39, 0.43], "どのシードでも正だが", "positive for every seed, but ranges overlap"),
        ([0.39, 0.43], [0.40, 0.45], "どのシードでも負だが", "negative for every seed, but ranges overlap"),
        ([0.40, 0.45], [0.39, 0.46], "差があるとは言えない", "no difference shown"),
        ([0.40, 0.45], [0.40, 0.44], "差があるとは言えない", "no difference shown"),
        ([0.4002, 0.45], [0.40, 0.43], "シードごとに+0.0、+2.0。シード間の範囲が重なり", "+0.0, +2.0; ranges over"),
        ([0.50, 0.60], [0.30, 0.40], "重ならない", "ranges over the seeds apart"),
    ],
)
def test_differences_of_one_sign_with_every_seed_are_told_beside_ranges_that_overlap(first, second, ja, en):
    found = effect(first, second, paired=True)
    assert ja in found.ja
    assert en in found.en
    for a, b in zip(first, second, strict=True):
        assert signed_points(100 * (a - b)) in found.ja
        assert signed_points(100 * (a - b)) in found.en
    assert "every seed" not in effect(first, second).en
    assert "seed by seed" not in effect(first, second).en


def test_a_value_that_no_seed_changes_has_no_range_in_the_table():
    assert table({"kNN": {"pixels": [0.25], "with": [0.25, 0.25]}}, digits=2).splitlines()[2:] == [
        "| pixels | 0.25 |",
        "| with | 0.25 (0.25) |",
    ]


def test_the_table_has_every_variant_with_mean_and_range():
    text = table({"kNN": results(RUNS, "knn"), "loss": last(RUNS, "loss")}, digits=2)
    assert "| with | 0.45 (0.40–0.50) | 1.25 (1.00–1.50) |" in text.splitlines()
    assert len(text.splitlines()) == 4


def test_one_value_is_no_range():
    assert span([0.5, 0.5001], 3) == "0.500"


def test_a_missing_stored_run_is_an_error_and_no_gap():
    with pytest.raises(RunError, match="ablation-no-such-variant-seed0"):
        ablation_runs("simclr", ["no-such-variant"])


def test_repeated_runs_take_the_queue_s_settings_seeds_and_share_of_the_images(tiny_data, monkeypatch):
    seen = []

    def train(slug, settings, data, out, *, seed, progress):
        seen.append((slug, settings, len(data.train_images), seed, progress))
        return run(0.5)

    monkeypatch.setattr("ssl_core.comparison.train", train)
    found = ablation_runs("simclr", ["crop"], repeat_on=tiny_data)
    images = min(simclr.ABLATION_IMAGES, len(tiny_data.train_images))
    assert seen == [("simclr", simclr.ABLATION["crop"], images, seed, False) for seed in comparison.SEEDS]
    assert len(found["crop"]) == len(seen)
