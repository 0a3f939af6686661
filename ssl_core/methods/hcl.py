"""HCL: Contrastive Learning with Hard Negative Samples (Robinson et al., ICLR 2021).

SimCLR whose negatives are weighted by exp(beta * similarity) and corrected for false negatives with the class
prior tau+. §3; official code: joshr17/HCL `image/main.py`, whose weights (normalised over the batch) are right where
the paper's pseudo-code is not. beta = 0 is the debiased loss (Chuang et al., NeurIPS 2020), beta = tau+ = 0 is
SimCLR. The clamp acts on nearly every aligned pair at low temperatures, therefore tau stays at 0.5. Views are those
of SimCLR on CIFAR-10; the official code adds a blur of three pixels.
"""

from dataclasses import dataclass, replace

from torch import Tensor

from ssl_core.losses import hard_negative, hard_negative_weights
from ssl_core.methods import simclr
from ssl_core.methods.base import QUICK, check_within, setting
from ssl_core.methods.simclr import SimCLR


@dataclass(frozen=True, kw_only=True)
class Settings(simclr.Settings):
    """HCL's own settings beside SimCLR's."""

    beta: float = setting(1.0, "hardness: exponent of the negatives' weights; 0 weights them equally")
    tau_plus: float = setting(0.1, "tau+: probability that a negative has the anchor's class (1 / classes)")


# `full` is SimCLR's CIFAR-10 recipe, so that the two differ in the loss alone; the paper's own is Adam, lr 1e-3,
# batch 256, 400 epochs, ResNet-50. tau+ = 1 / 10 is prior knowledge of CIFAR-10's ten equal classes.
PRESETS = {
    "full": Settings(),
    "quick": Settings(
        **QUICK,
        epochs=6,
        lr=4e-3,
        crop_min_area=0.2,
    ),
}

# SimCLR, debiased, and hard negatives up to the beta that the paper finds too hard; as a control SimCLR at a lower
# temperature, which stresses similar negatives too.
ABLATION_IMAGES = 10000
_ABLATION = replace(PRESETS["quick"], epochs=6)
ABLATION = {
    "simclr": replace(_ABLATION, beta=0.0, tau_plus=0.0),
    "simclr-temperature-0.1": replace(_ABLATION, beta=0.0, tau_plus=0.0, temperature=0.1),
    "debiased": replace(_ABLATION, beta=0.0),
    "beta-1": _ABLATION,
    "beta-6": replace(_ABLATION, beta=6.0),
}


def build(settings: Settings) -> "HCL":
    """Return a new HCL with random weights."""
    return HCL(settings)


class HCL(SimCLR):
    """SimCLR's networks and views with the hard-negative loss."""

    settings: Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        check_within(settings, 0, 100, "beta")
        check_within(settings, 0, 0.999, "tau_plus")

    def loss(self, z1: Tensor, z2: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of all processes' projections (B, D); logs say how few negatives carry it."""
        s = self.settings
        loss = hard_negative(z1, z2, self.temperature, s.tau_plus, s.beta)
        weights = hard_negative_weights(z1, z2, self.temperature, s.tau_plus, s.beta)
        return loss, {"effective_sample_size": weights.effective_sample_size, "clamped": weights.clamped}
