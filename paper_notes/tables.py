"""Reads small tables that stand in the code as words, so that a page of them stays readable."""


def pairs(text: str) -> dict[str, str]:
    """Read a table of names and values.

    >>> pairs("alpha α beta β")
    {'alpha': 'α', 'beta': 'β'}
    """
    items = text.split()
    return dict(zip(items[::2], items[1::2], strict=True))


def words(text: str) -> frozenset[str]:
    """Read a set of words.

    >>> sorted(words("b a"))
    ['a', 'b']
    """
    return frozenset(text.split())
