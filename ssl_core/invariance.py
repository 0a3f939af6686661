"""What features have been made to forget: sensitivity to each augmentation, and what they still know of colour.

Sensitivity compares a feature's change under an augmentation with its distance to another image. The colour probe
follows Zhang and Ma (CVPR 2022, supplement D), who ask features of two views how much their colour jitter differs;
ours asks for each of the four jitter factors, in tenths that are equally frequent, so that chance is 0.1.
"""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core.augment import augment
from ssl_core.backbones import ResNet
from ssl_core.data import Dataset
from ssl_core.evaluate import linear_probe
from ssl_core.features import features
from ssl_core.recipes import Recipe

_NOTHING = Recipe(crop_area=(1.0, 1.0), crop_ratio=(1.0, 1.0), flip=0.0, jitter=0.0, grayscale=0.0)
AUGMENTATIONS = {
    "crop": replace(_NOTHING, crop_area=(0.2, 1.0), crop_ratio=(3 / 4, 4 / 3)),
    "jitter": replace(_NOTHING, jitter=1.0),
    "grayscale": replace(_NOTHING, grayscale=1.0),
    "blur": replace(_NOTHING, blur=1.0),
    "flip": replace(_NOTHING, flip=1.0),
}
"""One augmentation each, applied to every image."""

FACTORS = ("brightness", "contrast", "saturation", "hue")
TENTHS = 10
PROBE_TRAIN, PROBE_TEST = 5000, 2000
MEASURED = 2000  # test images that sensitivity is measured on

COLOUR_PROTOCOL = {
    f"colour_{factor}": (
        f"accuracy of a linear probe on h of two views that names the tenth of the difference in {factor}, "
        f"at most {PROBE_TRAIN} training and {PROBE_TEST} test images, chance 0.1"
    )
    for factor in FACTORS
}


def drawn(count: int, limit: int) -> Tensor:
    """Return at most `limit` of `count` rows, int64 on the CPU: always the same ones, from all over the data.

    Folders are sorted by class, so that the first rows would be of one or two classes only.
    """
    return torch.randperm(count, generator=torch.Generator().manual_seed(0))[:limit]


def augmented(images: Tensor, recipe: Recipe, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return an augmented copy of images (N, 3, H, W) uint8, and the jitter it was made with, (N, 4) floats."""
    generator = torch.Generator(images.device).manual_seed(seed)
    views, params = augment(images, recipe, generator)
    return (views * 255).round().to(torch.uint8), params.jitter_parameters


def sensitivity(g: Tensor, moved: Tensor) -> float:
    """Return how much an augmentation T changes features: 0 not at all, 1 as much as another image would.

    S(T) = E[1 - cos(g(x), g(Tx))] / E[1 - cos(g(x), g(x'))], where x' is the image in the row before.

    Args:
        g: features of images in random order, (N, D).
        moved: features of the same images after T, (N, D).

    >>> g = torch.eye(4)
    >>> sensitivity(g, g), sensitivity(g, g.roll(2, dims=0))
    (0.0, 1.0)
    """
    g, moved = functional.normalize(g, dim=1), functional.normalize(moved, dim=1)
    to_itself, to_another = ((1 - (g * other).sum(dim=1)).mean() for other in (moved, g.roll(1, dims=0)))
    return (to_itself / to_another).item()


class PooledStage(nn.Module):
    """images -> the pooled maps of a backbone's stage, counted from 0; those of the last one are h."""

    def __init__(self, encoder: ResNet, i: int) -> None:
        super().__init__()
        self.maps = nn.Sequential(encoder.stem, *encoder.stages[: i + 1])

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, width of the stage) for images (B, 3, H, W)."""
        pooled: Tensor = self.maps(images).mean(dim=(2, 3))
        return pooled


def sensitivities(networks: dict[str, nn.Module], images: Tensor) -> dict[str, float]:
    """Return the sensitivity of each network to each augmentation, as `sensitivity_<network>_<augmentation>`.

    Args:
        networks: images -> g (B, D), by name.
        images: (N, 3, H, W) uint8, of which MEASURED are drawn.
    """
    images = images[drawn(len(images), MEASURED).to(images.device)]
    moved = {name: augmented(images, recipe)[0] for name, recipe in AUGMENTATIONS.items()}
    found = {}
    for network_name, network in networks.items():
        g = features(network, images)
        for name, changed in moved.items():
            found[f"sensitivity_{network_name}_{name}"] = sensitivity(g, features(network, changed))
    return found


def sensitivities_protocol(networks: Iterable[str]) -> dict[str, str]:
    """Return a sentence for each figure of `sensitivities`.

    >>> sensitivities_protocol(["2"])["sensitivity_2_flip"]
    "E[1 - cos(g(x), g(Tx))] / E[1 - cos(g(x), g(x'))], T: flip, g: stage 2, at most 2000 test images"
    """
    return {
        f"sensitivity_{name}_{augmentation}": (
            f"E[1 - cos(g(x), g(Tx))] / E[1 - cos(g(x), g(x'))], T: {augmentation}, "
            f"g: {'side branch' if name.startswith('g_') else 'stage'} {name.removeprefix('g_')}, "
            f"at most {MEASURED} test images"
        )
        for name in networks
        for augmentation in AUGMENTATIONS
    }


def colour_probe(encoder: nn.Module, data: Dataset) -> dict[str, float]:
    """Return, as `colour_<factor>` of FACTORS, how well h tells by how much the jitter of two views differs.

    That is the test accuracy, in [0, 1], of a linear classifier on the features of both views, [h1; h2], that names
    the tenth in which the difference of the factor lies. Chance is 0.1.
    """
    h, differences = [], []
    # Other seeds for the test: its jitters must not be those that the probe was fitted on.
    for images, limit, seeds in ((data.train_images, PROBE_TRAIN, (1, 2)), (data.test_images, PROBE_TEST, (3, 4))):
        chosen = images[drawn(len(images), limit).to(images.device)]
        (first, theta1), (second, theta2) = (augmented(chosen, AUGMENTATIONS["jitter"], seed) for seed in seeds)
        h.append(torch.cat((features(encoder, first), features(encoder, second)), dim=1))
        differences.append((theta1 - theta2).to(h[-1].device))
    accuracies = {}
    for i, factor in enumerate(FACTORS):
        train, test = (difference[:, i].contiguous() for difference in differences)
        borders = train.quantile(torch.linspace(0, 1, TENTHS + 1, device=train.device)[1:-1])
        labels, test_labels = torch.bucketize(train, borders), torch.bucketize(test, borders)
        accuracies[f"colour_{factor}"] = linear_probe(h[0], labels, h[1], test_labels)
    return accuracies
