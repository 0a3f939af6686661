"""Small versions of everything that trains: data, backbone and settings with which a run takes seconds.

A module of functions beside the fixtures of conftest.py, because processes that tests start need them too.
"""

import dataclasses
from typing import Any

from ssl_core import backbones
from ssl_core.data import Dataset
from ssl_core.methods import method_module
from ssl_core.shapes import shapes

BACKBONE = "tiny"
# What a method needs beside the common settings to be small.
EXTRA: dict[str, dict[str, Any]] = {
    "byol": {"hidden_dim": 64, "projection_dim": 32},
    "simsiam": {"projection_dim": 64},
    "hai": {"projection_dim": 32, "embedding_dim": 8},
    "simclrv2": {"finetune_epochs": 1, "supervised_epochs": 1, "distill_epochs": 1},
    "uhml": {"rounds": 2, "cuts": "8,4,2", "metric_batch_size": 32, "cluster_images": 150, "embedding_dim": 8},
}


def tiny_network() -> backbones.ResNet:
    """Return a network some hundred times cheaper than those of the presets."""
    return backbones.ResNet(widths=(8, 16, 32), blocks=(1, 1, 1), stem_stride=2)


def settings_of(slug: str, **changes: Any) -> Any:
    """Return settings of a method with which an epoch of `tiny_shapes` takes a fraction of a second."""
    common = {
        "epochs": 2,
        "batch_size": 32,
        "backbone": BACKBONE,
        "optimizer": "adamw",
        "lr": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 1.0,
        "precision": "fp32",
        "compile": "false",
    }
    return dataclasses.replace(method_module(slug).PRESETS["quick"], **common | EXTRA.get(slug, {}) | changes)


def tiny_shapes() -> Dataset:
    """Return 200 training and 60 test images of drawn shapes: kNN's k = 200 just fits."""
    return shapes(n_train=200, n_test=60)
