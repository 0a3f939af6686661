r"""Several processes that compute what one computes, started by torchrun, with plain torch.distributed.

Every process (rank) draws the augmentations of the whole batch and makes only its own `share` of the views; BatchNorm
is synchronised; z is gathered, and every rank computes the loss L of the whole batch. A process that is alone takes
the same path: each function here is then the identity.

Why gradients come out right. The backward pass of `gather` sums over the W ranks the gradients that reach a row of
z. All ranks compute the same L, so the sum is W dL/dz, and a rank's parameters get W times the part of dL/dtheta that
comes from its own rows. `average_gradients` takes the mean over the ranks, which gives dL/dtheta itself; it does so
too for what does not pass through a gather, where every rank holds dL/dtheta already.

The gather with a gradient follows SimCLR's official code, which contrasts across all cores (google-research/simclr
`objective.py`, `tpu_cross_replica_concat`), as does BatchNorm over the whole batch (SimCLR §2.2, "Global BN").
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm

from ssl_core.errors import DistributedError, SslCoreError
from ssl_core.losses import at_least_float32
from ssl_core.processes import clear_errors, is_first, patient_group, processes, rank, working_alone, world_size

__all__ = [
    "DistributedError",
    "SyncBatchNorm",
    "average",
    "average_gradients",
    "from_first",
    "gather",
    "is_first",
    "processes",
    "rank",
    "share",
    "synchronise_batchnorm",
    "world_size",
]

T = TypeVar("T")


def share(count: int) -> slice:
    """Return this rank's rows of a whole batch of `count` rows; ranks follow each other in it.

    DistributedError when the rows cannot be split evenly. Alone all rows are one's own:

    >>> share(4)
    slice(0, 4, None)
    """
    each, rest = divmod(count, world_size())
    if rest:
        raise DistributedError(
            f"--batch-size {count} cannot be split over {world_size()} processes: choose a multiple of {world_size()}"
        )
    return slice(rank() * each, (rank() + 1) * each)


def gather(x: Tensor) -> Tensor:
    """Return the rows of all ranks in rank order, (b, ...) -> (W b, ...), any dtype; b is the same on each.

    The gradient flows back to the rank that a row came from, summed over the ranks that used it (see above). Alone
    it is x itself:

    >>> gather(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    if world_size() == 1:
        return x
    return cast(Tensor, _Gather.apply(x))


class _Gather(Function):
    """All-gather; backward: the sum over ranks, of which each keeps its own rows."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x = x.contiguous()
        parts = [torch.empty_like(x) for _ in range(world_size())]
        with clear_errors():
            dist.all_gather(parts, x)
        return torch.cat(parts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _sum_over_ranks(gradient)[share(len(gradient))]


class _AllReduce(Function):
    """Sum over ranks; backward: the sum over ranks again, as every rank's loss depends on every rank's x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return _sum_over_ranks(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _sum_over_ranks(gradient)


def _sum_over_ranks(x: Tensor) -> Tensor:
    """Return the sum of the ranks' x as a new tensor, equal on all ranks to the last bit."""
    total = x.detach().clone(memory_format=torch.contiguous_format)
    with clear_errors():
        dist.all_reduce(total)
    return total


def average(x: Tensor) -> Tensor:
    """Return the mean of the ranks' x, float of any shape, without gradient: for logs. Alone it is x itself."""
    return x if world_size() == 1 else _sum_over_ranks(x) / world_size()


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace each gradient by its mean over the ranks, in place; a parameter without one is left so.

    Call it between backward and the optimiser (with a GradScaler: before `unscale_`, so that all ranks see the same
    overflow and skip the same steps). All ranks have run the same graph, so the same gradients are there on each.
    """
    if world_size() == 1:
        return
    # One all-reduce of one flat tensor, after backward, instead of DistributedDataParallel's buckets during it:
    # networks of this size are summed in milliseconds, so that there is nothing to hide; a method may call its
    # networks several times a step, which DDP's hooks do not expect; and state_dict keeps its names.
    gradients = [p.grad for p in parameters if p.grad is not None]
    for _, group in groupby(sorted(gradients, key=_dtype_name), key=_dtype_name):
        same = list(group)
        mean = _sum_over_ranks(torch.cat([g.reshape(-1) for g in same])) / world_size()
        for g, part in zip(same, mean.split([g.numel() for g in same]), strict=True):
            g.copy_(part.view(g.shape))


def _dtype_name(x: Tensor) -> str:
    return str(x.dtype)


def from_first(make: Callable[[], T]) -> T:
    """Return on all ranks what `make` returns on rank 0, where alone it is called; all ranks leave together.

    Other ranks get a copy, made by pickle (tensors must lie on the CPU); an SslCoreError or OSError of `make` is
    raised on all. They wait however long it takes.

    >>> from_first(lambda: 3)
    3
    """
    if world_size() == 1:
        return make()
    outcome: list[Any] = [None]
    if is_first():
        try:
            with working_alone():
                outcome = [(make(), None)]
        except (SslCoreError, OSError) as error:
            outcome = [(None, error)]
    with clear_errors():
        dist.broadcast_object_list(outcome, src=0, group=patient_group())
        dist.barrier(patient_group())  # a broadcast alone need not hold rank 0 until the last has come
    made, raised = outcome[0]
    if raised is not None:
        raise raised
    return cast(T, made)


def synchronise_batchnorm(model: nn.Module) -> nn.Module:
    """Return the model with each BatchNorm (subclasses, too) replaced by one over the whole batch; alone: as it is.

    Parameters and buffers stay the same objects under the same names, on their devices. A model that is itself a
    BatchNorm is not changed but returned anew. Every rank must give its BatchNorm layers equally many rows.
    """
    if world_size() == 1:
        return model
    if isinstance(model, _BatchNorm):
        return _synchronised(model)
    new: dict[nn.Module, SyncBatchNorm] = {}
    # A layer that has several names must stay one layer.
    for name, layer in list(model.named_modules(remove_duplicate=False)):
        if isinstance(layer, _BatchNorm) and not isinstance(layer, nn.SyncBatchNorm):
            new.setdefault(layer, _synchronised(layer))
            parent, _, leaf = name.rpartition(".")
            setattr(model.get_submodule(parent), leaf, new[layer])
    return model


def _synchronised(layer: _BatchNorm) -> "SyncBatchNorm":
    """Return a SyncBatchNorm with the parameters, buffers and mode of a BatchNorm."""
    sync = SyncBatchNorm(layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
    sync.weight, sync.bias = layer.weight, layer.bias
    sync.running_mean, sync.running_var = layer.running_mean, layer.running_var
    sync.num_batches_tracked = layer.num_batches_tracked
    return sync.train(layer.training)


class SyncBatchNorm(nn.SyncBatchNorm):
    """BatchNorm over the rows of all ranks, (b, C) or (b, C, ...) -> the same shape and dtype.

    torch's own takes GPU tensors only. This one does in training on a CPU what nn.BatchNorm would do on the whole
    batch, running statistics included; on a GPU it is torch's, and in evaluation and alone nn.BatchNorm.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalise; statistics are float32 for half types, else of the input's dtype."""
        if world_size() == 1 or not self.training:
            # Not torch's SyncBatchNorm, which asks for the other ranks even while rank 0 works alone.
            plain: Tensor = _BatchNorm.forward(self, input)
            return plain
        if input.is_cuda:
            return super().forward(input)
        self._check_input_dim(input)
        x = at_least_float32(input)
        axes, column = [0, *range(2, x.ndim)], [-1] + [1] * (x.ndim - 2)
        count = world_size() * x.numel() // x.shape[1]
        # The mean first, then squared deviations from it: E[x^2] - E[x]^2 would lose digits where |mean| >> std.
        mean = _AllReduce.apply(x.sum(axes)) / count
        centred = x - mean.view(column)
        variance = _AllReduce.apply(centred.square().sum(axes)) / count
        self._track(mean.detach(), variance.detach() * (count / (count - 1)))
        scale = torch.rsqrt(variance + self.eps)
        if self.weight is not None:
            scale = scale * self.weight
        y: Tensor = centred * scale.view(column)
        if self.bias is not None:
            y = y + self.bias.view(column)
        return y.to(input.dtype)

    def _track(self, mean: Tensor, unbiased_variance: Tensor) -> None:
        """Move the running statistics towards those of a batch, as nn.BatchNorm does."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        step = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), step)
        self.running_var.lerp_(unbiased_variance.to(self.running_var.dtype), step)
