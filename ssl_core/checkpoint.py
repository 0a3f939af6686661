"""Checkpoints: everything that a stopped run needs to go on bit for bit, written so that a kill cannot harm it."""

import os
from pathlib import Path
from typing import Any

import torch

from ssl_core.errors import SslCoreError

FORMAT = 2
CHECKPOINT = "checkpoint.pt"  # its name in a run folder


class CheckpointError(SslCoreError):
    """A checkpoint that is damaged, newer than this code, or of another run."""


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write state (tensors, numbers, strings, lists and dicts of them) to path, whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save({"format": FORMAT, **state}, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load_checkpoint(path: Path, identity: dict[str, Any]) -> dict[str, Any]:
    """Return the state in path, its tensors on the CPU; CheckpointError when it is not of the run `identity`.

    identity names what must be equal (method, settings, seed, data fingerprint, device); the message says
    which entries differ.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        version, was = state["format"], state["identity"]
    except Exception as error:
        raise CheckpointError(
            f"{path}: the checkpoint cannot be read ({type(error).__name__}): delete it to start afresh"
        ) from error
    if version > FORMAT:
        raise CheckpointError(
            f"{path}: the checkpoint has format {version}, this ssl_core reads format {FORMAT}: update ssl_core"
        )
    if version < FORMAT:
        raise CheckpointError(
            f"{path}: the checkpoint has the old format {version}, this ssl_core reads format {FORMAT}: "
            "delete it to start afresh"
        )
    if found := differences(was, identity):
        raise CheckpointError(
            f"{path}: the checkpoint belongs to another run ({'; '.join(found)}): "
            "give the options it was started with, or choose another --out"
        )
    return state


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return in words the entries of `now` that `before` has otherwise or not at all.

    >>> differences({"seed": 0, "settings": {"lr": 0.1}}, {"seed": 0, "settings": {"lr": 0.2}})
    ['lr was 0.1, now 0.2']
    """
    was = flatten(before)
    return [
        f"{name} was {was.get(name)!r}, now {value!r}"
        for name, value in flatten(now).items()
        if was.get(name) != value
    ]


def flatten(nested: dict[str, Any]) -> dict[str, Any]:
    """Return a dict with the inner dicts' entries beside the outer ones.

    >>> flatten({"seed": 0, "settings": {"lr": 0.1}})
    {'seed': 0, 'lr': 0.1}
    """
    flat: dict[str, Any] = {}
    for name, value in nested.items():
        flat |= value if isinstance(value, dict) else {name: value}
    return flat
