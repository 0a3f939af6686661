"""Serves a built site as hosts do: compressed, under a path of its own, with 404.html for unknown addresses.

GitHub Pages compresses; Python's own server does not, and sizes and speeds measured there would mean nothing.
"""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

PLAIN = {".png", ".woff2", ".gz"}


@cache
def compressed(path: Path) -> bytes:
    """Give a file as it is sent."""
    return path.read_bytes() if path.suffix in PLAIN else gzip.compress(path.read_bytes(), 6)


class GzipHandler(SimpleHTTPRequestHandler):
    """Serves `directory` under `prefix` and says nothing."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: object, prefix: str, **options: object) -> None:
        self.prefix = prefix
        super().__init__(*arguments, **options)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Send a file, or the page for unknown addresses."""
        root = Path(self.directory).resolve()
        address = unquote(urlsplit(self.path).path)
        path = (root / address.removeprefix(self.prefix).lstrip("/")).resolve()
        path = path / "index.html" if address.endswith("/") else path
        found = address.startswith(self.prefix) and path.is_file() and path.is_relative_to(root)
        path = path if found else root / "404.html"
        body = compressed(path)
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        if path.suffix not in PLAIN:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Drop the line that would be printed for each request."""


@contextmanager
def gzip_served(folder: Path, prefix: str = "/") -> Iterator[str]:
    """Serve a folder at 127.0.0.1 while the context lasts; gives its address."""
    handler = partial(GzipHandler, directory=str(folder), prefix=prefix)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
        server.shutdown()
        thread.join()
