"""Serves the site on this machine and builds it again when a source file changes."""

import importlib
import logging
import signal
import socket
import sys
import tempfile
from pathlib import Path
from types import FrameType

from paper_notes import drawing
from paper_notes.errors import PaperNotesError
from paper_notes.settings import CONFIGS
from paper_notes.site import build_site, messages

HOST = "127.0.0.1"
WATCHED = ("docs", "bib", "demos", "theme", "results", "ssl_core", "paper_notes/ideas")
FILES = (*CONFIGS.values(), "paper_notes/drawing.py")


def serve(root: Path, port: int) -> None:
    """Build, then serve at http://127.0.0.1:<port>/ until stopped.

    Warnings are printed and do not stop it. Raises PaperNotesError when the port is taken (before building) or
    when the first build fails; a later build that fails leaves the pages as they were.
    """
    check_port(port)
    address = f"http://{HOST}:{port}/"
    signal.signal(signal.SIGTERM, _stop)
    work = root / ".cache" / "paper-notes"
    work.mkdir(parents=True, exist_ok=True)
    # Not site/: these pages carry the address of this machine.
    with tempfile.TemporaryDirectory(prefix="serving-", dir=work) as folder:
        site = Path(folder) / "site"
        _build(root, site, address)
        _run_server(root, site, port, address)


def check_port(port: int) -> None:
    """Raise PaperNotesError when nothing can listen on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            raise PaperNotesError(
                f"port {port} is reserved: choose one above 1023 with PORT=8001 make serve"
            ) from error
        except OSError as error:
            raise PaperNotesError(
                f"port {port} is in use: stop the other program or choose another with PORT={port + 1} make serve"
            ) from error


def _build(root: Path, site: Path, address: str) -> None:
    for warning in build_site(root, site, strict=False, address=address):
        print(f"warning: {warning}", file=sys.stderr)


def _run_server(root: Path, site: Path, port: int, address: str) -> None:
    from mkdocs.livereload import LiveReloadServer

    def rebuild() -> None:
        # An exception here would make the server hold every request until the next good build.
        try:
            # The drawings are read anew by each build, the toolkit that they import is not.
            importlib.reload(drawing)
            _build(root, site, address)
            print("built again", flush=True)
        except PaperNotesError as error:
            for line in messages(error):
                print(f"error: {line}", file=sys.stderr)
        except Exception as error:
            print(f"error: {type(error).__name__}: {error}", file=sys.stderr)

    # It logs each address that a browser asks for in vain, which is worth seeing, and its own start, which is not.
    logging.getLogger("mkdocs.livereload").setLevel(logging.WARNING)
    server = LiveReloadServer(builder=rebuild, host=HOST, port=port, root=str(site))
    server.error_handler = lambda code: (site / "404.html").read_bytes() if code == 404 else None
    for name in WATCHED:
        if (root / name).is_dir():
            server.watch(str(root / name))
    for name in FILES:
        if (root / name).is_file():
            server.watch(str(root / name), recursive=False)
    print(f"serving at {address} (Ctrl-C stops)", flush=True)
    try:
        server.serve()  # type: ignore[no-untyped-call]  # MkDocs leaves it without types
    except KeyboardInterrupt:
        print("stopped", flush=True)
    finally:
        server.shutdown(wait=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
