"""Search over 1,000 papers: the index stays small and answers at once. Their notes are drawn from this project's."""

import gzip
import json
import random
import re
import shutil
import statistics
from pathlib import Path

import psutil
import pytest
import yaml

from paper_notes.glossary import load_glossary
from paper_notes.search import write_index
from tests.browser.conftest import served
from tests.browser.test_search import ASK
from tests.paper_notes import sample

# Asks the worker five times; gives the milliseconds of the quickest answer.
ROUNDS = """async (query) => {
  const times = [];
  for (let i = 0; i < 5; i += 1) {
    const start = performance.now();
    await window.ask({ type: 2, data: query });
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}"""
QUERIES = yaml.safe_load((Path(__file__).parent / "queries.yml").read_text(encoding="utf-8"))


def words_of(language):
    """Give this project's own notes as a list of words: for Japanese single kanji and hiragana, runs of others."""
    notes = sorted((sample.REPOSITORY / "docs" / language / "papers").glob("*.md"))
    text = "\n".join(path.read_text(encoding="utf-8").split("---", 2)[2] for path in notes)
    text = re.sub(r"\$\$.*?\$\$|<!--.*?-->|\{ #.*?\}|[|*`]", " ", text, flags=re.DOTALL)
    pattern = r"\w+[.,;:]?" if language == "en" else r"[A-Za-z0-9_.-]+|[ァ-ヺー]+|[一-鿿々]|[ぁ-ゖ]|[^\w\s]"
    return re.findall(pattern, text)


def invented_site(folder, language):
    """Write 1,000 pages of about 600 words or 1,800 characters, and a short notebook of 33 lines of code each.

    The words follow each other as in our notes (pairs of words, triples of Japanese letters); in between stand words
    that only this page has. 25 lines of the code are drawn from our notebooks, 8 are the page's own.
    """
    order, joiner, length = (1, " ", 4_000) if language == "en" else (3, "", 1_800)
    words = words_of(language)
    following: dict = {}
    for i in range(len(words) - order):
        following.setdefault(tuple(words[i : i + order]), []).append(words[i + order])
    starts = list(following)
    code = [
        line
        for path in sorted((sample.REPOSITORY / "demos").glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
        for line in "".join(cell["source"]).split("\n")
        if line.strip()
    ]
    for number in range(1_000):
        draw = random.Random(number)
        own = ["".join(draw.choice("bdfgkmnrtz") + draw.choice("aeiou") for _ in range(3)) for _ in range(15)]

        def text(length, draw=draw, own=own):
            state = draw.choice(starts)
            said, missing = list(state), length
            while missing > 0:
                if draw.random() < 0.03:
                    said.append(draw.choice(own))
                said.append(draw.choice(following.get(state) or draw.choice(starts)))
                state = (*state[1:], said[-1])
                missing -= len(said[-1]) + len(joiner)
            return joiner.join(said).replace("<", "")

        lines = [draw.choice(code) for _ in range(25)]
        lines += [f"{draw.choice(own)} = {draw.choice(own)}({draw.random():.3f})" for _ in range(8)]
        parts = "".join(f'<h2 id="s{i}">{text(12)}</h2><p>{text(length // 8)}</p>' for i in range(8))
        people = "".join(f"<li>{draw.choice(own)} {draw.choice(own)}</li>" for _ in range(4))
        listing = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;")
        path = folder / f"papers/{own[0]}-{number}/index.html"
        path.parent.mkdir(parents=True)
        path.write_text(
            f'<article><h1>{own[0]}Net</h1><ul class="authors">{people}</ul>{parts}<h2 id="demo">demo</h2>'
            f"<p>{text(length // 6)}</p><pre><code>{listing}</code></pre></article>",
            encoding="utf-8",
        )
    write_index(folder, load_glossary(sample.REPOSITORY))
    (folder / "assets").mkdir()
    for part in (sample.REPOSITORY / "theme/assets").glob("search*.js"):
        shutil.copy(part, folder / "assets")
    (folder / "index.html").write_text("<title>search</title>", encoding="utf-8")


def processor_time():
    """Give the seconds of processor time that the browser has used."""
    times = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_thousand_papers_fit_in_2_mb_and_answer_within_100_ms(browser, tmp_path, language):
    invented_site(tmp_path, language)
    packed = len(gzip.compress((tmp_path / "search/index.json").read_bytes(), 9))
    assert packed < 2_000_000
    took, elapsed = [], []
    for address in served(tmp_path):
        page = browser.new_page()
        page.goto(address)
        page.evaluate(ASK.replace("worker.terminate();", "window.ask = ask;"), ["zzqxzz"])
        for query in (each["query"] for each in QUERIES if each["query"].strip()):
            before = processor_time()
            elapsed.append(page.evaluate(ROUNDS, query))
            # Of the processor: how long a reader waits depends on what else the machine does.
            took.append((processor_time() - before) * 1_000 / 5)
        page.close()
    for what, times in (("processor", took), ("clock", elapsed)):
        print(
            f"{language}: {packed:,} bytes; {what}: median {statistics.median(times):.0f}, worst {max(times):.0f} ms"
        )
    assert statistics.median(took) < 100
