"""What `ssl_core.methods.uhml` promises: clusters of one tree at several depths as labels, in the Poincaré ball."""

import copy
import dataclasses
import itertools
import math

import pytest
import torch

from ssl_core import hyperbolic
from ssl_core.clusters import ClusterError
from ssl_core.features import features
from ssl_core.heads import BallHead
from ssl_core.log_ratio import mean_by_depth
from ssl_core.loop import Loop
from ssl_core.methods import simclr
from ssl_core.methods.base import SettingError
from ssl_core.methods.uhml import (
    ABLATION,
    PRESETS,
    VARIANTS,
    Settings,
    build,
    counts_of,
    warm_up_settings,
)
from ssl_core.optim import optimizer
from ssl_core.train import build as build_seeded
from ssl_core.train import train
from tests.conftest import batch_of

P, EACH = 4, 8  # clusters of a batch, images of each


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def settings(tiny_backbone):
    return Settings(
        epochs=2,
        batch_size=64,
        backbone=tiny_backbone,
        optimizer="adamw",
        lr=1e-3,
        weight_decay=1e-4,
        precision="fp32",
        compile="false",
        rounds=2,
        cuts="12,6,2",
        cluster_images=120,
        metric_batch_size=P * EACH,
        metric_lr=1e-3,
        embedding_dim=16,
    )


def variant(settings, name):
    return dataclasses.replace(settings, variant=name)


def metric_learner(settings, data):
    """Return the method at the beginning of its first round, with clusters."""
    method = build_seeded("uhml", settings, seed=0)
    learner = method.begin(method.stages(data)[-1], data)
    learner.before_epoch(data, generator())
    learner.train()
    return learner


# --- settings and stages ---------------------------------------------------------------------------------------


def test_the_full_defaults_are_the_official_constants():
    full = PRESETS["full"]
    assert (full.omega, full.weight, full.curvature) == (0.1, 0.1, 1.0)
    assert (full.metric_batch_size, full.weight_decay) == (128, 5e-4)
    assert full.variant == "released"


def test_the_flat_ablation_cuts_the_tree_once_and_changes_nothing_else():
    flat, hierarchy = ABLATION["flat"], ABLATION["hierarchy"]
    assert len(counts_of(flat.cuts)) == 1
    assert len(counts_of(hierarchy.cuts)) == 3
    assert flat == dataclasses.replace(hierarchy, cuts=hierarchy.cuts.split(",")[0])


def test_the_warm_up_is_simclrs_recipe_of_the_same_preset():
    for preset in PRESETS:
        ours = warm_up_settings(PRESETS[preset])
        assert ours == dataclasses.replace(simclr.PRESETS[preset], epochs=ours.epochs)


def test_a_run_warms_up_with_simclr_and_then_learns_in_rounds(settings, tiny_data):
    warm_up, metric = build(settings).stages(tiny_data)
    assert (warm_up.name, warm_up.epochs, warm_up.batch_size, warm_up.lr) == ("warm-up", 2, 64, 1e-3)
    assert (metric.name, metric.epochs, metric.batch_size) == ("metric", 2, P * EACH)
    assert [stage.name for stage in build(dataclasses.replace(settings, rounds=0)).stages(tiny_data)] == ["warm-up"]


def test_the_warm_up_is_simclr_bit_by_bit(settings, tiny_data):
    alone = dataclasses.replace(settings, rounds=0, temperature=0.3, crop_min_area=0.2)
    ours = finish(loop_of("uhml", alone, tiny_data)).method.encoder.state_dict()
    theirs = finish(loop_of("simclr", warm_up_settings(alone), tiny_data)).method.encoder.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


@pytest.mark.parametrize("cuts", ["", "50,", "a,b", "10,10", "2,10", "10,1", "10,2.5", "4,-1"])
def test_cuts_that_are_no_decreasing_counts_are_refused(settings, cuts):
    with pytest.raises(SettingError, match=r"--cuts .*: give decreasing numbers of clusters"):
        build(dataclasses.replace(settings, cuts=cuts))


@pytest.mark.parametrize("size", [8, 20, 104])
def test_batches_that_are_no_clusters_of_eight_are_refused(settings, size):
    with pytest.raises(SettingError, match=rf"--metric-batch-size {size}: choose a multiple of 8, 16 to 96"):
        build(dataclasses.replace(settings, metric_batch_size=size))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("omega", 1.0),
        ("omega", 0.0),
        ("weight", 0.0),
        ("curvature", -1.0),
        ("clip_radius", 0.0),
        ("rounds", -1),
        ("variant", "flat"),
        ("metric_lr", math.nan),
        ("temperature", 0.0),
    ],
)
def test_settings_out_of_range_are_refused_by_name(settings, name, value):
    with pytest.raises(SettingError, match=f"--{name.replace('_', '-')} {value}: choose"):
        build(dataclasses.replace(settings, **{name: value}))


@pytest.mark.parametrize("change", [{"cuts": "150,2", "cluster_images": 140}, {"cluster_images": 31}])
def test_too_few_images_for_the_cuts_are_told_before_a_run_begins(settings, tiny_data, tmp_path, change):
    images = change["cluster_images"]
    with pytest.raises(SettingError, match=rf"a tree of {images} images is too small for --cuts"):
        train("uhml", dataclasses.replace(settings, **change), tiny_data, tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


# --- the head into the ball ------------------------------------------------------------------------------------


@pytest.mark.parametrize("c", [1.0, 0.25])
def test_released_embeddings_lie_on_one_sphere(c):
    h = 3 * torch.randn(50, 24, generator=generator())
    z = BallHead(24, 16, c, clip_radius=None)(h)
    assert torch.allclose(z.norm(dim=1), torch.tensor(math.tanh(math.sqrt(c)) / math.sqrt(c)))


def test_hyperbolic_embeddings_have_different_radii_up_to_the_clip(settings):
    head = build_seeded("uhml", variant(settings, "hyperbolic"), seed=0).projector
    h = torch.randn(200, 32, generator=generator()) * torch.logspace(-1, 3, 200)[:, None]
    radii = head(h).norm(dim=1).detach()
    assert radii.max().item() == pytest.approx(math.tanh(settings.clip_radius))
    assert radii.min() < 0.1
    assert len(radii.unique()) > 50


def test_the_head_computes_in_float32_under_autocast():
    head = BallHead(24, 16, c=1.0, clip_radius=None)
    h = torch.randn(5, 24, generator=generator()).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        z = head(h)
    assert z.dtype == torch.float32
    assert torch.equal(z, head(h.float()))


# --- clusters and batches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIANTS)
def test_labels_are_nested_cuts_of_the_drawn_images_alone(settings, tiny_data, name):
    labels = metric_learner(variant(settings, name), tiny_data).labels
    clustered = labels[:, 0] >= 0
    assert clustered.sum() == settings.cluster_images
    assert (labels[~clustered] == -1).all()
    labels = labels[clustered]
    assert [len(column.unique()) for column in labels.T] == [12, 6, 2]
    for finer, coarser in zip(labels.T, labels.T[1:], strict=False):
        assert all(len(coarser[finer == cluster].unique()) == 1 for cluster in finer.unique())


def test_each_round_clusters_other_images_drawn_from_the_generator(settings, tiny_data):
    method = build_seeded("uhml", settings, seed=0)
    seen = []
    for seed in (0, 0, 1):
        method.before_epoch(tiny_data, generator(seed))
        seen.append(method.labels)
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0][:, 0] >= 0, seen[2][:, 0] >= 0)


@pytest.mark.parametrize("name", VARIANTS)
def test_clusters_are_wards_in_inference_mode_of_z_or_its_logarithm(settings, tiny_data, name):
    settings = dataclasses.replace(variant(settings, name), clip_radius=4.0)
    method = metric_learner(settings, tiny_data)
    with torch.no_grad():  # vectors about as long as 2, where z and log_0(z) have other neighbours
        method.projector.linear.weight *= (
            2 / method.projector.linear(embed(method.encoder, tiny_data)).norm(dim=1).mean()
        )
    before = {key: value.clone() for key, value in method.state_dict().items()}
    method.before_epoch(tiny_data, generator())
    assert all(torch.equal(value, before[key]) for key, value in method.state_dict().items())
    rows = (method.labels[:, 0] >= 0).nonzero().squeeze(1)
    z = embed(torch.nn.Sequential(method.encoder, method.projector), tiny_data)[rows]
    radius = z.norm(dim=1, keepdim=True)
    points = z if name == "released" else radius.atanh() * z / radius
    assert same_partition(method.labels[rows, 0], ward(points, 12))
    if name == "hyperbolic":
        assert not same_partition(method.labels[rows, 0], ward(z, 12))


def embed(network, data):
    return features(network, data.train_images)


def ward(points, clusters):
    from sklearn.cluster import AgglomerativeClustering

    return torch.from_numpy(AgglomerativeClustering(clusters, linkage="ward").fit_predict(points.numpy()))


def same_partition(a, b):
    return torch.equal(a[:, None] == a, b[:, None] == b)


def test_batches_are_eight_images_of_each_of_p_clusters(settings, tiny_data):
    learner = metric_learner(settings, tiny_data)
    order = learner.order(tiny_data, P * EACH, generator())
    assert order.shape == (learner.steps(tiny_data, P * EACH), P * EACH) == (3, 32)
    sizes = learner.labels[:, 0][learner.labels[:, 0] >= 0].bincount()
    drawn = []
    for rows in order:
        groups = learner.labels[rows, 0].view(P, EACH)
        assert (groups == groups[:, :1]).all()
        assert (groups >= 0).all()
        assert len(groups[:, 0].unique()) == P
        drawn += groups[:, 0].tolist()
        for group, images in zip(groups[:, 0], rows.view(P, EACH), strict=True):
            assert len(images.unique()) == min(EACH, sizes[group])
    assert sorted(drawn) == list(range(12))  # 3 batches of 4 of 12 clusters: each once


def test_the_order_follows_from_the_generator_alone(settings, tiny_data):
    learner = metric_learner(settings, tiny_data)
    first, again, other = (learner.order(tiny_data, P * EACH, generator(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_collapsed_embeddings_are_told_instead_of_trained_on(settings, tiny_data):
    learner = metric_learner(settings, tiny_data)
    torch.nn.init.zeros_(learner.projector.linear.weight)
    learner.before_epoch(tiny_data, generator())
    with pytest.raises(ClusterError, match=r"1 clusters are too few for a batch of 4: the embeddings collapsed"):
        learner.order(tiny_data, P * EACH, generator())


# --- views and loss --------------------------------------------------------------------------------------------


def test_views_are_one_crop_an_image_with_the_labels_of_the_whole_batch(settings, tiny_data):
    learner = metric_learner(settings, tiny_data)
    rows = learner.order(tiny_data, P * EACH, generator())[0]
    whole, labels = learner.views(batch_of(tiny_data, rows), generator())
    assert whole.shape == (P * EACH, 3, 32, 32)
    assert torch.equal(labels, learner.labels[rows])
    part, same = learner.views(batch_of(tiny_data, rows, share=slice(16, 32)), generator())
    assert torch.equal(part, whole[16:])
    assert torch.equal(same, labels)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_loss_is_the_variants_log_ratio_of_all_triplets(settings, tiny_data, name):
    """Against a loop over anchors, positives and negatives, with omega and lambda of the settings."""
    settings = dataclasses.replace(variant(settings, name), omega=0.2, weight=0.3, curvature=0.5)
    learner = metric_learner(settings, tiny_data)
    rows = learner.order(tiny_data, P * EACH, generator())[0]
    views, labels = learner.views(batch_of(tiny_data, rows), generator())
    loss, _ = learner(views, labels)
    with torch.no_grad():
        z = learner.projector(learner.encoder(views))
    similarity = z @ z.T if name == "released" else 1 / hyperbolic.pairwise_distance(z, c=0.5)
    log_s, y = similarity.log().tolist(), labels.tolist()
    terms = []
    for a, p, n in itertools.product(range(32), repeat=3):
        if p != a and y[p][0] == y[a][0] and y[n][0] != y[a][0]:
            h = max(k + 1 for k in range(3) if y[n][k] != y[a][k])
            terms.append((log_s[a][p] - log_s[a][n] - 0.3 * h * math.log(1 / 0.2)) ** 2)
    assert loss.item() == pytest.approx(sum(terms) / len(terms), rel=1e-3)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_gradient_reaches_encoder_and_head_and_leaves_the_warm_ups_head(settings, tiny_data, name):
    learner = metric_learner(variant(settings, name), tiny_data)
    rows = learner.order(tiny_data, P * EACH, generator())[0]
    learner(*learner.views(batch_of(tiny_data, rows), generator()))[0].backward()
    for network in (learner.encoder, learner.projector):
        assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    assert any(p.grad.abs().max() > 0 for p in learner.encoder.parameters())
    assert all(not p.requires_grad and p.grad is None for p in learner.warm_up.projector.parameters())


@pytest.mark.parametrize("name", VARIANTS)
def test_steps_lower_the_loss_of_a_fixed_batch(settings, tiny_data, name):
    learner = metric_learner(variant(settings, name), tiny_data)
    rows = learner.order(tiny_data, P * EACH, generator())[0]
    inputs = learner.views(batch_of(tiny_data, rows), generator())
    adam = optimizer("adamw", learner, 1e-4, 0.0)
    losses = []
    for _ in range(6):
        loss, _ = learner(*inputs)
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))


@pytest.mark.parametrize("name", VARIANTS)
def test_opposite_embeddings_give_finite_losses_and_gradients(settings, tiny_data, name):
    """Half of all inner products are negative here, of which the released loss takes logarithms."""
    learner = metric_learner(variant(settings, name), tiny_data)
    h = torch.randn(32, 32, generator=generator())
    learner.encoder = torch.nn.Linear(32, 32, bias=False)
    labels = torch.arange(4).repeat_interleave(8)[:, None].expand(32, 3)
    loss, _ = learner(h, labels)
    assert (learner.projector(learner.encoder(h)) @ learner.projector(learner.encoder(h)).T).min() < -0.01
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in learner.projector.parameters())


def test_metric_learning_keeps_the_warm_ups_batchnorm_statistics(settings, tiny_data):
    loop = loop_of("uhml", settings, tiny_data)
    moved = []
    for _ in range(4):
        before = loop.method.encoder.stem[1].running_mean.clone()
        loop.run_epoch(lambda *_: None)
        moved.append(not torch.equal(loop.method.encoder.stem[1].running_mean, before))
    assert moved == [True, True, False, False]


# --- figures ---------------------------------------------------------------------------------------------------


def test_mean_by_depth_is_the_mean_over_pairs():
    labels = torch.tensor([[0, 0, 0], [0, 0, 0], [1, 0, 0], [2, 1, 0], [3, 2, 1], [3, 2, 1]])
    pairs = torch.rand(6, 6, generator=generator())
    by_depth: dict[int, list[float]] = {}
    for i in range(6):
        for j in range(6):
            if i != j:
                h = max([k + 1 for k in range(3) if labels[i, k] != labels[j, k]], default=0)
                by_depth.setdefault(h, []).append(pairs[i, j].item())
    expected = {h: sum(values) / len(values) for h, values in by_depth.items()}
    assert mean_by_depth(pairs, labels) == pytest.approx(expected)
    assert set(expected) == {0, 1, 2, 3}


@pytest.mark.parametrize("name", VARIANTS)
def test_clusters_of_classes_are_measured_as_pure(settings, tiny_data, name):
    """Figures say 1 of clusters that are the classes, and that similarity falls with depth."""
    learner = build(dataclasses.replace(variant(settings, name), cuts="4,2", metric_batch_size=16))
    centres = torch.tensor([[1.0, 0.05], [1.0, 0.25], [0.05, 1.0], [0.25, 1.0]])
    learner.encoder = torch.nn.Flatten()
    learner.projector = Centres(centres)
    images = torch.arange(4, dtype=torch.uint8).repeat(10)[:, None, None, None].expand(40, 3, 32, 32)
    cuts, figures = learner.cluster(images, images[:, 0, 0, 0].long())
    assert figures["tree_nmi_4"] == pytest.approx(1.0)
    assert figures["tree_nmi_2"] == pytest.approx(2 / 3)  # 1 bit of 2: I = log 2, mean entropy 1.5 log 2
    assert figures["tree_purity"] == 1.0
    assert cuts.shape == (40, 2)
    assert 1 > figures["similarity_1"] > figures["similarity_2"] > 0


class Centres(torch.nn.Module):
    """Maps images of grey level k to points near the k-th centre, so that none coincide."""

    def __init__(self, centres):
        super().__init__()
        self.centres = torch.nn.Parameter(centres / 2)

    def forward(self, h):
        spread = torch.linspace(-0.02, 0.02, len(h))[:, None]
        return self.centres[(h[:, 0] * 255).round().long()] + spread


# --- whole runs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIANTS)
def test_a_run_that_goes_on_from_any_epoch_ends_in_the_same_state(settings, tiny_data, name):
    whole = loop_of("uhml", variant(settings, name), tiny_data)
    states = [copy.deepcopy(whole.state())]
    while not whole.finished:
        whole.run_epoch(lambda *_: None)
        states.append(copy.deepcopy(whole.state()))
    stages = [(line["stage"], line["epoch"]) for line in whole.metrics]
    assert stages == [("warm-up", 1), ("warm-up", 2), ("metric", 1), ("metric", 2)]
    for state in states[:-1]:
        resumed = loop_of("uhml", variant(settings, name), tiny_data)
        resumed.restore(copy.deepcopy(state))
        torch.rand(3)  # the state of the global generator is no part of a run
        finish(resumed)
        weights = whole.method.state_dict()
        assert all(torch.equal(value, weights[key]) for key, value in resumed.method.state_dict().items())
        assert untimed(resumed.metrics) == untimed(whole.metrics)
        assert resumed.results == whole.results


def test_a_run_reports_figures_of_its_trees_and_says_what_they_are(settings, tiny_data):
    loop = finish(loop_of("uhml", settings, tiny_data))
    figures = {
        "tree_nmi_12",
        "tree_nmi_6",
        "tree_nmi_2",
        "tree_purity",
        "similarity_1",
        "similarity_2",
        "similarity_3",
    }
    assert figures <= set(loop.metrics[-1])
    assert set(loop.results) == set(loop.method.protocol()) == figures
    assert build(dataclasses.replace(settings, rounds=0)).protocol() == {}


def test_without_rounds_z_is_that_of_the_warm_up(settings):
    method = build(dataclasses.replace(settings, rounds=0))
    assert method.projector is method.warm_up.projector


def loop_of(slug, settings, data):
    return Loop(build_seeded(slug, settings, 0), data, 0, torch.device("cpu"), "fp32")


def finish(loop):
    while not loop.finished:
        loop.run_epoch(lambda *_: None)
    return loop


def untimed(metrics):
    return [{k: v for k, v in line.items() if k not in ("seconds", "pairs_per_second")} for line in metrics]
