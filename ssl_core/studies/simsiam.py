"""SimSiam with less BatchNorm in its heads (§4.4, Table 3), and with a predictor whose learning rate stays (§4.2).

SimSiam's own heads have BatchNorm on every layer but the predictor's output; these have it on the hidden layers
alone, or nowhere, and with it goes the bias of the layer before. "Constant" is the official option --fix-pred-lr: the
predictor's learning rate is the peak from the first step to the last, without warm-up or decay.
"""

from typing import cast

from torch import nn
from torch.optim import Optimizer

from ssl_core.loop import Loop
from ssl_core.methods import simsiam
from ssl_core.studies import drop_batchnorm
from ssl_core.study import Study


class NoHeadBatchNorm(simsiam.SimSiam):
    """SimSiam without BatchNorm in projector and predictor."""

    def __init__(self, settings: simsiam.Settings) -> None:
        super().__init__(settings)
        drop_batchnorm(self.projector)
        drop_batchnorm(self.predictor)


class HiddenBatchNorm(simsiam.SimSiam):
    """SimSiam without BatchNorm on the projector's output."""

    def __init__(self, settings: simsiam.Settings) -> None:
        super().__init__(settings)
        drop_batchnorm(cast(nn.Sequential, self.projector)[-1])


def hold_predictor_rate(loop: Loop) -> None:
    """Give the predictor a parameter group of its own, whose learning rate is the peak at every step."""
    predictor = set(cast(simsiam.SimSiam, loop.method).predictor.parameters())
    optimizer, held = loop.optimizer, list[dict[str, object]]()
    for group in optimizer.param_groups:
        own = [p for p in group["params"] if p in predictor]
        group["params"] = [p for p in group["params"] if p not in predictor]
        held.append({**group, "params": own})
    for group in held:
        optimizer.add_param_group(group)
    first_held = len(optimizer.param_groups) - len(held)

    def hold(optimizer: Optimizer, arguments: object, options: object) -> None:
        for group in optimizer.param_groups[first_held:]:
            group["lr"] = loop.stage.lr

    optimizer.register_step_pre_hook(hold)


STUDIES = {
    "no-head-batchnorm": Study(simsiam.ABLATION["stop-gradient"], NoHeadBatchNorm),
    "hidden-batchnorm": Study(simsiam.ABLATION["stop-gradient"], HiddenBatchNorm),
    "constant-predictor-rate": Study(simsiam.ABLATION["stop-gradient"], simsiam.SimSiam, prepare=hold_predictor_rate),
}
