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
