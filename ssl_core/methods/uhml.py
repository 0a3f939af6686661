r"""UHML: Unsupervised Hyperbolic Metric Learning (Yan et al., CVPR 2021).

Clusters stand in for labels, at several depths: each round embeds images in the Poincaré ball, builds one Ward tree
over the embeddings and cuts it several times, and then trains for an epoch with a loss that asks the similarity of
two images to fall with the depth at which their clusters separate. Official code: JiexiYan/UnHyperML; the paper's
method section is followed as that code has it. Two variants, for the code does not use all of the ball:

- `released`: h -> Linear -> unit length -> exponential map, so that all embeddings lie on one sphere of radius
  tanh(sqrt c) / sqrt c, and the loss compares inner products (`losses/LogRatio.py`). Ward works on ball coordinates.
- `hyperbolic`, ours, faithful to the geometry: features are clipped instead (Guo et al., CVPR 2022), so that radii
  differ, and the loss compares hyperbolic distances. Ward's criterion is one of Euclidean distances; here it works on
  log_0(z), where lengths are distances from the origin.

Deviations. The official network starts from ImageNet; here it starts from SimCLR (stage `warm-up`), for clusters of
random features mean nothing. A round clusters a part of the images, embedded without augmentation (official: all of
them, randomly cropped) and trains on as many images as it has clustered (official: 8 per cluster). The loss compares
clusters depth by depth and is a mean; the code mixes two depths up and sums. Gradients are not rescaled by the ball's
metric, as they are there. AdamW with a cosine decay instead of Adam; inner products are clamped at a small positive
number, below which the logarithm has no value.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from ssl_core import clusters, hyperbolic
from ssl_core.augment import Recipe, augment
from ssl_core.backbones import ResNet
from ssl_core.data import Dataset
from ssl_core.distributed import from_first, gather
from ssl_core.features import features
from ssl_core.heads import BallHead
from ssl_core.log_ratio import hyperbolic_log_ratio, log_ratio, mean_by_depth
from ssl_core.methods import base, simclr
from ssl_core.methods.base import QUICK, Batch, Learner, SettingError, Stage, check_above_zero, check_within, setting

VARIANTS = ("released", "hyperbolic")
IMAGES_PER_CLUSTER = 8  # in a batch
CROP = Recipe(crop_area=(0.16, 1.0), jitter=0.0, grayscale=0.0)  # and flip: the official training transform
MEASURED = 1000  # images of a tree whose pairs say how similarity follows it


@dataclass(frozen=True, kw_only=True)
class Settings(base.Settings):
    """Settings of the warm-up (the common ones and the next two) and of the metric learning after it."""

    temperature: float = setting(0.5, "tau of the warm-up's NT-Xent")
    crop_min_area: float = setting(0.08, "smallest crop of the warm-up as a share of the image's area")
    rounds: int = setting(50, "epochs of metric learning, each with a tree of its own; 0: warm-up alone")
    variant: str = setting("released", "released (unit length, inner products) or hyperbolic (clipped, distances)")
    cuts: str = setting("50,10,2", "clusters at each depth of the tree, finest first")
    cluster_images: int = setting(10_000, "images of a round's tree, at most")
    metric_batch_size: int = setting(128, f"images per step of metric learning, {IMAGES_PER_CLUSTER} of a cluster")
    metric_lr: float = setting(1e-4, "peak learning rate of metric learning (AdamW)")
    embedding_dim: int = setting(64, "width of z")
    omega: float = setting(0.1, "omega: hierarchical similarity is omega ** depth")
    # Only the product weight * log(1 / omega) matters: the step of log similarity from depth to depth.
    weight: float = setting(0.1, "lambda: weight of the hierarchical similarity")
    curvature: float = setting(1.0, "c: the ball has curvature -c")
    clip_radius: float = setting(1.0, "r: longest vector before the exponential map (hyperbolic)")


# `full`: SimCLR's `full`, then rounds with the official code's batch, omega, lambda, c, weight decay. The cuts have
# CIFAR-10's 10 classes and 2 groups (vehicles, animals); lr and width are ours (official, from ImageNet: 1e-5, 512).
# `quick`: SimCLR's `quick` with fewer epochs, then rounds on a tenth of the images. At lr 1e-3 the released variant
# drew all embeddings to one point within a round.
PRESETS = {
    "full": Settings(),
    "quick": Settings(
        **QUICK,
        epochs=4,
        lr=4e-3,
        temperature=0.1,
        crop_min_area=0.2,
        rounds=8,
        cluster_images=5000,
    ),
}

# What the hierarchy adds to flat clusters, and both to the features they start from; and the geometry.
ABLATION_IMAGES = 10000
_ABLATION = replace(PRESETS["quick"], epochs=6)
ABLATION = {
    "warm-up": replace(_ABLATION, rounds=0),
    "flat": replace(_ABLATION, cuts=_ABLATION.cuts.partition(",")[0]),
    "hierarchy": _ABLATION,
    "hyperbolic": replace(_ABLATION, variant="hyperbolic"),
}


def build(settings: Settings) -> "UHML":
    """Return a new UHML with random weights."""
    return UHML(settings)


def counts_of(cuts: str) -> tuple[int, ...]:
    """Return the numbers of clusters that the setting `cuts` names; SettingError unless they decrease to 2 or more.

    >>> counts_of("50,10,2")
    (50, 10, 2)
    """
    try:
        counts = tuple(int(count) for count in cuts.split(","))
    except ValueError:
        counts = ()
    if not counts or counts[-1] < 2 or any(finer <= coarser for finer, coarser in pairwise(counts)):
        raise SettingError(f"--cuts {cuts}: give decreasing numbers of clusters down to 2 at least, such as 50,10,2")
    return counts


def warm_up_settings(settings: Settings) -> simclr.Settings:
    """Return the settings of SimCLR that the warm-up runs with.

    >>> warm_up_settings(PRESETS["full"]) == simclr.PRESETS["full"]
    True
    """
    common = {name: getattr(settings, name) for name in base.Settings.__dataclass_fields__}
    return simclr.Settings(**common, temperature=settings.temperature, crop_min_area=settings.crop_min_area)


class UHML(base.Method):
    """Encoder f, head into the ball, and the clusters of the present round."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        check_above_zero(settings, "metric_lr", "embedding_dim", "weight", "curvature", "clip_radius")
        check_within(settings, 0, 100_000, "rounds")
        check_within(settings, 1e-3, 0.999, "omega")
        check_within(settings, 2, clusters.LARGEST, "cluster_images")
        if settings.variant not in VARIANTS:
            raise SettingError(f"--variant {settings.variant}: choose one of {', '.join(VARIANTS)}")
        self.settings: Settings = settings
        self.counts = counts_of(settings.cuts)
        self.per_batch, rest = divmod(settings.metric_batch_size, IMAGES_PER_CLUSTER)  # P clusters
        if rest or not 2 <= self.per_batch <= self.counts[0]:
            raise SettingError(
                f"--metric-batch-size {settings.metric_batch_size}: choose a multiple of {IMAGES_PER_CLUSTER}, "
                f"{2 * IMAGES_PER_CLUSTER} to {self.counts[0] * IMAGES_PER_CLUSTER} with --cuts {settings.cuts}"
            )
        self.hyperbolic = settings.variant == "hyperbolic"
        self.warm_up = simclr.SimCLR(warm_up_settings(settings))
        f = cast(ResNet, self.warm_up.encoder)
        self.encoder = f  # x -> h
        clip_radius = settings.clip_radius if self.hyperbolic else None
        self.projector: nn.Module = self.warm_up.projector  # h -> z, the only one that a warm-up alone trains
        if settings.rounds:
            self.projector = BallHead(f.dim, settings.embedding_dim, settings.curvature, clip_radius)
        # (N, K) clusters of the training images at each depth, -1 for those outside the round's tree. No part of
        # a checkpoint: every round makes them anew.
        self.labels = torch.empty(0, len(self.counts), dtype=torch.int64)

    def stages(self, data: Dataset) -> list[Stage]:
        """Return `warm-up`, SimCLR's stage, and `metric`, whose epochs are the rounds."""
        s = self.settings
        stages = [replace(self.warm_up.pretraining(), name="warm-up")]
        if s.rounds:
            if (images := self.images_of(data)) < max(self.counts[0], s.metric_batch_size):
                raise SettingError(
                    f"a tree of {images} images is too small for --cuts {s.cuts} and --metric-batch-size "
                    f"{s.metric_batch_size}: use more (--images, --cluster-images), or lower them"
                )
            recipe = ("adamw", s.metric_lr, s.weight_decay)
            stages.append(Stage("metric", s.rounds, s.metric_batch_size, *recipe, lr_option="--metric-lr"))
        return stages

    def begin(self, stage: Stage, data: Dataset) -> Learner:
        """Return SimCLR for the warm-up, and the method itself for metric learning."""
        if stage.name == "warm-up":
            return self.warm_up
        self.warm_up.projector.requires_grad_(False)
        return self

    def train(self, mode: bool = True) -> "UHML":
        """Set the mode; BatchNorm keeps the warm-up's statistics, as in the official code."""
        super().train(mode)
        self.encoder.eval()  # a batch of few clusters has other statistics than the images at large
        return self

    def images_of(self, data: Dataset) -> int:
        """Return how many images a tree has."""
        return min(self.settings.cluster_images, len(data.train_images))

    def steps(self, data: Dataset, batch_size: int) -> int:
        """Return the steps of a round, which sees as many images as its tree has."""
        return self.images_of(data) // batch_size

    def before_epoch(self, data: Dataset, generator: torch.Generator) -> dict[str, float]:
        """Cluster drawn images; return how well the clusters agree with the classes, and how similarity follows."""
        device = data.train_images.device
        rows = torch.randperm(len(data.train_images), generator=generator, device=device)[: self.images_of(data)]
        cuts, figures = from_first(lambda: self.cluster(data.train_images[rows], data.train_labels[rows]))
        self.labels = torch.full((len(data.train_images), len(self.counts)), -1, device=device)
        self.labels[rows] = cuts.to(device)
        return figures

    def cluster(self, images: Tensor, classes: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the clusters of images (N, 3, H, W) uint8 at each depth, int64 (N, K) on the CPU, and figures."""
        c, classes = self.settings.curvature, classes.cpu()
        z = features(nn.Sequential(self.encoder, self.projector), images).cpu()
        cuts = clusters.tree_cuts(hyperbolic.logmap0(z, c=c) if self.hyperbolic else z, self.counts)
        figures = {f"tree_nmi_{n}": clusters.nmi(cut, classes) for n, cut in zip(self.counts, cuts.T, strict=True)}
        figures["tree_purity"] = clusters.purity(cuts[:, 0], classes)
        z = z[:MEASURED]
        pairs = hyperbolic.pairwise_distance(z, c=c) if self.hyperbolic else z @ z.T
        mean = mean_by_depth(pairs, cuts[:MEASURED])
        for h in mean.keys() - {0} if 0 in mean else ():
            figures[f"similarity_{h}"] = mean[0] / mean[h] if self.hyperbolic else mean[h] / mean[0]
        return cuts, figures

    def order(self, data: Dataset, batch_size: int, generator: torch.Generator) -> Tensor:
        """Return rows whose batches are P finest clusters, one after the other, 8 images of each.

        No cluster comes twice in a batch or much more often than another in a round. Where one has fewer than 8
        images they come several times, as different views.
        """
        finest = self.labels[:, 0].cpu()
        members = [(finest == cluster).nonzero().squeeze(1) for cluster in finest[finest >= 0].unique()]
        if len(members) < self.per_batch:
            raise clusters.ClusterError(
                f"{len(members)} clusters are too few for a batch of {self.per_batch}: the embeddings collapsed, "
                "lower --metric-lr"
            )
        steps, batches = self.steps(data, batch_size), list[Tensor]()
        whole = len(members) // self.per_batch * self.per_batch
        while len(batches) < steps:
            for chosen in torch.randperm(len(members), generator=generator)[:whole].split(self.per_batch):
                shuffled = [members[k][torch.randperm(len(members[k]), generator=generator)] for k in chosen]
                batches.append(torch.cat([rows.repeat(IMAGES_PER_CLUSTER)[:IMAGES_PER_CLUSTER] for rows in shuffled]))
        return torch.stack(batches[:steps])

    def views(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return a crop of each of this process's images, and the clusters (B, K) of the whole batch."""
        return augment(batch.images, CROP, generator, share=batch.share)[0], self.labels[batch.rows]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the log-ratio loss of views (B, 3, H, W) with clusters (B, K)."""
        views, labels = inputs
        s = self.settings
        z = gather(self.projector(self.encoder(views)))
        if self.hyperbolic:
            return hyperbolic_log_ratio(z, labels, s.omega, s.weight, s.curvature), {}
        return log_ratio(z, labels, s.omega, s.weight), {}

    def results(self, data: Dataset) -> dict[str, float]:
        """Return the figures of a last tree; its images depend on no seed."""
        drawn = torch.randperm(len(data.train_images), generator=torch.Generator().manual_seed(0))
        rows = drawn[: self.images_of(data)].to(data.train_images.device)
        return self.cluster(data.train_images[rows], data.train_labels[rows])[1]

    def protocol(self) -> dict[str, str]:
        """Return a sentence for each figure of `results`."""
        if not self.settings.rounds:
            return {}
        tree = f"Ward tree over z of at most {self.settings.cluster_images} training images"
        mean = "inverse mean distance" if self.hyperbolic else "mean inner product"
        nmi = {f"tree_nmi_{n}": f"NMI of {n} clusters with the classes, {tree}" for n in self.counts}
        purity = f"share of images of the commonest class of their cluster, {self.counts[0]} clusters, {tree}"
        ratio = (
            f"{mean} of z of images whose clusters differ in the finest cuts, {{}} of them, relative to none, {tree}"
        )
        similarity = {f"similarity_{h}": ratio.format(h) for h in range(1, len(self.counts) + 1)}
        return {**nmi, "tree_purity": purity, **similarity}
