"""HAI: Rethinking the Augmentation Module in Contrastive Learning (Zhang & Ma, CVPR 2022).

Hierarchical augmentation invariance: SimSiam's loss at every stage of the backbone, each stage with one augmentation
more than the one before it; and expanded views: an embedding of the colour jitter's parameters joins the feature
before the projector, so that the backbone need not forget what the jitter did. Official code: zhangjb416/
Hierarchical-Augmentation, `simsiam_base/builder.py` and `augmentations/simsiam_aug.py`. As in SimSiam each view
passes by itself, so that BatchNorm statistics are per view; theta is raw, not standardised; its embedding has no
bias, because BatchNorm follows. The predictors' learning rate decays, which the official script can switch off.

On CIFAR-10 the paper says nothing, and at 32 pixels the code leaves the blur out, which makes stages 2 and 3 alike.
Here the blur (three taps wide, probability 0.5) stays from stage 3 on. The rest is SimSiam's for CIFAR-10 (its
Appendix D), with the same two-layer projector, where the official code has three layers.
"""

import math
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core.augment import Recipe, two_views
from ssl_core.backbones import BasicBlock, ResNet, backbone
from ssl_core.data import Dataset
from ssl_core.distributed import gather
from ssl_core.features import features
from ssl_core.heads import predictor, simsiam_projector
from ssl_core.invariance import COLOUR_PROTOCOL, PooledStage, colour_probe, sensitivities, sensitivities_protocol
from ssl_core.losses import at_least_float32, negative_cosine
from ssl_core.methods import base
from ssl_core.methods.base import QUICK, Batch, check_above_zero, check_within, outputs, setting
from ssl_core.side_branches import SideBranch
from ssl_core.spread import collapse

NO_JITTER = (1.0, 1.0, 1.0, 0.0)
"""theta of a view without colour jitter: brightness, contrast, saturation, hue."""


@dataclass(frozen=True, kw_only=True)
class Settings(base.Settings):
    """HAI's own settings; their defaults are SimSiam's for CIFAR-10, and an embedding as wide as fits h in R^512."""

    lr: float = setting(0.06, "peak learning rate (as it is, whatever the batch size)")  # 0.03 * 512 / 256
    projection_dim: int = setting(2048, "width of each z; the predictors' bottleneck is a quarter of it")
    projector_layers: int = setting(2, "linear layers of each projector (3 on ImageNet)")
    embedding_dim: int = setting(128, "width of the embedding of the jitter's parameters (512 on ImageNet)")
    embed: bool = setting(True, "false: plain views, without the embedding of their jitter")
    uniform: bool = setting(False, "true: all augmentations at every stage, the paper's control")
    contrasted: int = setting(4, "stages with a loss, from the last; 1 without the embedding leaves SimSiam's loss")
    crop_min_area: float = setting(0.2, "smallest crop as a share of the image's area")


# `quick` is for minutes on two CPU cores, where an image costs three or four times what it does in SimSiam
# (`ssl_core bench`): two epochs, in small batches so that it has enough steps.
PRESETS = {
    "full": Settings(),
    "quick": Settings(
        **QUICK | {"batch_size": 128, "warmup_epochs": 0.1},
        epochs=2,
        lr=2e-3,
        projection_dim=512,
        embedding_dim=64,
    ),
}

# Each variant lacks one part more: the embedding, then the hierarchy of augmentations (Supplement D's control), then
# the losses before the last stage, which leaves SimSiam on HAI's views, with their blur.
ABLATION_IMAGES = 10000
_ABLATION = replace(PRESETS["quick"], epochs=3)
ABLATION = {
    "hai": _ABLATION,
    "no-embedding": replace(_ABLATION, embed=False),
    "uniform": replace(_ABLATION, embed=False, uniform=True),
    "simsiam": replace(_ABLATION, embed=False, uniform=True, contrasted=1),
}


def build(settings: Settings) -> "HAI":
    """Return a new HAI with random weights."""
    return HAI(settings)


class ExpandedProjector(nn.Module):
    """The parameter encoder f_i and the projector of a stage: g (B, inputs) and theta (B, 4) -> z (B, outputs).

    Args:
        inputs: width of g.
        embedding: width of f_i(theta); 0 for a projector of g alone.
        outputs: width of z and of the hidden layers.
        layers: linear layers of the projector.
    """

    def __init__(self, inputs: int, embedding: int, outputs: int, layers: int) -> None:
        super().__init__()
        self.embedding: nn.Module | None = None
        if embedding:
            self.embedding = nn.Sequential(
                nn.Linear(len(NO_JITTER), embedding, bias=False), nn.BatchNorm1d(embedding), nn.ReLU(inplace=True)
            )
        self.projector = simsiam_projector(inputs + embedding, outputs, outputs, layers, affine=True)

    def forward(self, g: Tensor, theta: Tensor | None = None) -> Tensor:
        """Return z of [g; f_i(theta)]; without theta, as for images that were not augmented, of no jitter."""
        if self.embedding is not None:
            if theta is None:
                theta = g.new_tensor(NO_JITTER).expand(len(g), -1)
            g = torch.cat((g, self.embedding(theta)), dim=1)
        z: Tensor = self.projector(g)
        return z


class HAI(base.Method):
    """Encoder f; for each contrasted stage a side branch, an expanded projector and a predictor."""

    decay_all = True
    encoder: ResNet

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        check_above_zero(settings, "projector_layers", "embedding_dim")
        check_within(settings, 4, 100_000, "projection_dim")
        d = settings.projection_dim
        self.encoder = backbone(settings.backbone)
        widths = stage_widths(self.encoder)
        stages = len(widths)
        check_within(settings, 1, 4, "contrasted")
        self.first = max(0, stages - settings.contrasted)  # the first stage with a loss, counted from 0
        widths = widths[self.first :]
        self.recipes = recipes(settings, stages=len(widths))
        # Stage 1 of the backbone has no embedding, and the last stage no side branch: its g is h.
        embedding_dims = [
            settings.embedding_dim if settings.embed and i > 0 else 0 for i in range(self.first, stages)
        ]
        projectors = [
            ExpandedProjector(self.encoder.dim, embedding, d, settings.projector_layers)
            for embedding in embedding_dims
        ]
        self.branches = nn.ModuleList(SideBranch(widths[i:]) for i in range(len(widths) - 1))
        self.shallow_projectors = nn.ModuleList(projectors[:-1])
        self.projector = projectors[-1]
        self.predictors = nn.ModuleList(predictor(d, d // 4) for _ in widths)

    def views(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return two views of this process's images for each contrasted stage, and then the jitter of each.

        That is one tensor (2B, 3, H, W) a stage, first views before second, and after all of these one theta (2B, 4)
        a stage. All views are drawn independently.
        """
        drawn = [two_views(batch.images, recipe, generator, share=batch.share) for recipe in self.recipes]
        return *(views for views, _ in drawn), *(params.jitter_parameters for _, params in drawn)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum of the stages' losses, and each stage's loss and spread of z, std * sqrt(d)."""
        stages = len(self.recipes)
        losses: list[Tensor] = []
        logs: dict[str, Tensor] = {}
        for i, (x, theta) in enumerate(zip(inputs[:stages], inputs[stages:], strict=True), start=self.first):
            loss, logs[f"spread_{i + 1}"] = self.stage_loss(i, x, theta)
            logs[f"loss_{i + 1}"] = loss.detach()
            losses.append(loss)
        return torch.stack(losses).sum(), logs

    def stage_loss(self, i: int, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Return D(p1, z2) / 2 + D(p2, z1) / 2 of stage i, in [-1, 1], and the spread of z1.

        Stages of the backbone, counted from 0; x (2B, 3, H, W) and theta (2B, 4) as `views` returns them.
        """
        z1, z2 = (self.project(i, *view) for view in zip(x.chunk(2), theta.chunk(2), strict=True))
        q = self.predictors[i - self.first]
        p1, p2 = q(z1), q(z2)
        return (negative_cosine(p1, z2) + negative_cosine(p2, z1)) / 2, spread(gather(z1.detach()))

    def features(self, i: int, x: Tensor) -> Tensor:
        """Return g_i, (B, dim), of images (B, 3, H, W), counting stages from 0; no deeper stage is run."""
        maps = self.encoder.stages[: i + 1](self.encoder.stem(x))
        k = i - self.first
        g: Tensor = self.branches[k](maps) if k < len(self.branches) else maps.mean(dim=(2, 3))
        return g

    def project(self, i: int, x: Tensor, theta: Tensor) -> Tensor:
        """Return z_i, (B, D), of images (B, 3, H, W) that were jittered by theta (B, 4), counting stages from 0."""
        k = i - self.first
        head = self.shallow_projectors[k] if k < len(self.branches) else self.projector
        z: Tensor = head(self.features(i, x), theta)
        return z

    def monitor(self, part: Dataset) -> dict[str, float | str]:
        """Return the figures of h and of the last stage's z, and `collapse` of every stage that has one."""
        found = super().monitor(part)
        reasons = {
            i: collapse(self.stage_outputs(i, part)) for i in range(self.first, self.first + len(self.branches))
        }
        reasons[len(self.encoder.stages) - 1] = cast(str | None, found.pop("collapse", None))
        if told := [f"stage {i + 1}: {reason}" for i, reason in reasons.items() if reason]:
            found["collapse"] = "; ".join(told)
        return found

    def stage_outputs(self, i: int, part: Dataset) -> Tensor:
        """Return z_i of the part's test images, for a stage with a side branch."""
        return outputs(self.shallow_projectors[i - self.first], features(StageFeatures(self, i), part.test_images))

    def stage_networks(self) -> dict[str, nn.Module]:
        """Return images -> features of every stage: "1", "2" ... its pooled maps, "g_1" ... its side branch."""
        pooled: dict[str, nn.Module] = {
            f"{i + 1}": PooledStage(self.encoder, i) for i in range(len(self.encoder.stages))
        }
        return pooled | {f"g_{i + 1}": StageFeatures(self, i) for i, _ in enumerate(self.branches, start=self.first)}

    def results(self, data: Dataset) -> dict[str, float]:
        """Return how sensitive each stage is to each augmentation, and what h still knows of colour."""
        return sensitivities(self.stage_networks(), data.test_images) | colour_probe(self.encoder, data)

    def protocol(self) -> dict[str, str]:
        """Return a sentence for each figure of `results`."""
        return sensitivities_protocol(self.stage_networks()) | COLOUR_PROTOCOL


class StageFeatures(nn.Module):
    """images -> g_i of a HAI's side branch, for `ssl_core.features`."""

    def __init__(self, method: HAI, i: int) -> None:
        super().__init__()
        self.method, self.i = method, i

    def forward(self, images: Tensor) -> Tensor:
        """Return g_i, (B, dim), of images (B, 3, H, W)."""
        return self.method.features(self.i, images)


def stage_widths(encoder: ResNet) -> list[int]:
    """Return the channels of each stage of a ResNet.

    >>> stage_widths(backbone("resnet18"))
    [64, 128, 256, 512]
    """
    return [cast(BasicBlock, cast(nn.Sequential, stage)[-1]).bn2.num_features for stage in encoder.stages]


def spread(z: Tensor) -> Tensor:
    """Return std * sqrt(d) of l2-normalised z (B, d), a scalar: about 1 is healthy, 0 a collapse (SimSiam, §4.1).

    Unlike `ssl_core.spread.feature_std` it stays on the device, so that every step can log it.

    >>> spread(torch.ones(4, 2))
    tensor(0.)
    """
    return functional.normalize(at_least_float32(z), dim=1).std(dim=0, correction=0).mean() * math.sqrt(z.shape[1])


def recipes(settings: Settings, stages: int) -> list[Recipe]:
    """Return the augmentation of each of 1 to 4 stages: crop and jitter, then also grayscale, then blur, then flip.

    The last stage has all of them; with `uniform` every stage has. The steps are the official code's in another
    order, which gives the same views: blur and grayscale commute, and so do flip and jitter.
    """
    crop_and_jitter = Recipe(
        crop_area=(settings.crop_min_area, 1.0),
        brightness=0.4,
        contrast=0.4,
        saturation=0.4,
        hue=0.1,
        grayscale=0.0,
        blur=0.0,
        flip=0.0,
    )
    grayscale = replace(crop_and_jitter, grayscale=0.2)
    blur = replace(grayscale, blur=0.5)
    flip = replace(blur, flip=0.5)
    return [flip] * stages if settings.uniform else [crop_and_jitter, grayscale, blur, flip][-stages:]
