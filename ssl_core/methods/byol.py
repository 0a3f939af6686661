"""BYOL: Bootstrap Your Own Latent - A New Approach to Self-Supervised Learning (Grill et al., NeurIPS 2020).

An online network predicts the projection that a slowly moving target network gives to the other view; there are no
negatives. Eq. 2 and §3.3; official code: google-deepmind/deepmind-research `byol/`. As there, the two views pass
separately, so that BatchNorm statistics are per view, and the target runs in training mode: the moving average
covers parameters, not BatchNorm's running statistics. The target starts as a copy of the online network (the
official code draws its own weights and reports no difference). CIFAR-10 augmentation: Table 6 without blur.
Images stay in [0, 1]: the first BatchNorm makes a normalisation by mean and variance superfluous.
"""

import copy
import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ssl_core.augment import Recipe, two_views
from ssl_core.backbones import backbone
from ssl_core.heads import byol_mlp
from ssl_core.losses import negative_cosine
from ssl_core.methods import base
from ssl_core.methods.base import QUICK, Batch, check_above_zero, check_within, setting


@dataclass(frozen=True, kw_only=True)
class Settings(base.Settings):
    """BYOL's own settings."""

    tau_base: float = setting(0.99, "tau of the target's moving average at the start")
    tau_final: float = setting(1.0, "tau at the end, reached by a cosine")
    hidden_dim: int = setting(4096, "hidden width of projector and predictor")
    projection_dim: int = setting(256, "width of z")
    use_predictor: bool = setting(True, "false: compare z with the target directly, which collapses (Table 5b)")
    solarize: float = setting(0.2, "probability of solarisation in the second view")
    crop_min_area: float = setting(0.08, "smallest crop as a share of the image's area")


# `full` follows lightly's CIFAR-10 benchmark (kNN 0.868 after 200 epochs at batch 512): SGD, lr 0.06 * batch / 128,
# weight decay 5e-4 on all parameters. Its tau is a constant 0.99; here 0.99 is the start of the paper's schedule,
# the official value for 100 and 300 epochs (0.996 for 1000). `quick` was tuned for minutes on two CPU cores.
PRESETS = {
    "full": Settings(),
    "quick": Settings(
        **QUICK,
        epochs=5,
        lr=1.5e-3,
        tau_base=0.9,
        hidden_dim=1024,
        projection_dim=128,
        crop_min_area=0.2,
    ),
}

# The predictor removed (Table 5b); a target that is the online network itself, slow ones, and one that stays random
# (Table 5a); other batch sizes, where SimCLR has the same (Table 16), the learning rate scaled by the square root as
# there.
ABLATION_IMAGES = 10000
_ABLATION = replace(PRESETS["quick"], epochs=8)
ABLATION = {
    "byol": _ABLATION,
    "no-predictor": replace(_ABLATION, use_predictor=False),
    "tau-0": replace(_ABLATION, tau_base=0.0, tau_final=0.0),
    "tau-0.99": replace(_ABLATION, tau_base=0.99),
    "tau-0.999": replace(_ABLATION, tau_base=0.999),
    "tau-1": replace(_ABLATION, tau_base=1.0),
    "batch-64": replace(_ABLATION, batch_size=64, lr=7.5e-4),
    "batch-1024": replace(_ABLATION, batch_size=1024, lr=3e-3),
}


def build(settings: Settings) -> "BYOL":
    """Return a new BYOL with random weights."""
    return BYOL(settings)


class BYOL(base.Method):
    """Online network f, g, q with weights theta; target network f, g with weights xi."""

    decay_all = True

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        check_within(settings, 0, 1, "tau_base", "tau_final")
        check_above_zero(settings, "hidden_dim", "projection_dim")
        f = backbone(settings.backbone)
        self.encoder = f  # x -> y, called h elsewhere
        self.projector = byol_mlp(f.dim, settings.hidden_dim, settings.projection_dim)  # g: y -> z
        self.predictor: nn.Module = nn.Identity()  # q
        if settings.use_predictor:
            self.predictor = byol_mlp(settings.projection_dim, settings.hidden_dim, settings.projection_dim)
        self.target = copy.deepcopy(nn.Sequential(self.encoder, self.projector)).requires_grad_(False)
        self.tau_base, self.tau_final = settings.tau_base, settings.tau_final
        first = Recipe(crop_area=(settings.crop_min_area, 1.0), brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)
        self.recipes = first, replace(first, solarize=settings.solarize)

    def views(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return v = t(x) and v' = t'(x) of this process's images, each (B, 3, H, W)."""
        first, second = self.recipes
        v1, v2 = two_views(batch.images, first, generator, recipe2=second, share=batch.share)[0].chunk(2)
        return v1, v2

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum of both directions of Eq. 2, in [0, 8], of views (B, 3, H, W) twice."""
        v1, v2 = inputs
        p1, p2 = (self.predictor(self.projector(self.encoder(v))) for v in inputs)
        with torch.no_grad():
            z1, z2 = self.target(v1), self.target(v2)
        loss = 4 + 2 * negative_cosine(p1, z2) + 2 * negative_cosine(p2, z1)  # each term is 2 - 2 cos
        return loss, {}

    @torch.no_grad()
    def after_step(self, progress: float) -> None:
        """Move the target: xi <- tau xi + (1 - tau) theta, with the new theta."""
        tau = target_decay(self.tau_base, progress, self.tau_final)
        online = [*self.encoder.parameters(), *self.projector.parameters()]
        for xi, theta in zip(self.target.parameters(), online, strict=True):
            xi.lerp_(theta, 1 - tau)


def target_decay(tau_base: float, progress: float, tau_final: float = 1.0) -> float:
    """Return tau = 1 - (1 - tau_base) (cos(pi k / K) + 1) / 2 after a share k / K of the steps (§3.3).

    tau_final stands for the 1, so that an ablation can keep tau constant.

    >>> [round(target_decay(0.9, progress), 3) for progress in (0, 0.5, 1)]
    [0.9, 0.95, 1.0]
    """
    return tau_final - (tau_final - tau_base) * (math.cos(math.pi * progress) + 1) / 2
