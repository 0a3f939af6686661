"""The methods, one short file each, named by the slug of its paper. A new file here is a new method."""

import importlib
import pkgutil
from types import ModuleType

from ssl_core.errors import SslCoreError

SLUGS = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base"))


class UnknownMethodError(SslCoreError):
    """A method name that no file here has."""


def method_module(slug: str) -> ModuleType:
    """Return the module of a method; it offers `Settings`, `PRESETS`, `ABLATION` and `build(settings)`.

    >>> method_module("simclr").PRESETS["full"].backbone
    'resnet18'
    """
    if slug not in SLUGS:
        raise UnknownMethodError(f"there is no method '{slug}': choose one of {', '.join(SLUGS)}")
    return importlib.import_module(f"ssl_core.methods.{slug}")
