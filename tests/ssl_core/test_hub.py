"""What `hubconf.py` promises: every method's encoder by torch.hub, from a plain checkout, with or without weights."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ssl_core.errors import SslCoreError
from ssl_core.export import export
from ssl_core.methods import SLUGS, method_module
from ssl_core.pretrained import load_method

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("tiny_backbone")


def load(slug, **options):
    return torch.hub.load(ROOT, slug, source="local", **options)


@pytest.fixture
def images():
    """Give five images of noise."""
    return torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def exported(finished_run, tmp_path):
    """Give the exported encoder of a finished run of SimCLR with the backbone "tiny"."""
    return export(finished_run, "safetensors", tmp_path / "simclr.safetensors").path


@pytest.mark.parametrize("slug", SLUGS)
def test_each_method_gives_an_encoder_in_inference_mode(slug, images):
    encoder = load(slug, backbone="tiny")
    assert not any(part.training for part in encoder.modules())
    assert encoder(images).shape == (5, 32)


def test_the_backbone_is_the_papers_unless_named(images):
    assert load("simclr")(images[:1]).shape == (1, 512)
    assert load("simclr", backbone="resnet_small")(images[:1]).shape == (1, 256)


@pytest.fixture
def downloaded(tmp_path):
    """Let torch.hub take this checkout for one that it has downloaded, as only such ones are listed."""
    before = torch.hub.get_dir()
    torch.hub.set_dir(tmp_path)
    (tmp_path / "Loy-rh_paper_notes_main").symlink_to(ROOT)
    yield {"github": "Loy-rh/paper_notes:main", "skip_validation": True, "trust_repo": True, "verbose": False}
    torch.hub.set_dir(before)


def test_the_list_names_the_methods_and_nothing_else(downloaded):
    assert torch.hub.list(**downloaded) == sorted(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_each_entry_says_which_paper_it_is_and_how_it_is_called(downloaded, slug):
    del downloaded["verbose"]
    text = torch.hub.help(model=slug, **downloaded)
    assert text.startswith(method_module(slug).__doc__.partition("\n")[0])
    assert "backbone:" in text
    assert "weights:" in text


def test_exported_weights_come_back_with_their_backbone(exported, finished_run, images):
    assert torch.equal(load("simclr", weights=exported)(images), load_method(finished_run).encoder(images))


def test_the_encoder_of_a_run_folder_is_taken_as_well(finished_run, images):
    encoder = load("simclr", backbone="tiny", weights=str(finished_run / "encoder.safetensors"))
    assert torch.equal(encoder(images), load_method(finished_run).encoder(images))


def test_weights_of_another_backbone_are_told(exported):
    with pytest.raises(SslCoreError, match=r"do not fit the backbone resnet_small: .*backbone="):
        load("simclr", weights=exported, backbone="resnet_small")


def test_weights_of_another_method_are_told(exported):
    content = exported.read_bytes().replace(b'"method":"simclr"', b'"method":"sim___"')
    exported.write_bytes(content)
    with pytest.raises(SslCoreError, match="is an encoder of sim___: load it by that name, not simclr"):
        load("simclr", weights=exported)


@pytest.mark.parametrize("content", [None, b"", b"no weights at all"])
def test_weights_that_cannot_be_read_are_told(tmp_path, content):
    file = tmp_path / "f.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SslCoreError, match=r"f\.safetensors: cannot be read .*ssl_core export"):
        load("simclr", weights=file)


def test_random_weights_follow_the_global_generator_and_leave_it(images):
    def h(seed):
        torch.manual_seed(seed)
        state = torch.get_rng_state()
        encoder = load("simclr", backbone="tiny")
        assert torch.equal(torch.get_rng_state(), state)
        return encoder(images)

    with torch.random.fork_rng(devices=[]):
        assert torch.equal(h(1), h(1))
        assert not torch.equal(h(1), h(2))


# In a process of its own that finds ssl_core in the copy alone, and no package of `train` that hubconf does not name.
def test_a_plain_checkout_is_enough(tmp_path):
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "ssl_core", checkout / "ssl_core", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "hubconf.py", checkout)
    code = f"""
import sys
sys.path = [p for p in sys.path if p != {str(ROOT)!r}]
for name in ("torchvision", "sklearn", "scipy", "matplotlib", "PIL", "tqdm", "IPython"):
    sys.modules[name] = None
import json, torch
shapes = [torch.hub.load({str(checkout)!r}, slug, source="local", backbone="resnet_small")(
    torch.zeros(1, 3, 32, 32)).shape for slug in {SLUGS!r}]
import ssl_core
print(json.dumps([ssl_core.__file__, shapes]))
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [str(checkout / "ssl_core" / "__init__.py"), [[1, 256]] * len(SLUGS)]
