"""README's figures are those of the stored runs, and its commands and links are there."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from ssl_core.cli import parser
from ssl_core.methods import SLUGS, method_module
from ssl_core.quick_check import BARS
from ssl_core.runs import data_title, stored

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


# A new method gets its row, and its bar, with its first stored run.
STORED = [slug for slug in SLUGS if (ROOT / "results" / slug / "quick-seed0").is_dir()]


def row(slug: str) -> str:
    """Write README's row of a method from its stored quick run."""
    run = stored(slug, "quick-seed0")
    name = (method_module(slug).__doc__ or "").partition(":")[0]
    figures = [f"{run.results[key]:.3f}" for key in ("knn_untrained", "knn", "linear")]
    minutes = f"{run.manifest['wall_seconds'] / 60:.1f}"
    bars = [f"{BARS[slug][data]:.2f}" for data in ("cifar10", "shapes")]
    return f"| {' | '.join([name, data_title(run.manifest['data']['name']), *figures, minutes, *bars])} |"


@pytest.mark.parametrize("slug", STORED)
def test_figures_are_those_of_the_stored_run(slug):
    assert row(slug) in README


@pytest.mark.parametrize("slug", STORED)
def test_the_stored_quick_run_reaches_its_bar_on_all_of_cifar10(slug):
    run = stored(slug, "quick-seed0")
    assert run.manifest["data"]["n_train"] == 50000
    assert run.manifest["collapse"] is None
    assert run.results["knn"] >= BARS[slug]["cifar10"]
    assert run.results["knn"] > run.results["knn_untrained"] + 0.04


def test_all_seven_papers_have_a_stored_quick_run():
    assert {"simclr", "simclrv2", "byol", "simsiam", "hcl", "uhml", "hai"} <= set(STORED)


def test_simclr_quick_classifies_half_of_the_test_images_by_knn():
    assert stored("simclr", "quick-seed0").results["knn"] >= 0.50


def test_commands_are_ones_that_the_command_line_knows():
    text = re.sub(r"\\\n\s*", "", README)
    commands = re.findall(r"^(?:python|torchrun .*?) -m ssl_core (\w.*)$", text, re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        parser().parse_args(shlex.split(command, comments=True))


def test_make_targets_exist():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    command = subprocess.run(
        ["make", "-n", "quick-check"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert any(line.endswith("quick-check --data cifar10") for line in command.splitlines())
    assert {"serve", "site", "test", "lint", "demos", "bench", "quick-check"} <= targets
    assert set(re.findall(r"^make ([\w-]+)", README, re.MULTILINE)) <= targets


def test_files_it_links_to_exist():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


if __name__ == "__main__":  # prints README's table
    print("\n".join(row(slug) for slug in STORED))
