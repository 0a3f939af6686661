"""What `ssl_core.reproduce` promises: missing runs are made, within a budget, over as many calls as it takes."""

import dataclasses
import importlib
import json
import shutil
from pathlib import Path

import pytest

from ssl_core import reproduce as module
from ssl_core.loop import TrainingError
from ssl_core.methods import SLUGS, simclr
from ssl_core.reproduce import SEEDS, Job, ReproduceError, jobs, reproduce
from ssl_core.run_lock import alone_in
from ssl_core.runs import read_run
from ssl_core.study import studies
from ssl_core.train import train

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folders(tmp_path, monkeypatch, tiny_data, tiny_settings):
    """Give results/ and runs/, with a queue of two short runs on tiny data."""
    settings = dataclasses.replace(tiny_settings, epochs=2)
    queue = [
        Job("simclr", "first", "quick", settings, seed=0),
        Job("simclr", "second", "quick", dataclasses.replace(settings, grayscale=0.0), seed=1, images=200),
    ]
    monkeypatch.setattr(module, "jobs", lambda preset, slugs=(): iter(queue if preset == "quick" else []))
    monkeypatch.setattr(module, "load", lambda data, progress: tiny_data)
    (tmp_path / "results").mkdir()
    return tmp_path / "results", tmp_path / "runs"


def call(folders, minutes: float = 10.0):
    return reproduce("quick", ("simclr",), "shapes", minutes, *folders)


def test_missing_runs_are_made_and_only_what_is_kept_is_stored(folders):
    results, runs = folders
    assert call(folders) == (["simclr/first", "simclr/second"], [])
    assert {path.name for path in (results / "simclr").iterdir()} == {"first", "second"}
    for name, seed in (("first", 0), ("second", 1)):
        stored = results / "simclr" / name
        assert {path.name for path in stored.iterdir()} == {"run.json", "metrics.jsonl"}
        run = read_run(stored)
        assert run.manifest["status"] == "finished"
        assert run.manifest["seed"] == seed
        assert "knn" in run.results
        assert len(run.metrics) == 2
    assert read_run(results / "simclr" / "second").manifest["settings"]["grayscale"] == 0
    assert len(list(runs.iterdir())) == 2


def test_a_second_call_does_nothing(folders, monkeypatch):
    call(folders)
    before = {path: path.stat().st_mtime_ns for path in folders[0].rglob("*")}
    monkeypatch.setattr(module, "train", lambda *_, **__: pytest.fail("nothing is missing"))
    assert call(folders) == ([], [])
    assert {path: path.stat().st_mtime_ns for path in folders[0].rglob("*")} == before


def test_the_page_of_the_queue_names_a_run_that_was_taken_away_although_nothing_is_made(folders):
    call(folders)
    shutil.rmtree(folders[0] / "simclr" / "first")
    call(folders, minutes=0)
    assert (folders[0] / "README.md").read_text(encoding="utf-8") == module.queue_page(folders[0])


def test_a_stored_run_of_another_number_of_images_is_made_again(folders):
    call(folders)
    manifest = folders[0] / "simclr" / "second" / "run.json"
    whole = manifest.read_text(encoding="utf-8")
    manifest.write_text(whole.replace('"n_train": 200', '"n_train": 100'), encoding="utf-8")
    assert call(folders) == (["simclr/second"], [])
    assert manifest.read_text(encoding="utf-8") == whole


def test_a_stored_run_is_never_replaced_by_one_on_other_data(folders, monkeypatch, tiny_data):
    call(folders)
    before = {path: path.read_bytes() for path in folders[0].rglob("*") if path.is_file()}
    monkeypatch.setattr(module, "load", lambda data, progress: dataclasses.replace(tiny_data, name="cifar10"))
    with pytest.raises(ReproduceError, match=r"a run on drawn shapes, which one on CIFAR-10 would replace: choose"):
        call(folders)
    assert {path: path.read_bytes() for path in folders[0].rglob("*") if path.is_file()} == before


def test_the_jpeg_copy_counts_as_cifar_10(folders, monkeypatch, tiny_data):
    for name, made in (("cifar10-jpeg", 2), ("cifar10", 0)):
        other = dataclasses.replace(tiny_data, name=name)
        monkeypatch.setattr(module, "load", lambda data, progress, other=other: other)
        assert len(call(folders)[0]) == made


def test_without_time_nothing_is_begun(folders):
    assert call(folders, minutes=0) == ([], ["simclr/first", "simclr/second"])
    assert list(folders[0].rglob("run.json")) == []
    assert not folders[1].exists()


def test_a_run_that_exceeds_the_budget_is_stopped_and_resumed_by_the_next_call(folders, monkeypatch):
    budgets = []

    def one_epoch_a_call(*arguments, minutes, **options):
        budgets.append(minutes)
        return train(*arguments, minutes=0, **options)

    monkeypatch.setattr(module, "train", one_epoch_a_call)
    assert call(folders) == ([], ["simclr/first", "simclr/second"])
    assert list(folders[0].rglob("run.json")) == []
    assert read_run(folders[1] / "simclr-first").manifest["status"] == "stopped"
    assert call(folders) == (["simclr/first", "simclr/second"], [])
    assert all(0 < minutes <= 10 for minutes in budgets)


def test_a_copy_that_a_kill_left_is_made_again(folders):
    left = folders[0] / "simclr" / "first.partial"
    left.mkdir(parents=True)
    (left / "run.json").write_text("{")
    call(folders)
    assert not left.exists()
    assert read_run(folders[0] / "simclr" / "first").manifest["status"] == "finished"


@pytest.mark.parametrize("at", ["copyfile", "rename", "rmtree"])
def test_a_kill_at_any_step_of_storing_leaves_the_old_run_or_the_new_one(folders, monkeypatch, at):
    """Stop `store` before each of its steps in turn; the next call must end as if nothing had happened."""
    results, runs = folders
    call(folders)
    target, folder = results / "simclr" / "second", runs / "simclr-second"
    old = {path.name: path.read_bytes() for path in target.iterdir()}
    (folder / "metrics.jsonl").write_text((folder / "metrics.jsonl").read_text() + "{}\n")  # another run of the job
    new = {path.name: (folder / path.name).read_bytes() for path in target.iterdir()}
    owner = Path if at == "rename" else shutil
    whole, left = getattr(owner, at), 0

    def killed(*arguments, **options):
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        return whole(*arguments, **options)

    for step in range(4):
        left = step
        with monkeypatch.context() as patch:
            patch.setattr(owner, at, killed)
            try:
                module.store(folder, target)
            except KeyboardInterrupt:
                pass
            else:
                break
        places = [target, target.with_name("second.old.partial")]
        (held,) = [{path.name: path.read_bytes() for path in place.iterdir()} for place in places if place.exists()][
            :1
        ]
        assert held in (old, new)
        module.store(folder, target)
        assert {path.name: path.read_bytes() for path in target.iterdir()} == new
        shutil.rmtree(target)
        target.mkdir()
        for name, content in old.items():
            (target / name).write_bytes(content)
    assert step > 0
    assert {path.name for path in target.parent.iterdir()} == {"first", "second"}


def test_a_run_that_another_process_is_making_is_left_to_it(folders, capsys):
    _, runs = folders
    with alone_in(runs / "simclr-first"):
        assert call(folders) == (["simclr/second"], ["simclr/first"])
    assert not (runs / "simclr-first").exists()
    assert "another process trains" in capsys.readouterr().err
    assert call(folders) == (["simclr/first"], [])


def test_a_missing_results_folder_is_told(tmp_path):
    with pytest.raises(ReproduceError, match=r"no such folder: run this in the root of a checkout"):
        reproduce("quick", ("simclr",), "shapes", 1.0, tmp_path / "results", tmp_path / "runs")


def test_quick_is_stored_once_a_method():
    assert list(jobs("quick", ("simclr",))) == [
        Job("simclr", "quick-seed0", "quick", simclr.PRESETS["quick"], seed=0)
    ]


def test_full_runs_of_200_epochs_come_before_those_whose_length_others_have_published():
    queue = list(jobs("full", ("byol", "hcl", "simclr")))
    assert [(job.slug, job.settings.epochs) for job in queue] == [
        *((slug, 200) for slug in ("byol", "hcl", "simclr")),
        ("byol", 800),
        ("simclr", 800),
        ("byol", 1000),
        ("simclr", 1000),
    ]
    assert len({(job.slug, job.name) for job in queue}) == len(queue)


def test_the_ablation_takes_every_variant_with_every_seed():
    queue = list(jobs("ablation", ("simclr",)))
    assert {(job.settings, job.seed) for job in queue} == {
        (settings, seed) for settings in simclr.ABLATION.values() for seed in SEEDS
    }
    assert len({job.name for job in queue}) == len(queue) == len(simclr.ABLATION) * len(SEEDS)
    assert all(job.images == simclr.ABLATION_IMAGES for job in queue)


def test_the_queue_of_studies_takes_every_variant_with_every_seed():
    queue = list(jobs("study", ("simclr", "hcl")))
    assert [(job.slug, job.study, job.seed) for job in queue] == [
        ("simclr", name, seed) for name in studies("simclr") for seed in SEEDS
    ]
    assert queue[0].name == "study-head-none-seed0"
    assert all(job.images == simclr.ABLATION_IMAGES for job in queue)


def test_a_study_is_made_once_and_a_stopped_one_anew(folders, monkeypatch):
    results, runs = folders
    study = dataclasses.replace(studies("simclr")["head-none"], settings=next(iter(module.jobs("quick"))).settings)
    monkeypatch.setitem(importlib.import_module("ssl_core.studies.simclr").STUDIES, "head-none", study)
    job = Job("simclr", "study-head-none-seed1", "study", study.settings, seed=1, images=200, study="head-none")
    monkeypatch.setattr(module, "jobs", lambda preset, slugs=(): iter([job] if preset == "quick" else []))
    whole, calls = module.run_study, []

    def run_study(*arguments, **options):
        calls.append(arguments[1])
        if len(calls) == 1:
            raise TrainingError("stopped")
        return whole(*arguments, progress=False, **options)

    monkeypatch.setattr(module, "run_study", run_study)
    assert call(folders) == ([], ["simclr/study-head-none-seed1"])
    assert call(folders) == (["simclr/study-head-none-seed1"], [])
    stored = read_run(results / "simclr" / "study-head-none-seed1")
    assert (stored.manifest["study"], stored.manifest["seed"]) == ("head-none", 1)
    shutil.rmtree(stored.folder)  # as if the process had been killed before it was copied
    assert call(folders) == (["simclr/study-head-none-seed1"], [])
    assert len(calls) == 2
    manifest = runs / "simclr-study-head-none-seed1" / "run.json"
    own = json.loads(manifest.read_text(encoding="utf-8"))
    others = ({"study": "head-linear"}, {"source_digest": "0" * 64}, {"data": own["data"] | {"fingerprint": "x"}})
    for other in others:  # what the command line or older code left in the folder is not taken for the queue's run
        shutil.rmtree(results / "simclr")
        manifest.write_text(json.dumps(own | other), encoding="utf-8")
        before = len(calls)
        assert call(folders) == (["simclr/study-head-none-seed1"], [])
        assert len(calls) == before + 1


@pytest.mark.parametrize("broken", ["{}", "[]", '{"data": []}', '{"data": {"name": 3}}'])
def test_a_stored_run_that_says_nothing_is_made_again(folders, broken):
    call(folders)
    path = folders[0] / "simclr" / "first" / "run.json"
    whole = path.read_bytes()
    path.write_text(broken, encoding="utf-8")
    assert call(folders) == (["simclr/first"], [])
    assert path.read_bytes() == whole


def test_the_page_of_the_queue_says_what_has_been_run_and_what_has_not(folders):
    results, _ = folders
    before = module.queue_page(results)
    assert before.count("not run yet") == 2
    call(folders)
    page = (results / "README.md").read_text()
    assert page == module.queue_page(results)
    assert "not run yet" not in page
    assert f"| {read_run(results / 'simclr' / 'first').results['knn']:.3f} |" in page


def test_the_stored_page_of_the_queue_is_up_to_date():
    new = [slug for slug in SLUGS if not (ROOT / "results" / slug).is_dir()]  # listed with their first stored run
    queue = module.queue_page(ROOT / "results").splitlines()
    listed = [line for line in queue if not line.startswith(tuple(f"| {slug}/" for slug in new))]
    assert (ROOT / "results" / "README.md").read_text(encoding="utf-8").splitlines() == listed
