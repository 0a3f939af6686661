"""Does `quick` of every method still learn? Trains each afresh and compares its kNN with what it must reach."""

import shutil
from pathlib import Path

from ssl_core.data import JPEG_COPY, load
from ssl_core.errors import SslCoreError
from ssl_core.presets import settings_for
from ssl_core.processes import check_joined
from ssl_core.train import train

BARS: dict[str, dict[str, float]] = {
    "simclr": {"cifar10": 0.50, "shapes": 0.58},
    "simclrv2": {"cifar10": 0.46, "shapes": 0.35},
    "byol": {"cifar10": 0.40, "shapes": 0.44},
    "simsiam": {"cifar10": 0.40, "shapes": 0.39},
    "hcl": {"cifar10": 0.50, "shapes": 0.52},
    "uhml": {"cifar10": 0.47, "shapes": 0.44},
    "hai": {"cifar10": 0.33, "shapes": 0.36},
}
"""What the kNN accuracy of `quick`, seed 0, must reach on each data set."""


class QuickCheckError(SslCoreError):
    """A method whose quick run ends below its bar, or data for which there is none."""


def quick_check(slugs: tuple[str, ...], data: str, runs: Path) -> list[str]:
    """Train `quick` of each method, seed 0; return a line of figures for each.

    Args:
        slugs: the methods.
        data: cifar10 or shapes.
        runs: where the run folders go; those of earlier checks are replaced.

    Raises:
        QuickCheckError: names the methods that failed or ended below their bar, after all have been run.
    """
    check_joined()
    whole = load(data, progress=True)
    name = "cifar10" if whole.name == JPEG_COPY else whole.name
    if missing := [slug for slug in slugs if name not in BARS.get(slug, {})]:
        todo = "choose --data cifar10 or shapes, or add one to BARS in ssl_core/quick_check.py"
        raise QuickCheckError(f"{data}: no bar for {', '.join(missing)} there: {todo}")
    lines, below = [], []
    for slug in slugs:
        folder = runs / f"quick-check-{slug}-{whole.name}"
        shutil.rmtree(folder, ignore_errors=True)
        settings = settings_for(slug, "quick", len(whole.train_images))
        try:
            run = train(slug, settings, whole, folder, preset="quick")
        except SslCoreError as error:
            print(f"{slug:<9} {whole.name}: {error}", flush=True)
            below.append(slug)
            continue
        knn, bar = run.results["knn"], BARS[slug][name]
        verdict = "reached" if knn >= bar else "BELOW"
        minutes = run.manifest["wall_seconds"] / 60
        lines.append(
            f"{slug:<9} {whole.name}: kNN {run.results['knn_untrained']:.3f} -> {knn:.3f}, bar {bar:.2f} {verdict}, "
            f"{minutes:.1f} minutes"
        )
        print(lines[-1], flush=True)
        if knn < bar:
            below.append(slug)
    if below:
        raise QuickCheckError(f"failed or below their bar: {', '.join(below)} (figures above)")
    return lines
