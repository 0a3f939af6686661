"""The encoders for torch.hub, one entry a method, for instance

    encoder = torch.hub.load("path/to/this/checkout", "simclr", source="local", weights="simclr-resnet18.safetensors")

with weights that `python -m ssl_core export RUN_DIR --format safetensors` wrote; none are published.
torch.hub takes every callable here without a leading underscore for an entry.
"""

import collections.abc
import dataclasses
import os

import torch

from ssl_core import errors, methods

dependencies = ["torch", "numpy", "safetensors"]


class _WeightsError(errors.SslCoreError):
    """A file of weights that does not hold the encoder asked for."""


def _entry(slug: str) -> collections.abc.Callable[..., torch.nn.Module]:
    """Return the entry of a method."""

    def build(backbone: str | None = None, weights: str | os.PathLike[str] | None = None) -> torch.nn.Module:
        stored, facts = _read(weights) if weights is not None else ({}, {})
        if facts.get("method", slug) != slug:
            raise _WeightsError(f"{weights}: is an encoder of {facts['method']}: load it by that name, not {slug}")
        module = methods.method_module(slug)
        settings = module.PRESETS["full"]
        settings = dataclasses.replace(settings, backbone=backbone or facts.get("backbone", settings.backbone))
        with torch.random.fork_rng(devices=[]):
            encoder: torch.nn.Module = module.build(settings).encoder
        if weights is not None:
            try:
                encoder.load_state_dict(stored)
            except RuntimeError as error:
                raise _WeightsError(
                    f"{weights}: its weights do not fit the backbone {settings.backbone}: "
                    "name the one it was trained with (backbone=...)"
                ) from error
        return encoder.eval()

    build.__name__ = slug
    build.__doc__ = f"""{(methods.method_module(slug).__doc__ or "").partition(chr(10))[0]}

    The encoder f in inference mode, on the CPU: images, float32 (N, 3, H, W) in [0, 1] -> h, float32 (N, dim).

    Args:
        backbone: resnet18 or resnet_small; by default what `weights` names, else that of the paper's recipe.
        weights: a safetensors file of the encoder's weights, exported or encoder.safetensors of a run folder.
            Without it they are random: they depend on torch.manual_seed, and the generator stays as it is.
    """
    return build


def _read(weights: str | os.PathLike[str]) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors of a safetensors file and what its metadata say of their run."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise _WeightsError(
            f"{weights}: cannot be read ({error}): give a safetensors file that `ssl_core export` wrote"
        ) from error


# A new file in ssl_core/methods is a new entry, without a line here.
globals().update({slug: _entry(slug) for slug in methods.SLUGS})
