"""Under the title: when a paper was read and from what, what its demo ran on, and what running it takes."""

import re

import pytest

from paper_notes.faults import FaultsError
from paper_notes.paper_page import run_cost
from paper_notes.site import build_site
from paper_notes.sources import load_sources
from tests.paper_notes import sample

ADDRESS = "https://github.com/Loy-rh/paper_notes"
CHAPTERS = {"deep-metric-learning": {"ja": "深層距離学習", "en": "Deep Metric Learning"}}


def header(site, language, slug):
    page = (site / language / f"papers/{slug}/index.html").read_text(encoding="utf-8")
    return re.search(r'<div class="paper-header">.*?</section></div>', page, re.DOTALL)[0]


def status_items(site, language, slug):
    line = re.search(r'<ul class="status-line".*?</ul>', header(site, language, slug), re.DOTALL)[0]
    return [re.sub(r"<[^>]+>", "", item) for item in re.findall(r"<li>(.*?)</li>", line)]


def test_status_line_says_read_depth_and_run(built):
    assert status_items(built, "ja", "simclr") == [
        "読んだ日 2026-11-23",
        "本文と付録を読んで書いた",
        "デモの実行 2026-11-23 · CIFAR-10, JPEG copy · AMD EPYC（2コア） · 0123456 実行の記録",
    ]
    assert status_items(built, "en", "simclr") == [
        "Read on 2026-11-23",
        "Written from the full text and appendix",
        "Demo executed on 2026-11-23 · CIFAR-10, JPEG copy · AMD EPYC (2 cores) · 0123456 Record of the run",
    ]


def test_paper_under_study_without_demo_says_so_and_no_more(built):
    assert status_items(built, "ja", "other") == ["調査中 2026-11-23"]
    assert "run-cost" not in header(built, "ja", "other")


def test_status_line_leads_to_the_record(built):
    page = (built / "en/papers/simclr/index.html").read_text(encoding="utf-8")
    assert '<a href="#run-record">Record of the run</a>' in page
    assert page.index('id="demo"') < page.index('id="run-record"')


@pytest.mark.parametrize("value", ["", "depth: whole\n", "depth: [parts]\n"])
def test_read_paper_needs_a_depth(repository, value):
    page = repository / "docs/ja/papers/simclr.md"
    text = page.read_text(encoding="utf-8")
    assert "depth: full-text\n" in text
    page.write_text(text.replace("depth: full-text\n", value), encoding="utf-8")
    with pytest.raises(FaultsError, match=r"docs/ja/papers/simclr\.md:\d+: depth .*: use full-text or parts"):
        load_sources(repository, CHAPTERS, ADDRESS)


@pytest.mark.parametrize(
    ("depth", "japanese", "english"),
    [
        ("parts", "本文の一部・要旨と公式コードから書いた", "Written from the abstract, parts of the text"),
        ("abstract", "要旨・公式コード・公開資料から書いた（本文は未読）", "Written from the abstract, the official"),
    ],
)
def test_depth_below_the_full_text_is_told(repository, depth, japanese, english):
    page = repository / "docs/ja/papers/simclr.md"
    page.write_text(page.read_text(encoding="utf-8").replace("full-text", depth), encoding="utf-8")
    build_site(repository, repository / "site")
    assert status_items(repository / "site", "ja", "simclr")[1] == japanese
    assert status_items(repository / "site", "en", "simclr")[1].startswith(english)


def test_cost_is_what_the_run_measured(built):
    for language, words in (
        ("ja", "2コアのCPUで約3分、メモリ1.5 GiB（実測）。GPUは不要"),
        ("en", "About 3 min and 1.5 GiB of memory on a 2-core CPU (measured); no GPU needed"),
    ):
        for page in ("papers", "demos"):
            html = (built / language / page / "simclr/index.html").read_text(encoding="utf-8")
            assert f'<p class="run-cost">{words}</p>' in html


def test_cost_on_a_gpu_does_not_claim_that_none_is_needed():
    hardware = {"cpu": "x", "cores": 2, "gpu": "NVIDIA <T4>"}
    words = run_cost({"seconds": 20, "peak_memory_bytes": 2**31, "hardware": hardware}, "en")
    assert words == "About 1 min and 2.0 GiB of memory on NVIDIA &lt;T4&gt; (measured)"


def test_run_without_measured_memory_is_a_fault(repository):
    notebook = sample.sample_notebook()
    del notebook["metadata"]["paper_notes"]["executed"]["peak_memory_bytes"]
    sample.write_notebook(repository, "simclr", notebook)
    with pytest.raises(FaultsError, match=r"no record of its run \(peak_memory_bytes\): run make demos"):
        load_sources(repository, CHAPTERS, ADDRESS)
