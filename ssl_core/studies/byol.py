"""BYOL with crop and flip alone (Table 17), and without BatchNorm.

Crop and flip stand beside SimCLR's ablation `crop`: the paper finds that BYOL needs the colour changes less. Without
BatchNorm others have seen BYOL collapse (github.com/lucidrains/byol-pytorch), and with other normalisation not
(Richemond et al., arXiv 2010.10241). Nothing takes its place here, so that more goes than batch statistics: the
encoder's biases, the scale 0 at which residual branches begin, and the normalisation of the input.
"""

from dataclasses import replace

from ssl_core.methods import byol
from ssl_core.studies import drop_batchnorm
from ssl_core.study import Study


class CropOnly(byol.BYOL):
    """BYOL whose views are cropped and flipped, nothing else."""

    def __init__(self, settings: byol.Settings) -> None:
        super().__init__(settings)
        first, second = (replace(recipe, jitter=0.0, grayscale=0.0, solarize=0.0) for recipe in self.recipes)
        self.recipes = first, second


class NoBatchNorm(byol.BYOL):
    """BYOL without any BatchNorm, in the encoder, the heads and the target."""

    def __init__(self, settings: byol.Settings) -> None:
        super().__init__(settings)
        drop_batchnorm(self)


STUDIES = {
    "crop": Study(byol.ABLATION["byol"], CropOnly),
    "no-batchnorm": Study(byol.ABLATION["byol"], NoBatchNorm),
}
