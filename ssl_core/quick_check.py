"""Does `quick` of every method still learn? Trains each afresh and compares its kNN with what it must reach.

The bars stand in the methods' modules (`QUICK_KNN`), a little below what the stored runs reached.
"""

import shutil
from pathlib import Path

from ssl_core.data import JPEG_COPY, load
from ssl_core.errors import SslCoreError
from ssl_core.methods import method_module
from ssl_core.presets import settings_for
from ssl_core.processes import check_joined
from ssl_core.train import train


class QuickCheckError(SslCoreError):
    """A method whose quick run ends below its bar, or data for which there is none."""


def quick_check(slugs: tuple[str, ...], data: str, runs: Path) -> list[str]:
    """Train `quick` of each method, seed 0; return a line of figures for each.

    Args:
        slugs: the methods.
        data: cifar10 or shapes.
        runs: where the run folders go; those of earlier checks are replaced.

    Raises:
        QuickCheckError: names the methods below their bar, after all have been run.
    """
    check_joined()
    whole = load(data, progress=True)
    name = "cifar10" if whole.name == JPEG_COPY else whole.name
    lines, below = [], []
    for slug in slugs:
        module = method_module(slug)
        if name not in module.QUICK_KNN:
            raise QuickCheckError(f"--data {data}: bars stand for {', '.join(module.QUICK_KNN)} only")
        folder = runs / f"quick-check-{slug}-{whole.name}"
        shutil.rmtree(folder, ignore_errors=True)
        settings = settings_for(slug, "quick", len(whole.train_images))
        run = train(slug, settings, whole, folder, preset="quick")
        knn, bar = run.results["knn"], module.QUICK_KNN[name]
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
        raise QuickCheckError(f"below their bar: {', '.join(below)} (figures above)")
    return lines
