"""Takes the README's picture, docs/screenshot.png, of the built site in `site/`: a page in each language and scheme.

Run as `python -m tests.browser.readme_picture` after `make site`.
"""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM_OPTIONS
from tests.browser.gzip_server import gzip_served

REPOSITORY = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, GAP = 825, 675, 15
VIEWS = (("en/papers/simclr/", "light"), ("ja/papers/simclr/#demo-ablation", "dark"))


def main() -> None:
    """Photograph the views and put them side by side."""
    picture = Image.new("RGB", (len(VIEWS) * (WIDTH + GAP) - GAP, HEIGHT), "white")
    with gzip_served(REPOSITORY / "site", "/paper_notes/") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS)
        for place, (page, scheme) in enumerate(VIEWS):
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            opened = context.new_page()
            opened.goto(f"{address}{page}")
            opened.wait_for_load_state("networkidle")
            opened.wait_for_timeout(1000)  # the page finds its place once its figures are there
            picture.paste(Image.open(io.BytesIO(opened.screenshot())), (place * (WIDTH + GAP), 0))
            context.close()
        browser.close()
    picture.quantize(256).save(REPOSITORY / "docs" / "screenshot.png", optimize=True)


if __name__ == "__main__":
    main()
