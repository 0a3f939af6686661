"""What `ssl_core.export` promises: one file that gives the trained encoder back, the same for equal runs."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ssl_core import export as module
from ssl_core.checkpoint import CHECKPOINT
from ssl_core.export import ExportError, export
from ssl_core.pretrained import load_method
from ssl_core.runs import RunError, read_run

HAS_ONNX = all(importlib.util.find_spec(name) is not None for name in ("onnx", "onnxscript", "onnxruntime"))
needs_onnx = pytest.mark.skipif(not HAS_ONNX, reason="the packages of the extra `export` are not installed")


@pytest.fixture
def run(finished_run, tmp_path):
    """Give a copy of a finished run that may be harmed."""
    return shutil.copytree(finished_run, tmp_path / "run")


def facts_of(folder):
    manifest = read_run(folder).manifest
    return {"method": "simclr", "backbone": "tiny", "data": "shapes", "knn": repr(manifest["results"]["knn"])}


def test_safetensors_hold_the_trained_weights_and_say_whose_they_are(run):
    exported = export(run, "safetensors")
    assert exported == (run / "simclr-tiny.safetensors", None)
    stored, trained = load_file(exported.path), load_file(run / "encoder.safetensors")
    assert set(stored) == set(trained)
    assert all(torch.equal(stored[name], value) for name, value in trained.items())
    assert all(stored[name].dtype == value.dtype for name, value in trained.items())
    with safe_open(exported.path, framework="pt") as file:
        assert file.metadata() == facts_of(run)


def test_the_checkpoint_is_not_needed(run):
    with_it = export(run, "safetensors").path.read_bytes()
    (run / CHECKPOINT).unlink()
    assert export(run, "safetensors").path.read_bytes() == with_it


# The order of safetensors' own metadata changes from call to call: eight would hardly agree by chance.
def test_equal_runs_are_equal_files(run, tmp_path):
    again = shutil.copytree(run, tmp_path / "again")
    manifest = json.loads((again / "run.json").read_text())
    (again / "run.json").write_text(json.dumps(manifest | {"git_commit": "another", "wall_seconds": 1e9}))
    files = [export(run if i % 2 else again, "safetensors", tmp_path / str(i)).path for i in range(8)]
    assert len({file.read_bytes() for file in files}) == 1


def test_the_header_of_safetensors_is_padded_to_eight_bytes(run):
    for data in ("a", "ab", "abc", "abcd", "データ"):
        content = module.safetensors_bytes(load_method(run).encoder, {"data": data})
        assert int.from_bytes(content[:8], "little") % 8 == 0
        (run / "file").write_bytes(content)
        with safe_open(run / "file", framework="pt") as file:
            assert file.metadata() == {"data": data}


@pytest.fixture(scope="module")
def onnx_file(finished_run, tmp_path_factory):
    """Give what `export` returns for the finished run as ONNX, which takes seconds."""
    return export(finished_run, "onnx", tmp_path_factory.mktemp("onnx") / "f.onnx")


@pytest.fixture
def made_before(onnx_file, monkeypatch):
    """Let `export` take the ONNX file that `onnx_file` made, whatever the encoder."""
    monkeypatch.setattr(module, "onnx_bytes", lambda encoder, facts: onnx_file.path.read_bytes())


@needs_onnx
def test_onnx_gives_the_same_h_for_any_batch_size(onnx_file, finished_run):
    import onnxruntime

    assert onnx_file.parity is not None
    assert 0 < onnx_file.parity <= 1e-4
    session = onnxruntime.InferenceSession(onnx_file.path, providers=["CPUExecutionProvider"])
    encoder = load_method(finished_run).encoder
    for batch in (1, 3, 16):
        images = torch.rand(batch, 3, 32, 32, generator=torch.Generator().manual_seed(batch))
        (h,) = session.run(["h"], {"images": images.numpy()})
        assert h.shape == (batch, 32)
        with torch.no_grad():
            torch.testing.assert_close(torch.from_numpy(h), encoder(images), rtol=0, atol=1e-4)


@needs_onnx
def test_onnx_says_whose_it_is_and_nothing_of_this_machine(onnx_file, run):
    import onnx

    model = onnx.load(onnx_file.path)
    onnx.checker.check_model(model, full_check=True)
    assert {entry.key: entry.value for entry in model.metadata_props} == facts_of(run)
    content = onnx_file.path.read_bytes()
    for place in (Path(module.__file__).parent, Path(torch.__file__).parent, onnx_file.path.parent):
        assert str(place).encode() not in content
    assert b".py" not in content
    again = export(run, "onnx").path
    assert again == run / "simclr-tiny.onnx"
    assert again.read_bytes() == content


@needs_onnx
@pytest.mark.usefixtures("made_before")
def test_onnx_that_computes_something_else_is_refused(run):
    weights = load_file(run / "encoder.safetensors")
    weights["stem.0.weight"] += 0.1
    save_file(weights, run / "encoder.safetensors")
    before = sorted(run.iterdir())
    with pytest.raises(ExportError, match=r"away from PyTorch's, more than 1e-04: nothing was written"):
        export(run, "onnx")
    assert sorted(run.iterdir()) == before


@needs_onnx
@pytest.mark.usefixtures("made_before")
def test_nan_is_no_parity(run, monkeypatch):
    monkeypatch.setattr(module, "onnx_parity", lambda content, encoder: float("nan"))
    with pytest.raises(ExportError, match="nan away"):
        export(run, "onnx")


@needs_onnx
@pytest.mark.usefixtures("made_before")
def test_without_onnxruntime_nothing_is_compared(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert export(run, "onnx") == (run / "simclr-tiny.onnx", None)


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_missing_packages_are_named(run, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    before = sorted(run.iterdir())
    with pytest.raises(ExportError, match=r"needs the packages .*: pip install 'paper-notes\[export\]'"):
        export(run, "onnx")
    assert sorted(run.iterdir()) == before


def test_an_unknown_format_is_refused(run):
    with pytest.raises(ExportError, match=r"no format 'pickle'.*safetensors, onnx"):
        export(run, "pickle")


def test_an_unfinished_run_is_refused_even_with_an_encoder(run):
    manifest = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(manifest | {"status": "stopped"}))
    with pytest.raises(ExportError, match=r"not finished \(stopped\).*--resume"):
        export(run, "safetensors")


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(RunError, match="there is no run here"):
        export(tmp_path, "safetensors")


@pytest.mark.parametrize("target", ["nowhere/f", "file/f", "folder"])
def test_a_target_that_cannot_be_written_leaves_nothing_behind(run, tmp_path, target):
    place = tmp_path / "place"
    (place / "folder").mkdir(parents=True)
    (place / "file").touch()
    before = sorted(place.rglob("*"))
    with pytest.raises(OSError):  # noqa: PT011 - which kind depends on the target
        export(run, "safetensors", place / target)
    assert sorted(place.rglob("*")) == before


def test_a_full_disk_leaves_the_old_file(run, tmp_path, monkeypatch):
    path = export(run, "safetensors", tmp_path / "f").path
    whole = path.read_bytes()

    def half(self, content, original=Path.write_bytes):
        original(self, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="No space left"):
        export(run, "safetensors", path)
    assert path.read_bytes() == whole
    assert sorted(tmp_path.iterdir()) == before
