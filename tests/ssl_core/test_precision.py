"""What `ssl_core.precision` promises: formats the device really has, and a sentence for those it has not."""

import pytest
import torch

from ssl_core import precision
from ssl_core.precision import DeviceError, autocast, choose_device, choose_precision

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def test_unknown_device_is_told():
    with pytest.raises(DeviceError, match=r"no device 'tpu': choose auto, cpu or cuda"):
        choose_device("tpu")


def test_cuda_without_a_gpu_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=r"no CUDA device: use --device cpu or auto"):
        choose_device("cuda")
    assert choose_device("auto") == CPU


def test_auto_takes_the_gpu_and_cpu_leaves_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == CUDA
    assert choose_device("cuda") == CUDA
    assert choose_device("cpu") == CPU


def test_fp16_on_a_cpu_is_told():
    with pytest.raises(DeviceError, match=r"fp16 needs a GPU: use --precision bf16, fp32 or auto"):
        choose_precision("fp16", CPU)


def test_unknown_precision_is_told():
    with pytest.raises(DeviceError, match=r"no precision 'fp8': choose auto, fp32, bf16, fp16"):
        choose_precision("fp8", CPU)


@pytest.mark.parametrize(("name", "device"), [("fp32", CPU), ("bf16", CPU), ("fp32", CUDA), ("fp16", CUDA)])
def test_a_named_precision_is_taken(name, device):
    assert choose_precision(name, device) == name


@pytest.mark.parametrize(("has_bf16", "chosen"), [(True, "bf16"), (False, "fp32")])
def test_auto_on_a_cpu_follows_its_instructions(monkeypatch, has_bf16, chosen):
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: has_bf16)
    assert choose_precision("auto", CPU) == chosen


@pytest.mark.parametrize(("native", "chosen"), [(True, "bf16"), (False, "fp16")])
def test_auto_on_a_gpu_does_not_count_emulated_bf16(monkeypatch, native, chosen):
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation or native
    )
    assert choose_precision("auto", CUDA) == chosen


def test_autocast_computes_in_the_named_format():
    x = torch.rand(4, 4)
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        with autocast(name, CPU):
            assert (x @ x).dtype == dtype
