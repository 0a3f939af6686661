"""One process a folder: two that train into the same one would overwrite each other's checkpoints and curves.

`paper-notes add` takes the same lock for its repository.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from ssl_core.runs import RunError


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a run folder, there or not yet, for as long as the block lasts; RunError while another process holds it.

    The lock lies among the temporary files, so that a refused run leaves nothing at its place. It is the operating
    system's, which takes it back from a process that was killed.

    >>> with alone_in(Path("runs/mine")):
    ...     with alone_in(Path("runs/mine")):
    ...         pass
    Traceback (most recent call last):
    ...
    ssl_core.runs.RunError: runs/mine: another process trains into it: let it end, or choose another --out
    """
    name = sha256(str(folder.resolve()).encode()).hexdigest()[:32]
    lock = FileLock(Path(tempfile.gettempdir()) / f"ssl_core-{name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise RunError(f"{folder}: another process trains into it: let it end, or choose another --out") from error
    try:
        yield
    finally:
        lock.release()
