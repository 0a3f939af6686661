"""A run's encoder as one file for others: weights as safetensors, or the network itself as ONNX.

Only the encoder f: images -> h is given away, as the projector serves the loss alone (SimCLR, Section 4.2).
Equal runs give equal files, byte for byte: no time, no path and no commit goes into them.
"""

import importlib.util
import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save
from torch import Tensor, nn

from ssl_core.errors import SslCoreError
from ssl_core.pretrained import load_method
from ssl_core.runs import Run, read_run

FORMATS = ("safetensors", "onnx")
OPSET = 18
TOLERANCE = 1e-4  # between h of PyTorch and of ONNX Runtime, which sum in another order
SIZE = 32


class ExportError(SslCoreError):
    """An encoder that cannot be exported: unfinished, in an unknown format, or not the same outside PyTorch."""


class Exported(NamedTuple):
    """The file written, and how far its h is from PyTorch's at most; None when that was not measured."""

    path: Path
    parity: float | None


def export(run_dir: Path, format: str, out: Path | None = None) -> Exported:
    """Write the trained encoder of a finished run into one file, whole or not at all.

    safetensors: the encoder's weights by their names in `state_dict`. onnx: the encoder as a function of `images`,
    float32 (N, 3, 32, 32) in [0, 1], any N, to `h`, float32 (N, dim); compared with PyTorch where onnxruntime is
    installed. Both carry method, backbone, data and knn (accuracy on h, 0 to 1) as strings in their metadata.

    Args:
        run_dir: a run folder that `ssl_core.train.train` left.
        format: one of `FORMATS`.
        out: the file; without it METHOD-BACKBONE.FORMAT in the run folder.

    Raises:
        ExportError: the format is unknown, the run is not finished, packages are missing, or h differs.
        RunError: there is no readable run.
        OSError: the file cannot be written.

    >>> export(Path("runs/simclr"), "pickle")
    Traceback (most recent call last):
    ...
    ssl_core.export.ExportError: there is no format 'pickle' (--format): choose one of safetensors, onnx
    """
    if format not in FORMATS:
        raise ExportError(f"there is no format '{format}' (--format): choose one of {', '.join(FORMATS)}")
    run = read_run(run_dir)
    if run.manifest["status"] != "finished":
        raise ExportError(
            f"{run_dir}: the run is not finished ({run.manifest['status']}): "
            "repeat its `train` with --resume, then export"
        )
    facts = facts_of(run)
    encoder = load_method(run_dir).encoder
    path = out or run_dir / f"{facts['method']}-{facts['backbone']}.{format}"
    parity = None
    if format == "safetensors":
        content = safetensors_bytes(encoder, facts)
    else:
        content = onnx_bytes(encoder, facts)
        if importlib.util.find_spec("onnxruntime") is not None:
            parity = onnx_parity(content, encoder)
            if not parity <= TOLERANCE:  # so that NaN is refused as well
                raise ExportError(
                    f"{run_dir}: h of ONNX Runtime is {parity:.1e} away from PyTorch's, more than {TOLERANCE:.0e}: "
                    "nothing was written; try other versions of torch, onnxscript and onnxruntime"
                )
    write_whole(path, content)
    return Exported(path, parity)


def facts_of(run: Run) -> dict[str, str]:
    """Return what an exported file says of its run: method, backbone, data and knn."""
    return {
        "method": run.manifest["method"],
        "backbone": run.manifest["settings"]["backbone"],
        "data": run.manifest["data"]["name"],
        "knn": str(run.results["knn"]),
    }


def safetensors_bytes(encoder: nn.Module, facts: dict[str, str]) -> bytes:
    """Return the content of a safetensors file with the encoder's weights, and facts as its metadata.

    >>> content = safetensors_bytes(nn.Linear(1, 1), {"method": "simclr"})
    >>> content[8:50]
    b'{"__metadata__":{"method":"simclr"},"bias"'
    """
    content = save({name: tensor.contiguous() for name, tensor in encoder.state_dict().items()}, metadata=facts)
    # The library writes the metadata in an order that changes from call to call; sorted, equal runs are equal files.
    # The format: the header's length in 8 bytes, the header as JSON padded to a multiple of 8, the tensors.
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:start]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[start:]


def onnx_bytes(encoder: nn.Module, facts: dict[str, str]) -> bytes:
    """Return the content of an ONNX file that computes h from images, and facts as its metadata.

    Raises:
        ExportError: onnx or onnxscript is not installed.
    """
    if any(importlib.util.find_spec(package) is None for package in ("onnx", "onnxscript")):
        raise ExportError("ONNX export needs the packages onnx and onnxscript: pip install 'paper-notes[export]'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch 2.13's exporter calls what torch itself deprecates
        program = torch.onnx.export(
            encoder,
            (torch.zeros(2, 3, SIZE, SIZE),),  # a batch of 1 would become part of the program
            input_names=["images"],
            output_names=["h"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # None is for dynamo=False
    model: Any = program.model_proto
    # The exporter notes for each node the lines of code it comes from, with their paths on this machine.
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def onnx_parity(content: bytes, encoder: nn.Module) -> float:
    """Return the largest absolute difference between h of ONNX Runtime and of PyTorch, on random images.

    Two batches, of other sizes than the one that the program was traced with.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    differences: list[Tensor] = []
    for batch in (1, 7):
        images = torch.rand(batch, 3, SIZE, SIZE, generator=generator)
        (h,) = session.run(["h"], {"images": images.numpy()})
        with torch.no_grad():
            differences.append((torch.from_numpy(h) - encoder(images)).abs().flatten())
    return torch.cat(differences).max().item()


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step; after an error the old one is as it was, and nothing is left beside it."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
