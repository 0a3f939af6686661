"""Optimisers and the learning-rate schedule.

LARS follows google-research/simclr `lars_optimizer.py` (You et al., 2017, with the variations that SimCLR
uses): weight decay is added to the gradient before the trust ratio, and the learning rate is inside the
momentum buffer. BatchNorm parameters and biases, all of dimension one, get neither weight decay nor a trust
ratio (SimCLR, §2.3 and `model_util.py`); the same split serves SGD and AdamW here.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from ssl_core.errors import SslCoreError


class UnknownOptimizerError(SslCoreError):
    """An optimiser name that is none of sgd, adamw, lars."""


class LARS(Optimizer):
    """Layer-wise adaptive rate scaling.

    For a tensor w with gradient g: g <- g + weight_decay * w; r = eta * |w| / |g| (1 if a norm is 0, and 1 for
    groups with `adapt` false); v <- momentum * v + lr * r * g; w <- w - v.
    """

    def __init__(
        self,
        params: Iterable[dict[str, Any]],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        eta: float = 0.001,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "eta": eta, "adapt": True}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every parameter once; a closure is not supported and must be None."""
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is None:
                    continue
                g = w.grad.add(w, alpha=group["weight_decay"])
                if group["adapt"]:
                    w_norm, g_norm = w.norm(), g.norm()
                    r = torch.where((w_norm > 0) & (g_norm > 0), group["eta"] * w_norm / g_norm, 1.0)
                    g = g * r
                state = self.state[w]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(w)
                v = state["momentum_buffer"]
                v.mul_(group["momentum"]).add_(g, alpha=group["lr"])
                w.sub_(v)


def optimizer(
    name: str, model: nn.Module, lr: float, weight_decay: float, momentum: float = 0.9, decay_all: bool = False
) -> Optimizer:
    """Return the optimiser `name` (sgd, adamw, lars) over the trainable parameters of model.

    Biases and BatchNorm have no weight decay, unless `decay_all` (SimSiam, Appendix A); with LARS never.
    """
    trainable = [p for p in model.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in trainable if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": weight_decay if decay_all else 0.0},
    ]
    if name == "sgd":
        return SGD(groups, lr=lr, momentum=momentum)
    if name == "adamw":
        return AdamW(groups, lr=lr)
    if name == "lars":
        groups[1] |= {"adapt": False, "weight_decay": 0.0}
        return LARS(groups, lr=lr, momentum=momentum)
    raise UnknownOptimizerError(f"there is no optimiser '{name}' (--optimizer): choose one of sgd, adamw, lars")


def cosine_lr(step: int, total_steps: int, warmup_steps: int, peak: float) -> float:
    """Return the learning rate of a step: linear warm-up to `peak`, then cosine decay to 0, no restarts.

    step counts from 0; the rate is constant within a step (SimCLR, Appendix B.6).

    >>> [round(cosine_lr(s, total_steps=10, warmup_steps=2, peak=1.0), 3) for s in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.038]
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return peak * 0.5 * (1 + math.cos(math.pi * progress))
