"""SimSiam: Exploring Simple Siamese Representation Learning (Chen & He, CVPR 2021).

Two views, one network, a predictor on one side and a stop-gradient on the other; no negatives, no moving average.
Eqs 1-4 and Algorithm 1; official code: facebookresearch/simsiam. As there, the two views pass separately, so that
BatchNorm statistics are per view. CIFAR-10 recipe: Appendix D (two-layer projector, no blur). The projector's last
BatchNorm has scale and offset, as the paper's text has it; the official code leaves them out. The predictor's
learning rate decays with the others, as in the reproductions that reach the paper's CIFAR-10 figure. Images stay in
[0, 1]: the first BatchNorm makes a normalisation by mean and variance superfluous.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core.augment import Recipe, two_views
from ssl_core.backbones import backbone
from ssl_core.heads import predictor, simsiam_projector
from ssl_core.losses import at_least_float32, negative_cosine
from ssl_core.methods import base
from ssl_core.methods.base import QUICK, Batch, SettingError, check_above_zero, setting

PREDICTORS = ("trained", "fixed", "none")


@dataclass(frozen=True, kw_only=True)
class Settings(base.Settings):
    """SimSiam's own settings; their defaults are the CIFAR-10 values of Appendix D."""

    lr: float = setting(0.06, "peak learning rate (as it is, whatever the batch size)")  # 0.03 * 512 / 256
    projection_dim: int = setting(2048, "width of z; the predictor's bottleneck is a quarter of it")
    projector_layers: int = setting(2, "linear layers of the projector (3 on ImageNet)")
    projector_affine: bool = setting(True, "scale and offset in the projector's last BatchNorm")
    stop_gradient: bool = setting(True, "false: let the gradient into both sides, which collapses (Fig. 2)")
    predictor: str = setting("trained", "trained, fixed (random weights, §4.2) or none, which collapses (Table 1)")
    crop_min_area: float = setting(0.2, "smallest crop as a share of the image's area")


# `quick` was tuned for minutes on two CPU cores.
PRESETS = {
    "full": Settings(),
    "quick": Settings(
        **QUICK,
        epochs=6,
        lr=1.5e-3,
        projection_dim=512,
    ),
}

# With and without stop-gradient (§4.1, Fig. 2); without predictor, and with one that keeps its random weights (§4.2,
# Table 1).
ABLATION_IMAGES = 10000
_ABLATION = replace(PRESETS["quick"], epochs=12)
ABLATION = {
    "stop-gradient": _ABLATION,
    "no-stop-gradient": replace(_ABLATION, stop_gradient=False),
    "no-predictor": replace(_ABLATION, predictor="none"),
    "fixed-predictor": replace(_ABLATION, predictor="fixed"),
}


def build(settings: Settings) -> "SimSiam":
    """Return a new SimSiam with random weights."""
    return SimSiam(settings)


class SimSiam(base.Method):
    """Encoder and projector (together f in the paper), predictor h, and the symmetric negative cosine."""

    decay_all = True

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        check_above_zero(settings, "projector_layers")
        if settings.projection_dim < 4:
            raise SettingError(
                f"--projection-dim {settings.projection_dim}: choose 4 or more (the bottleneck is 1/4)"
            )
        if settings.predictor not in PREDICTORS:
            raise SettingError(f"--predictor {settings.predictor}: choose one of {', '.join(PREDICTORS)}")
        d = settings.projection_dim
        f = backbone(settings.backbone)
        self.encoder = f
        self.projector = simsiam_projector(f.dim, d, d, settings.projector_layers, settings.projector_affine)
        self.predictor = nn.Identity() if settings.predictor == "none" else predictor(d, d // 4)
        self.predictor.requires_grad_(settings.predictor == "trained")
        self.stop_gradient = settings.stop_gradient
        self.recipe = Recipe(
            crop_area=(settings.crop_min_area, 1.0), brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1
        )

    def views(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return x1 and x2, two views of this process's images, each (B, 3, H, W)."""
        x1, x2 = two_views(batch.images, self.recipe, generator, share=batch.share)[0].chunk(2)
        return x1, x2

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return L = D(p1, z2) / 2 + D(p2, z1) / 2, in [-1, 1], of views (B, 3, H, W) twice."""
        z1, z2 = (self.projector(self.encoder(x)) for x in inputs)
        p1, p2 = self.predictor(z1), self.predictor(z2)
        loss = (self.distance(p1, z2) + self.distance(p2, z1)) / 2
        return loss, {}

    def distance(self, p: Tensor, z: Tensor) -> Tensor:
        """Return D(p, z), where z is a constant unless the stop-gradient is off."""
        if self.stop_gradient:
            return negative_cosine(p, z)
        similarity: Tensor = functional.cosine_similarity(at_least_float32(p), at_least_float32(z))
        return -similarity.mean()
