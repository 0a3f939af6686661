"""Few labels: the whole encoder, fine-tuned with the labels of 1 % or 10 % of the training images.

The protocol of SimCLR (Appendix B.5) and SimCLRv2 (§2, google-research/simclr README), for 32 pixels and a CPU's
patience: class-balanced labels, a zero-initialised linear classifier on the representation, all weights updated,
crop and flip only, SGD with Nesterov momentum, cosine decay without warm-up, no weight decay. The projector is
thrown away. Test accuracy is that after the last step.
"""

import copy
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core.augment import augment
from ssl_core.data import Dataset
from ssl_core.errors import SslCoreError
from ssl_core.features import features
from ssl_core.optim import cosine_lr
from ssl_core.recipes import Recipe

FINE_TUNING_RECIPE = Recipe(crop_area=(0.2, 1.0), jitter=0.0, grayscale=0.0)
"""Crop and flip and nothing else; from 20 % of the area, gentler than the papers' 8 %, for images of 32 pixels."""

STEPS = {0.01: 150, 0.1: 250}  # a fraction of a minute on two CPU cores
BATCH_SIZES = {0.01: 64, 0.1: 128}
PEAK_LR, MOMENTUM = 0.1, 0.9  # best of 0.03, 0.1, 0.3 at 1 %, on training images outside the labelled part


class FewLabelsError(SslCoreError):
    """Data that cannot give labelled images of every class."""


class Classifier(nn.Module):
    """A network with a linear classifier that starts at zero: images (B, 3, H, W) -> logits (B, classes).

    Args:
        body: images -> features (B, dim); held, not copied.
        dim: length of the features.
        classes: number of classes.

    >>> Classifier(nn.Flatten(), dim=12, classes=3)(torch.rand(1, 3, 2, 2))
    tensor([[0., 0., 0.]], grad_fn=<AddmmBackward0>)
    """

    def __init__(self, body: nn.Module, dim: int, classes: int) -> None:
        super().__init__()
        self.body = body
        # nn.Linear's own start would draw from the global generator, and is not wanted.
        self.head = nn.utils.skip_init(nn.Linear, dim, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of images, floats in [0, 1]."""
        logits: Tensor = self.head(self.body(images))
        return logits


def labelled_number(data: Dataset, share: float) -> int:
    """Return how many labels a share of the training images is: at least one a class."""
    return min(max(round(share * len(data.train_images)), len(data.classes)), len(data.train_images))


def labelled_part(data: Dataset, share: float, seed: int = 0) -> Dataset:
    """Return the share of the training images whose labels may be seen, class-balanced, at least one a class.

    Raises:
        FewLabelsError: a class has no training image.

    >>> from ssl_core.shapes import shapes
    >>> torch.bincount(labelled_part(shapes(n_train=500, n_test=10), 0.1).train_labels).tolist()
    [5, 5, 5, 5, 5, 5, 5, 5, 5, 5]
    """
    part = data.subset(labelled_number(data, share), seed)
    counts = torch.bincount(part.train_labels, minlength=len(data.classes)).tolist()
    if missing := [name for name, count in zip(data.classes, counts, strict=True) if count == 0]:
        raise FewLabelsError(
            f"{data.name} has no training image of {', '.join(missing)} for few-label fine-tuning: "
            "add some, use more images (--images), or remove the class"
        )
    return part


def labelled_rows(data: Dataset, share: float) -> Tensor:
    """Return where the images of `labelled_part(data, share)` stand in the training set, int64 on the CPU.

    >>> from ssl_core.shapes import shapes
    >>> data = shapes(n_train=500, n_test=10)
    >>> torch.equal(data.train_images[labelled_rows(data, 0.1)], labelled_part(data, 0.1).train_images)
    True
    """
    # The part is drawn from a set whose images are their own numbers.
    numbers = torch.arange(len(data.train_images), device=data.train_labels.device)
    return labelled_part(replace(data, train_images=numbers), share).train_images.cpu()


def accuracy(classifier: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of uint8 images (N, 3, H, W) whose label, int64 (N,), has the largest logit, in [0, 1]."""
    predicted = features(classifier, images).argmax(dim=1)
    return (predicted == labels.to(predicted.device)).float().mean().item()


def batches(n: int, size: int, steps: int, seed: int) -> Iterator[Tensor]:
    """Yield `steps` batches of indices below n, shuffled anew each epoch; the last incomplete batch is dropped."""
    generator = torch.Generator().manual_seed(seed)
    size = min(size, n)
    done = 0
    while done < steps:
        order = torch.randperm(n, generator=generator)[: n // size * size]
        for batch in order.split(size)[: steps - done]:
            yield batch
            done += 1


def fine_tune(classifier: Classifier, part: Dataset, steps: int, batch_size: int, seed: int = 0) -> None:
    """Train all weights of the classifier, in place, on the labelled training images of `part`.

    BatchNorm is in training mode and the classifier stays in it. In float32, on the classifier's device; the seed
    decides the order of the images and their crops, global generators stay as they are.
    """
    device = classifier.head.weight.device
    images, labels = part.train_images.to(device), part.train_labels.to(device)
    augmentation = torch.Generator(device).manual_seed(seed)
    optimizer = torch.optim.SGD(classifier.parameters(), lr=PEAK_LR, momentum=MOMENTUM, nesterov=True)
    classifier.requires_grad_(True).train()
    with torch.enable_grad(), torch.autocast(device.type, enabled=False):
        for step, batch in enumerate(batches(len(images), batch_size, steps, seed)):
            for group in optimizer.param_groups:
                group["lr"] = cosine_lr(step, steps, warmup_steps=0, peak=PEAK_LR)
            chosen = batch.to(device)
            views, _ = augment(images[chosen], FINE_TUNING_RECIPE, augmentation)
            logits = classifier(views.contiguous(memory_format=torch.channels_last))
            loss = functional.cross_entropy(logits, labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def few_labels_accuracy(encoder: nn.Module, data: Dataset, share: float, seed: int = 0) -> float:
    """Return the test accuracy, in [0, 1], of a copy of the encoder fine-tuned with a share of the labels.

    Args:
        encoder: images (B, 3, H, W) -> h (B, D); it stays as it is.
        data: its training images give the labelled part, drawn by `seed`.
        share: 0.01 or 0.1, the keys of `STEPS`.
        seed: of the labelled part, the order of its images and their crops.

    Raises:
        FewLabelsError: a class has no training image.
    """
    part = labelled_part(data, share, seed)
    dim = features(encoder, part.train_images[:1]).shape[1]
    device = next(encoder.parameters()).device
    classifier = Classifier(copy.deepcopy(encoder), dim, len(data.classes)).to(device)
    fine_tune(classifier, part, STEPS[share], BATCH_SIZES[share], seed)
    return accuracy(classifier, data.test_images, data.test_labels)


def few_labels_protocol(data: Dataset, share: float) -> str:
    """Return a sentence that says how `few_labels_accuracy` measures."""
    return (
        f"test accuracy of the whole encoder fine-tuned from h with {labelled_number(data, share)} class-balanced "
        f"labels, {STEPS[share]} steps of at most {BATCH_SIZES[share]} images, SGD, peak lr {PEAK_LR}, cosine decay, "
        "no weight decay, crop and flip only, last step"
    )
