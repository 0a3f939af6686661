"""Trained networks back from a run folder."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ssl_core import evaluate
from ssl_core.checkpoint import CHECKPOINT
from ssl_core.data import JPEG_COPY, Dataset, load
from ssl_core.errors import SslCoreError
from ssl_core.methods import method_module
from ssl_core.methods.base import Method
from ssl_core.precision import choose_device, place
from ssl_core.runs import Run, RunError, read_run
from ssl_core.train import build


class DataMismatchError(SslCoreError):
    """A run is to be evaluated on other data than it was trained on."""


def load_method(folder: Path) -> Method:
    """Return the trained method of a run folder, in inference mode, on the CPU.

    The encoder comes from encoder.safetensors, the rest from the checkpoint. Without the checkpoint only the
    encoder is trained; see `has_heads`.
    """
    run = read_run(folder)
    slug = run.manifest["method"]
    try:
        method = build(slug, method_module(slug).Settings(**run.manifest["settings"]), run.manifest["seed"])
    except TypeError as error:
        raise RunError(f"{folder}: is of another version of ssl_core ({error}): evaluate it with that") from error
    try:
        if has_heads(folder):
            stored = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)["method"]
            # A checkpoint holds the networks of its last stage too.
            method.load_state_dict({name: stored[name] for name in method.state_dict()})
        method.encoder.load_state_dict(load_file(folder / "encoder.safetensors"))
    except Exception as error:  # torch.load has a different one for every kind of damage
        reason = "the run is not finished" if run.manifest["status"] != "finished" else str(error)
        raise RunError(f"{folder}: the trained encoder cannot be read ({reason})") from error
    return method.eval()


def has_heads(folder: Path) -> bool:
    """Return whether a run folder still holds the checkpoint, and with it the projector."""
    return (folder / CHECKPOINT).exists()


def load_data_of(run: Run, data: str | None) -> Dataset:
    """Return the data a run was trained on, by its manifest; `data` names the folder of a run on a folder.

    Raises:
        DataMismatchError: when the data found are not the run's (their fingerprints differ).
    """
    wanted = run.manifest["data"]
    named = "cifar10" if wanted["name"] in ("cifar10", JPEG_COPY) else wanted["name"]
    if data is None and named not in ("cifar10", "shapes"):
        raise DataMismatchError(f"{run.folder}: was trained on the folder '{named}': say where it is with --data")
    found = load(data or named, progress=True)
    if wanted["n_train"] < len(found.train_images):
        found = found.subset(wanted["n_train"])
    if found.fingerprint != wanted["fingerprint"]:
        raise DataMismatchError(
            f"{run.folder}: was trained on other data ({wanted['name']}, {wanted['fingerprint'][:12]}) than found "
            f"({found.name}, {found.fingerprint[:12]}): give the same with --data"
        )
    return found


def evaluate_run(folder: Path, data: str | None, device: str) -> dict[str, Any]:
    """Return the figures of a run's trained networks, with their protocol beside them."""
    run = read_run(folder)
    where, method = choose_device(device), load_method(folder)
    place(method, where)
    found = load_data_of(run, data).to(where)
    projector = method.projector if has_heads(folder) else None
    results = evaluate.evaluate(method.encoder, projector, found)
    return {**results, "data": run.manifest["data"]["name"], "protocol": evaluate.protocol(found)}
