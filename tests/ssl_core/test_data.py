"""What `ssl_core.data` and `ssl_core.folders` promise: the layouts read, the errors told, the cache trusted."""

import hashlib
import os
import pickle
import socket
import sys
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from PIL import Image

from ssl_core import data as data_module
from ssl_core import folders
from ssl_core.data import DataError, DataNotFoundError, Dataset, fingerprint, load, make
from ssl_core.errors import SslCoreError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep the user's own cache and data out of every test."""
    monkeypatch.setenv("SSL_CORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SSL_CORE_DATA", raising=False)
    return tmp_path / "cache"


def picture(value: int, size: tuple[int, int] = (32, 32)) -> Image.Image:
    return Image.new("RGB", size, (value, 255 - value, 7))


@pytest.fixture
def pets(tmp_path) -> Path:
    """A folder of two classes: 3 + 2 training images, 1 + 1 test images, each of one colour."""
    folder = tmp_path / "pets"
    for path, value in {
        "train/dog/1.png": 40,
        "train/cat/2.png": 20,
        "train/cat/1.png": 10,
        "train/cat/3.png": 30,
        "train/dog/2.png": 50,
        "test/cat/1.png": 60,
        "test/dog/1.png": 70,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        picture(value).save(folder / path)
    return folder


def small(counts: tuple[int, ...] = (6, 6, 6), seed: int = 0) -> Dataset:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    images = torch.randint(256, (len(labels), 3, 32, 32), generator=generator, dtype=torch.uint8)
    names = tuple("abcdefgh"[: len(counts)])
    return make("small", images, labels, images[:2].clone(), labels[:2].clone(), names)


# --- folders ---------------------------------------------------------------------------------------------------


def test_folder_gives_images_by_class_and_file_name(pets):
    data = load(str(pets))
    assert data.name == "pets"
    assert data.classes == ("cat", "dog")
    assert data.train_labels.tolist() == [0, 0, 0, 1, 1]
    assert data.train_images[:, 0, 0, 0].tolist() == [10, 20, 30, 40, 50]
    assert data.train_images[0, :, 5, 9].tolist() == [10, 245, 7]
    assert data.test_images[:, 0, 31, 31].tolist() == [60, 70]
    assert data.test_labels.tolist() == [0, 1]
    assert data.train_images.shape == (5, 3, 32, 32)
    assert data.train_images.dtype == torch.uint8
    assert data.train_labels.dtype == torch.int64
    assert data.train_images.is_contiguous()


def test_rows_and_columns_are_not_swapped(pets):
    image = Image.new("RGB", (32, 32))
    image.putpixel((3, 20), (255, 0, 0))  # x = 3, y = 20
    image.save(pets / "train/cat/1.png")
    assert load(str(pets)).train_images[0, 0].nonzero().tolist() == [[20, 3]]


def test_every_suffix_counts_in_any_case_and_the_rest_is_passed_over(pets):
    for number, suffix in enumerate((".PNG", ".jpg", ".Jpeg", ".bmp", ".webp", ".ppm")):
        picture(100).save(pets / f"train/dog/x{number}{suffix}")
    picture(200).save(pets / "train/dog/.hidden.png")
    (pets / "train/dog/notes.txt").write_text("not an image")
    (pets / "train/.hidden").mkdir()
    (pets / "train/dog/folder.png").mkdir()
    assert load(str(pets)).train_labels.tolist() == [0] * 3 + [1] * 8


def test_other_sizes_are_scaled_by_the_shorter_side_and_cut_to_the_middle(pets):
    wide = Image.new("RGB", (256, 64), "red")
    wide.paste(Image.new("RGB", (64, 64), "blue"), (96, 0))
    wide.save(pets / "train/cat/1.png")
    image = load(str(pets)).train_images[0]
    # All of the middle is blue, save what bicubic scaling lets over from the neighbouring red at both borders.
    assert image[:, :, 2:30].flatten(1).unique(dim=1).squeeze(1).tolist() == [0, 0, 255]


def test_scaling_down_is_antialiased(pets):
    stripes = np.zeros((320, 320), dtype=np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(pets / "train/cat/1.png")
    image = load(str(pets)).train_images[0].float()
    assert (image - 127.5).abs().max() < 10


@pytest.mark.parametrize(
    ("image", "rgb"),
    [
        (Image.new("L", (32, 32), 80), [80, 80, 80]),
        (Image.new("1", (32, 32), 1), [255, 255, 255]),
        (picture(90).quantize(4), [90, 165, 7]),
        (Image.new("RGBA", (32, 32), (255, 0, 0, 0)), [255, 255, 255]),
        (Image.new("LA", (32, 32), (0, 0)), [255, 255, 255]),
        (Image.fromarray(np.full((32, 32), 0x8000, dtype=np.uint16)), [128, 128, 128]),
    ],
    ids=["grey", "bilevel", "palette", "transparent", "transparent grey", "16-bit grey"],
)
def test_every_mode_becomes_rgb_on_white(pets, image, rgb):
    image.save(pets / "train/cat/1.png")
    assert load(str(pets)).train_images[0, :, 16, 16].tolist() == rgb


def test_photographs_are_turned_as_their_exif_says(pets):
    image = Image.new("RGB", (32, 32), "black")
    image.paste("white", (0, 0, 32, 16))  # upper half
    exif = Image.Exif()
    exif[0x0112] = 3  # orientation: turned by 180 degrees
    image.save(pets / "train/cat/1.png", exif=exif)
    decoded = load(str(pets)).train_images[0, 0]
    assert decoded[4, 4] == 0
    assert decoded[28, 4] == 255


def test_name_is_never_a_path(pets, monkeypatch):
    monkeypatch.chdir(pets)
    assert load(".").name == "pets"
    assert load("../pets/").name == "pets"
    assert load("train/..").name == "pets"


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("asked_for", [True, False])
def test_progress_bar_is_on_stderr_of_a_terminal_and_only_when_asked_for(
    pets, capsys, monkeypatch, terminal, asked_for
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    load(str(pets), progress=asked_for)
    out, err = capsys.readouterr()
    assert out == ""
    assert ("decoding images" in err) == (terminal and asked_for)


# --- errors of folders -----------------------------------------------------------------------------------------


def error_of(folder: Path | str) -> str:
    with pytest.raises(SslCoreError) as caught:
        load(str(folder))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_missing_folder_is_told_with_the_names_that_would_do(tmp_path):
    message = error_of(tmp_path / "cifar11")
    assert "cifar11' is neither cifar10 nor shapes nor a folder" in message
    assert "train/<class>/*" in message


def test_file_instead_of_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is not a folder" in error_of(tmp_path / "file")


@pytest.mark.parametrize("split", ["train", "test"])
def test_missing_split_is_told(pets, split):
    (pets / split).rename(pets / "elsewhere")
    assert f"pets has no folder {split}/: put the images into" in error_of(pets)


@pytest.mark.parametrize(("split", "other"), [("train", "test"), ("test", "train")])
def test_class_of_one_split_alone_is_told(pets, split, other):
    (pets / split / "emu").mkdir()
    message = error_of(pets)
    assert f"{pets / split / 'emu'} has no counterpart {other}/emu" in message
    assert "add it there or remove it here" in message


def test_empty_class_is_told(pets):
    (pets / "test/dog/1.png").rename(pets / "test/dog/1.gif")
    message = error_of(pets)
    assert f"{pets / 'test/dog'} holds no image" in message
    assert ".png" in message


def test_single_class_is_told(tmp_path):
    for split in ("train", "test"):
        (tmp_path / "one" / split / "cat").mkdir(parents=True)
        picture(1).save(tmp_path / "one" / split / "cat/1.png")
    assert "holds 1 class folder(s), and at least 2 are needed" in error_of(tmp_path / "one")


def test_unreadable_folder_is_told(pets, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    assert "pets cannot be listed ([Errno 13] Permission denied" in error_of(pets)


def test_relative_data_root_is_cached_by_its_absolute_place(pets, tmp_path, monkeypatch, cache):
    pets.rename(tmp_path / "cifar10")
    load("cifar10", root=tmp_path)
    before = cache_files(cache)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSL_CORE_DATA", ".")
    load("cifar10")
    assert cache_files(cache) == before


def test_broken_images_are_named_up_to_three_and_the_rest_counted(pets):
    names = ["train/cat/1.png", "train/cat/2.png", "train/dog/1.png", "train/dog/2.png", "test/cat/1.png"]
    for name in names:
        (pets / name).write_bytes((pets / name).read_bytes()[:60])
    message = error_of(pets)
    assert message.startswith("5 image(s) cannot be read: ")
    assert all(str(pets / name) in message for name in names[:3])
    assert not any(str(pets / name) in message for name in names[3:])
    assert "; and 2 more: replace or remove them" in message


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp", "ppm"])
def test_truncated_image_is_named(pets, suffix):
    file = pets / f"train/cat/0.{suffix}"
    noise = np.random.default_rng(0).integers(256, size=(32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(file)
    file.write_bytes(file.read_bytes()[:-200])
    message = error_of(pets)
    assert message.startswith("1 image(s) cannot be read: ")
    assert str(file) in message
    assert "more" not in message


def test_empty_file_is_named_without_talk_of_memory_objects(pets):
    (pets / "train/cat/1.png").write_bytes(b"")
    message = error_of(pets)
    assert "1.png (no image of a known kind)" in message
    assert "BytesIO" not in message


# --- cache -----------------------------------------------------------------------------------------------------


def cache_files(cache: Path) -> list[Path]:
    return sorted(cache.iterdir())


def no_decoding(monkeypatch):
    def refuse(content):
        raise AssertionError("decoded although the cache should have served")

    monkeypatch.setattr(folders, "_pixels", refuse)


def equal(one: Dataset, other: Dataset) -> bool:
    fields = ("train_images", "train_labels", "test_images", "test_labels")
    return (one.name, one.classes, one.fingerprint) == (other.name, other.classes, other.fingerprint) and all(
        torch.equal(getattr(one, field), getattr(other, field)) for field in fields
    )


def test_second_load_decodes_nothing_and_gives_the_same(pets, cache, monkeypatch):
    first = load(str(pets))
    assert len(cache_files(cache)) == 1
    no_decoding(monkeypatch)
    assert equal(load(str(pets)), first)


def test_changed_image_of_equal_size_is_seen_and_the_old_cache_removed(pets, cache):
    first = load(str(pets))
    before = cache_files(cache)
    file = pets / "train/cat/1.png"
    length = file.stat().st_size
    picture(11).save(file)
    assert file.stat().st_size == length
    os.utime(file, ns=(1, 1))
    second = load(str(pets))
    assert second.train_images[0, 0, 0, 0] == 11
    assert second.fingerprint != first.fingerprint
    assert len(cache_files(cache)) == 1
    assert cache_files(cache) != before


def test_added_removed_and_renamed_images_are_seen(pets):
    load(str(pets))
    picture(15).save(pets / "train/cat/4.png")
    assert load(str(pets)).train_images[:, 0, 0, 0].tolist() == [10, 20, 30, 15, 40, 50]
    (pets / "train/cat/2.png").unlink()
    assert load(str(pets)).train_images[:, 0, 0, 0].tolist() == [10, 30, 15, 40, 50]
    (pets / "train/cat/4.png").rename(pets / "train/cat/0.png")
    assert load(str(pets)).train_images[:, 0, 0, 0].tolist() == [15, 10, 30, 40, 50]


def test_another_folder_with_equal_listing_has_a_cache_of_its_own(pets, cache, tmp_path):
    other = tmp_path / "other"
    for file in sorted(pets.rglob("*.png")):
        target = other / file.relative_to(pets)
        target.parent.mkdir(parents=True, exist_ok=True)
        picture(99).save(target)
        os.utime(target, ns=(5, 5))
        os.utime(file, ns=(5, 5))
    load(str(pets))
    assert load(str(other)).train_images[0, 0, 0, 0] == 99
    assert load(str(pets)).train_images[0, 0, 0, 0] == 10
    assert len(cache_files(cache)) == 2


@pytest.mark.parametrize("damage", ["cut", "pixel", "empty", "garbage"])
def test_damaged_cache_is_made_again(pets, cache, damage, monkeypatch):
    first = load(str(pets))
    (file,) = cache_files(cache)
    content = bytearray(file.read_bytes())
    if damage == "pixel":
        content[-500] ^= 1
    damaged = {"cut": content[:-1], "pixel": content, "empty": b"", "garbage": b"\xff" * 5000}[damage]
    file.write_bytes(bytes(damaged))
    assert equal(load(str(pets)), first)
    no_decoding(monkeypatch)
    assert equal(load(str(pets)), first)


def test_leftovers_of_an_interrupted_run_are_removed(pets, cache):
    load(str(pets))
    (file,) = cache_files(cache)
    file.rename(file.with_suffix(".1234.part"))
    load(str(pets))
    assert cache_files(cache) == [file]


def test_loading_works_without_a_place_for_the_cache(pets, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SSL_CORE_CACHE", str(tmp_path / "file" / "cache"))
    assert len(load(str(pets)).train_labels) == 5


def test_failed_write_leaves_no_partial_file(pets, cache, monkeypatch):
    def full(tensors, file, metadata):
        Path(file).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(folders, "save_file", full)
    assert len(load(str(pets)).train_labels) == 5
    assert cache_files(cache) == []


def test_cache_default_is_the_users_cache_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("SSL_CORE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert data_module.cache_folder() == tmp_path / "xdg/ssl_core"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_module.cache_folder() == tmp_path / ".cache/ssl_core"


# --- CIFAR-10 --------------------------------------------------------------------------------------------------


NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@pytest.fixture
def batches(tmp_path, monkeypatch) -> Path:
    """A root whose cifar10/ holds torchvision's files with 10 images a batch; torchvision expects their MD5."""
    from torchvision.datasets import CIFAR10

    folder = tmp_path / "root/cifar10/cifar-10-batches-py"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)

    def write(name, content):
        # A NumPy array in the pickle has the form that the real files have: an array of uint8 (10, 3072).
        raw = pickle.dumps(content, protocol=2)
        (folder / name).write_bytes(raw)
        return hashlib.md5(raw).hexdigest()

    def batch(name):
        pixels = rng.integers(256, size=(10, 3072), dtype=np.uint8)
        return [name, write(name, {"data": pixels, "labels": rng.permutation(10).tolist()})]

    monkeypatch.setattr(CIFAR10, "train_list", [batch(f"data_batch_{i}") for i in range(1, 6)])
    monkeypatch.setattr(CIFAR10, "test_list", [batch("test_batch")])
    md5 = write("batches.meta", {"label_names": NAMES})
    monkeypatch.setattr(CIFAR10, "meta", {"filename": "batches.meta", "key": "label_names", "md5": md5})
    return tmp_path / "root"


def refuse_network(monkeypatch):
    def download(*args, **kwargs):
        raise URLError("Name or service not known")

    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", download)


def test_torchvision_folder_is_read_channel_by_channel(batches, monkeypatch):
    refuse_network(monkeypatch)
    monkeypatch.setenv("SSL_CORE_DATA", str(batches))
    data = load()
    with (batches / "cifar10/cifar-10-batches-py/data_batch_2").open("rb") as file:
        second = pickle.load(file)
    assert data.name == "cifar10"
    assert data.classes == tuple(NAMES)
    assert data.train_images.shape == (50, 3, 32, 32)
    assert data.train_images.dtype == torch.uint8
    assert data.train_images.is_contiguous()
    assert torch.equal(data.train_images[10:20], torch.from_numpy(second["data"]).reshape(10, 3, 32, 32))
    assert data.train_labels[10:20].tolist() == second["labels"]
    assert data.train_labels.dtype == torch.int64
    assert len(data.test_images) == len(data.test_labels) == 10


def test_root_argument_goes_before_the_environment(batches, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CORE_DATA", str(tmp_path / "nowhere"))
    assert len(load("cifar10", root=batches).train_images) == 50


def test_data_root_default_is_in_the_cache_folder(batches, cache, monkeypatch):
    refuse_network(monkeypatch)
    cache.mkdir()
    (batches / "cifar10").rename(batches / "moved")
    (cache / "data").mkdir()
    (batches / "moved").rename(cache / "data/cifar10")
    assert len(load().train_images) == 50


def test_class_folders_serve_as_cifar10(pets, tmp_path, monkeypatch):
    refuse_network(monkeypatch)
    pets.rename(tmp_path / "cifar10")
    monkeypatch.setenv("SSL_CORE_DATA", str(tmp_path))
    assert load().name == "cifar10"
    assert load().train_labels.tolist() == [0, 0, 0, 1, 1]


def test_class_folders_without_a_split_are_told_and_nothing_is_downloaded(pets, tmp_path, monkeypatch):
    refuse_network(monkeypatch)
    (pets / "test").rename(tmp_path / "elsewhere")
    pets.rename(tmp_path / "cifar10")
    monkeypatch.setenv("SSL_CORE_DATA", str(tmp_path))
    assert "cifar10 has no folder test/" in error_of("cifar10")


def test_offline_error_names_three_ways_out(tmp_path, monkeypatch):
    refuse_network(monkeypatch)
    with pytest.raises(DataNotFoundError) as caught:
        load("cifar10", root=tmp_path)
    message = str(caught.value)
    assert isinstance(caught.value, SslCoreError)
    assert f"CIFAR-10 in {tmp_path / 'cifar10'} is not there" in message
    assert "Name or service not known" in message
    assert "set SSL_CORE_DATA to a folder that holds cifar10/" in message
    assert "connect to the network, and torchvision downloads it" in message
    assert "--data shapes" in message


def test_damaged_batch_is_not_taken_as_good(batches, monkeypatch):
    refuse_network(monkeypatch)
    file = batches / "cifar10/cifar-10-batches-py/data_batch_3"
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataNotFoundError, match="is damaged or incomplete and could not be downloaded"):
        load(root=batches)


def test_damaged_batch_is_fetched_again(batches, monkeypatch):
    file = batches / "cifar10/cifar-10-batches-py/data_batch_3"
    good = file.read_bytes()
    file.write_bytes(good[:100])
    monkeypatch.setattr(
        "torchvision.datasets.cifar.download_and_extract_archive", lambda *a, **k: file.write_bytes(good)
    )
    assert len(load(root=batches).train_images) == 50


def test_truncated_download_is_not_taken_as_good(tmp_path, monkeypatch):
    def download(url, root, filename, md5):
        Path(root, "cifar-10-batches-py").mkdir(parents=True)
        Path(root, "cifar-10-batches-py/data_batch_1").write_bytes(b"half")

    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", download)
    with pytest.raises(DataNotFoundError, match="is damaged or incomplete"):
        load(root=tmp_path)


def test_download_keeps_stdout_clean_and_cannot_hang(tmp_path, monkeypatch, capsys):
    seen = []

    def download(*args, **kwargs):
        print("Downloading")
        seen.append(socket.getdefaulttimeout())
        raise TimeoutError("timed out")

    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", download)
    before = socket.getdefaulttimeout()
    try:
        socket.setdefaulttimeout(12.5)
        with pytest.raises(DataNotFoundError, match="timed out"):
            load(root=tmp_path)
        assert socket.getdefaulttimeout() == 12.5
    finally:
        socket.setdefaulttimeout(before)
    assert seen == [data_module.DOWNLOAD_TIMEOUT]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("constant", ["JPEG_COPY_FINGERPRINT", "JPEG_COPY_FILES_DIGEST"])
def test_jpeg_copy_is_recognised_wherever_it_lies(pets, tmp_path, monkeypatch, constant):
    _, _, pixels, files = folders.read_folder(pets)
    monkeypatch.setattr(data_module, constant, pixels if constant == "JPEG_COPY_FINGERPRINT" else files)
    assert load(str(pets)).name == "cifar10-jpeg"
    pets.rename(tmp_path / "cifar10")
    assert load("cifar10", root=tmp_path).name == "cifar10-jpeg"
    picture(11).save(tmp_path / "cifar10/train/cat/1.png")
    assert load("cifar10", root=tmp_path).name == "cifar10"


def test_files_digest_depends_on_bytes_and_names_but_not_on_place_or_time(pets, tmp_path):
    def digest(folder):
        return folders.read_folder(folder)[3]

    first = digest(pets)
    moved = pets.rename(tmp_path / "moved")
    os.utime(moved / "train/cat/1.png", ns=(1, 1))
    assert digest(moved) == first
    (moved / "train/cat/1.png").rename(moved / "train/cat/0.png")
    assert digest(moved) != first
    (moved / "train/cat/0.png").rename(moved / "train/cat/1.png")
    picture(10).save(moved / "train/cat/1.png", compress_level=0)  # equal pixels, other bytes
    assert digest(moved) != first


def test_digest_of_many_files_does_not_depend_on_how_they_are_shared_out(pets, monkeypatch):
    first = folders.read_folder(pets)[3]
    monkeypatch.setattr(folders, "CHUNK", 2)
    monkeypatch.setattr(folders, "_from_cache", lambda file: None)
    tensors, _, _, files = folders.read_folder(pets)
    assert files == first
    assert tensors[0][:, 0, 0, 0].tolist() == [10, 20, 30, 40, 50]


# --- Dataset ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", range(4))
def test_fingerprint_sees_every_pixel_and_label(changed):
    data = small()
    tensors = [data.train_images, data.train_labels, data.test_images, data.test_labels]
    assert fingerprint(*tensors) == data.fingerprint
    tensors[changed] = tensors[changed].clone()
    tensors[changed].view(-1)[-1] += 1
    assert fingerprint(*tensors) != data.fingerprint


def test_fingerprint_is_that_of_the_values_and_not_of_the_memory_layout():
    data = small()
    strided = data.train_images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    assert fingerprint(strided) == fingerprint(data.train_images)


def test_fingerprint_sees_an_image_moved_from_one_split_to_the_other():
    data = small()
    both = torch.cat([data.train_images, data.test_images])
    assert fingerprint(both[:18], both[18:]) != fingerprint(both[:17], both[17:])


def test_subset_is_balanced_to_within_one():
    data = small((9, 9, 9, 9))
    assert torch.bincount(data.subset(12).train_labels).tolist() == [3, 3, 3, 3]
    for n in range(1, 37):
        counts = torch.bincount(data.subset(n).train_labels, minlength=4)
        assert counts.sum() == n
        assert counts.max() - counts.min() <= 1


def test_subset_takes_more_of_the_others_where_a_class_is_short():
    assert torch.bincount(small((2, 9, 9)).subset(12).train_labels).tolist() == [2, 5, 5]


def test_subset_is_drawn_from_its_seed_alone():
    data = small()
    before = torch.get_rng_state()
    first = data.subset(9, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    assert data.subset(9, seed=1).fingerprint == first.fingerprint
    assert data.subset(9, seed=2).fingerprint != first.fingerprint


def test_subset_keeps_pairs_of_image_and_label_in_order_and_the_test_split():
    data = small()
    part = data.subset(7)
    rows = [
        next(i for i, image in enumerate(data.train_images) if torch.equal(image, kept)) for kept in part.train_images
    ]
    assert rows == sorted(rows)
    assert part.train_labels.tolist() == data.train_labels[rows].tolist()
    assert torch.equal(part.test_images, data.test_images)
    assert (part.name, part.classes) == (data.name, data.classes)


def test_subset_has_the_fingerprint_of_what_it_holds():
    data = small()
    part = data.subset(7)
    assert part.fingerprint != data.fingerprint
    assert part.fingerprint == fingerprint(part.train_images, part.train_labels, part.test_images, part.test_labels)
    assert data.subset(18).fingerprint == data.fingerprint


def test_smaller_subset_is_part_of_a_larger_one():
    data = small()
    larger = {image.numpy().tobytes() for image in data.subset(11).train_images}
    assert {image.numpy().tobytes() for image in data.subset(5).train_images} < larger


@pytest.mark.parametrize("n", [0, -1, 19])
def test_impossible_subset_is_told(n):
    with pytest.raises(DataError, match=rf"{n} training images of small .* from 1 to 18"):
        small().subset(n)


def test_to_moves_all_four_tensors_and_keeps_the_rest():
    data = small()
    moved = data.to("meta")
    tensors = (moved.train_images, moved.train_labels, moved.test_images, moved.test_labels)
    assert all(tensor.device.type == "meta" for tensor in tensors)
    assert (moved.name, moved.classes, moved.fingerprint) == (data.name, data.classes, data.fingerprint)
