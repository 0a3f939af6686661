"""The processes of a run: joining those that torchrun started, leaving them, and noticing that one has ended.

Plain torch.distributed, as its documentation on torchrun describes it. What the processes do together stands in
`ssl_core.distributed`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from ssl_core.errors import DistributedError, LostContactError

# A process that dies is noticed within a second, by its closed connection; this is for one that hangs.
TIMEOUT = timedelta(minutes=10)
# For waiting while rank 0 works alone, be it at a download or an evaluation.
PATIENCE = timedelta(days=1)
_patient_groups: list[Any] = []  # one while `processes` is open, else none
_working_alone: list[bool] = []  # not empty while rank 0 does something that the others only wait for


@contextmanager
def processes(device: torch.device) -> Iterator[torch.device]:
    """Join the processes that torchrun started, and leave them at the end; yield this process's device.

    On the CPU they talk through gloo, on GPUs through NCCL, each process on the GPU of its LOCAL_RANK. Without
    torchrun's variables (RANK, WORLD_SIZE ...), with a WORLD_SIZE of 1 and inside another `processes` nothing is
    joined or left.

    Args:
        device: cpu or cuda, the same in all processes.

    Raises:
        DistributedError: a variable or a GPU is missing, the others do not come, or one of them ends on the way.

    >>> with processes(torch.device("cpu")) as device:
    ...     device, rank(), world_size()
    (device(type='cpu'), 0, 1)
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or "RANK" not in os.environ:
        yield device
        return
    device = _own_device(device)
    if dist.is_initialized():
        yield device
        return
    _join(device)
    try:
        yield device
    except BaseException as error:
        # The others notice closed connections. NCCL would wait for them here; it notices the end of the process.
        if device.type == "cpu":
            _leave()
        if isinstance(error, dist.DistError):  # from a collective that is not ours: SyncBatchNorm's on a GPU
            raise _lost_contact(error) from error
        raise
    _leave()


def _own_device(device: torch.device) -> torch.device:
    """Return the device of this process: one GPU each, by LOCAL_RANK; check the other variables, too."""
    for name in ("LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        if name not in os.environ:
            raise DistributedError(
                f"RANK and WORLD_SIZE are set and {name} is not: start all processes with torchrun, "
                "or unset RANK to run one alone"
            )
    if device.type != "cuda":
        return device
    local, gpus = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if local >= gpus:
        raise DistributedError(
            f"this machine offers {gpus} GPUs and process {local + 1} of it needs one of its own: "
            f"use torchrun --nproc-per-node {gpus}, or --device cpu"
        )
    return torch.device("cuda", local)


def _join(device: torch.device) -> None:
    """Open the process group, and the patient one."""
    try:
        if device.type == "cuda":
            torch.cuda.set_device(device)
            dist.init_process_group("nccl", timeout=TIMEOUT, device_id=device)
        else:
            dist.init_process_group("gloo", timeout=TIMEOUT)
        _patient_groups.append(dist.new_group(backend="gloo", timeout=PATIENCE))
    except RuntimeError as error:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise DistributedError(
            f"rank {os.environ['RANK']} could not join the other processes at {where} ({_first_words(error)}): "
            "start all processes with the same torchrun command"
        ) from error


def _leave() -> None:
    _patient_groups.clear()
    dist.destroy_process_group()


def patient_group() -> Any:
    """Return the group, of all processes, that waits for a day: through gloo on GPUs, too, whose NCCL would spin."""
    return _patient_groups[0] if _patient_groups else None


def _first_words(error: BaseException) -> str:
    """Return the first sentence of an error of gloo or NCCL, without the place in its source.

    >>> _first_words(RuntimeError("[/gloo/tcp/pair.cc:5] Connection closed by peer [127.0.0.1]:7. This is typical"))
    'Connection closed by peer [127.0.0.1]:7'
    """
    line = (str(error).splitlines() or [""])[0]
    if line.startswith("[/"):
        line = line.partition("] ")[2]
    return line.split(". ")[0]


def _lost_contact(error: BaseException) -> LostContactError:
    return LostContactError(
        f"another process of this run has ended or hangs (rank {rank()} sees: {_first_words(error)}): see its "
        "message above; start all processes again with --resume to go on from the last finished epoch"
    )


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn the error of a collective into a DistributedError.

    It stands round single calls, because gloo raises bare RuntimeErrors, as many other things do.
    """
    try:
        yield
    except torch.OutOfMemoryError:  # a RuntimeError of this process
        raise
    except RuntimeError as error:
        raise _lost_contact(error) from error


@contextmanager
def working_alone() -> Iterator[None]:
    """Make this process see itself as the only one, so that it waits for no other, for instance in BatchNorm."""
    _working_alone.append(True)
    try:
        yield
    finally:
        _working_alone.pop()


def check_joined() -> None:
    """Raise DistributedError when torchrun started several processes and this one has not joined them."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count > 1 and "RANK" in os.environ and not dist.is_initialized():
        raise DistributedError(
            f"this is one of {count} processes, which would all do the same: only `ssl_core train` is started by "
            "torchrun; from Python, open ssl_core.distributed.processes() around it"
        )


def joined() -> bool:
    """Return whether this process works together with others."""
    return dist.is_available() and dist.is_initialized() and not _working_alone


def rank() -> int:
    """Return the number of this process, from 0; 0 when alone."""
    return dist.get_rank() if joined() else 0


def world_size() -> int:
    """Return the number of processes; 1 when alone."""
    return dist.get_world_size() if joined() else 1


def is_first() -> bool:
    """Return whether this is the process that writes files and talks: rank 0."""
    return rank() == 0
