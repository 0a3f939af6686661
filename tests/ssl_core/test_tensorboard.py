"""What `ssl_core.tensorboard` promises: whole curves with one point an epoch, also after a resume."""

import subprocess
import sys

import pytest

from ssl_core.tensorboard import TensorBoardError, logger, scalars
from ssl_core.train import train

pytest.importorskip("tensorboard")
LINES = [{"epoch": i, "loss": 5.0 - i, "note": "text", "good": True, "k": [1]} for i in (1, 2, 3, 4)]


def curves(folder):
    """Read the event files of a folder back: {tag: [(step, value), ...]}."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder)).Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_each_epoch_gives_each_number_one_point(tmp_path):
    log = logger(tmp_path / "events")
    for n in (1, 2, 3):
        log(LINES[:n])
        assert curves(tmp_path / "events") == {"loss": [(i, 5.0 - i) for i in range(1, n + 1)]}


def test_after_a_resume_no_point_is_there_twice_and_none_is_missing(tmp_path):
    first = logger(tmp_path)
    first(LINES[:1])
    first(LINES[:2])
    # The process ended after epoch 3, before it could log it, and the resumed one goes on with epoch 4.
    second = logger(tmp_path)
    second(LINES)
    assert curves(tmp_path) == {"loss": [(1, 4.0), (2, 3.0), (3, 2.0), (4, 1.0)]}


def test_points_of_epochs_that_were_lost_are_gone(tmp_path):
    logger(tmp_path)(LINES)
    logger(tmp_path)([{"epoch": 1, "loss": 7.0}])
    assert curves(tmp_path) == {"loss": [(1, 7.0)]}


def test_stages_have_curves_of_their_own(tmp_path):
    logger(tmp_path)([{"stage": name, "epoch": i, "loss": i / 2} for name in ("pretrain", "distil") for i in (1, 2)])
    points = [(1, 0.5), (2, 1.0)]
    assert curves(tmp_path) == {"pretrain/loss": points, "distil/loss": points}


def test_a_training_run_is_drawn_as_its_metrics_say(tiny_settings, tiny_data, tmp_path):
    options = {"device": "cpu", "progress": False, "resume": True}
    folder = tmp_path / "events"
    train("simclr", tiny_settings, tiny_data, tmp_path / "run", on_epoch=logger(folder), minutes=0, **options)
    run = train("simclr", tiny_settings, tiny_data, tmp_path / "run", on_epoch=logger(folder), **options)
    expected = {}
    for line in run.metrics:
        for tag, value in scalars(line).items():
            expected.setdefault(tag, []).append((line["epoch"], pytest.approx(value, rel=1e-6)))
    assert curves(folder) == expected
    assert {tag.rpartition("/")[2] for tag in expected} >= {"loss", "lr", "knn_monitor", "seconds"}


def test_nothing_is_made_before_the_first_epoch(tmp_path):
    logger(tmp_path / "events")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_told(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(
        TensorBoardError, match="--tensorboard needs the package tensorboard: pip install tensorboard"
    ):
        logger(tmp_path)


def test_training_does_not_load_tensorboard():
    code = "import sys, ssl_core.train, ssl_core.cli, ssl_core.tensorboard; assert 'tensorboard' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
