"""SimCLR: A Simple Framework for Contrastive Learning of Visual Representations (Chen et al., ICML 2020).

Two random views of each image are pulled together against the other views of the batch. Algorithm 1, Eq. 1;
official code: google-research/simclr. Both views go through the network as one batch of 2B, so that BatchNorm
statistics are shared (its `model.py`); images are in [0, 1] without mean or variance normalisation
(`data_util.py`). CIFAR-10 augmentation as in Appendix B.9: strength 0.5, no blur.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ssl_core.augment import Recipe, two_views
from ssl_core.backbones import backbone
from ssl_core.distributed import gather
from ssl_core.heads import projector
from ssl_core.losses import contrastive_accuracy, nt_xent, nt_xent_logits
from ssl_core.methods import base
from ssl_core.methods.base import QUICK, Batch, check_above_zero, setting


@dataclass(frozen=True, kw_only=True)
class Settings(base.Settings):
    """SimCLR's own settings; their defaults are the CIFAR-10 values of Appendix B.9."""

    temperature: float = setting(0.5, "tau of NT-Xent")
    projection_dim: int = setting(128, "width of z")
    jitter: float = setting(0.8, "probability of colour jitter")
    jitter_strength: float = setting(0.5, "s: brightness, contrast, saturation 0.8 s, hue 0.2 s")
    grayscale: float = setting(0.2, "probability of grayscale")
    blur: float = setting(0.0, "probability of Gaussian blur (0.5 on ImageNet, none on CIFAR-10)")
    crop_min_area: float = setting(0.08, "smallest crop as a share of the image's area")


# `full` follows lightly's CIFAR-10 benchmark (kNN 0.848 after 200 epochs at batch 512), whose SGD is easier to
# repeat than LARS: lr 0.06 * batch / 128, weight decay 5e-4 (there of biases and BatchNorm too, here as the paper has
# it), tau 0.5, cosine without warm-up.
# `quick` was tuned for a few minutes on two CPU cores, where a low temperature, a high learning rate and larger
# crops (0.2 as in SimSiam, instead of 0.08) each gave a higher kNN after the same epochs.
PRESETS = {
    "full": Settings(),
    "quick": Settings(
        **QUICK,
        epochs=6,
        lr=4e-3,
        temperature=0.1,
        crop_min_area=0.2,
    ),
}

# Crop alone against crop and colour (§3.1, Fig. 5), temperatures around the preset's 0.1 (§5.1, Table 5), and other
# batch sizes after the same epochs (Table B.1, learning rate scaled by the square root as recommended there), small
# enough for three seeds each on a CPU.
ABLATION_IMAGES = 10000
_ABLATION = replace(PRESETS["quick"], epochs=12)
ABLATION = {
    "crop-colour": _ABLATION,
    "crop": replace(_ABLATION, jitter=0.0, grayscale=0.0),
    "temperature-0.05": replace(_ABLATION, temperature=0.05),
    "temperature-0.5": replace(_ABLATION, temperature=0.5),
    "temperature-1.0": replace(_ABLATION, temperature=1.0),
    "batch-64": replace(_ABLATION, batch_size=64, lr=2e-3),
    "batch-1024": replace(_ABLATION, batch_size=1024, lr=8e-3),
}


def build(settings: Settings) -> "SimCLR":
    """Return a new SimCLR with random weights."""
    return SimCLR(settings)


class SimCLR(base.Method):
    """Encoder f, projector g and NT-Xent."""

    projector_layers = 2

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        check_above_zero(settings, "temperature", "projection_dim")
        f = backbone(settings.backbone)
        self.encoder = f  # x -> h
        self.projector = projector(f.dim, f.dim, settings.projection_dim, self.projector_layers)  # g: h -> z
        self.temperature = settings.temperature
        self.recipe = recipe(settings)

    def views(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return t(x) and t'(x) of this process's images as (2B, 3, H, W): first views, then second."""
        return (two_views(batch.images, self.recipe, generator, share=batch.share)[0],)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of views (2B, 3, H, W), and the accuracy of the contrastive task for the log."""
        (views,) = inputs
        z1, z2 = (gather(z) for z in self.projector(self.encoder(views)).chunk(2))
        loss, logs = self.loss(z1, z2)
        with torch.no_grad():
            accuracy = contrastive_accuracy(nt_xent_logits(z1, z2, self.temperature))
        return loss, {"contrastive_accuracy": accuracy, **logs}

    def loss(self, z1: Tensor, z2: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return NT-Xent of all processes' projections (B, D), and logs of its own."""
        return nt_xent(z1, z2, self.temperature), {}


def recipe(settings: Settings) -> Recipe:
    """Return the augmentation of both views (Appendix A): colour strength s scales all four jitter ranges."""
    s = settings.jitter_strength
    return Recipe(
        crop_area=(settings.crop_min_area, 1.0),
        jitter=settings.jitter,
        brightness=0.8 * s,
        contrast=0.8 * s,
        saturation=0.8 * s,
        hue=0.2 * s,
        grayscale=settings.grayscale,
        blur=settings.blur,
    )
