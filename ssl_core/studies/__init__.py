"""The studies of each method, in a file of its slug: `STUDIES`, a dict of `ssl_core.study.Study` by name."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def drop_batchnorm(module: nn.Module) -> None:
    """Put the identity in place of every BatchNorm inside a network.

    >>> net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3), nn.ReLU()))
    >>> drop_batchnorm(net)
    >>> net[1]
    Sequential(
      (0): Identity()
      (1): ReLU()
    )
    """
    for name, child in module.named_children():
        if isinstance(child, _BatchNorm):
            setattr(module, name, nn.Identity())
        else:
            drop_batchnorm(child)
