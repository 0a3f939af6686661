"""What `test_two_processes.py` starts, alone or under torchrun.

python -m tests.two_processes FILE         stores a step of every stage of every method
python -m tests.two_processes train ...    is `python -m ssl_core train ...`, with the backbone "tiny"
"""

import sys
import warnings
from pathlib import Path
from typing import Any

import torch

from ssl_core import backbones, distributed, few_labels
from ssl_core.cli import main
from ssl_core.loop import Loop
from ssl_core.methods import SLUGS
from ssl_core.train import build
from tests.tiny import BACKBONE, settings_of, tiny_network, tiny_shapes

CPU = torch.device("cpu")


def steps(slug: str, data: Any) -> dict[str, Any]:
    """Return loss, gradients and buffers of the first step of each stage, in float64."""
    loop = Loop(build(slug, settings_of(slug), seed=0), data, 0, CPU, "fp32")
    found = {}
    for number, stage in enumerate(loop.stages):
        if number:
            loop.begin_stage(number)
        learner = loop.learner
        learner.before_epoch(data, loop.augmentation)
        learner.double().train()
        shake(learner)
        batch = next(loop.batches())
        inputs = [x.double() if x.is_floating_point() else x for x in learner.views(batch, loop.augmentation)]
        loss, logs = learner(*inputs)
        loss.backward()
        distributed.average_gradients(learner.parameters())
        learner.after_step(0.5)
        found[f"{slug} {stage.name}"] = {
            "loss": distributed.average(loss.detach()),
            "logs": {name: distributed.average(value.detach()) for name, value in logs.items()},
            "gradients": {name: p.grad for name, p in learner.named_parameters() if p.grad is not None},
            "buffers": {name: b.clone() for name, b in learner.named_buffers() if b.is_floating_point()},
        }
        learner.zero_grad()
        learner.float()
    return found


def shake(learner: torch.nn.Module) -> None:
    """Move the trained weights from where they start, which is 0 for some, so that gradients reach all of them."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in learner.parameters():
            if p.requires_grad:
                p.add_(0.1 * torch.randn(p.shape, generator=generator, dtype=p.dtype))


def every_step() -> dict[str, Any]:
    """Return the steps of all methods."""
    data = tiny_shapes()
    found: dict[str, Any] = {}
    for slug in SLUGS:
        found |= steps(slug, data)
    return found


if __name__ == "__main__":
    warnings.simplefilter("error")
    backbones.BACKBONES[BACKBONE] = tiny_network
    few_labels.STEPS = dict.fromkeys(few_labels.STEPS, 2)
    if sys.argv[1] == "train":
        sys.exit(main(sys.argv[1:]))
    with distributed.processes(CPU):
        steps_found = every_step()
        if distributed.is_first():
            torch.save(steps_found, Path(sys.argv[1]))
