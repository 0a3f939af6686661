"""A preset's settings for the data at hand."""

from dataclasses import replace

from ssl_core.methods import method_module
from ssl_core.methods.base import Settings

MEANT_FOR = 50_000  # images of CIFAR-10, for which the epochs of `quick` are chosen


def settings_for(slug: str, preset: str, images: int) -> Settings:
    """Return a preset's settings; on fewer images `quick` has up to twice the pre-training epochs.

    >>> [settings_for("simclr", "quick", images).epochs for images in (50_000, 30_000, 10_000)]
    [6, 6, 12]
    """
    settings: Settings = method_module(slug).PRESETS[preset]
    if preset == "quick":
        settings = replace(settings, epochs=settings.epochs * min(2, max(1, MEANT_FOR // images)))
    return settings
