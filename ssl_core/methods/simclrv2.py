"""SimCLRv2: Big Self-Supervised Models are Strong Semi-Supervised Learners (Chen et al., NeurIPS 2020).

Pre-train, fine-tune, distil, in one run: SimCLR with a projector of three layers on all images; fine-tuning of the
encoder and the projector's first layer with 1 % and with 10 % of the labels; a fine-tuned network, frozen, is then
the teacher that labels all images softly for its students, for whom no label is used (`losses.distillation`).
Official code: google-research/simclr, `model_util.py`, `run.py`, README, `colabs/distillation_self_training.ipynb`.

Ours: the networks are small (the paper's message is that big ones need fewer labels); no memory of negatives, as in
the official code; SGD and AdamW instead of LARS; crops of 20 % of the area at least; no term with labels in the
distillation; the labelled images are the same whatever the run's seed; two students learn at once, one of the
teacher's size that starts from the pre-trained weights (the paper does not say from which) and one of half its width,
from random ones.
"""

import copy
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core.augment import augment
from ssl_core.backbones import BasicBlock, ResNet, backbone
from ssl_core.data import Dataset
from ssl_core.evaluate import MONITOR_QUERIES
from ssl_core.few_labels import FINE_TUNING_RECIPE, Classifier, accuracy, labelled_part
from ssl_core.heads import projector
from ssl_core.losses import at_least_float32, distillation
from ssl_core.methods import simclr
from ssl_core.methods.base import Batch, Learner, Stage, check_above_zero, check_within, setting

SHARES = {"1": 0.01, "10": 0.1}
"""Shares of the labels, by the percentage that ends the names of stages and results."""

# The paper fine-tunes 60 epochs with 1 % of the labels and 30 with 10 %: an epoch of a stage passes twice over the
# few. Batches are smaller than its 1024, so that 500 images (1 % of CIFAR-10) give as many steps (930; paper: 750).
PASSES = {"1": 2, "10": 1}
BATCH_SIZES = {"1": 32, "10": 64}


@dataclass(frozen=True, kw_only=True)
class Settings(simclr.Settings):
    """SimCLR's settings for pre-training, and those of what follows."""

    finetune_layer: int = setting(1, "the projector layer to fine-tune from: 0 (h itself), 1, 2 or 3 (z)")
    finetune_epochs: int = setting(30, "passes over 10 % of the labels in fine-tuning, twice as many over 1 %")
    finetune_lr: float = setting(0.05, "peak learning rate of fine-tuning (SGD)")
    supervised_epochs: int = setting(100, "the same of the baseline from random weights (0: no baseline)")
    distill_epochs: int = setting(100, "epochs of distillation on all images (0: no distillation)")
    distill_lr: float = setting(0.24, "peak learning rate of distillation")
    distillation_temperature: float = setting(1.0, "tau of the teacher's and the students' class probabilities")


# `full` pre-trains as SimCLR's `full` (tau 0.5, the CIFAR-10 value; the official ImageNet default is 0.1), fine-tunes
# as long as the paper, and distils for 100 epochs (paper: 400) with pre-training's optimiser.
# `quick` divides a few minutes on two CPU cores between the seven stages.
PRESETS = {
    "full": Settings(),
    "quick": Settings(
        epochs=3,
        batch_size=256,
        backbone="resnet_small",
        optimizer="adamw",
        lr=4e-3,
        weight_decay=1e-4,
        warmup_epochs=0.5,
        temperature=0.1,
        crop_min_area=0.2,
        finetune_epochs=5,
        supervised_epochs=5,
        distill_epochs=1,
        distill_lr=2e-3,
    ),
}

# From which layer to fine-tune, the paper's case for a deeper projector: from h, its first or its last layer.
ABLATION_IMAGES = 10000
_ABLATION = replace(PRESETS["quick"], epochs=12, supervised_epochs=0, distill_epochs=0)
ABLATION = {f"from-layer-{layer}": replace(_ABLATION, finetune_layer=layer) for layer in (0, 1, 3)}


def build(settings: Settings) -> "SimCLRv2":
    """Return a new SimCLRv2 with random weights."""
    return SimCLRv2(settings)


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


def half(name: str) -> ResNet:
    """Return a new backbone with half the channels of the named one.

    >>> half("resnet18").dim
    256
    """
    whole = backbone(name)
    stages = [[block for block in stage.modules() if isinstance(block, BasicBlock)] for stage in whole.stages]
    stem = next(layer for layer in whole.stem.modules() if isinstance(layer, nn.Conv2d))
    widths = [stage[0].conv1.out_channels // 2 for stage in stages]
    return ResNet(widths, [len(stage) for stage in stages], stem.stride[0])


def task_network(f: ResNet, g: nn.Sequential, layer: int, classes: int) -> Classifier:
    """Return W_task after layer `layer` of projector g on f: after its linear map, BatchNorm and ReLU.

    The layers are numbered as by `ft_proj_selector` of the official `model_util.py`, where z is -1 instead of 3;
    layer 0 is h. f and g are held, not copied.
    """
    kept = g[: 3 * layer]  # the last layer has no ReLU
    linear = [part for part in kept if isinstance(part, nn.Linear)]
    dim = linear[-1].out_features if linear else f.dim
    return Classifier(nn.Sequential(f, *kept), dim, classes)


class SimCLRv2(simclr.SimCLR):
    """SimCLR with a deeper projector, and the stages that turn its encoder into classifiers.

    `downstream` is the learner of the present stage, the only one whose networks are kept.
    """

    projector_layers = 3
    settings: Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        check_within(settings, 0, self.projector_layers, "finetune_layer")
        check_above_zero(settings, "finetune_epochs", "finetune_lr", "distill_lr", "distillation_temperature")
        self.downstream: Learner | None = None
        self.sentences: dict[str, str] = {}  # for the protocol

    def stages(self, data: Dataset) -> list[Stage]:
        """Return pre-training and, for each share of the labels, the baseline, fine-tuning and distillation.

        Data with too few labels for it are refused here, before the pre-training.
        """
        for share in SHARES.values():
            labelled_rows(data, share)
        s, found = self.settings, [self.pretraining()]
        for percent, size in BATCH_SIZES.items():
            found += [
                # The author's recipe for a supervised ResNet-18 on CIFAR-10 (google-research/simclr, issue 83).
                Stage(f"supervised-{percent}", s.supervised_epochs, size, "sgd", 0.1 * size / 256, weight_decay=1e-4),
                # Neither weight decay nor warm-up (README).
                Stage(
                    f"finetune-{percent}",
                    s.finetune_epochs,
                    size,
                    "sgd",
                    s.finetune_lr,
                    weight_decay=0.0,
                    lr_option="--finetune-lr",
                ),
                Stage(
                    f"distill-{percent}",
                    *(s.distill_epochs, s.batch_size, s.optimizer, s.distill_lr, s.weight_decay),
                    warmup_epochs=0.05 * s.distill_epochs,
                    lr_option="--distill-lr",
                ),
            ]
        return [stage for stage in found if stage.epochs > 0]

    def begin(self, stage: Stage, data: Dataset) -> Learner:
        """Return the learner of a stage. It takes the place of the one before, whose other networks are let go."""
        task, _, percent = stage.name.partition("-")
        if task == "pretrain":
            return self
        s, classes = self.settings, len(data.classes)
        network = f"{s.backbone}, {s.finetune_layer} of {self.projector_layers} projector layers and a classifier"
        if task == "distill":
            assert isinstance(self.downstream, FineTune)  # the stage before
            student, small = self.pretrained(classes), self.untrained(half(s.backbone), classes)
            self.downstream = Distill(percent, self.downstream.classifier, student, small, s.distillation_temperature)
            how = f"{stage.epochs} epochs on all training images, without labels, towards finetuned_{percent}"
            self.sentences[f"distilled_{percent}"] = f"{network}, from the pre-trained weights, {how}"
            self.sentences[f"distilled_small_{percent}"] = f"{network}, half as wide, from random weights, {how}"
            return self.downstream
        if task == "finetune":
            figure, start, classifier = f"finetuned_{percent}", "the pre-trained weights", self.pretrained(classes)
        else:
            figure, start = f"supervised_{percent}", "random weights"
            classifier = self.untrained(backbone(s.backbone), classes)
        rows, passes = labelled_rows(data, SHARES[percent]), PASSES[percent]
        how = f"{passes * stage.epochs} epochs on {len(rows)} labels ({len(rows) / classes:g} a class)"
        self.sentences[figure] = f"{network}, from {start}, all weights trained for {how}"
        self.downstream = FineTune(figure, classifier, rows, passes)
        return self.downstream

    def pretrained(self, classes: int) -> Classifier:
        """Return a classifier on copies of the pre-trained encoder and of the projector's first layers."""
        f, g = copy.deepcopy(self.encoder), copy.deepcopy(self.projector)
        return task_network(cast(ResNet, f), cast(nn.Sequential, g), self.settings.finetune_layer, classes)

    def untrained(self, f: ResNet, classes: int) -> Classifier:
        """Return a classifier of the same layers, with random weights, on an untrained encoder."""
        g = projector(f.dim, f.dim, self.settings.projection_dim, self.projector_layers)
        return task_network(f, g, self.settings.finetune_layer, classes)

    def protocol(self) -> dict[str, str]:
        """Return a sentence for each figure of the stages that have begun."""
        figures = {
            figure: f"accuracy on all test images after the last step: {sentence}"
            for figure, sentence in self.sentences.items()
        }
        return figures | {
            "test_accuracy": f"accuracy on {MONITOR_QUERIES} test images at most, after each epoch",
            "test_accuracy_small": "the same, of the student of half the width",
        }


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
