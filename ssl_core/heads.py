"""Heads on top of the encoder: the projector g, an MLP whose output z enters the loss.

SimCLR writes z = W2 ReLU(W1 h) (§2.1, §2.3); its official code has BatchNorm after both layers, the last one
with a scale but no offset, no biases, and weights drawn from N(0, 0.01^2) (google-research/simclr
`tf2/model.py`, `model_util.py`). The head is thrown away after training: h is the representation.
"""

from torch import nn


class ScaleBatchNorm(nn.BatchNorm1d):
    """BatchNorm with a learnt scale and no offset: features (B, D) -> (B, D)."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self.bias.requires_grad_(False)


def projector(inputs: int, hidden: int, outputs: int, layers: int = 2) -> nn.Sequential:
    """Return g: (B, inputs) -> (B, outputs), `layers` linear layers, BatchNorm after each, ReLU between them.

    >>> import torch
    >>> tuple(projector(256, 256, 128)(torch.randn(4, 256)).shape)
    (4, 128)
    """
    widths = [inputs] + [hidden] * (layers - 1) + [outputs]
    parts: list[nn.Module] = []
    for i in range(layers):
        linear = nn.Linear(widths[i], widths[i + 1], bias=False)
        nn.init.normal_(linear.weight, std=0.01)
        if i < layers - 1:
            parts += [linear, nn.BatchNorm1d(widths[i + 1]), nn.ReLU(inplace=True)]
        else:
            parts += [linear, ScaleBatchNorm(widths[i + 1])]
    return nn.Sequential(*parts)
