"""What `ssl_core.notebook` promises the demos: modes, data that are always there, prose in two languages."""

import json

import IPython.display
import pytest
import torch

from ssl_core import notebook
from ssl_core.data import DataNotFoundError
from ssl_core.notebook import LOSS, Curve, NotebookError, demo_data, demo_mode, live_curve, provenance, say
from ssl_core.runs import read_run


class Shown:
    """Stands for IPython's display: notes what would be shown, and hands out itself as the handle."""

    def __init__(self):
        self.calls, self.updates = [], []

    def display(self, bundle, *, raw, metadata=None, **_):
        assert raw
        self.calls.append((bundle, (metadata or {}).get("paper_notes", {})))
        return self

    def update(self, bundle, *, raw, metadata):
        assert raw
        self.updates.append((bundle, metadata["paper_notes"]))

    def prose(self):
        return {facts["lang"]: bundle["text/markdown"] for bundle, facts in self.calls}


@pytest.fixture
def shown(monkeypatch):
    record = Shown()
    monkeypatch.setattr(IPython.display, "display", record.display)
    return record


@pytest.mark.parametrize("mode", ["short", "live", "full"])
def test_the_environment_chooses_the_mode(monkeypatch, mode):
    monkeypatch.setenv("SSL_CORE_DEMO", mode)
    assert demo_mode() == mode


def test_the_mode_is_live_by_default(monkeypatch):
    monkeypatch.delenv("SSL_CORE_DEMO", raising=False)
    assert demo_mode() == "live"


def test_an_unknown_mode_is_told(monkeypatch):
    monkeypatch.setenv("SSL_CORE_DEMO", "fast")
    with pytest.raises(NotebookError, match="SSL_CORE_DEMO is 'fast': choose one of short, live, full"):
        demo_mode()


def test_say_shows_both_languages_and_marks_each(shown):
    say(ja="精度は **0.5** である。", en="The accuracy is **0.5**.")
    assert shown.calls == [
        ({"text/markdown": "精度は **0.5** である。", "text/plain": "精度は **0.5** である。"}, {"lang": "ja"}),
        ({"text/markdown": "The accuracy is **0.5**.", "text/plain": "The accuracy is **0.5**."}, {"lang": "en"}),
    ]


def test_short_mode_takes_small_shapes_and_says_so_in_both_languages(shown, monkeypatch):
    monkeypatch.setattr(notebook, "load", lambda *_, **__: pytest.fail("short mode must not look for CIFAR-10"))
    data = demo_data("short")
    assert data.name == "shapes"
    assert 200 <= len(data.train_images) <= 2000
    prose = shown.prose()
    assert "CIFAR-10" in prose["ja"]
    assert "合成図形" in prose["ja"]
    assert "drawn shapes" in prose["en"]


@pytest.mark.parametrize("mode", ["live", "full"])
def test_cifar10_is_taken_without_a_word_where_it_is(shown, monkeypatch, tiny_data, mode):
    monkeypatch.setattr(notebook, "load", lambda name, progress: {"cifar10": tiny_data}[name])
    assert demo_data(mode) is tiny_data
    assert shown.calls == []


def test_shapes_stand_in_for_missing_cifar10_with_a_banner_in_both_languages(shown, monkeypatch, tiny_data):
    def missing(*_, **__):
        raise DataNotFoundError("it is not there. Three ways out: …")

    monkeypatch.setattr(notebook, "load", missing)
    monkeypatch.setattr(notebook, "shapes", lambda: tiny_data)
    assert demo_data("live") is tiny_data
    prose = shown.prose()
    assert set(prose) == {"ja", "en"}
    assert all("SSL_CORE_DATA" in text and text.startswith("> **⚠") for text in prose.values())
    assert not any("Three ways out" in text for text in prose.values())  # the error names folders of this machine
    assert "合成図形データで代用" in prose["ja"]
    assert "drawn shapes stand in" in prose["en"]


def epoch(number: int, loss: float, knn: float) -> dict[str, float]:
    return {"epoch": number, "loss": loss, "knn_monitor": knn}


def test_the_live_curve_is_one_figure_that_grows(shown):
    draw = live_curve("SimCLR")
    metrics = [epoch(1, 5.0, 0.1)]
    draw(metrics)
    draw([*metrics, epoch(2, 4.25, 0.375)])
    ((first, facts),) = shown.calls
    ((second, grown),) = shown.updates
    assert first["image/svg+xml"] != second["image/svg+xml"]
    assert "SimCLR" in second["image/svg+xml"]
    assert set(facts["alt"]) == set(grown["alt"]) == {"ja", "en"}
    for text in grown["alt"].values():
        assert all(number in text for number in ("5.00", "4.25", "0.10", "0.38"))


def test_a_live_curve_may_follow_one_metric_alone(shown):
    live_curve("SimCLR", [LOSS])([{"loss": 1.0}, {"loss": 0.5}])
    assert "loss from 1.00 to 0.50" in str(shown.calls)


def test_a_live_curve_follows_the_metrics_it_is_given_through_all_stages(shown):
    rank = Curve("effective_rank_z", "effective rank of z (dimensions)", "有効ランク", "effective rank", scale=2)
    live_curve("UHML", (LOSS, rank))([epoch(1, 5.0, 0.1), {"stage": "round", "epoch": 1, "effective_rank_z": 1.5}])
    ((bundle, facts),) = shown.calls
    assert rank.points([epoch(1, 5.0, 0.1), {"epoch": 1, "effective_rank_z": 1.5}]) == ([2], [3.0])
    assert "effective rank of z (dimensions)" in bundle["image/svg+xml"]
    assert "nats" in bundle["image/svg+xml"]
    assert "有効ランクは3.00から3.00へ" in facts["alt"]["ja"]


def test_two_live_curves_do_not_share_a_figure(shown):
    live_curve("a")([epoch(1, 5.0, 0.1)])
    live_curve("b")([epoch(1, 5.0, 0.1)])
    assert len(shown.calls) == 2


def test_provenance_tells_people_and_the_site_the_same(shown, finished_run):
    run = read_run(finished_run)
    provenance(run, "live")
    ((bundle, _),) = shown.calls
    facts, text = bundle[notebook.PROVENANCE_TYPE], bundle["text/plain"]
    assert facts["data"] == run.manifest["data"]
    assert facts["mode"] == "live"
    assert facts["hardware"]["gpu"] is None
    assert facts["peak_memory_bytes"] > 50e6
    for told in (run.manifest["data"]["fingerprint"], "shapes", "200", torch.__version__.partition("+")[0], "seed"):
        assert told in text
    json.dumps(facts)


def test_provenance_of_a_run_of_a_gpu_can_be_shown_without_one(shown, finished_run):
    run = read_run(finished_run)
    run.manifest["hardware"]["gpu"] = "NVIDIA T4"
    provenance(run, "live")
    ((bundle, _),) = shown.calls
    assert "NVIDIA T4" in bundle["text/plain"]
