"""SimCLRv2: Big Self-Supervised Models are Strong Semi-Supervised Learners (Chen et al., NeurIPS 2020).

Pre-train, fine-tune, distil, in one run: SimCLR with a projector of three layers on all images; fine-tuning of the
encoder and the projector's first layer with 1 % and with 10 % of the labels; a fine-tuned network, frozen, is then
the teacher that labels all images softly for its students, for whom no label is used (`losses.distillation`).
Official code: google-research/simclr, `model_util.py`, `run.py`, README, `colabs/distillation_self_training.ipynb`.

Ours: the networks are small (the paper's message is that big ones need fewer labels); no memory of negatives, as in
the official code; SGD and AdamW instead of LARS; crops of 20 % of the area at least; no term with labels in the
distillation; the labelled images are the same whatever the run's seed; two students learn at once, one of the
teacher's size that starts from the pre-trained weights and one of half its width, from random ones.
"""

import copy
from dataclasses import dataclass, replace
from typing import cast

from torch import nn

from ssl_core.backbones import ResNet, backbone, half
from ssl_core.data import Dataset
from ssl_core.evaluate import MONITOR_QUERIES
from ssl_core.few_labels import Classifier, labelled_rows
from ssl_core.heads import projector
from ssl_core.methods import simclr
from ssl_core.methods.base import QUICK, Learner, Stage, check_above_zero, check_within, setting
from ssl_core.semi_supervised import Distill, FineTune

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
        **QUICK,
        epochs=3,
        lr=4e-3,
        temperature=0.1,
        crop_min_area=0.2,
        finetune_epochs=5,
        supervised_epochs=5,
        distill_epochs=1,
        distill_lr=2e-3,
    ),
}

# All stages, fine-tuned from the projector's first layer; and the paper's case for a deeper projector: from h itself
# and from its last layer. The passes over 100 and 1000 labels are more than `quick`'s, which has five times as many.
ABLATION_IMAGES = 10000
_ABLATION = replace(PRESETS["quick"], epochs=8, finetune_epochs=30, supervised_epochs=30, distill_epochs=4)
ABLATION = {"all-stages": _ABLATION} | {
    f"from-layer-{layer}": replace(_ABLATION, finetune_layer=layer, supervised_epochs=0, distill_epochs=0)
    for layer in (0, 3)
}


def build(settings: Settings) -> "SimCLRv2":
    """Return a new SimCLRv2 with random weights."""
    return SimCLRv2(settings)


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
