"""Colour operations on a batch with one parameter per image, in torchvision's arithmetic.

Each function equals its namesake in `torchvision.transforms.functional` on float images, but takes a
tensor of factors, one per image, where torchvision takes a single number. The functions whose names end
in `_` work in place, so that `ssl_core.augment` can run the whole chain inside the processor's cache.

The order of operations and their strengths are those of SimCLR (Chen et al., 2020, Appendix A).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.errors import SslCoreError

LUMA = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in grey (ITU-R BT.601, rounded as torchvision rounds them)."""

SOLARIZE_THRESHOLD = 128 / 255
"""PIL's and the official BYOL code's threshold 128 of 255, for images in [0, 1]."""


class AugmentError(SslCoreError):
    """A recipe, a draw or a batch of images that cannot be augmented."""


def as_float(images: Tensor) -> Tensor:
    """Return images (B, 3, H, W) as floats in [0, 1]; float32 and float64 pass through unchanged.

    uint8 is divided by 255. Half types are raised to float32, since in bfloat16 pixels and sampling
    positions are off by several steps of 1/255.

    Raises:
        AugmentError: if the shape is not (B, 3, H, W) or the type is another integer type.

    >>> as_float(torch.full((1, 3, 1, 1), 255, dtype=torch.uint8)).flatten()
    tensor([1., 1., 1.])
    """
    if images.ndim != 4 or images.shape[1] != 3:
        raise AugmentError(f"images have the shape {tuple(images.shape)}; pass a batch of colour images (B, 3, H, W)")
    if images.dtype in (torch.float32, torch.float64):
        return images
    if images.dtype == torch.uint8:
        return images.to(torch.float32).div_(255)
    if images.is_floating_point():
        return images.to(torch.float32)
    raise AugmentError(f"images are of type {images.dtype}; pass uint8 in 0..255 or floats in [0, 1]")


def per_image(values: Tensor, images: Tensor) -> Tensor:
    """Shape one value per image (B,) as (B, 1, 1, 1) in the type of the images."""
    if values.shape != images.shape[:1]:
        raise AugmentError(
            f"{len(images)} images came with parameters of the shape {tuple(values.shape)}; pass one per image, (B,)"
        )
    return values.to(images.dtype)[:, None, None, None]


def luma(images: Tensor) -> Tensor:
    """Grey value of each pixel, (B, 3, H, W) -> (B, 1, H, W)."""
    red, green, blue = images[:, 0:1], images[:, 1:2], images[:, 2:3]
    return (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])


def blend_(images: Tensor, keep: Tensor, grey: Tensor, mean: Tensor | None = None) -> Tensor:
    """Replace x by clamp(keep x + grey luma(x) + mean mean(luma(x)), 0, 1), in place.

    Brightness, contrast, saturation and grayscale are all of this form, so that one pass serves a batch
    in which every image is due another operation. `keep`, `grey` and `mean` have the shape (B, 1, 1, 1).
    """
    target = luma(images)
    if mean is None:
        target.mul_(grey)
    else:
        offset = target.mean((2, 3), keepdim=True).mul_(mean)
        target.mul_(grey).add_(offset)
    return torch.addcmul(target, images, keep, out=images).clamp_(0, 1)


def rotate_hue_(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the hue of each image by `turns` (B, 1, 1, 1) of the colour circle, in place.

    HSV without branches: with value v = max, chroma c = max - min and the hue in turns, a channel is
    v - c clamp(2 - 6 d, 0, 1), d the distance of hue + offset from the nearest whole number. Masks are
    multiplied as floats, because on the CPU `torch.where` costs several times an arithmetic pass.
    """
    red, green, blue = images[:, 0:1], images[:, 1:2], images[:, 2:3]
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = torch.minimum(torch.minimum(red, green), blue).neg_().add_(value)
    is_red = torch.eq(red, value, out=torch.empty_like(value))
    is_green = torch.eq(green, value, out=torch.empty_like(value))

    # Hue times chroma, in sixths of a turn: start from "blue is largest", overwrite by green, then by red.
    hue = (red - green).add_(chroma, alpha=4)
    hue.addcmul_(is_green, (blue - red).add_(chroma, alpha=2).sub_(hue))
    hue.addcmul_(is_red, (green - blue).sub_(hue))
    # Where the pixel is grey, numerator and chroma are both 0; the bound keeps 0/0 from making NaN.
    hue = torch.addcdiv(turns, hue, chroma.clamp(min=torch.finfo(images.dtype).tiny), value=1 / 6)

    offsets = torch.arange(3, device=images.device, dtype=images.dtype).view(1, 3, 1, 1).mul_(-1 / 3).add_(0.5)
    torch.add(hue, offsets, out=images)
    # The same trapezoid with the clamp on d, v - 2c + 6c clamp(d, 1/6, 1/3): two passes fewer.
    distance = images.sub_(images.round()).abs_().clamp_(1 / 6, 1 / 3)
    return torch.addcmul(value.sub_(chroma, alpha=2), chroma, distance, value=6, out=images).clamp_(0, 1)


@torch.no_grad()
def adjust_brightness(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply each image by its factor and clamp to [0, 1].

    Args:
        images: (B, 3, H, W) floats in [0, 1]; float64 stays float64.
        factors: (B,), at least 0; 1 leaves an image as it is.

    >>> adjust_brightness(torch.full((2, 3, 1, 1), 0.5), torch.tensor([0.5, 3.0]))[:, 0].flatten()
    tensor([0.2500, 1.0000])
    """
    images = as_float(images)
    return (images * per_image(factors, images)).clamp_(0, 1)


@torch.no_grad()
def adjust_contrast(images: Tensor, factors: Tensor) -> Tensor:
    """Blend each image with its mean grey value: 0 gives flat grey, 1 the image itself.

    Args:
        images: (B, 3, H, W) floats in [0, 1]; float64 stays float64.
        factors: (B,), at least 0.

    >>> image = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
    >>> adjust_contrast(image, torch.tensor([0.5]))[0, 0, 0]
    tensor([0.2500, 0.7500])
    """
    images = as_float(images)
    keep = per_image(factors, images)
    return blend_(images.clone(), keep, torch.zeros_like(keep), 1 - keep)


@torch.no_grad()
def adjust_saturation(images: Tensor, factors: Tensor) -> Tensor:
    """Blend each image with its grey version: 0 gives grey, 1 the image itself.

    Args:
        images: (B, 3, H, W) floats in [0, 1]; float64 stays float64.
        factors: (B,), at least 0.

    >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    >>> adjust_saturation(red, torch.tensor([0.0])).flatten()
    tensor([0.2989, 0.2989, 0.2989])
    """
    images = as_float(images)
    keep = per_image(factors, images)
    return blend_(images.clone(), keep, 1 - keep)


@torch.no_grad()
def adjust_hue(images: Tensor, factors: Tensor) -> Tensor:
    """Turn the hue of each image by its factor, in turns of the colour circle.

    Args:
        images: (B, 3, H, W) floats in [0, 1]; float64 stays float64.
        factors: (B,) in [-0.5, 0.5]; both ends give the complementary hue. Not checked, since reading
            a value would make the host wait for the GPU; a factor beyond is taken modulo one turn.

    >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    >>> adjust_hue(red, torch.tensor([0.5])).flatten().round(decimals=4)
    tensor([0., 1., 1.])
    """
    images = as_float(images)
    return rotate_hue_(images.clone(), per_image(factors, images))


@torch.no_grad()
def grayscale(images: Tensor) -> Tensor:
    """Replace the three channels by their luma, (B, 3, H, W) -> (B, 3, H, W).

    >>> grayscale(torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1)).flatten()
    tensor([0.5870, 0.5870, 0.5870])
    """
    images = as_float(images)
    return luma(images).expand_as(images).contiguous()


@torch.no_grad()
def solarize(images: Tensor, threshold: float = SOLARIZE_THRESHOLD) -> Tensor:
    """Invert every value that is at least `threshold`, x -> 1 - x.

    The default is 128/255: PIL, and with it the published recipes, inverts byte values of 128 and more.

    >>> solarize(torch.tensor([0.25, 0.5, 0.75]).view(1, 3, 1, 1), 0.5).flatten()
    tensor([0.2500, 0.5000, 0.2500])
    """
    images = as_float(images)
    return torch.where(images >= threshold, 1 - images, images)


def blur_kernel_size(size: int) -> int:
    """Width of SimCLR's blur: 10 % of the side, made odd (3 taps at 32 pixels, 23 at 224).

    >>> blur_kernel_size(32), blur_kernel_size(224)
    (3, 23)
    """
    return 2 * (size // 20) + 1


@torch.no_grad()
def gaussian_blur(images: Tensor, sigmas: Tensor, kernel_size: int) -> Tensor:
    """Blur each image with a Gaussian of its own width, edges reflected.

    A weighted sum of shifted copies, first down, then across: with one kernel per image a grouped
    convolution is an order of magnitude slower.

    Args:
        images: (B, 3, H, W) floats in [0, 1]; float64 stays float64.
        sigmas: (B,) standard deviations in pixels, above 0.
        kernel_size: odd number of taps, at most twice the shorter side minus 1.

    Raises:
        AugmentError: if `kernel_size` is even, not positive, or too wide for the images.

    >>> dot = torch.zeros(1, 3, 5, 5)
    >>> dot[..., 2, 2] = 1.0
    >>> gaussian_blur(dot, torch.tensor([1.0]), 3)[0, 0, 2]
    tensor([0.0000, 0.1238, 0.2042, 0.1238, 0.0000])
    """
    images = as_float(images)
    height, width = images.shape[2:]
    reach = kernel_size // 2
    if kernel_size < 1 or kernel_size % 2 == 0 or reach >= min(height, width):
        raise AugmentError(
            f"kernel_size is {kernel_size} for images of {height} x {width} pixels; "
            f"pass an odd number from 1 to {2 * min(height, width) - 1}"
        )
    taps = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    weights = torch.exp(-0.5 * (taps / per_image(sigmas, images).flatten(1)) ** 2)
    weights = (weights / weights.sum(1, keepdim=True))[:, :, None, None, None]
    padded = F.pad(images, (reach, reach, reach, reach), mode="reflect")
    rows = padded[:, :, :height] * weights[:, 0]
    for tap in range(1, kernel_size):
        rows.addcmul_(padded[:, :, tap : tap + height], weights[:, tap])
    blurred = rows[..., :width] * weights[:, 0]
    for tap in range(1, kernel_size):
        blurred.addcmul_(rows[..., tap : tap + width], weights[:, tap])
    return blurred
