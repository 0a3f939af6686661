"""What every method promises: it offers what others rely on, learns, resumes bit for bit, and repeats itself."""

import dataclasses
from pathlib import Path

import pytest
import torch

from ssl_core.backbones import BACKBONES, ResNet
from ssl_core.methods import SLUGS, UnknownMethodError, method_module, simclr
from ssl_core.quick_check import BARS
from ssl_core.runs import read_run
from ssl_core.shapes import shapes
from ssl_core.train import build, train
from tests.conftest import batch_of
from tests.tiny import settings_of

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("tiny_backbone")


def fit(slug, settings, data, out, **options):
    return train(slug, settings, data, out, device="cpu", progress=False, **options)


def weights(folder) -> bytes:
    return (folder / "encoder.safetensors").read_bytes()


def untimed(metrics):
    times = {"seconds", "pairs_per_second"}
    return [{name: value for name, value in line.items() if name not in times} for line in metrics]


class Stop:
    """An `on_epoch` that acts like Ctrl-C after a number of epochs, of all stages together."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, metrics):
        if len(metrics) == self.after:
            raise KeyboardInterrupt


def test_all_seven_papers_have_a_method():
    assert {"simclr", "simclrv2", "byol", "simsiam", "hcl", "uhml", "hai"} <= set(SLUGS)


@pytest.mark.parametrize("preset", ["quick", "full"])
@pytest.mark.parametrize("slug", SLUGS)
def test_every_preset_can_be_built_and_gives_h_and_z(slug, preset):
    method = build(slug, method_module(slug).PRESETS[preset], seed=0).eval()
    with torch.no_grad():
        h = method.encoder(torch.rand(2, 3, 32, 32))
        z = method.projector(h)
    assert h.ndim == z.ndim == 2
    assert len(h) == len(z) == 2


@pytest.mark.parametrize("slug", SLUGS)
def test_every_method_offers_what_the_package_relies_on(slug):
    module = method_module(slug)
    assert set(module.PRESETS) == {"quick", "full"}
    # A new method has its bar once its quick run is stored.
    if (ROOT / "results" / slug / "quick-seed0").is_dir():
        assert set(BARS[slug]) == {"cifar10", "shapes"}
    assert all(isinstance(settings, module.Settings) for settings in module.PRESETS.values())
    assert all(isinstance(settings, module.Settings) for settings in module.ABLATION.values())
    assert all(field.metadata["help"] for field in dataclasses.fields(module.Settings))
    assert module.__doc__


def test_unknown_method_is_told_with_the_known_ones():
    with pytest.raises(UnknownMethodError, match=r"no method 'moco': choose one of byol, hai, hcl, simclr"):
        method_module("moco")
    assert method_module("simclr") is simclr


@pytest.mark.parametrize("slug", SLUGS)
def test_a_run_stopped_after_any_epoch_of_any_stage_ends_in_the_same_bytes(slug, tiny_data, tmp_path):
    whole = fit(slug, settings_of(slug), tiny_data, tmp_path / "whole")
    for epoch in range(1, len(whole.metrics)):
        out = tmp_path / f"stopped-{epoch}"
        with pytest.raises(KeyboardInterrupt):
            fit(slug, settings_of(slug), tiny_data, out, on_epoch=Stop(epoch))
        torch.rand(3)  # the state of the global generator is no part of a run
        resumed = fit(slug, settings_of(slug), tiny_data, out, resume=True)
        assert weights(out) == weights(tmp_path / "whole")
        assert untimed(resumed.metrics) == untimed(whole.metrics)
        assert resumed.results == whole.results


@pytest.mark.parametrize("slug", SLUGS)
def test_views_and_loss_follow_from_seed_and_generator_alone(slug, tiny_data):
    def loss(seed):
        method = build(slug, settings_of(slug), seed=0)
        learner = method.begin(method.stages(tiny_data)[0], tiny_data)
        inputs = learner.views(batch_of(tiny_data, 32), torch.Generator().manual_seed(seed))
        return learner(*inputs)[0].item()

    assert loss(1) == loss(1)
    assert loss(1) != loss(2)


@pytest.mark.parametrize("slug", SLUGS)
def test_results_and_protocol_name_the_same_figures(slug, tiny_data, tmp_path):
    settings = settings_of(slug, epochs=1)
    run = fit(slug, settings, tiny_data, tmp_path / "run")
    assert set(run.results) <= set(run.manifest["protocol"])
    assert read_run(tmp_path / "run").manifest == run.manifest


# What lifts kNN in seconds: a network of some size, and enough steps.
LEARNING = {
    "simclr": {"temperature": 0.2, "crop_min_area": 0.5},
    "simclrv2": {"temperature": 0.2, "crop_min_area": 0.5, "epochs": 20},
    "hcl": {"crop_min_area": 0.5},
    "byol": {"crop_min_area": 0.5, "tau_base": 0.9},
    "simsiam": {"crop_min_area": 0.5},
    "uhml": {"temperature": 0.2, "crop_min_area": 0.5, "cluster_images": 1000},
    "hai": {"crop_min_area": 0.5, "epochs": 4},
}


@pytest.fixture(scope="module")
def learning_data():
    return shapes(n_train=2000, n_test=1000)


@pytest.fixture
def wider_network(monkeypatch):
    monkeypatch.setitem(BACKBONES, "tiny", lambda: ResNet((16, 32, 64), (1, 1, 1), stem_stride=2))


@pytest.mark.usefixtures("wider_network")
@pytest.mark.parametrize("slug", SLUGS)
def test_training_lifts_knn_on_shapes_and_does_not_collapse(slug, learning_data, tmp_path):
    settings = settings_of(slug, **{"epochs": 10, "batch_size": 128, "lr": 5e-3} | LEARNING.get(slug, {}))
    run = fit(slug, settings, learning_data, tmp_path / "run")
    assert run.results["knn"] > run.results["knn_untrained"] + 0.05
    assert run.manifest["collapse"] is None


@pytest.mark.usefixtures("wider_network")
def test_simsiam_without_stop_gradient_collapses_and_the_run_says_so(learning_data, tmp_path):
    settings = settings_of("simsiam", epochs=6, batch_size=32, lr=1e-2, warmup_epochs=0.0, stop_gradient=False)
    run = fit("simsiam", settings, learning_data, tmp_path / "run")
    assert run.metrics[-1]["loss"] < -0.98
    assert run.manifest["collapse"]["reason"].startswith("collapse: ")


@pytest.mark.usefixtures("wider_network")
def test_byol_without_predictor_collapses(learning_data, tmp_path):
    settings = settings_of("byol", epochs=4, batch_size=128, lr=5e-3, use_predictor=False)
    run = fit("byol", settings, learning_data, tmp_path / "run")
    assert run.manifest["collapse"] is not None
