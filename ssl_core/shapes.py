"""A procedural data set of ten shapes at 32 × 32: no file, no download, the same pixels from the same seed.

The shape is the class; colour, place, size, turn, and the textures of figure and ground say nothing about it. The
features of an untrained network do not tell the classes apart, while contrastive learning does. What two crops of
one picture share besides the shape (tint, texture, turn, contrast) is kept small, because a contrastive method may
as well learn that: wider ranges make the set much harder. Figures are drawn by signed distance (negative inside)
after Quilez, "2D distance functions" (iquilezles.org/articles/distfunctions2d), with edges one pixel soft.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ssl_core.data import SIZE, Dataset, make

CLASSES = ("arrow", "circle", "crescent", "heart", "hourglass", "plus", "ring", "square", "star", "triangle")

# How hard the set is. Lengths are fractions of the image's side, colours fractions of the full range.
SCALE = (0.55, 0.92)  # diameter of the figure
TURN = 10.0  # degrees to either side
SHIFT = 0.16  # of the figure's middle to each side, as far as the figure stays inside the image
CONTRAST = (0.40, 0.50)  # difference in luminance between figure and ground; either may be the brighter one
MIDDLE = 0.04  # how far the mean of both luminances lies from 0.5
TINT = 0.08  # how far a colour's channels lie from its luminance
TEXTURE = 0.05  # how far a texture's brightness leaves its mean
WAVES = (2.0, 5.0)  # periods of stripes and checks across the image

BLOCK = 200  # images drawn at a time, a multiple of the number of classes
LUMA = np.array([0.299, 0.587, 0.114])  # luminance of R, G, B (ITU-R BT.601, as torchvision's greyscale)

Array = NDArray[np.float64]


def shapes(n_train: int = 10_000, n_test: int = 2_000, seed: int = 0) -> Dataset:
    """Draw the data set.

    Args:
        n_train: number of training images; classes take turns, so that any number is balanced to within one.
        n_test: number of test images, drawn from a stream of their own.
        seed: the images follow from it alone; more of them leave the earlier ones as they are.

    Returns:
        A Dataset named "shapes" with uint8 images (n, 3, 32, 32) on the CPU.

    >>> data = shapes(n_train=20, n_test=10)
    >>> data.train_images.shape, data.classes[data.train_labels[3]]
    (torch.Size([20, 3, 32, 32]), 'heart')
    """
    train_images, train_labels = _draw(n_train, np.random.default_rng([seed, 0]))
    test_images, test_labels = _draw(n_test, np.random.default_rng([seed, 1]))
    return make("shapes", train_images, train_labels, test_images, test_labels, CLASSES)


def _draw(n: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Draw n images block by block, so that the arrays in between stay small whatever n is."""
    blocks = [_block(rng) for _ in range(0, n, BLOCK)]
    images = np.concatenate([np.empty((0, 3, SIZE, SIZE), np.uint8), *blocks])[:n]
    return torch.from_numpy(images), torch.arange(n) % len(CLASSES)


def _block(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw BLOCK images (BLOCK, 3, SIZE, SIZE) whose classes take turns."""
    # Coordinates run from -1 to 1 and pixels are sampled at their middles; in float64, so that differences in
    # the last digit between machines do not reach the rounded pixels.
    axis = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    x, y = (grid[None] for grid in np.meshgrid(axis, axis))
    radius = rng.uniform(*SCALE, (BLOCK, 1, 1))
    reach = np.minimum(1 - radius, 2 * SHIFT)
    middle_x, middle_y = rng.uniform(-1, 1, (2, BLOCK, 1, 1)) * reach
    turn = np.deg2rad(rng.uniform(-TURN, TURN, (BLOCK, 1, 1)))
    u, v = (x - middle_x) / radius, (y - middle_y) / radius
    u, v = np.cos(turn) * u + np.sin(turn) * v, np.cos(turn) * v - np.sin(turn) * u
    inside = np.empty((BLOCK, SIZE, SIZE))
    for label, name in enumerate(CLASSES):
        these = slice(label, None, len(CLASSES))
        # The distance in pixels: an edge goes from 0 to 1 within one of them.
        inside[these] = np.clip(0.5 - _distance(name, u[these], v[these]) * radius[these] * SIZE / 2, 0, 1)

    # Luminances on either side of a common middle, the brighter one at random the figure or the ground.
    contrast = rng.uniform(*CONTRAST, BLOCK) * rng.choice([-1, 1], BLOCK)
    centre = rng.uniform(0.5 - MIDDLE, 0.5 + MIDDLE, BLOCK)
    figure, figure_tint = _surface(centre + contrast / 2, x, y, rng)
    ground, ground_tint = _surface(centre - contrast / 2, x, y, rng)
    picture = inside[:, None] * (figure_tint - ground_tint) + ground_tint
    picture += (ground + inside * (figure - ground))[:, None]
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _surface(mean: Array, x: Array, y: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Luminances (BLOCK, SIZE, SIZE) around the given means (BLOCK,), and the tints (BLOCK, 3, 1, 1) to add."""
    tint = rng.uniform(-TINT, TINT, (BLOCK, 3, 1, 1))
    tint -= np.tensordot(tint, LUMA, axes=(1, 0))[:, None]  # a tint changes the hue, not the luminance
    texture = np.empty((BLOCK, SIZE, SIZE))
    kinds = rng.integers(len(TEXTURES), size=BLOCK)
    for kind, paint in enumerate(TEXTURES):
        rows = kinds == kind
        angle, phase = rng.uniform(0, 2 * np.pi, (2, rows.sum(), 1, 1))
        along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        waves = rng.uniform(*WAVES, angle.shape) * np.pi
        texture[rows] = paint(waves * along + phase, waves * across + phase, rng)
    texture *= rng.uniform(0, TEXTURE, (BLOCK, 1, 1))
    return mean[:, None, None] + texture, tint


# Brightness from -1 to 1 at phases (n, SIZE, SIZE) along and across the direction of the texture.
TEXTURES: tuple[Callable[[Array, Array, np.random.Generator], Array], ...] = (
    lambda along, across, rng: np.zeros_like(along),  # plain
    lambda along, across, rng: np.sin(along / 4),  # gradient
    lambda along, across, rng: np.sin(along),  # stripes
    lambda along, across, rng: np.sin(along) * np.sin(across),  # checks
    lambda along, across, rng: rng.uniform(-1, 1, along.shape),  # noise
)


def _distance(name: str, u: Array, v: Array) -> Array:
    """Signed distance of points (u right, v down) to the outline of a figure within the unit circle."""
    radius = np.hypot(u, v)
    if name == "circle":
        return np.asarray(radius - 1)
    if name == "ring":
        return np.asarray(np.abs(radius - 0.75) - 0.25)
    if name == "crescent":
        return np.asarray(np.maximum(radius - 1, 0.75 - np.hypot(u - 0.5, v)))
    return _outline_distance(OUTLINES[name], np.abs(u), v)


def _outline_distance(corners: Array, u: Array, v: Array) -> Array:
    """Signed distance of points with u >= 0 to a figure that mirrors itself at u = 0, from its right half.

    The half is an open line through the corners (K, 2) from the axis to the axis. Distance is that of the nearest
    edge; a point is inside when a ray to the right crosses an odd number of edges.
    """
    nearest = np.full(u.shape, np.inf)
    inside = np.zeros(u.shape, dtype=bool)
    for (a, b), (c, d) in pairwise(corners):
        across, down = u - a, v - b
        along = (across * (c - a) + down * (d - b)) / ((c - a) ** 2 + (d - b) ** 2)
        along = np.minimum(np.maximum(along, 0), 1)
        np.minimum(nearest, (across - along * (c - a)) ** 2 + (down - along * (d - b)) ** 2, out=nearest)
        if b != d:
            inside ^= ((v < b) != (v < d)) & (across < (c - a) / (d - b) * down)
    return np.asarray(np.where(inside, -1, 1) * np.sqrt(nearest))


def _star(points: int, inner: float) -> Array:
    """Outline of a star with an odd number of points, the first upwards; `inner` is the radius of the notches."""
    angle = np.pi * np.arange(points + 1) / points
    radius = np.where(np.arange(points + 1) % 2, inner, 1.0)
    return np.stack([radius * np.sin(angle), -radius * np.cos(angle)], axis=1)


def _heart(corners: int) -> Array:
    """Outline on the curve (16 sin³ t, 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t), in the unit circle."""
    t = np.linspace(0, np.pi, corners)
    up = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([16 * np.sin(t) ** 3, -up], axis=1) / 17


# The right halves of the outlines from top to bottom (u to the right, v down), within the unit circle.
OUTLINES: dict[str, Array] = {
    "arrow": np.array([(0, -1), (0.75, -0.1), (0.28, -0.1), (0.28, 0.95), (0, 0.95)]),
    "heart": _heart(13),
    "hourglass": np.array([(0, -0.75), (0.66, -0.75), (0.12, 0), (0.66, 0.75), (0, 0.75)]),
    "plus": np.array(
        [(0, -0.95), (0.3, -0.95), (0.3, -0.3), (0.95, -0.3), (0.95, 0.3), (0.3, 0.3), (0.3, 0.95), (0, 0.95)]
    ),
    "square": np.array([(0, -0.7), (0.7, -0.7), (0.7, 0.7), (0, 0.7)]),
    "star": _star(5, 0.42),
    "triangle": np.array([(0, -1), (0.83, 0.55), (0, 0.55)]),
}
