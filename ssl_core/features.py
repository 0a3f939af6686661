"""Outputs of a network in inference mode, of which all figures of `ssl_core.evaluate` are made."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def inference(network: nn.Module) -> Iterator[None]:
    """Put a network into inference mode without gradients; afterwards each of its modules has its own mode back.

    >>> network = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
    >>> with inference(network):
    ...     network[0].training
    False
    >>> network[0].training, network[1].training
    (True, False)
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def features(network: nn.Module, images: Tensor, batch_size: int = 1000) -> Tensor:
    """Return network(images) for uint8 images (N, 3, H, W) as float32 (N, D), in inference mode.

    Computed on the network's device, whose modes are restored, in float32, whatever precision the run trains in.
    """
    device = next(network.parameters()).device
    with inference(network), torch.autocast(device.type, enabled=False):
        parts = [
            network((batch.to(device).float() / 255).contiguous(memory_format=torch.channels_last))
            for batch in images.split(batch_size)
        ]
    return torch.cat(parts)
