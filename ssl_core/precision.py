"""Device and number format of a run: half precision where the hardware really has it.

`torch.cuda.is_bf16_supported()` also counts emulation (a T4 says yes), and a CPU without bf16 instructions runs
bf16 slower than float32; both are asked for the real thing here.
"""

from contextlib import AbstractContextManager

import torch
from torch import nn

from ssl_core.errors import SslCoreError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class DeviceError(SslCoreError):
    """A device or a precision that this machine does not offer."""


def choose_device(name: str) -> torch.device:
    """Return the device for auto, cpu or cuda; DeviceError when cuda is asked for and there is none.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name not in ("auto", "cpu", "cuda"):
        raise DeviceError(f"there is no device '{name}': choose auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError("this machine offers PyTorch no CUDA device: use --device cpu or auto")
    use_cuda = name != "cpu" and torch.cuda.is_available()
    return torch.device("cuda" if use_cuda else "cpu")


def place(network: nn.Module, device: torch.device) -> None:
    """Move a network to the device, in place, channels last: the layout in which convolutions are fastest."""
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch leaves it out


def choose_precision(name: str, device: torch.device) -> str:
    """Return fp32, bf16 or fp16: as named, or for auto the fastest that the device really supports.

    >>> choose_precision("fp32", torch.device("cpu"))
    'fp32'
    """
    if name in DTYPES:
        if name == "fp16" and device.type == "cpu":
            raise DeviceError("fp16 needs a GPU: use --precision bf16, fp32 or auto on a CPU")
        return name
    if name != "auto":
        raise DeviceError(f"there is no precision '{name}': choose auto, {', '.join(DTYPES)}")
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if cpu_has_bf16() else "fp32"


def cpu_has_bf16() -> bool:
    """Return whether the processor has bf16 instructions (AVX512-BF16 or AMX); on Arm the answer is always no.

    PyTorch has no public question for it before 2.15; where the private ones are missing the answer is no.
    """
    questions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, question, lambda: False)() for question in questions)


def autocast(precision: str, device: torch.device) -> AbstractContextManager[None]:
    """Return the context in which the forward pass runs."""
    return torch.autocast(device.type, DTYPES[precision], enabled=precision != "fp32")
