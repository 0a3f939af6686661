"""Fixtures shared by the test files of ssl_core. torch is imported inside them: the site's tests run without it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Set before torch is loaded, and passed on to the processes and notebooks that tests start: where two of them share
# two cores, threads that wait for each other by spinning made one notebook more than ten times slower.
os.environ["OMP_NUM_THREADS"] = "1"


def batch_of(data: Any, rows: Any, share: slice = slice(None)) -> Any:
    """Return rows of the training set as a batch; a number stands for the first ones."""
    import torch

    from ssl_core.methods.base import Batch

    rows = torch.arange(rows) if isinstance(rows, int) else rows
    return Batch(data.train_images[rows], data.train_labels[rows], rows, share)


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's cache, data and notebook mode out of every test, and out of the processes that tests start."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CORE_CACHE", str(folder / "cache"))
        patch.setenv("SSL_CORE_DATA", str(folder / "data"))
        patch.delenv("SSL_CORE_DEMO", raising=False)
        yield


@pytest.fixture(scope="session")
def tiny_data() -> Any:
    """Give 200 training and 60 test images of drawn shapes: kNN's k = 200 just fits."""
    from tests.tiny import tiny_shapes

    return tiny_shapes()


@pytest.fixture(scope="session")
def tiny_backbone() -> Iterator[str]:
    """Offer the backbone "tiny", some hundred times cheaper than those of the presets, and give its name.

    Fine-tuning with few labels, a part of every evaluation, takes two steps then.
    """
    from ssl_core import backbones, few_labels
    from tests.tiny import BACKBONE, tiny_network

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(backbones.BACKBONES, BACKBONE, tiny_network)
        patch.setattr(few_labels, "STEPS", dict.fromkeys(few_labels.STEPS, 2))
        yield BACKBONE


@pytest.fixture(scope="session")
def tiny_settings(tiny_backbone: str) -> Any:
    """Give settings of SimCLR with which an epoch of `tiny_data` takes a fraction of a second."""
    from ssl_core.methods.simclr import Settings

    return Settings(
        epochs=3,
        batch_size=32,
        backbone=tiny_backbone,
        optimizer="adamw",
        lr=1e-3,
        weight_decay=1e-4,
        warmup_epochs=1.0,
        precision="fp32",
        compile="false",
    )


@pytest.fixture(scope="session")
def finished_run(tiny_settings: Any, tiny_data: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a finished run of seed 0. Tests read it; to change it they copy it first."""
    from ssl_core.train import train

    folder = tmp_path_factory.mktemp("finished") / "run"
    train("simclr", tiny_settings, tiny_data, folder, preset="quick", device="cpu", progress=False)
    return folder
