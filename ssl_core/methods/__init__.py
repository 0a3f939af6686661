"""The methods, one short file each, named by the slug of its paper."""

import importlib
from types import ModuleType

from ssl_core.errors import SslCoreError

SLUGS = ("simclr",)


class UnknownMethodError(SslCoreError):
    """A method name that `SLUGS` does not hold."""


def method_module(slug: str) -> ModuleType:
    """Return the module of a method; it offers `Settings`, `PRESETS`, `ABLATION` and `build(settings)`.

    >>> method_module("simclr").PRESETS["full"].backbone
    'resnet18'
    """
    if slug not in SLUGS:
        raise UnknownMethodError(f"there is no method '{slug}': choose one of {', '.join(SLUGS)}")
    return importlib.import_module(f"ssl_core.methods.{slug}")
