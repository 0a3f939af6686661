"""What `ssl_core.runs` promises of run folders, and that reading them needs no torch."""

import json
import subprocess
import sys

import pytest

from ssl_core import runs
from ssl_core.runs import RunError, published, read_run, stored, write_manifest, write_metrics

# Refuses torch as if it were not installed, then does what follows.
WITHOUT_TORCH = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision", "numpy"):
            raise ImportError(f"{name} is not installed here")
sys.meta_path.insert(0, Blocker())
"""


@pytest.mark.parametrize(
    "code",
    [
        "from ssl_core.runs import published; published('simclr')",
        "from ssl_core.digest import source_digest; assert len(source_digest('ssl_core.methods.simclr')) == 64",
        "import ssl_core; import ssl_core.errors",
    ],
)
def test_runs_and_digests_need_no_torch(code):
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH + code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_blocker_of_the_test_above_blocks():
    code = WITHOUT_TORCH + "import ssl_core.losses"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "torch is not installed here" in done.stderr


def test_a_run_comes_back_as_written(tmp_path):
    metrics = [{"epoch": 1, "loss": 0.1 + 0.2}, {"epoch": 2, "loss": 1e-30}]
    write_manifest(tmp_path, {"method": "simclr", "note": "日本語", "results": {"knn": 0.5}})
    write_metrics(tmp_path, metrics)
    run = read_run(tmp_path)
    assert run.manifest["note"] == "日本語"
    assert run.metrics == metrics
    assert run.results == {"knn": 0.5}
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.jsonl", "run.json"]


def test_an_unfinished_run_has_no_results(tmp_path):
    write_manifest(tmp_path, {"method": "simclr"})
    run = read_run(tmp_path)
    assert run.results == {}
    assert run.metrics == []


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(RunError, match=r"nowhere: there is no run here \(run\.json is missing\)"):
        read_run(tmp_path / "nowhere")


def test_a_file_in_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="there is no run here"):
        read_run(tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "content"),
    [("run.json", b'{"method": '), ("run.json", b"\xff\xfe"), ("metrics.jsonl", b'{"epoch": 1}\n{"ep')],
)
def test_damaged_files_are_told(tmp_path, name, content):
    write_manifest(tmp_path, {"method": "simclr"})
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RunError, match="the run's files are damaged"):
        read_run(tmp_path)


def test_a_manifest_is_replaced_whole_or_not_at_all(tmp_path):
    write_manifest(tmp_path, {"seed": 1})
    with pytest.raises(TypeError):
        write_manifest(tmp_path, {"seed": object()})
    assert json.loads((tmp_path / "run.json").read_text()) == {"seed": 1}


def test_stored_runs_are_found_by_slug_and_name(tmp_path, monkeypatch):
    for name in ("b", "a"):
        (tmp_path / "simclr" / name).mkdir(parents=True)
        write_manifest(tmp_path / "simclr" / name, {"name": name})
    (tmp_path / "simclr" / "notes.txt").write_text("")
    monkeypatch.setattr(runs, "results_folder", lambda: tmp_path)
    assert stored("simclr", "b").manifest == {"name": "b"}
    with pytest.raises(RunError, match="there is no stored run 'c' of simclr"):
        stored("simclr", "c")


def test_published_figures_are_of_one_method_and_name_their_source():
    for slug in ("simclr", "simsiam", "byol"):
        figures = published(slug)
        assert {figure["epochs"] for figure in figures} == {200, 800, 1000}
        for figure in figures:
            assert figure["method"] == slug
            assert 0.7 < figure["value"] < 1
            assert figure["metric"] in ("knn", "linear")
            assert figure["source"]
    assert published("uhml") == []
