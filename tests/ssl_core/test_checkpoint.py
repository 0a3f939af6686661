"""What `ssl_core.checkpoint` promises: a checkpoint is whole or the old one, and belongs to its run."""

import pytest
import torch

from ssl_core.checkpoint import FORMAT, CheckpointError, load_checkpoint, save_checkpoint

IDENTITY = {"method": "simclr", "settings": {"lr": 0.1, "epochs": 5}, "seed": 0, "data": "abc", "device": "cpu"}


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"identity": IDENTITY, "epoch": 2, "weights": {"w": torch.arange(3.0)}})
    return path


def test_what_is_saved_comes_back(checkpoint):
    state = load_checkpoint(checkpoint, IDENTITY)
    assert state["epoch"] == 2
    assert torch.equal(state["weights"]["w"], torch.arange(3.0))
    assert state["format"] == FORMAT


def test_a_save_that_fails_leaves_the_old_checkpoint(checkpoint, monkeypatch):
    before = checkpoint.read_bytes()

    def fail(state, file):
        file.write(b"half a check")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(checkpoint, {"identity": IDENTITY, "epoch": 3})
    assert checkpoint.read_bytes() == before


def test_a_new_checkpoint_takes_the_place_of_the_old_one_and_leaves_nothing_else(checkpoint):
    save_checkpoint(checkpoint, {"identity": IDENTITY, "epoch": 3})
    assert load_checkpoint(checkpoint, IDENTITY)["epoch"] == 3
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


@pytest.mark.parametrize("damage", ["empty", "cut", "other"])
def test_a_damaged_checkpoint_is_told(checkpoint, damage):
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes(
        {"empty": b"", "cut": whole[: len(whole) // 2], "other": b"<html>not found</html>"}[damage]
    )
    with pytest.raises(CheckpointError, match=r"checkpoint\.pt: the checkpoint cannot be read .*delete it to start"):
        load_checkpoint(checkpoint, IDENTITY)


@pytest.mark.parametrize("content", [{"epoch": 3}, [1, 2], {"format": FORMAT, "epoch": 3}])
def test_a_file_of_another_program_is_told(checkpoint, content):
    torch.save(content, checkpoint)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(checkpoint, IDENTITY)


def test_a_checkpoint_runs_no_code_when_it_is_read(checkpoint, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"format": FORMAT, "identity": IDENTITY, "trap": Trap()}, checkpoint)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(checkpoint, IDENTITY)
    assert not (tmp_path / "sprung").exists()


def test_a_newer_format_is_told(checkpoint):
    torch.save({"format": FORMAT + 1, "identity": IDENTITY}, checkpoint)
    with pytest.raises(
        CheckpointError, match=rf"has format {FORMAT + 1}, this ssl_core reads format {FORMAT}: update"
    ):
        load_checkpoint(checkpoint, IDENTITY)


@pytest.mark.parametrize(
    ("name", "other"),
    [("method", "byol"), ("seed", 1), ("data", "def"), ("device", "cuda"), ("settings", {"lr": 0.2, "epochs": 5})],
)
def test_a_checkpoint_of_another_run_is_told_with_what_differs(checkpoint, name, other):
    was, shown, now = (0.1, "lr", 0.2) if name == "settings" else (IDENTITY[name], name, other)
    with pytest.raises(CheckpointError, match="belongs to another run") as caught:
        load_checkpoint(checkpoint, IDENTITY | {name: other})
    assert f"({shown} was {was!r}, now {now!r})" in str(caught.value)


def test_all_differences_are_told_at_once(checkpoint):
    with pytest.raises(CheckpointError, match=r"epochs was 5, now 6; seed was 0, now 7"):
        load_checkpoint(checkpoint, IDENTITY | {"settings": {"lr": 0.1, "epochs": 6}, "seed": 7})


def test_an_older_format_is_told(checkpoint):
    torch.save({"format": FORMAT - 1, "identity": IDENTITY}, checkpoint)
    with pytest.raises(
        CheckpointError, match=rf"has the old format {FORMAT - 1}, this ssl_core reads format {FORMAT}"
    ):
        load_checkpoint(checkpoint, IDENTITY)
