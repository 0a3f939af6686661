"""Japanese names of what runs name in code, for notebooks and pages. Needs no torch."""

# Apart from the English ones in runs.py: that file counts as code behind every stored run, this one does not.
DATA_TITLES_JA = {"cifar10": "CIFAR-10", "cifar10-jpeg": "CIFAR-10のJPEG再圧縮版", "shapes": "合成図形"}


def data_title_ja(name: str) -> str:
    """Return the Japanese name of a data set for readers; that of a folder of images stays as it is.

    >>> data_title_ja("cifar10-jpeg"), data_title_ja("flowers")
    ('CIFAR-10のJPEG再圧縮版', 'flowers')
    """
    return DATA_TITLES_JA.get(name, name)
