"""Random views of image batches: every image has its own draw, on the device of the images.

The chain is SimCLR's (Chen et al., 2020, Appendix A): resized crop, flip, colour jitter in random order,
grayscale, blur; then solarisation, which BYOL adds (Grill et al., 2020, Appendix B). Laws and arithmetic
are torchvision's: crops follow `RandomResizedCrop`, each operation equals its functional version.

Drawing (`ssl_core.recipes`) and applying are apart: HAI feeds the drawn parameters to the network, tests
replay them, and `apply` is deterministic. No shape depends on a drawn value and nothing is read back from
the device, so the chain neither stalls a GPU nor breaks a compiled graph.
"""

import torch
from torch import Tensor

from ssl_core.colour import (
    SOLARIZE_THRESHOLD,
    AugmentError,
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    as_float,
    blend_,
    blur_kernel_size,
    gaussian_blur,
    grayscale,
    per_image,
    rotate_hue_,
    solarize,
)
from ssl_core.recipes import CONTRAST, HUE, SATURATION, Draw, Recipe, draw, join

__all__ = [
    "SOLARIZE_THRESHOLD",
    "AugmentError",
    "Draw",
    "Recipe",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "apply",
    "augment",
    "blur_kernel_size",
    "draw",
    "gaussian_blur",
    "grayscale",
    "resized_crop",
    "solarize",
    "two_views",
]

CHUNK_PIXELS = 64 * 32 * 32
"""On the CPU the chain runs over this many pixels at a time, so that its data stay in the L2 cache."""


def _interpolation(start: Tensor, length: Tensor, source: int, places: Tensor) -> Tensor:
    """Matrices (B, size, source) that resample pixels start .. start + length - 1 of a row to `size` values.

    `places` (B or 1, size) numbers the values, 0 .. size - 1, backwards for a mirrored row. A triangle around
    each sampling point is cut at the box and normalised: bilinear with the box's edge repeated where the
    box grows, antialiased as by torchvision's default where it shrinks.
    """
    start, length = start.to(places.dtype)[:, None], length.to(places.dtype)[:, None]
    scale = length / places.shape[1]
    width = scale.clamp(min=1)
    points = (places + 0.5) * scale / width
    pixels = torch.arange(source, device=start.device, dtype=places.dtype) - start
    outside = (pixels < 0) | (pixels >= length)
    # Pixels outside the box are moved infinitely far away: that cuts the triangle without a further pass.
    pixels = ((pixels + 0.5) / width).masked_fill(outside, torch.inf)
    weights = (pixels[:, None, :] - points[:, :, None]).abs_().neg_().add_(1).clamp_(min=0)
    return weights.div_(weights.sum(dim=2, keepdim=True))


def _crop_into(views: Tensor, images: Tensor, boxes: Tensor, flips: Tensor) -> None:
    """Write the resized boxes of float images (B, 3, H, W) into views (B, 3, size, size)."""
    batch, channels, height, width = images.shape
    size = views.shape[-1]
    places = torch.arange(size, device=images.device, dtype=images.dtype)[None]
    mirrored = torch.where(flips[:, None], size - 1 - places, places)
    with torch.autocast(images.device.type, enabled=False):
        rows = _interpolation(boxes[:, 0], boxes[:, 2], height, places)
        columns = _interpolation(boxes[:, 1], boxes[:, 3], width, mirrored)
        across = torch.bmm(images.reshape(batch, channels * height, width), columns.transpose(1, 2))
        torch.matmul(rows[:, None], across.view(batch, channels, height, size), out=views)


@torch.no_grad()
def resized_crop(images: Tensor, boxes: Tensor, size: int, flips: Tensor | None = None) -> Tensor:
    """Cut a box out of each image and resize it to size x size, bilinearly.

    Equals torchvision's `resized_crop` image by image: nothing outside the box is seen, and a box larger
    than `size` is antialiased. Two batched matrix products, because they are faster than `grid_sample`;
    automatic mixed precision is off inside.

    Args:
        images: (B, 3, H, W) floats in [0, 1]; float64 stays float64.
        boxes: (B, 4) top, left, height, width in whole pixels, inside the image (not checked).
        size: side of the result in pixels.
        flips: (B,) bool; where True the result is mirrored left to right, at no cost.

    Returns:
        (B, 3, size, size), without gradient.

    Raises:
        AugmentError: if images or boxes have another shape.

    >>> image = torch.arange(16.0).view(1, 1, 4, 4).expand(1, 3, 4, 4) / 16
    >>> resized_crop(image, torch.tensor([[0, 1, 2, 2]]), 2)[0, 0] * 16
    tensor([[1., 2.],
            [5., 6.]])
    """
    images = as_float(images)
    if boxes.shape != (len(images), 4):
        raise AugmentError(f"boxes have the shape {tuple(boxes.shape)}; pass (B, 4) = ({len(images)}, 4)")
    views = images.new_empty(len(images), 3, size, size)
    if flips is None:
        flips = torch.zeros_like(boxes[:, 0], dtype=torch.bool)
    _crop_into(views, images, boxes, flips)
    return views


def _jitter_weights(draw: Draw, dtype: torch.dtype) -> Tensor:
    """Weights (6, 3, B) of `blend_` for the three slots before hue and the three after it.

    Hue costs most, so it runs once for all images whatever their order: three blends before it and three
    after, in which an image takes part only where its order says so and otherwise keeps itself.
    """
    factors = torch.stack((draw.brightness, draw.contrast, draw.saturation, torch.ones_like(draw.hue)), dim=1)
    factors = factors.to(dtype).gather(1, draw.order).T
    operations = draw.order.T
    slots = torch.arange(4, device=operations.device)[:, None]
    hue_slot = (operations == HUE).long().argmax(dim=0)
    before = torch.where(slots < hue_slot, factors, 1.0)[:3]
    after = torch.where(slots > hue_slot, factors, 1.0)[1:]
    keep = torch.cat((before, after))
    operations = torch.cat((operations[:3], operations[1:]))
    return torch.stack((keep, (1 - keep) * (operations == SATURATION), (1 - keep) * (operations == CONTRAST)), dim=1)


def _chain_into(views: Tensor, images: Tensor, draw: Draw, jitter_weights: Tensor) -> None:
    _crop_into(views, as_float(images), draw.boxes, draw.flips)
    if "jitter" in draw.steps:
        weights = jitter_weights[..., None, None, None]
        for keep, grey, mean in weights[:3]:
            blend_(views, keep, grey, mean)
        rotate_hue_(views, per_image(draw.hue, views))
        for keep, grey, mean in weights[3:]:
            blend_(views, keep, grey, mean)
    if "grayscale" in draw.steps:
        grey = per_image(draw.grayscale, views)
        blend_(views, 1 - grey, grey)
    if "blur" in draw.steps:
        blurred = gaussian_blur(views, draw.blur_sigmas, blur_kernel_size(views.shape[-1]))
        torch.where(draw.blurred[:, None, None, None], blurred, views, out=views)
    if "solarize" in draw.steps:
        torch.where(draw.solarized[:, None, None, None], solarize(views), views, out=views)


@torch.no_grad()
def apply(images: Tensor, draw: Draw, size: int = 32) -> Tensor:
    """Make the views that a draw describes; the same draw gives the same views.

    Args:
        images: (B, 3, H, W) uint8 in 0..255 or floats in [0, 1]; left unchanged.
        draw: parameters of B views.
        size: side of the views in pixels.

    Returns:
        (B, 3, size, size) in [0, 1], float64 for float64 images, else float32; without gradient.

    Raises:
        AugmentError: if images and draw differ in number, or the images are no colour images.

    >>> images = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
    >>> apply(images, draw(Recipe(), 2, 32, 32, torch.Generator(), "cpu")).shape
    torch.Size([2, 3, 32, 32])
    """
    if len(images) != len(draw):
        raise AugmentError(f"{len(images)} images came with a draw of {len(draw)}; draw one per image")
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    views = images.new_empty((len(images), 3, size, size), dtype=dtype)
    weights = _jitter_weights(draw, dtype)
    chunk = max(1, CHUNK_PIXELS // size**2 if images.device.type == "cpu" else len(images))
    for start in range(0, len(images), chunk):
        rows = slice(start, start + chunk)
        _chain_into(views[rows], images[rows], draw[rows], weights[..., rows])
    return views


def augment(
    images: Tensor, recipe: Recipe, generator: torch.Generator, size: int = 32, share: slice = slice(None)
) -> tuple[Tensor, Draw]:
    """Make one random view of each image.

    Args:
        images: (B, 3, H, W) uint8 in 0..255 or floats in [0, 1].
        recipe: what to draw from.
        generator: on the images' device; the only source of randomness.
        size: side of the views in pixels.
        share: the images to make views of, as in `two_views`.

    Returns:
        The views (B, 3, size, size) in [0, 1] and the parameters they were made with; of the share's images only.

    >>> views, params = augment(torch.rand(4, 3, 32, 32), Recipe(), torch.Generator().manual_seed(0))
    >>> bool((apply(torch.ones(4, 3, 32, 32), params) >= 0).all()), params.jitter_parameters.shape
    (True, torch.Size([4, 4]))
    """
    params = draw(recipe, len(images), images.shape[-2], images.shape[-1], generator, images.device)[share]
    return apply(images[share], params, size), params


def two_views(
    images: Tensor,
    recipe: Recipe,
    generator: torch.Generator,
    recipe2: Recipe | None = None,
    size: int = 32,
    share: slice = slice(None),
) -> tuple[Tensor, Draw]:
    """Make two independent random views of each image in one pass.

    Args:
        images: (B, 3, H, W) uint8 in 0..255 or floats in [0, 1].
        recipe: of the first view.
        generator: on the images' device; the only source of randomness.
        recipe2: of the second view, where it differs (BYOL, Table 6); by default the same.
        size: side of the views in pixels.
        share: the images to make views of. Parameters are drawn for all B, so that processes that share a
            batch make the views that one process would.

    Returns:
        The views (2B, 3, size, size), first views before second views, and their 2B parameters; of the
        share's images only.

    >>> views, params = two_views(torch.rand(4, 3, 32, 32), Recipe(), torch.Generator().manual_seed(0))
    >>> views.shape, len(params)
    (torch.Size([8, 3, 32, 32]), 8)
    """
    height, width = images.shape[-2:]
    first, second = (
        draw(each, len(images), height, width, generator, images.device)[share]
        for each in (recipe, recipe if recipe2 is None else recipe2)
    )
    params = join(first, second)
    return apply(torch.cat((images[share], images[share])), params, size), params
