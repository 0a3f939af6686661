"""Serves built sites on a free port and drives Debian's Chromium over them.

Every page that a test opens is watched: an error in the console, a failed or broken answer, or a request to another
host fails the test. Without Chromium the tests are skipped, except where CI=true says that it must be there.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.gzip_server import gzip_served
from tests.paper_notes import sample

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Drop the line that would be printed for each request."""


def served(folder: Path) -> Iterator[str]:
    """Serve a folder at 127.0.0.1 and yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser():
    """Start Chromium once."""
    executable = shutil.which("chromium")
    if executable is None:
        missing = "chromium is not installed (Debian: apt-get install chromium fonts-noto-cjk)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_OPTIONS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(browser, tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """Build this repository's site strictly; yields its folder and address."""
    from paper_notes.site import build_site

    root = tmp_path_factory.mktemp("site")
    for name in ("bib", "docs", "demos", "theme", "paper_notes", "results"):
        shutil.copytree(sample.REPOSITORY / name, root / name)
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        shutil.copy(sample.REPOSITORY / name, root / name)
    build_site(root, root / "site")
    for address in served(root / "site"):
        yield root / "site", address


@pytest.fixture(scope="session")
def hosted(site) -> Iterator[str]:
    """Serve that site as its host does, compressed and under the path of its published address; gives the address."""
    with gzip_served(site[0], "/paper_notes/") as address:
        yield address


@pytest.fixture(scope="session")
def sample_site(browser, tmp_path_factory) -> Iterator[str]:
    """Build the sample repository, whose demo uses all that a notebook can hold; yields its address."""
    from paper_notes.site import build_site

    root = sample.write_repository(tmp_path_factory.mktemp("sample"))
    build_site(root, root / "site")
    yield from served(root / "site")


@pytest.fixture
def new_page(browser) -> Iterator[Callable]:
    """Give a function that opens a watched page; what went wrong on any of them fails the test at its end."""
    contexts, problems = [], []

    def failed(request) -> None:
        # Whoever leaves a page, as the entrance makes every reader do, ends what it still loads: that is no fault.
        if request.failure != "net::ERR_ABORTED":
            problems.append(f"failed: {request.url}")

    def opened(address: str, width: int = 1280, scheme: str = "light", **options):
        host = "/".join(address.split("/")[:3])
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", failed)
        page.on("response", lambda answer: answer.status >= 400 and problems.append(f"{answer.status}: {answer.url}"))
        page.on("request", lambda request: request.url.startswith((host, "data:")) or problems.append(request.url))
        page.goto(address)
        page.wait_for_load_state("networkidle")
        return page

    yield opened
    found = problems.copy()  # closing breaks off what is still loading
    for context in contexts:
        context.close()
    assert found == []
