"""SimCLRv2's further comparisons: all labels, a network of half the width, distillation on labelled images alone.

- `all-labels`: supervised and fine-tuned with every label, the right end of the label-efficiency curve (Table 1).
- `half-width`: the whole curve for an encoder of half the width; its supervised figures are also what the small
  student of the ablation `all-stages` is to be compared with.
- `distil-labelled`: students that see the labelled images only, for as many steps as in `all-stages`, where they see
  all images.

Passes over the labelled images fall with their number: 60 with 1 %, 30 with 10 %, as in the method, and 20 with all.
The paper fine-tunes from h itself when it has all labels; here it is the projector's first layer for every number.
"""

from dataclasses import replace

import torch
from torch import Tensor

from ssl_core.backbones import ResNet, backbone, half
from ssl_core.data import Dataset
from ssl_core.few_labels import Classifier, labelled_rows
from ssl_core.heads import projector
from ssl_core.methods import simclrv2
from ssl_core.methods.base import Learner, Stage
from ssl_core.methods.simclrv2 import SHARES
from ssl_core.semi_supervised import Distill, FineTune
from ssl_core.study import Study

ALL_EPOCHS, ALL_BATCH_SIZE = 20, 128


class AllLabels(simclrv2.SimCLRv2):
    """SimCLRv2 that after pre-training learns from all labels, from random and from pre-trained weights."""

    def stages(self, data: Dataset) -> list[Stage]:
        """Return pre-training, the supervised baseline and fine-tuning with all labels, at the method's rates."""
        rate, tuning = 0.1 * ALL_BATCH_SIZE / 256, self.settings.finetune_lr
        return [
            self.pretraining(),
            Stage("supervised-100", ALL_EPOCHS, ALL_BATCH_SIZE, "sgd", rate, weight_decay=1e-4),
            Stage("finetune-100", ALL_EPOCHS, ALL_BATCH_SIZE, "sgd", tuning, weight_decay=0.0),
        ]

    def begin(self, stage: Stage, data: Dataset) -> Learner:
        """Return the learner of a stage; with all labels it is the same as with few."""
        task, _, percent = stage.name.partition("-")
        if percent != "100":
            return super().begin(stage, data)
        s, classes, images = self.settings, len(data.classes), len(data.train_images)
        if task == "finetune":
            figure, start, classifier = "finetuned_100", "the pre-trained weights", self.pretrained(classes)
        else:
            figure, start = "supervised_100", "random weights"
            classifier = self.untrained(backbone(s.backbone), classes)
        self.sentences[figure] = (
            f"{s.backbone}, {s.finetune_layer} of {self.projector_layers} projector layers and a classifier, "
            f"from {start}, all weights trained for {stage.epochs} epochs on {images} labels "
            f"({images / classes:g} a class)"
        )
        self.downstream = FineTune(figure, classifier, torch.arange(images), passes=1)
        return self.downstream


class HalfWidth(AllLabels):
    """The whole label-efficiency curve, 1 %, 10 % and all labels, for an encoder with half the channels."""

    def __init__(self, settings: simclrv2.Settings) -> None:
        super().__init__(settings)
        f = half(settings.backbone)
        self.encoder = f
        self.projector = projector(f.dim, f.dim, settings.projection_dim, self.projector_layers)

    def stages(self, data: Dataset) -> list[Stage]:
        """Return the method's stages but distillation, and those with all labels."""
        few = [stage for stage in simclrv2.SimCLRv2.stages(self, data) if not stage.name.startswith("distill")]
        return few + super().stages(data)[1:]

    def untrained(self, f: ResNet, classes: int) -> Classifier:
        """Return a classifier with random weights of half the width of f."""
        return super().untrained(half(self.settings.backbone), classes)

    def protocol(self) -> dict[str, str]:
        """Return the method's sentences, which name its backbone, for half of it."""
        name = self.settings.backbone
        return {figure: told.replace(name, f"half-{name}") for figure, told in super().protocol().items()}


class LabelledOnly(Distill):
    """Distillation whose batches are drawn from labelled rows, for as many steps as with all images."""

    def __init__(self, whole: Distill, rows: Tensor) -> None:
        super().__init__(whole.percent, whole.teacher, whole.student, whole.small, whole.temperature)
        self.rows = rows

    def order(self, data: Dataset, batch_size: int, generator: torch.Generator) -> Tensor:
        """Return labelled rows only, (steps, batch_size): one permutation of them after the other."""
        count = self.steps(data, batch_size) * batch_size
        passes = -(-count // len(self.rows))
        drawn = [self.rows[torch.randperm(len(self.rows), generator=generator)] for _ in range(passes)]
        return torch.cat(drawn)[:count].view(-1, batch_size)


class DistilLabelled(simclrv2.SimCLRv2):
    """SimCLRv2 whose students see the labelled images only."""

    def begin(self, stage: Stage, data: Dataset) -> Learner:
        """Return the learner of a stage; in distillation one with fewer images."""
        learner = super().begin(stage, data)
        if not isinstance(learner, Distill):
            return learner
        rows = labelled_rows(data, SHARES[learner.percent])
        for figure in (f"distilled_{learner.percent}", f"distilled_small_{learner.percent}"):
            self.sentences[figure] = self.sentences[figure].replace(
                f"{stage.epochs} epochs on all training images",
                f"on {len(rows)} labelled training images for as many steps as {stage.epochs} epochs of all take",
            )
        self.downstream = LabelledOnly(learner, rows)
        return self.downstream


_ALL_STAGES = simclrv2.ABLATION["all-stages"]
STUDIES = {
    "all-labels": Study(_ALL_STAGES, AllLabels),
    "half-width": Study(_ALL_STAGES, HalfWidth),
    "distil-labelled": Study(replace(_ALL_STAGES, supervised_epochs=0), DistilLabelled),
}
