"""Reads a folder of images, train/<class>/* and test/<class>/*, into tensors, and caches the result.

The layout is that of torchvision's ImageFolder, with both splits under one roof. Sixty thousand small files
take many seconds to open and decode but a fraction of one to list, so the decoded tensors are kept in one file
that is named after what the listing says of every image, and checked against its own digest when it is read.
"""

import contextlib
import hashlib
import io
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from tqdm import tqdm

from ssl_core.data import SIZE, DataError, cache_folder, fingerprint

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm")
"""File names that count as images, in any case; hidden files and all others are passed over."""

SPLITS = ("train", "test")
NAMED_AT_MOST = 3
TENSOR_NAMES = ("train_images", "train_labels", "test_images", "test_labels")
CHUNK = 256  # images a thread takes at a time: fewer, and handing out work costs more than decoding

Tensors = tuple[Tensor, Tensor, Tensor, Tensor]


class Entry(NamedTuple):
    """One image in the listing: path below the folder, index of its class, bytes, time of change in ns."""

    path: str
    label: int
    size: int
    modified: int


def read_folder(folder: Path, progress: bool = False) -> tuple[Tensors, tuple[str, ...], str, str]:
    """Read all images of a folder, from the cache when nothing in the folder has changed.

    Classes are the class folders in alphabetical order, and images are in the order of their file names. An
    image of another size is scaled so that its shorter side is 32 pixels (bicubic, antialiased) and cut to its
    middle 32 × 32. Greys and palettes become RGB, transparent parts white; of an animation the first picture
    counts, and a photograph is turned the way its EXIF entry says.

    Args:
        folder: absolute; holds train/<class>/* and test/<class>/* (png, jpg, jpeg, bmp, webp, ppm).
        progress: show a bar on stderr while images are decoded.

    Returns:
        The tensors (training images uint8 (N, 3, 32, 32) and labels int64 (N,), then those of the test), the
        classes, the fingerprint of the tensors, and the SHA-256 (hex) of the names and bytes of the files.

    Raises:
        DataError: the layout is another, or images are broken; the message names the folder or the files.
    """
    try:
        classes, entries = _listing(folder)
    except OSError as error:
        raise DataError(f"{folder} cannot be listed ({error}): make it readable") from error
    prefix = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    # Another Pillow may decode differently, so its version belongs to the key as well.
    key = hashlib.sha256(os.fsencode(repr((PIL.__version__, entries))))
    cached = cache_folder() / f"{prefix}-{key.hexdigest()[:32]}.safetensors"
    if found := _from_cache(cached):
        tensors, pixels, files = found
    else:
        tensors, files = _decode(folder, entries, progress)
        pixels = fingerprint(*tensors)
        _to_cache(cached, prefix, tensors, pixels, files)
    return tensors, classes, pixels, files


def _listing(folder: Path) -> tuple[tuple[str, ...], dict[str, list[Entry]]]:
    """Return the classes and the images of each split, or say what is wrong with the layout."""
    for split in SPLITS:
        if not (folder / split).is_dir():
            raise DataError(
                f"{folder} has no folder {split}/: put the images into train/<class>/ and test/<class>/ in it"
            )
    names = {split: sorted(_visible_folders(folder / split)) for split in SPLITS}
    for split, other in (SPLITS, SPLITS[::-1]):
        if lone := sorted(set(names[split]) - set(names[other])):
            raise DataError(
                f"the class folder {folder / split / lone[0]} has no counterpart {other}/{lone[0]} "
                f"({len(lone)} such in {split}/): add it there or remove it here"
            )
    classes = tuple(names["train"])
    if len(classes) < 2:
        raise DataError(
            f"{folder / 'train'} holds {len(classes)} class folder(s), and at least 2 are needed: "
            "put the images into one folder a class"
        )
    return classes, {
        split: [entry for label, name in enumerate(classes) for entry in _images(folder, split, name, label)]
        for split in SPLITS
    }


def _visible_folders(folder: Path) -> list[str]:
    with os.scandir(folder) as found:
        return [item.name for item in found if item.is_dir() and not item.name.startswith(".")]


def _images(folder: Path, split: str, name: str, label: int) -> list[Entry]:
    # os.scandir in place of Path.iterdir: a warm start spends its time here, on 60,000 files.
    with os.scandir(folder / split / name) as found:
        images = []
        for item in found:
            if item.name.lower().endswith(SUFFIXES) and not item.name.startswith(".") and item.is_file():
                facts = item.stat()
                images.append(Entry(f"{split}/{name}/{item.name}", label, facts.st_size, facts.st_mtime_ns))
    if not images:
        raise DataError(
            f"the class folder {folder / split / name} holds no image: put some into it "
            f"({', '.join(SUFFIXES)}) or remove the class from both splits"
        )
    return sorted(images)


def _decode(folder: Path, entries: dict[str, list[Entry]], progress: bool) -> tuple[Tensors, str]:
    """Decode all; return the tensors and the digest of the files, or name the images that are broken."""
    todo = [entry for split in SPLITS for entry in entries[split]]
    pixels = np.empty((len(todo), SIZE, SIZE, 3), dtype=np.uint8)

    def decode(first: int) -> tuple[bytes, list[str]]:
        digests, broken = b"", []
        for row, entry in enumerate(todo[first : first + CHUNK], first):
            try:
                content = (folder / entry.path).read_bytes()
                digests += hashlib.sha256(os.fsencode(f"{entry.path}\n") + content).digest()
                pixels[row] = _pixels(content)
            # Pillow's readers raise each of these for damaged files.
            except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
                broken.append(f"{folder / entry.path} ({_reason(error)})")
        return digests, broken

    # Threads, as Pillow decodes without holding Python's lock; two a core, as some wait for the disk.
    with (
        ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool,
        tqdm(
            total=len(todo), desc="decoding images", unit="image", disable=None if progress else True, leave=False
        ) as bar,
    ):
        digest, broken = hashlib.sha256(), []
        for of_files, bad in pool.map(decode, range(0, len(todo), CHUNK)):
            digest.update(of_files)
            broken += bad
            bar.update(min(CHUNK, len(todo) - bar.n))
    if broken:
        rest = len(broken) - NAMED_AT_MOST
        raise DataError(
            f"{len(broken)} image(s) cannot be read: {'; '.join(broken[:NAMED_AT_MOST])}"
            + (f"; and {rest} more" if rest > 0 else "")
            + ": replace or remove them"
        )
    return _tensors(pixels, entries), digest.hexdigest()


def _tensors(pixels: NDArray[np.uint8], entries: dict[str, list[Entry]]) -> Tensors:
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    n = len(entries["train"])
    train, test = (torch.tensor([entry.label for entry in entries[split]]) for split in SPLITS)
    return images[:n].contiguous(), train, images[n:].contiguous(), test


def _pixels(content: bytes) -> NDArray[np.uint8]:
    """Decode one image file to RGB of 32 × 32."""
    with Image.open(io.BytesIO(content)) as opened:
        opened.load()
        image: Image.Image = ImageOps.exif_transpose(opened) if "exif" in opened.info else opened
        if image.mode.startswith("I"):
            # 16-bit greys: Pillow's own conversion to RGB would clip everything above 255 to white.
            image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
        if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("RGB")
        if image.size != (SIZE, SIZE):
            image = ImageOps.fit(image, (SIZE, SIZE), Image.Resampling.BICUBIC)
        return np.asarray(image)


def _reason(error: Exception) -> str:
    # Pillow names the object in memory that it could not identify, which tells a person nothing.
    return "no image of a known kind" if isinstance(error, PIL.UnidentifiedImageError) else str(error)


def _from_cache(file: Path) -> tuple[Tensors, str, str] | None:
    """Return tensors, fingerprint and digest of the files, if the cache file is there and whole."""
    try:
        with safe_open(file, framework="pt") as stored:
            facts = stored.metadata() or {}
            # Cloned, because what safetensors returns is a view of the file, which someone may cut short.
            a, b, c, d = (stored.get_tensor(name).clone() for name in TENSOR_NAMES)
    except (OSError, SafetensorError):
        return None
    if facts.get("fingerprint") != fingerprint(a, b, c, d):
        return None
    return (a, b, c, d), facts["fingerprint"], facts["files"]


def _to_cache(file: Path, prefix: str, tensors: Tensors, pixels: str, files: str) -> None:
    """Write the cache file in one step and remove older ones of the same folder, if the place allows it."""
    # The cache only saves time: where it cannot be written, the next start decodes again.
    with contextlib.suppress(OSError, SafetensorError):
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{uuid.uuid4().hex}.part")
        try:
            content = dict(zip(TENSOR_NAMES, tensors, strict=True))
            save_file(content, part, metadata={"fingerprint": pixels, "files": files})
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        # Left-over .part files of interrupted runs go as well.
        for old in file.parent.glob(f"{prefix}-*"):
            if old != file:
                old.unlink(missing_ok=True)
