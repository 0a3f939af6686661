"""Views per second on one core: ssl_core.augment beside torchvision on PIL images and on tensors.

All three follow SimCLR's recipe for CIFAR-10 (crop, flip, jitter in random order, grayscale) from bytes of
32 x 32 pixels to floats in [0, 1], with one draw per image. For torchvision this means one image a call,
since its transforms draw once per call. Prints one JSON line; takes well under a minute.

    python benchmarks/augment.py
"""

import json
import statistics
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from torchvision import transforms
from torchvision.transforms import v2

from ssl_core.augment import Recipe, two_views
from ssl_core.provenance import hardware, versions

BATCH = 512
REPEATS = 9
TORCHVISION_IMAGES = 256


def torchvision_chain(module: ModuleType, *last: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """SimCLR's CIFAR-10 recipe from `torchvision.transforms` or its second version."""
    recipe = Recipe()
    strengths = (recipe.brightness, recipe.contrast, recipe.saturation, recipe.hue)
    chain: Callable[[Any], Any] = module.Compose(
        [
            module.RandomResizedCrop(32, recipe.crop_area, recipe.crop_ratio),
            module.RandomHorizontalFlip(recipe.flip),
            module.RandomApply([module.ColorJitter(*strengths)], recipe.jitter),
            module.RandomGrayscale(recipe.grayscale),
            *last,
        ]
    )
    return chain


def views_per_second(make: Callable[[], int]) -> float:
    """Run `make`, which returns how many views it made, once."""
    start = time.perf_counter()
    return make() / (time.perf_counter() - start)


def main() -> None:
    """Time the three in turn, so that a slow moment of the machine meets all of them."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (BATCH // 2, 3, 32, 32), dtype=torch.uint8, generator=generator)
    pil_images = [transforms.functional.to_pil_image(image) for image in images[:TORCHVISION_IMAGES]]
    pil_chain = torchvision_chain(transforms, transforms.ToTensor())
    tensor_chain = torchvision_chain(v2, v2.ToDtype(torch.float32, scale=True))
    contenders: dict[str, Callable[[], int]] = {
        "ssl_core": lambda: len(two_views(images, Recipe(), generator)[0]),
        "torchvision_pil": lambda: len([pil_chain(image) for image in pil_images]),
        "torchvision_v2_tensor": lambda: len([tensor_chain(image) for image in images[:TORCHVISION_IMAGES]]),
    }
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(REPEATS + 1):
        for name, make in contenders.items():
            speed = views_per_second(make)
            if repeat > 0:  # the first round warms up
                speeds[name].append(speed)
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    report = {
        "benchmark": "augment",
        "unit": "views/s",
        "recipe": "SimCLR CIFAR-10: crop, flip, jitter, grayscale",
        "batch": BATCH,
        "repeats": REPEATS,
        "views_per_second": {
            name: {
                "min": round(min(values)),
                "median": round(medians[name]),
                "max": round(max(values)),
            }
            for name, values in speeds.items()
        },
        "ratio_to_pil": round(medians["ssl_core"] / medians["torchvision_pil"], 2),
        "ratio_to_v2_tensor": round(medians["ssl_core"] / medians["torchvision_v2_tensor"], 2),
        "hardware": hardware(torch.device("cpu")),
        "versions": versions(),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
