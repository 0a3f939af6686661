"""What SimCLRv2's stages after pre-training train: a classifier with few labels, and students of a teacher.

Chen et al., NeurIPS 2020, §2; `ssl_core.methods.simclrv2` says which networks they are given. Both see one view
of an image, cropped and flipped only (google-research/simclr README).
"""

import torch
from torch import Tensor
from torch.nn import functional

from ssl_core.augment import augment
from ssl_core.data import Dataset
from ssl_core.few_labels import FINE_TUNING_RECIPE, Classifier, accuracy
from ssl_core.losses import at_least_float32, distillation
from ssl_core.methods.base import Batch, Learner


class FineTune(Learner):
    """Cross-entropy of a classifier on the labelled rows of the training set, all weights trained."""

    def __init__(self, figure: str, classifier: Classifier, rows: Tensor, passes: int) -> None:
        super().__init__()
        self.figure, self.rows, self.passes = figure, rows, passes
        self.classifier = classifier

    def steps(self, data: Dataset, batch_size: int) -> int:
        """Return the steps of an epoch: whole batches in `passes` times the labelled rows, at least one."""
        return max(1, self.passes * len(self.rows) // batch_size)

    def order(self, data: Dataset, batch_size: int, generator: torch.Generator) -> Tensor:
        """Return labelled rows only, (steps, batch_size): one permutation of them after the other."""
        count = self.steps(data, batch_size) * batch_size
        permutations = [
            self.rows[torch.randperm(len(self.rows), generator=generator)] for _ in range(-(-count // len(self.rows)))
        ]
        return torch.cat(permutations)[:count].view(-1, batch_size)

    def views(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return one cropped and flipped view (B, 3, H, W) of each of this process's images, and the labels (B,)."""
        views, _ = augment(batch.images, FINE_TUNING_RECIPE, generator, share=batch.share)
        return views, batch.labels[batch.share]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the cross-entropy of views with their labels, and the share of views classified right."""
        views, labels = inputs
        logits = at_least_float32(self.classifier(views))
        with torch.no_grad():
            right = (logits.argmax(dim=1) == labels).float().mean()
        return functional.cross_entropy(logits, labels), {"train_accuracy": right}

    def monitor(self, part: Dataset) -> dict[str, float | str]:
        """Return the accuracy on the part's test images."""
        return {"test_accuracy": accuracy(self.classifier, part.test_images, part.test_labels)}

    def results(self, data: Dataset) -> dict[str, float]:
        """Return the accuracy on all test images."""
        return {self.figure: accuracy(self.classifier, data.test_images, data.test_labels)}


class Distill(Learner):
    """Two students learn a frozen teacher's soft labels of all training images, without any true label.

    They see the teacher's views, so that the teacher runs once for both; their losses are added and share nothing.
    """

    def __init__(
        self, percent: str, teacher: Classifier, student: Classifier, small: Classifier, temperature: float
    ) -> None:
        super().__init__()
        self.percent, self.temperature = percent, temperature
        self.teacher = teacher.requires_grad_(False)
        self.student, self.small = student, small

    def train(self, mode: bool = True) -> "Distill":
        """Set the students' mode; the teacher stays in inference mode."""
        super().train(mode)
        self.teacher.eval()
        return self

    def views(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return one cropped and flipped view (B, 3, H, W) of each of this process's images."""
        return (augment(batch.images, FINE_TUNING_RECIPE, generator, share=batch.share)[0],)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum of both students' distillation losses, and each of them."""
        (views,) = inputs
        with torch.no_grad():
            target = self.teacher(views)
        loss = distillation(self.student(views), target, self.temperature)
        loss_small = distillation(self.small(views), target, self.temperature)
        return loss + loss_small, {"distillation": loss.detach(), "distillation_small": loss_small.detach()}

    def monitor(self, part: Dataset) -> dict[str, float | str]:
        """Return both students' accuracy on the part's test images."""
        return {
            "test_accuracy": accuracy(self.student, part.test_images, part.test_labels),
            "test_accuracy_small": accuracy(self.small, part.test_images, part.test_labels),
        }

    def results(self, data: Dataset) -> dict[str, float]:
        """Return both students' accuracy on all test images."""
        return {
            f"distilled_{self.percent}": accuracy(self.student, data.test_images, data.test_labels),
            f"distilled_small_{self.percent}": accuracy(self.small, data.test_images, data.test_labels),
        }
