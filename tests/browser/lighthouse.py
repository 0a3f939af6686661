"""Measures the built site in `site/` with Lighthouse, as on a phone (make lighthouse).

Each page is measured several times; the best performance counts, for the other categories the worst. With ONCE=1 each
is measured once, and performance, which is noisy, is shown and not judged. Exits 1 when a page falls below the bars.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.browser.conftest import CHROMIUM_OPTIONS
from tests.browser.gzip_server import gzip_served

REPOSITORY = Path(__file__).resolve().parents[2]
LIGHTHOUSE = REPOSITORY / ".cache/npm/node_modules/lighthouse/cli/index.js"
BARS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
PAGES = ("ja/", "en/", "ja/papers/simclr/", "en/papers/byol/", "ja/results/", "en/results/")
RUNS = 5


def measured(address: str) -> dict[str, int]:
    """Measure a page once; gives the scores, 0 to 100."""
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as profile:
        flags = " ".join(["--headless", *CHROMIUM_OPTIONS, f"--user-data-dir={profile}"])
        command = ["node", str(LIGHTHOUSE), address, "--quiet", "--output=json", f"--chrome-flags={flags}"]
        chromium = {"CHROME_PATH": shutil.which("chromium") or ""}
        command.append(f"--only-categories={','.join(BARS)}")
        done = subprocess.run(command, env={**os.environ, **chromium}, stdout=subprocess.PIPE, check=True)
    categories = json.loads(done.stdout)["categories"]
    return {name: round(100 * (categories[name]["score"] or 0)) for name in BARS}


def main(pages: list[str], once: bool) -> int:
    """Print one line a page; returns the exit status."""
    good = True
    judged = [name for name in BARS if not (once and name == "performance")]
    with gzip_served(REPOSITORY / "site", "/paper_notes/") as address:
        for page in pages or PAGES:
            runs = [measured(f"{address}{page}") for _ in range(1 if once else RUNS)]
            scores = {name: min(run[name] for run in runs) for name in BARS}
            times = sorted(run["performance"] for run in runs)
            scores["performance"] = times[-1]
            good = good and all(scores[name] >= BARS[name] for name in judged)
            print(
                page,
                " / ".join(str(scores[name]) for name in BARS),
                f"(performance of all runs: {times})",
                flush=True,
            )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], once=os.environ.get("ONCE") == "1"))
