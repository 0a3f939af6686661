"""The results page: its rule, its provenance, its marks in prose, and one set of numbers in all its forms."""

import csv
import dataclasses
import itertools
import json
import math
import re
import shlex
import shutil
from html import unescape
from html.parser import HTMLParser

import pytest

import ssl_core.digest
from paper_notes import results
from paper_notes.curves import Curve, draw, learning_curves, spread_out
from paper_notes.faults import FaultsError
from paper_notes.figures import svg_problem
from paper_notes.numbers import fill_numbers
from paper_notes.paper_page import duration, run_facts
from paper_notes.provenance import provenance
from paper_notes.published import FULL_BACKBONE, Figure, load_published
from paper_notes.results import TOLERANCE, as_csv, as_json, load_results, status_of, table
from paper_notes.results_page import ablation_table, main_table, runs_link
from paper_notes.results_words import CITED, LABELS, METRICS, REASONS, STATUSES, Place
from paper_notes.site import BuildError, build_site
from paper_notes.stored_runs import command, load_runs, written
from paper_notes.words import LANGUAGES
from ssl_core.digest import run_digest, source_digest
from tests.paper_notes import sample

NAMES = {"simclr": "SimCLR"}
WRONG = "{{ result no/such-run knn }}"
FIGURE = Figure(
    "simclr", "knn", 0.848, "re-implementation", "cifar10", "resnet18", 200, 512, "best epoch", "a table",
    "https://example.org/t",
)  # fmt: skip


def store(root, name, *, slug="simclr", preset="quick", seed=0, results=None, data=None, stale=False, **settings):
    """Store a run as `ssl_core reproduce` does; returns its folder."""
    folder = root / "results" / slug / f"{name}-seed{seed}"
    folder.mkdir(parents=True)
    digest = source_digest("ssl_core.train", f"ssl_core.methods.{slug}")
    manifest = {
        "method": slug,
        "preset": preset,
        "settings": {"epochs": 6, "batch_size": 256, "backbone": "resnet_small", "jitter": 0.8, **settings},
        "data": {"name": "cifar10", "fingerprint": "f" * 64, "n_train": 50000, "n_test": 10000, **(data or {})},
        "seed": seed,
        "precision": "bf16",
        "processes": 1,
        "git_commit": "0123456789abcdef",
        "source_digest": "0" * 64 if stale else digest,
        "versions": {"torch": "2.15.0"},
        "hardware": {"cpu": "a CPU", "cores": 2, "gpu": None},
        "status": "finished",
        "collapse": None,
        "results": {"knn": 0.5254, "linear": 0.5716, "knn_untrained": 0.2865, **(results or {})},
        "protocol": {"knn": "k = 200", "knn_monitor": "k = 200, few images"},
        "wall_seconds": 324.0,
    }
    (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    lines = [
        {"stage": "pretrain", "epoch": n + 1, "knn_monitor": 0.4 + 0.01 * n, "pairs_per_second": 1000, "seconds": 50}
        for n in range(3)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def full(root, **changes):
    store(root, "full", preset="full", **{"epochs": 200, "batch_size": 512, "backbone": "resnet18", **changes})
    return load_runs(root)[0].of("simclr")[0]


def publish(root, *figures, name="published.json"):
    (root / "results").mkdir(exist_ok=True)
    (root / "bib").mkdir(exist_ok=True)
    (root / "bib/simclr.bib").touch()
    entries = [dataclasses.asdict(figure) for figure in figures]
    (root / "results" / name).write_text(json.dumps(entries, indent=1), encoding="utf-8")


def loaded(root):
    found, faults = load_results(root, ["simclr"])
    assert faults == []
    return found


def place(language="en", **changes):
    return Place(**{"language": language, "names": NAMES, "repository": "https://github.com/a/b", **changes})


def fill(root):
    """Give a repository two published figures, a stale quick run and an ablation of two seeds."""
    publish(root, FIGURE)
    other = dataclasses.replace(FIGURE, metric="linear", by="paper", data="imagenet", value=0.693, epochs=None)
    publish(root, other, name="published_other.json")
    store(root, "quick", stale=True)
    for seed, knn in enumerate((0.40, 0.44)):
        small = {"n_train": 10000}
        store(root, "ablation-grey", preset="ablation", seed=seed, data=small, results={"knn": knn}, jitter=0)
    return root


@pytest.fixture
def filled(tmp_path):
    """Give results alone, which need no site."""
    return fill(tmp_path)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the sample site once, with results and with marks in prose, in code and in a notebook."""
    root = fill(sample.write_repository(tmp_path_factory.mktemp("repository")))
    page = root / "docs/en/papers/simclr.md"
    text = "kNN is {{ result simclr/quick-seed0 knn }}, {{result simclr/ablation-grey knn}} in grey;"
    page.write_text(page.read_text(encoding="utf-8").replace("- It costs", f"- {text} it costs"), encoding="utf-8")
    notebook = sample.sample_notebook()
    notebook["cells"][3]["source"] += f"\n\n{WRONG}"
    sample.write_notebook(root, "simclr", notebook)
    for language in LANGUAGES:
        path = root / f"docs/{language}/papers/other.md"
        text = path.read_text(encoding="utf-8")
        path.write_text(f"{text}\n## Demo {{ #demo }}\n\n<!-- notebook -->\n", encoding="utf-8")
    assert build_site(root, root / "site") == []
    return root / "site"


# The rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "run", "status"),
    [
        (None, {}, "no published figure"),
        ({"data": "imagenet"}, {}, "other data"),
        ({"data": "imagenet"}, None, "other data"),
        ({"backbone": "resnet50"}, {}, "other setting"),
        ({"backbone": None}, {}, "other setting"),
        ({"epochs": None}, None, "other setting"),
        ({}, None, "not run"),
        ({}, {"data": {"name": "cifar10-jpeg"}}, "other data"),
        ({}, {"data": {"n_train": 10000}}, "other data"),
        ({}, {"backbone": "resnet_small"}, "other setting"),
        ({}, {"epochs": 100}, "other setting"),
        ({"metric": "linear", "value": 0.5716}, {}, "agrees"),
        ({}, {"results": {"knn": 0.848 - TOLERANCE}}, "agrees"),
        ({}, {"results": {"knn": 0.9}}, "agrees"),
        ({}, {"results": {"knn": 0.848 - TOLERANCE - 0.0001}}, "below"),
        # Batch size and the way in which a figure was chosen are named, and decide nothing.
        ({"batch_size": 4096, "chosen": "last epoch"}, {"results": {"knn": 0.848}}, "agrees"),
    ],
)
def test_status_follows_the_rule(tmp_path, figure, run, status):
    published = None if figure is None else dataclasses.replace(FIGURE, **figure)
    assert status_of(published, None if run is None else full(tmp_path, **run)) == status


def test_quick_runs_never_decide_the_status(tmp_path):
    publish(tmp_path, FIGURE)
    store(tmp_path, "quick", results={"knn": 0.9}, epochs=200, backbone="resnet18")
    row = next(row for row in loaded(tmp_path).rows if row.metric == "knn")
    assert (row.status, row.compared.name) == ("not run", "quick")


def test_the_paper_is_the_reference_and_without_it_the_highest_of_the_others(tmp_path):
    higher = dataclasses.replace(FIGURE, value=0.9, source="another")
    publish(tmp_path, FIGURE, higher)
    store(tmp_path, "quick")
    row = loaded(tmp_path).rows[0]
    assert row.gap == pytest.approx(0.5254 - 0.9)
    publish(tmp_path, FIGURE, higher, dataclasses.replace(FIGURE, by="paper", value=0.7))
    (row,) = [row for row in loaded(tmp_path).rows if row.metric == "knn"]
    assert row.gap == pytest.approx(0.5254 - 0.7)
    assert len(row.others) == 2


def test_full_run_of_another_length_is_not_compared(tmp_path):
    publish(tmp_path, FIGURE, dataclasses.replace(FIGURE, epochs=800))
    full(tmp_path, results={"knn": 0.84})
    assert [row.status for row in loaded(tmp_path).rows if row.metric == "knn"] == ["agrees", "not run"]


@pytest.mark.parametrize(
    ("figure", "run", "status"),
    [
        ({"data": "imagenet", "epochs": None}, {}, "other data"),
        ({"backbone": "resnet50"}, {}, "other setting"),
        ({}, {"data": {"name": "cifar10-jpeg"}}, "other data"),
        ({}, {"data": {"n_train": 10000}}, "other data"),
    ],
)
def test_no_gap_is_given_where_data_or_setting_differ(tmp_path, figure, run, status):
    published = dataclasses.replace(FIGURE, **figure)
    publish(tmp_path, published, name="published.json" if published.reachable else "published_other.json")
    full(tmp_path, **run)
    (row,) = [row for row in loaded(tmp_path).rows if row.metric == "knn"]
    assert (row.status, row.gap) == (status, None)
    assert '<td data-sort="0.5254">' in main_table(loaded(tmp_path), place())
    assert "−" not in main_table(loaded(tmp_path), place())


def test_gap_of_quick_is_given_while_full_is_not_run(filled):
    (row,) = [row for row in loaded(filled).rows if row.status == "not run"]
    assert row.gap == pytest.approx(0.5254 - 0.848)


@pytest.mark.parametrize("language", LANGUAGES)
def test_reason_names_what_differs_and_nothing_else(tmp_path, language):
    publish(tmp_path, FIGURE)
    full(tmp_path, results={"knn": 0.84}, batch_size=256)
    found = results.reason(loaded(tmp_path).rows[0], language)
    assert "256" in found
    assert "200" not in found
    assert "ResNet" not in found
    words = REASONS[language]["agrees"].format(tolerance=f"{100 * TOLERANCE:g}")
    assert found.startswith(words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("published", [True, False])
def test_reason_always_names_our_side_where_the_source_leaves_it_open(tmp_path, language, published):
    if published:
        left_open = dataclasses.replace(FIGURE, data="cub200", backbone=None, epochs=None, batch_size=None)
        publish(tmp_path, left_open, name="published_other.json")
    store(tmp_path, "quick", data={"n_train": 10000})
    row = next(row for row in loaded(tmp_path).rows if row.metric == "knn")
    told = results.reason(row, language)
    ours = {"ja": ("6エポック", "小型ResNet", "バッチ256", "学習画像1万枚"),
            "en": ("6 epochs", "small ResNet", "batch 256", "10,000 training images")}  # fmt: skip
    assert [words for words in ours[language] if words not in told] == []


def test_recall_of_uhml_compares_embedding_with_embedding():
    found, _ = load_results(sample.REPOSITORY, ["uhml"])
    (row,) = [row for row in found.rows if row.method == "uhml" and row.metric.startswith("recall")]
    assert row.quick.mean(row.metric) == row.quick.mean("recall_at_1_z") != row.quick.mean("recall_at_1")
    (figure,) = row.papers
    assert "embedding" in figure.source
    assert ("埋め込み" in METRICS[row.metric]["ja"], "embedding" in METRICS[row.metric]["en"]) == (True, True)


def test_every_status_of_the_rule_has_its_words_and_its_line_in_the_prose():
    (mark,) = test_status_follows_the_rule.pytestmark
    assert {status for _, _, status in mark.args[1]} == set(STATUSES)
    assert LABELS["ja"].keys() == LABELS["en"].keys()
    assert REASONS["ja"].keys() == REASONS["en"].keys() >= STATUSES.keys()
    for language in LANGUAGES:
        prose = (sample.REPOSITORY / f"docs/{language}/results.md").read_text(encoding="utf-8")
        assert [words[language] for words in STATUSES.values() if f"\n| {words[language]} | " not in prose] == []


def test_tolerance_is_the_distance_of_a_reimplementation_below_its_paper_as_the_prose_tells_it():
    figures, _ = load_published(sample.REPOSITORY)
    wanted = ("simsiam", "linear", 800)
    found = [each for each in figures if (each.method, each.metric, each.epochs) == wanted and each.reachable]
    (paper,) = [each.value for each in found if each.by == "paper"]
    others = {each.value for each in found if each.by != "paper"}
    points = 100 * (paper - min(others))
    assert math.ceil(10 * points) / 1000 == TOLERANCE
    for language in LANGUAGES:
        prose = (sample.REPOSITORY / f"docs/{language}/results.md").read_text(encoding="utf-8")
        (line,) = [line for line in prose.splitlines() if f"{100 * TOLERANCE:g}" in line and "|" not in line]
        told = {float(value) for value in re.findall(r"(\d+\.\d+)%", line)}
        assert told == {round(100 * value, 2) for value in {paper, *others}}
        assert "800" in line


def test_quick_is_the_run_of_that_name_and_preset(tmp_path):
    store(tmp_path, "long", epochs=60, results={"knn": 0.9})
    store(tmp_path, "quick", epochs=6, jitter=0.4)
    store(tmp_path, "ablation-grey", preset="ablation", jitter=0)
    found = loaded(tmp_path)
    assert {row.quick.name for row in found.rows} == {"quick"}
    assert "<code>jitter 0</code>" in ablation_table(found, place())
    shutil.rmtree(tmp_path / "results/simclr/quick-seed0")
    store(tmp_path, "quick", preset="full")
    assert {row.quick for row in loaded(tmp_path).rows} == {None}
    assert loaded(tmp_path).stored.base("simclr", "quick") is None


# Data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": 84.8}, "value 84.8 is no accuracy"),
        ({"metric": "top-1"}, "metric 'top-1' is unknown"),
        ({"by": "a friend"}, "by 'a friend' is unknown"),
        ({"chosen": "by hand"}, "chosen 'by hand' is unknown"),
        ({"epochs": "200"}, "epochs '200' is no number"),
        ({"source": " "}, "source is empty"),
        ({"source_ja": " "}, "source_ja is empty"),
        ({"address": "javascript:alert(1)"}, "address 'javascript:alert(1)' is no web address"),
        ({"backbone": "resnet50"}, "stands in the wrong file"),
    ],
)
def test_faulty_published_figure_is_told_with_its_line(tmp_path, changes, message):
    publish(tmp_path)
    entry = dataclasses.asdict(FIGURE)
    text = f"[\n{json.dumps(entry)},\n{json.dumps(entry | changes)}\n]"
    (tmp_path / "results/published.json").write_text(text, encoding="utf-8")
    _, faults = load_published(tmp_path)
    assert message in str(faults[0])
    assert str(faults[0]).startswith("results/published.json:3: ")


def test_a_source_is_shown_in_the_language_of_the_page_or_marked_as_english(tmp_path):
    store(tmp_path, "quick")
    publish(tmp_path, dataclasses.replace(FIGURE, source="a paper, App. D", source_ja="ある論文、付録D"))
    found = loaded(tmp_path)
    assert ">ある論文、付録D</a>" in main_table(found, place("ja"))
    assert ">a paper, App. D</a>" in main_table(found, place("en"))
    publish(tmp_path, dataclasses.replace(FIGURE, source="a paper, App. D"))
    assert '><span lang="en">a paper, App. D</span></a>' in main_table(loaded(tmp_path), place("ja"))


def test_data_have_the_name_of_the_page_s_language(tmp_path):
    publish(tmp_path, FIGURE)
    store(tmp_path, "quick", data={"name": "cifar10-jpeg"})
    found = loaded(tmp_path)
    for language, name, other in (
        ("ja", "CIFAR-10のJPEG再圧縮版", "JPEG copy"),
        ("en", "CIFAR-10, JPEG copy", "再圧縮版"),
    ):
        for html in (main_table(found, place(language)), provenance(found, place(language))):
            assert name in html
            assert other not in html


def test_every_stored_source_has_japanese_words():
    figures, faults = load_published(sample.REPOSITORY)
    assert faults == []
    assert [figure.source for figure in figures if not figure.source_ja] == []


def test_braces_in_a_figure_do_not_shift_the_lines_of_faults(tmp_path):
    publish(tmp_path, dataclasses.replace(FIGURE, source="table {2}"), dataclasses.replace(FIGURE, value=84.8))
    path = tmp_path / "results/published.json"
    (fault,) = load_published(tmp_path)[1]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[fault.line - 1 :][3].strip() == '"value": 84.8,'


def test_published_figure_of_an_unknown_method_is_a_fault(tmp_path):
    publish(tmp_path, dataclasses.replace(FIGURE, method="simclr2"))
    figures, faults = load_published(tmp_path)
    assert [str(fault).partition(": correct")[0] for fault in faults] == [
        "results/published.json:2: method 'simclr2' has no bib/simclr2.bib"
    ]
    assert figures == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": {}}, "the run records no usable data.name, data.n_train, data.n_test"),
        ({"data": {"name": "cifar10", "n_train": "50000", "n_test": 1}}, "no usable data.n_train"),
        ({"hardware": {}}, "no usable hardware.cpu, hardware.cores"),
        ({"settings": None}, "no usable settings, settings.epochs"),
        ({"wall_seconds": None}, "no usable wall_seconds"),
        ({"results": []}, "no usable results"),
        ({"results": {"knn": float("nan")}}, "the run records no finite knn"),
        ({"seed": True}, "no usable seed"),
        ({"versions": []}, "no usable versions"),
        ({"collapse": {}}, "a collapse without its reason"),
        ({"seed": 7}, "the run is of simclr with seed 7"),
    ],
)
def test_unusable_manifest_is_a_fault(tmp_path, changes, message):
    path = store(tmp_path, "quick") / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    stored, (fault,) = load_runs(tmp_path)
    assert stored.variants == []
    assert message in str(fault)
    assert str(fault).startswith("results/simclr/quick-seed0")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"knn_monitor": 0.4, "seconds": 1}, "line 2 of its metrics.jsonl records no usable pairs_per_second"),
        ({"knn_monitor": "high", "seconds": 1, "pairs_per_second": 1}, "no usable knn_monitor"),
        ([], "line 2 of its metrics.jsonl records no usable knn_monitor"),
        ({"stage": "head"}, None),
    ],
)
def test_epoch_that_no_curve_can_be_drawn_from_is_a_fault(tmp_path, line, message):
    path = store(tmp_path, "quick") / "metrics.jsonl"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{first}\n{json.dumps(line)}\n", encoding="utf-8")
    _, faults = load_runs(tmp_path)
    assert [message in str(fault) for fault in faults] == ([] if message is None else [True])


def test_manifest_that_is_no_object_is_a_fault(tmp_path):
    (store(tmp_path, "quick") / "run.json").write_text("[]", encoding="utf-8")
    assert "the run records no usable method" in str(load_runs(tmp_path)[1][0])


def test_damaged_run_and_seeds_that_differ_in_more_than_the_seed_are_faults(tmp_path):
    store(tmp_path, "quick")
    store(tmp_path, "quick", seed=1, epochs=7)
    (store(tmp_path, "full", preset="full") / "run.json").write_text("{", encoding="utf-8")
    (tmp_path / "results/simclr/notes").mkdir()
    _, faults = load_runs(tmp_path)
    report = "\n".join(map(str, faults))
    assert "results/simclr: the runs of quick differ in settings or data" in report
    assert "results/simclr/full-seed0: the run's files are damaged" in report
    assert "results/simclr/notes: the folder's name does not end in -seed<N>" in report
    assert str(tmp_path) not in report


def test_full_presets_train_what_published_figures_are_compared_with():
    from ssl_core.methods import SLUGS, method_module

    assert {method_module(slug).PRESETS["full"].backbone for slug in SLUGS} == {FULL_BACKBONE}


# Provenance -------------------------------------------------------------------------------------------------------


def all_runs():
    stored, faults = load_runs(sample.REPOSITORY)
    assert faults == []
    return [(stored, variant, run) for variant in stored.variants for run in variant.runs]


def typed(line):
    """Read a command line as a shell and the program would; a backslash at its end goes on in the next line."""
    from ssl_core.cli import parser

    words = shlex.split(line.replace("\\\n", " "))
    return parser().parse_args(words[words.index("ssl_core") + 1 :])


@pytest.mark.parametrize(("stored", "variant", "run"), all_runs(), ids=lambda each: getattr(each, "identifier", ""))
def test_command_line_repeats_the_settings_of_the_stored_run(stored, variant, run):
    from ssl_core.cli import settings_of

    options = typed(command(variant, run, stored))
    images = options.images or 50000
    manifest = run.run.manifest
    if manifest["preset"] == "study":
        from ssl_core.study import studies

        settings = studies(options.method)[options.name].settings
    else:
        settings = settings_of(options, options.preset, images)
    assert dataclasses.asdict(settings) == manifest["settings"]
    assert (options.seed, images, options.method) == (
        manifest["seed"], manifest["data"]["n_train"], manifest["method"],
    )  # fmt: skip


def test_command_without_a_stored_preset_names_every_setting(tmp_path):
    store(tmp_path, "full-800", preset="full", epochs=800, backbone="resnet18", stop_gradient=False)
    stored, _ = load_runs(tmp_path)
    (variant,) = stored.variants
    line = command(variant, variant.runs[0], stored)
    words = " ".join(line.replace("\\\n", " ").split())
    assert "--preset full --seed 0 --epochs 800 --batch-size 256 --backbone resnet18" in words
    assert "--stop-gradient false --device cpu" in words


def test_commands_leave_their_runs_in_folders_of_their_own():
    folders = [typed(command(variant, run, stored)).out for stored, variant, run in all_runs()]
    assert None not in folders
    assert len(set(folders)) == len(folders) > 10


@pytest.mark.parametrize("name", ["shapes", "pictures", "cifar10"])
@pytest.mark.parametrize("base_images", [50000, 10000])
def test_command_repeats_the_epochs_of_a_run_on_other_data(tmp_path, name, base_images):
    from ssl_core.cli import settings_of

    store(tmp_path, "quick", data={"n_train": base_images})
    store(tmp_path, "drawn", data={"name": name, "n_train": 10000})
    store(tmp_path, "whole")
    stored, _ = load_runs(tmp_path)
    for run in ("simclr/drawn", "simclr/whole", "simclr/quick"):
        variant = stored.find(run)
        options = typed(command(variant, variant.runs[0], stored))
        assert (options.images or 50000) == variant.images
        assert settings_of(options, "quick", variant.images).epochs == variant.settings["epochs"] == 6


@pytest.mark.parametrize(("older", "count"), [((), 2), (("quick",), 4), (("ablation-grey",), 4)])
def test_command_trusts_a_preset_only_while_its_code_is_that_of_the_runs(tmp_path, older, count):
    for name, changes in (("quick", {}), ("ablation-grey", {"preset": "ablation", "jitter": 0, "epochs": 7})):
        store(tmp_path, name, stale=name in older, **changes)
    stored, _ = load_runs(tmp_path)
    variant = stored.find("simclr/ablation-grey")
    options = vars(typed(command(variant, variant.runs[0], stored)))
    given = {name for name in variant.settings if options[name] is not None}
    assert {"jitter", "epochs"} <= given
    assert len(given) == count


def test_the_code_of_a_study_is_another_than_that_of_a_training(tmp_path):
    store(tmp_path, "quick")
    folder = store(tmp_path, "study-head-none", preset="study")
    manifest = json.loads((folder / "run.json").read_text(encoding="utf-8")) | {"study": "head-none"}
    for digest, stale in ((manifest["source_digest"], True), (run_digest("simclr", "study"), False)):
        text = json.dumps(manifest | {"source_digest": digest})
        (folder / "run.json").write_text(text, encoding="utf-8")
        stored, faults = load_runs(tmp_path)
        assert faults == []
        variant = stored.find("simclr/study-head-none")
        assert variant.stale is stale
        assert stored.find("simclr/quick").stale is False
    words = " ".join(command(variant, variant.runs[0], stored).replace("\\\n", " ").split())
    assert words == (
        "python -m ssl_core study simclr head-none --seed 0 --device cpu --out runs/simclr-study-head-none-seed0"
    )


@pytest.mark.parametrize(
    ("preset", "study"),
    [("study", "head-linear"), ("study", None), ("study", ""), ("study", "--help"), ("quick", "head-none")],
)
def test_a_study_whose_folder_or_preset_says_otherwise_is_not_shown(tmp_path, preset, study):
    folder = store(tmp_path, "study-head-none", preset=preset)
    manifest = json.loads((folder / "run.json").read_text(encoding="utf-8")) | {"study": study}
    (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    stored, faults = load_runs(tmp_path)
    assert stored.variants == []
    assert "preset or folder say otherwise" in str(faults[0])


def test_accuracies_of_h_are_not_shown_where_a_study_leaves_h_as_it_is(tmp_path):
    for name in ("half-width", "all-labels"):
        folder = store(tmp_path, f"study-{name}", slug="simclrv2", preset="study", results={"supervised_100": 0.5})
        manifest = json.loads((folder / "run.json").read_text(encoding="utf-8")) | {"study": name}
        (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    found, faults = load_results(tmp_path, ["simclrv2"])
    assert faults == []
    table = ablation_table(found, place())
    assert "an encoder of half the width" in table
    assert "all labels" not in table
    assert "Supervised, all labels 50.0" in re.sub("<[^>]*>", "", provenance(found, place()))


def test_lines_of_a_command_are_short_enough_to_read():
    lines = [line for stored, variant, run in all_runs() for line in command(variant, run, stored).splitlines()]
    assert max(map(len, lines)) <= 102


@pytest.mark.parametrize("language", LANGUAGES)
def test_commit_with_changes_is_named_in_the_same_words_everywhere(filled, language):
    commit = "0123456789abcdef-dirty"
    for path in (filled / "results").glob("*/*/run.json"):
        path.write_text(path.read_text(encoding="utf-8").replace(commit[:-6], commit), encoding="utf-8")
    here = place(language)
    executed = sample.sample_notebook()["metadata"]["paper_notes"]["executed"] | {"git_commit": commit}
    fact = run_facts(executed, language, here.repository)["run-commit"]
    words = {"ja": "（未コミットの変更を含む）", "en": " (with uncommitted changes)"}[language]
    address = f"{here.repository}/commit/0123456789abcdef"
    assert fact == f'<a href="{address}" rel="noopener"><code>0123456</code></a>{words}'
    assert f"<dd>{fact}</dd>" in provenance(loaded(filled), here)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59.4, "59 s"), (59.7, "1 min 00 s"), (3599.4, "59 min 59 s"), (3599.7, "1 h 00 min"),
        (7199, "2 h 00 min"), (36000, "10 h 00 min"),
    ],
)  # fmt: skip
def test_duration_is_rounded_before_it_is_split(seconds, words):
    assert duration(seconds, "en") == words


def test_block_of_a_run_says_where_its_numbers_come_from(filled):
    html = provenance(loaded(filled), place())
    block = html[html.index('id="run-simclr-quick-seed0"') :]
    for fact in (
        "python -m ssl_core train simclr --preset quick --seed 0", "f" * 64, "a CPU (2 cores)", "bf16", "5 min 24 s",
        '<a href="https://github.com/a/b/commit/0123456789abcdef"', "52.5%", "Code has changed since this run",
    ):  # fmt: skip
        assert fact in block


def test_changing_a_line_of_a_loss_marks_the_runs_and_a_comment_does_not(tmp_path, monkeypatch):
    copy = tmp_path / "ssl_core"
    shutil.copytree(sample.REPOSITORY / "ssl_core", copy, ignore=shutil.ignore_patterns("__pycache__"))
    store(tmp_path, "quick")
    store(tmp_path, "quick", slug="simsiam")
    monkeypatch.setattr(ssl_core.digest, "PACKAGE", copy)
    losses = copy / "losses.py"
    losses.write_text("# A remark.\n" + losses.read_text(encoding="utf-8"), encoding="utf-8")
    assert not any(variant.stale for variant in load_runs(tmp_path)[0].variants)
    method = copy / "methods/simclr.py"
    method.write_text(method.read_text(encoding="utf-8") + "\nCHANGED = True\n", encoding="utf-8")
    assert {variant.slug: variant.stale for variant in load_runs(tmp_path)[0].variants} == {
        "simclr": True,
        "simsiam": False,
    }
    assert "Code has changed since this run" in main_table(loaded(tmp_path), place())
    losses.write_text(losses.read_text(encoding="utf-8") + "\nCHANGED = True\n", encoding="utf-8")
    assert all(variant.stale for variant in load_runs(tmp_path)[0].variants)


def test_ablations_show_mean_and_range_over_the_seeds(filled):
    html = ablation_table(loaded(filled), place())
    assert ">42.0</a>" in html
    assert "(40.0–44.0)" in html
    assert "<code>jitter 0</code>" in html


# The page ---------------------------------------------------------------------------------------------------------


class Cells(HTMLParser):
    """Collects the rows of the first table as lists of words."""

    def __init__(self):
        super().__init__()
        self.rows, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        self.inside = self.inside or (tag == "table" and not self.rows)
        if self.inside and tag == "tr":
            self.rows.append([])
        if self.inside and tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        if tag == "table":
            self.inside = False

    def handle_data(self, data):
        if self.inside and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_csv_json_and_both_pages_hold_the_same_numbers(site):
    records = json.loads((site / "results.json").read_text(encoding="utf-8"))
    rows = list(csv.DictReader((site / "results.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == len(records) == 2
    for row, record in zip(rows, records, strict=True):
        for name, value in record.items():
            expected = "; ".join(map(str, value)) if isinstance(value, list) else value
            shown = {None: "", True: "true", False: "false"}.get(expected, str(expected))
            assert row[name] == shown.replace("None", "")
    numbers = {}
    for language in LANGUAGES:
        html = (site / f"{language}/results/index.html").read_text(encoding="utf-8")
        cells = Cells()
        cells.feed(html)
        body = cells.rows[1:]
        for cell, record in zip(body, records, strict=True):
            assert cell[5].startswith(f"{100 * record['quick']:.1f}")
            gap = "–" if record["gap"] is None else f"{100 * record['gap']:.1f} ({record['gap_of']})"
            assert cell[7].replace("−", "-") == gap.removesuffix(" (full)")
            assert cell[8] == STATUSES[record["status"]][language]
            assert cell[9] == record[f"reason_{language}"].replace("`", "")
        numbers[language] = [re.findall(r"\d+\.\d+", " ".join(cell[3:8])) for cell in body]
    assert numbers["ja"] == numbers["en"]


def test_every_number_of_ours_on_the_page_leads_to_a_block(site):
    for language in LANGUAGES:
        html = (site / f"{language}/results/index.html").read_text(encoding="utf-8")
        targets = set(re.findall(r'class="our-number" href="#([^"]+)"', html))
        assert targets == {"runs-simclr-quick", "runs-simclr-ablation-grey"}
        assert targets <= set(re.findall(r'id="([^"]+)"', html))
        assert 'href="../../results.csv"' in html
        assert html.count('<th scope="row">') == html.count("<tr") - html.count("<thead><tr")
        assert re.search(
            r'<img class="figure-dark" src="[./]*assets/figures/results-quick-[^"]*-dark.svg" alt="', html
        )


def test_pages_of_papers_lead_to_our_runs(site):
    for language, words in (("ja", "保存した実行3件"), ("en", "stored runs: 3")):
        page = (site / f"{language}/papers/simclr/index.html").read_text(encoding="utf-8")
        address, told = re.search(r'<a href="([^"]*results/#[^"]*)">([^<]*)</a></li></ul>', page).groups()
        assert words in told
        table_page = (site / f"{language}/papers/simclr" / address.partition("#")[0] / "index.html").resolve()
        html = table_page.read_text(encoding="utf-8")
        row = html[html.index(f'<tr id="{address.partition("#")[2]}"') :]
        assert html.count('<tr id="method-simclr"') == 1
        assert ">kNN<" in row[:300]
        other = (site / f"{language}/papers/other/index.html").read_text(encoding="utf-8")
        assert "results/#" not in other


def test_runs_without_a_row_are_linked_by_their_block(tmp_path):
    store(tmp_path, "ablation-grey", preset="ablation")
    assert 'href="../results/#runs-simclr-ablation-grey"' in runs_link(
        loaded(tmp_path), "simclr", "en", "../results/"
    )


def test_mark_of_a_notebook_that_is_not_there_becomes_a_sentence(site):
    for language, words in (("ja", "ノートブックはまだない"), ("en", "There is no notebook for this paper yet")):
        other = (site / f"{language}/papers/other/index.html").read_text(encoding="utf-8")
        assert words in other[other.index('id="demo"') :]


def test_notebook_is_marked_once_the_stored_runs_of_its_method_change(site, built):
    for language, words in (("ja", "保存した実行 (results/) が"), ("en", "The stored runs of this method")):
        page = f"{language}/papers/simclr/index.html"
        assert words in (site / page).read_text(encoding="utf-8")
        assert words not in (built / page).read_text(encoding="utf-8")


def test_repository_without_results_builds(repository):
    assert build_site(repository, repository / "site") == []
    assert json.loads((repository / "site/results.json").read_text(encoding="utf-8")) == []
    html = (repository / "site/en/results/index.html").read_text(encoding="utf-8")
    assert html.count(LABELS["en"]["nothing"]) == 3


def test_page_without_a_place_for_a_part_is_refused(repository):
    path = repository / "docs/en/results.md"
    path.write_text(path.read_text(encoding="utf-8").replace("<!-- ablations -->", ""), encoding="utf-8")
    with pytest.raises(BuildError, match=r"docs/en/results\.md: no line <!-- ablations -->"):
        build_site(repository, repository / "site")


def test_batch_size_stands_beside_each_figure_when_they_differ(tmp_path):
    other = dataclasses.replace(FIGURE, source="another", batch_size=256)
    publish(tmp_path, FIGURE, other)
    html = main_table(loaded(tmp_path), place())
    assert re.search(r'a table</a> <span class="results-range">\(batch 512\)</span></span>', html)
    assert re.search(r'another</a> <span class="results-range">\(batch 256\)</span></span>', html)
    assert html.count("batch 512") == html.count("batch 256") == 1
    publish(tmp_path, FIGURE, dataclasses.replace(other, batch_size=512))
    html = main_table(loaded(tmp_path), place())
    assert html.count("batch 512") == html.count("<span>batch 512</span>") == 1


def test_downloads_say_how_published_figures_were_chosen(filled):
    records = {record["metric"]: record for record in table(loaded(filled).rows)}
    assert records["knn"]["reimplementation_chosen"] == ["best epoch"]
    assert (records["knn"]["paper_chosen"], records["linear"]["paper_chosen"]) == ([], ["best epoch"])


def test_hostile_folder_of_a_method_is_escaped(tmp_path):
    evil = 'x"><script>'
    store(tmp_path, "quick", slug=evil)
    html = provenance(loaded(tmp_path), place()) + main_table(loaded(tmp_path), place())
    assert "<script" not in html
    assert f'/tree/main/results/{evil}/quick-seed0"' in unescape(html)


def test_hostile_names_in_data_are_escaped(tmp_path):
    evil = '<script>alert("1")</script>'
    publish(tmp_path, dataclasses.replace(FIGURE, source=evil, source_ja=evil))
    folder = store(tmp_path, "quick", backbone=evil, data={"fingerprint": evil, "name": evil})
    text = (folder / "run.json").read_text(encoding="utf-8").replace("a CPU", "<b>").replace("2.15.0", "<i>")
    manifest = json.loads(text) | {"git_commit": evil, "collapse": {"reason": evil}, "precision": evil}
    (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    store(tmp_path, "ablation-x", preset="ablation", jitter=evil)
    found = loaded(tmp_path)
    here, there = place(names={"simclr": evil}), place("ja", names={"simclr": evil})
    shown = (main_table(found, here), main_table(found, there), ablation_table(found, here), provenance(found, here))
    for html in shown:
        assert "<script" not in html
        assert "<b>" not in html
        assert "<i>" not in html
        assert evil in unescape(html)
    store(tmp_path, "quick", slug="other")
    html, files = learning_curves(load_runs(tmp_path)[0], "quick", place(names={"other": evil}), "")
    assert "<script" not in html
    assert all(svg_problem(content.decode()) is None for content in files.values())


def test_labels_of_curves_never_overlap():
    heights = spread_out([100, 104, 108, 250, 90, 391], 19, 26, 362)
    ordered = sorted(heights)
    assert all(after - before >= 18.99 for before, after in itertools.pairwise(ordered))
    assert 26 <= ordered[0] <= ordered[-1] <= 362


def test_alternative_text_of_curves_tells_the_computed_finding(tmp_path):
    store(tmp_path, "quick")
    for language in LANGUAGES:
        html, files = learning_curves(load_runs(tmp_path)[0], "quick", place(language), "figures/")
        assert 'alt="' in html
        assert "SimCLR" in html
        assert "42.0%" in html
        assert {"ja": "15万枚", "en": "150,000"}[language] in html
        assert len(files) == 2


def test_more_curves_than_colours_stay_apart():
    curves = [Curve(f"m{number}", ((0.0, 20.0), (10.0, 20.0 + number))) for number in range(9)]
    svg = draw(curves, place())
    drawn = [part for part in svg.splitlines() if "stroke-width:2.5" in part]
    styles = [re.search(r'style="([^"]*)"', part)[1] for part in drawn]
    assert len(set(styles)) == len(styles) == 9
    assert svg_problem(svg) is None


def test_a_single_curve_is_told_without_a_comparison(tmp_path):
    store(tmp_path, "quick")
    html, _ = learning_curves(load_runs(tmp_path)[0], "quick", place(), "")
    assert "Learning curve of SimCLR, quick" in html
    assert "1 methods" not in html
    store(tmp_path, "quick", slug="simsiam")
    assert "2 methods" in learning_curves(load_runs(tmp_path)[0], "quick", place(), "")[0]


def test_tolerance_in_the_prose_is_that_of_the_rule():
    for language in LANGUAGES:
        prose = (sample.REPOSITORY / f"docs/{language}/results.md").read_text(encoding="utf-8")
        points = set(re.findall(r"(\d[\d.]*) ?(?:points|ポイント)", prose))
        assert points == {f"{100 * TOLERANCE:g}"}


def test_tables_of_no_rows_are_still_files():
    assert (as_json([]), as_csv([]), table([])) == ("[]\n", "\n", [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_block_that_a_number_of_the_prose_leads_to_shows_that_number_with_its_name(language):
    found, faults = load_results(sample.REPOSITORY, [])
    assert faults == []
    html = provenance(found, place(language))
    blocks = dict(re.findall(r'<details class="provenance" id="([^"]+)">(.*?)</details>', html, re.DOTALL))
    assert sum(map(len, found.cited.values())) > 50
    for variant in found.stored.variants:
        for metric in found.cited.get(variant.identifier, ()):
            name = (METRICS | CITED)[metric][language]
            for value in {variant.mean(metric), *variant.numbers(metric)}:
                assert f"<strong>{name} {written(metric, value)}</strong>" in blocks[variant.identifier]


# Marks in prose ---------------------------------------------------------------------------------------------------


def test_mark_in_prose_becomes_the_number_with_a_link_to_its_block(site):
    html = (site / "en/papers/simclr/index.html").read_text(encoding="utf-8")
    assert '<a class="our-number" href="../../results/#run-simclr-quick-seed0">52.5%</a>' in html
    assert '<a class="our-number" href="../../results/#runs-simclr-ablation-grey">42.0%</a>' in html


def test_build_fails_when_a_page_names_a_result_that_is_not_there(repository):
    page = repository / "docs/ja/papers/simclr.md"
    text = page.read_text(encoding="utf-8").replace("- 値段は", f"- {WRONG} 値段は")
    page.write_text(text, encoding="utf-8")
    line = text[: text.index(WRONG)].count("\n") + 1
    with pytest.raises(FaultsError) as caught:
        build_site(repository, repository / "site")
    assert f"docs/ja/papers/simclr.md:{line}: {WRONG}: there is no stored run no/such-run" in str(caught.value)
    assert not (repository / "site").exists()


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ("{{ result simclr/quick-seed7 knn }}", "there is no stored run simclr/quick-seed7"),
        ("{{ result simclr/quick-seed0 top1 }}", "simclr/quick-seed0 holds no figure top1"),
        ("{{ result simclr/quick-seed0 }}", "the mark needs a run and a figure"),
        ("{{ result }}", "the mark needs a run and a figure"),
    ],
)
def test_wrong_mark_is_a_fault_with_file_and_line(filled, mark, problem):
    stored, _ = load_runs(filled)
    _, faults = fill_numbers(
        f"a {mark} b", stored, "../results/", "docs/ja/x.md", f"---\ntitle: x\n---\n\na {mark} b"
    )
    assert [str(fault).partition(": name")[0] for fault in faults] == [f"docs/ja/x.md:5: {mark}: {problem}"]


def test_marks_in_code_and_in_notebooks_are_left_alone(filled, site):
    stored, _ = load_runs(filled)
    for code in (f"`{WRONG}`", f"```\n{WRONG}\n```", f"~~~text\n{WRONG}\n~~~"):
        assert fill_numbers(code, stored, "", "page.md", code) == (code, [])
    assert WRONG in (site / "ja/papers/simclr/index.html").read_text(encoding="utf-8")
