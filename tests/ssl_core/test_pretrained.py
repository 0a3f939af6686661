"""What `ssl_core.pretrained` promises: a run folder gives its networks back, and its figures on its own data."""

import dataclasses
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

from ssl_core import pretrained
from ssl_core.checkpoint import CHECKPOINT
from ssl_core.data import make
from ssl_core.errors import SslCoreError
from ssl_core.pretrained import DataMismatchError, evaluate_run, has_heads, load_data_of, load_method
from ssl_core.runs import Run, RunError, read_run
from ssl_core.shapes import shapes
from ssl_core.train import train


@pytest.fixture
def run(finished_run, tmp_path):
    """Give a copy of a finished run that may be harmed."""
    return shutil.copytree(finished_run, tmp_path / "run")


@pytest.fixture
def loaded(monkeypatch, tiny_data):
    """Let `shapes` mean the data of the finished run, and note what is asked for."""
    asked = []
    monkeypatch.setattr(pretrained, "load", lambda name, progress: asked.append(name) or tiny_data)
    return asked


def test_the_trained_networks_come_back_in_inference_mode(finished_run):
    method = load_method(finished_run)
    assert not any(module.training for module in method.modules())
    stored = load_file(finished_run / "encoder.safetensors")
    encoder = method.encoder.state_dict()
    assert set(stored) == set(encoder)
    assert all(torch.equal(stored[name], value) for name, value in encoder.items())
    state = torch.load(finished_run / CHECKPOINT, weights_only=True)["method"]
    assert all(torch.equal(state[f"projector.{name}"], v) for name, v in method.projector.state_dict().items())


def test_the_figures_of_a_run_are_computed_again(finished_run, loaded):
    results = read_run(finished_run).results
    figures = evaluate_run(finished_run, None, "cpu")
    assert loaded == ["shapes"]
    for name in set(results) - {"knn_untrained", "confusion"}:
        assert figures[name] == pytest.approx(results[name], abs=1e-6)
    assert figures["confusion"] == results["confusion"]
    json.dumps(figures)


def test_without_the_checkpoint_only_h_is_evaluated(run, loaded):
    (run / CHECKPOINT).unlink()
    assert not has_heads(run)
    figures = evaluate_run(run, None, "cpu")
    assert figures["knn"] == pytest.approx(read_run(run).results["knn"], abs=1e-6)
    assert not any(name.endswith("_z") for name in figures)


def test_other_data_are_refused(finished_run, monkeypatch):
    monkeypatch.setattr(pretrained, "load", lambda name, progress: shapes(n_train=200, n_test=60, seed=5))
    with pytest.raises(DataMismatchError, match=r"was trained on other data .*give the same with --data"):
        evaluate_run(finished_run, None, "cpu")


def test_a_subset_is_cut_from_the_whole_again(tiny_data, tmp_path, loaded):
    part = tiny_data.subset(120)
    assert load_data_of(stand_in(part, tmp_path), None).fingerprint == part.fingerprint


def stand_in(data, folder):
    """Give a run that says no more than which data it was trained on."""
    facts = {"name": data.name, "fingerprint": data.fingerprint, "n_train": len(data.train_images)}
    return Run(folder, {"data": facts}, [])


def test_a_run_on_a_folder_asks_where_it_is(tiny_data, tmp_path, loaded):
    pets = make(
        "pets", *(getattr(tiny_data, f"{s}_{w}") for s in ("train", "test") for w in ("images", "labels")), ("a",)
    )
    with pytest.raises(DataMismatchError, match=r"was trained on the folder 'pets': say where it is with --data"):
        load_data_of(stand_in(pets, tmp_path), None)
    assert load_data_of(stand_in(pets, tmp_path), "/somewhere/pets").fingerprint == pets.fingerprint
    assert loaded == ["/somewhere/pets"]


def test_a_jpeg_copy_of_cifar10_is_looked_for_where_cifar10_is(tiny_data, tmp_path, loaded):
    load_data_of(stand_in(dataclasses.replace(tiny_data, name="cifar10-jpeg"), tmp_path), None)
    assert loaded == ["cifar10"]


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(RunError, match="there is no run here"):
        evaluate_run(tmp_path / "nowhere", None, "cpu")


def test_an_unfinished_run_is_told(tiny_settings, tiny_data, tmp_path):
    train("simclr", tiny_settings, tiny_data, tmp_path / "run", device="cpu", progress=False, minutes=0)
    with pytest.raises(RunError, match="the run is not finished"):
        load_method(tmp_path / "run")


@pytest.mark.parametrize("name", ["encoder.safetensors", CHECKPOINT])
@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\x80\x02}q\x00."])
def test_damaged_weights_are_told(run, name, content):
    (run / name).write_bytes(content)
    with pytest.raises(RunError, match="cannot be read"):
        load_method(run)


@pytest.mark.parametrize("change", [{"settings": {"unheard_of": 1}}, {"method": "unheard_of"}])
def test_a_manifest_of_another_version_is_told(run, change):
    manifest = json.loads((run / "run.json").read_text()) | change
    (run / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(SslCoreError, match="unheard_of"):
        load_method(run)
