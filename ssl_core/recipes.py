"""What a random view is drawn from, and what was drawn: one set of parameters per image.

The chain is SimCLR's (Chen et al., 2020, Appendix A) with the solarisation that BYOL adds (Grill et al.,
2020, Appendix B); the laws are torchvision's, crops those of `RandomResizedCrop`. `ssl_core.augment`
turns draws into views and is the module to import from.

No shape depends on a drawn value and nothing is read back from the device.
"""

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from ssl_core.colour import AugmentError

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)
"""The numbers of the four jitter operations in `Draw.order`."""

ALL_STEPS = ("jitter", "grayscale", "blur", "solarize")
"""The steps after the crop, in the order applied."""

CROP_TRIES = 10
"""torchvision's number of attempts at a box that fits, before it takes the centre."""


@dataclass(frozen=True)
class Recipe:
    """Probabilities and strengths of one view; the defaults are SimCLR's for CIFAR-10 (Appendix B.9).

    `flip`, `jitter`, `grayscale`, `blur` and `solarize` are probabilities. Brightness, contrast and
    saturation factors are uniform in [max(0, 1 - strength), 1 + strength], hue shifts in [-hue, hue] turns.
    A subset of the operations is a recipe with the other probabilities at 0; `crop_area=(1, 1)` with
    `crop_ratio=(1, 1)` keeps a square image whole.

    Raises:
        AugmentError: if a value lies outside its range.

    >>> Recipe(blur=0.5).blur_sigma
    (0.1, 2.0)
    >>> Recipe(flip=2)
    Traceback (most recent call last):
    ssl_core.colour.AugmentError: recipe: flip is 2; it is a probability, choose it from 0 to 1
    """

    crop_area: tuple[float, float] = (0.08, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip: float = 0.5
    jitter: float = 0.8
    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.1
    grayscale: float = 0.2
    blur: float = 0.0
    blur_sigma: tuple[float, float] = (0.1, 2.0)
    solarize: float = 0.0

    def __post_init__(self) -> None:
        for name in ("flip", "jitter", "grayscale", "blur", "solarize"):
            self._check(name, 0, 1, "it is a probability, choose it from 0 to 1")
        for name in ("brightness", "contrast", "saturation"):
            self._check(name, 0, math.inf, "it is a strength, choose 0 or more")
        self._check("hue", 0, 0.5, "it is a part of the colour circle, choose it from 0 to 0.5")
        for name, top in (("crop_area", 1.0), ("crop_ratio", math.inf), ("blur_sigma", math.inf)):
            pair = getattr(self, name)
            if len(pair) != 2 or not 0 < pair[0] <= pair[1] <= top or math.isinf(pair[1]):
                limit = "" if math.isinf(top) else f" <= {top:g}"
                raise AugmentError(f"recipe: {name} is {pair}; give (low, high) with 0 < low <= high{limit}")

    def _check(self, name: str, low: float, high: float, advice: str) -> None:
        value = getattr(self, name)
        if not (low <= value <= high and math.isfinite(value)):
            raise AugmentError(f"recipe: {name} is {value}; {advice}")

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps after the crop that this recipe can take at all."""
        strongest = max(self.brightness, self.contrast, self.saturation, self.hue)
        chances = (min(self.jitter, strongest), self.grayscale, self.blur, self.solarize)
        return tuple(step for step, chance in zip(ALL_STEPS, chances, strict=True) if chance > 0)


@dataclass(frozen=True)
class Draw:
    """The parameters of B views, all tensors on one device, first dimension B.

    Attributes:
        boxes: (B, 4) integers: top, left, height, width in pixels of the source image.
        flips: (B,) bool, mirrored left to right after the crop.
        jittered: (B,) bool; where False the four factors below are the identity.
        brightness, contrast, saturation: (B,) factors, 1 is the identity.
        hue: (B,) turns of the colour circle, 0 is the identity.
        order: (B, 4) the jitter operations as applied: 0 brightness, 1 contrast, 2 saturation, 3 hue.
        grayscale: (B,) bool.
        blur_sigmas: (B,) pixels; used where `blurred` (B,) bool.
        solarized: (B,) bool.
        steps: the steps that `apply` runs; a step left out is skipped for every image, whatever the
            tensors say. `draw` leaves out what the recipe never takes.
    """

    boxes: Tensor
    flips: Tensor
    jittered: Tensor
    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    hue: Tensor
    order: Tensor
    grayscale: Tensor
    blur_sigmas: Tensor
    blurred: Tensor
    solarized: Tensor
    steps: tuple[str, ...] = ALL_STEPS

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: slice) -> "Draw":
        """The draws of some of the images, such as `draw[:n]` for the first of two views."""
        return Draw(**{name: tensor[rows] for name, tensor in self.tensors().items()}, steps=self.steps)

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by attribute."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "steps"}

    @property
    def jitter_parameters(self) -> Tensor:
        """(B, 4) brightness, contrast, saturation, hue as applied; (1, 1, 1, 0) where jitter was skipped."""
        return torch.stack((self.brightness, self.contrast, self.saturation, self.hue), dim=1)


def join(first: Draw, second: Draw) -> Draw:
    """The draws of two groups of images as one, in that order."""
    tensors = {name: torch.cat((tensor, getattr(second, name))) for name, tensor in first.tensors().items()}
    steps = tuple(step for step in ALL_STEPS if step in first.steps or step in second.steps)
    return Draw(**tensors, steps=steps)


def _draw_boxes(recipe: Recipe, height: int, width: int, u: Tensor) -> Tensor:
    """Boxes (B, 4) by the law of torchvision's RandomResizedCrop, from uniform numbers u (B, 22).

    torchvision tries until a box fits, which makes large areas rarer than their share. Here all tries
    are drawn at once and the first that fits is taken, so that shapes stay static.
    """
    low, high = recipe.crop_area
    areas = height * width * (low + (high - low) * u[:, :CROP_TRIES])
    low, high = (math.log(bound) for bound in recipe.crop_ratio)
    ratios = torch.exp(low + (high - low) * u[:, CROP_TRIES : 2 * CROP_TRIES])
    widths = torch.sqrt(areas * ratios).round().long()
    heights = torch.sqrt(areas / ratios).round().long()
    fits = (widths > 0) & (widths <= width) & (heights > 0) & (heights <= height)
    first = fits.long().argmax(dim=1, keepdim=True)
    w, h = widths.gather(1, first)[:, 0], heights.gather(1, first)[:, 0]
    # The minimum guards against a uniform number that rounds up to 1 in the product.
    top = torch.minimum((u[:, -2] * (height - h + 1)).long(), height - h)
    left = torch.minimum((u[:, -1] * (width - w + 1)).long(), width - w)

    centre_w = min(width, round(height * recipe.crop_ratio[1]))
    centre_h = min(height, round(width / recipe.crop_ratio[0]))
    centre = ((height - centre_h) // 2, (width - centre_w) // 2, centre_h, centre_w)
    any_fits = fits.any(dim=1)
    found = zip((top, left, h, w), centre, strict=True)
    return torch.stack([torch.where(any_fits, box, fallback) for box, fallback in found], dim=1)


def draw(
    recipe: Recipe, n: int, height: int, width: int, generator: torch.Generator, device: torch.device | str
) -> Draw:
    """Draw the parameters of n views of images of height x width pixels, independently of each other.

    The generator advances by the same amount whatever the recipe. It lives on `device`; its state is all
    that a checkpoint needs to go on with the same views.

    Raises:
        AugmentError: if the generator is on another device.

    >>> params = draw(Recipe(), 2, 32, 32, torch.Generator().manual_seed(0), "cpu")
    >>> params.boxes.shape, params.order.shape, params.steps
    (torch.Size([2, 4]), torch.Size([2, 4]), ('jitter', 'grayscale'))
    """
    if generator.device.type != torch.device(device).type:
        raise AugmentError(
            f"the generator is on {generator.device}, the images are on {device}; "
            f"make it with torch.Generator(device={str(device)!r})"
        )
    u = torch.rand((n, 2 * CROP_TRIES + 16), generator=generator, device=device)
    box, u = u[:, : 2 * CROP_TRIES + 2], u[:, 2 * CROP_TRIES + 2 :]
    jittered = u[:, 0] < recipe.jitter

    def factor(column: int, strength: float) -> Tensor:
        low, high = max(0.0, 1 - strength), 1 + strength
        return torch.where(jittered, low + (high - low) * u[:, column], 1.0)

    sigma_low, sigma_high = recipe.blur_sigma
    return Draw(
        boxes=_draw_boxes(recipe, height, width, box),
        flips=u[:, 1] < recipe.flip,
        jittered=jittered,
        brightness=factor(2, recipe.brightness),
        contrast=factor(3, recipe.contrast),
        saturation=factor(4, recipe.saturation),
        hue=torch.where(jittered, recipe.hue * (2 * u[:, 5] - 1), 0.0),
        order=u[:, 6:10].argsort(dim=1),
        grayscale=u[:, 10] < recipe.grayscale,
        blur_sigmas=sigma_low + (sigma_high - sigma_low) * u[:, 11],
        blurred=u[:, 12] < recipe.blur,
        solarized=u[:, 13] < recipe.solarize,
        steps=recipe.steps,
    )
