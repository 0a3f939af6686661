"""Does h still know the colour of an image? HAI and its ablation, with a probe that names the mean hue.

The paper's own colour probe, which the ablation's runs have, asks how much the jitter of two views differs; this one
asks for the colour of the image itself, as a task that colour invariance should hurt.
"""

import math

import torch
from torch import Tensor

from ssl_core.data import Dataset
from ssl_core.evaluate import linear_probe
from ssl_core.features import features
from ssl_core.invariance import PROBE_TEST, PROBE_TRAIN, TENTHS, drawn
from ssl_core.methods import hai
from ssl_core.methods.base import Method
from ssl_core.study import Study, accuracies


class OnlyTrained(hai.HAI):
    """HAI without the measurements that its ablation already has."""

    def results(self, data: Dataset) -> dict[str, float]:
        """Return nothing; `hue_probe` measures."""
        return {}


def mean_hue(images: Tensor) -> Tensor:
    """Return the hue of the mean colour of images (N, 3, H, W), (N,) floats in turns of the colour circle, [0, 1).

    It is the circular mean of the pixels' hues, each weighted by its chroma, so that grey pixels do not count.

    >>> red, green = torch.tensor([255, 0, 0]), torch.tensor([0, 255, 0])
    >>> mean_hue(torch.stack([red, green]).view(2, 3, 1, 1).to(torch.uint8))
    tensor([0.0000, 0.3333])
    """
    r, g, b = images.float().mean(dim=(2, 3)).unbind(dim=1)
    return (torch.atan2(math.sqrt(3) / 2 * (g - b), r - (g + b) / 2) / (2 * math.pi)) % 1


def hue_probe(method: Method, untrained: Method, data: Dataset) -> dict[str, float]:
    """Return the accuracies of h, and how well a linear probe on it names the tenth of an image's mean hue."""
    train, test = (
        images[drawn(len(images), limit).to(images.device)]
        for images, limit in ((data.train_images, PROBE_TRAIN), (data.test_images, PROBE_TEST))
    )
    hue = mean_hue(train)
    borders = hue.quantile(torch.linspace(0, 1, TENTHS + 1, device=hue.device)[1:-1])
    labels, test_labels = torch.bucketize(hue, borders), torch.bucketize(mean_hue(test), borders)
    found = accuracies(method, untrained, data)
    for name, network in (("colour_mean_hue", method), ("colour_mean_hue_untrained", untrained)):
        h, h_test = features(network.encoder, train), features(network.encoder, test)
        found[name] = linear_probe(h, labels, h_test, test_labels)
    return found


_SENTENCE = (
    "accuracy of a linear probe on h{} that names the tenth of the mean hue of an image, "
    f"at most {PROBE_TRAIN} training and {PROBE_TEST} test images, chance 0.1"
)
PROTOCOL = (
    ("colour_mean_hue", _SENTENCE.format("")),
    ("colour_mean_hue_untrained", _SENTENCE.format(" of the encoder before training")),
)
STUDIES = {
    f"hue-{variant}": Study(hai.ABLATION[variant], OnlyTrained, measure=hue_probe, protocol=PROTOCOL)
    for variant in ("hai", "no-embedding", "uniform", "simsiam")
}
