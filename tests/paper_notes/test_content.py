"""The notes as content: what both languages must share, and what the original reading list must keep.

These tests read `docs/` and `bib/` only, so that they say which page is wrong without building the site.
A translation differs in words, never in headings' ids, formulas or numbers.
"""

import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from pybtex.database import parse_string

ROOT = Path(__file__).parents[2]
LANGUAGES = ("ja", "en")
PAGES = sorted(str(path.relative_to(ROOT / "docs/ja")) for path in (ROOT / "docs/ja").rglob("*.md"))
SLUGS = sorted(path.stem for path in (ROOT / "bib").glob("*.bib"))
CVF = "https://openaccess.thecvf.com/content"
NEURIPS = "https://proceedings.neurips.cc/paper_files/paper/2020/file"


class Seed(NamedTuple):
    """What the site's original reading list says of one paper (the placeholder `keyword` left out)."""

    links: dict[str, str]
    keywords: tuple[str, ...]
    bullets: tuple[str, ...]


def cvf(year: int, paper: str) -> dict[str, str]:
    """Return the two links of a paper in the CVF open-access archive."""
    return {
        "paper": f"{CVF}/CVPR{year}/papers/{paper}_CVPR_{year}_paper.pdf",
        "bibtex": f"{CVF}/CVPR{year}/html/{paper}_CVPR_{year}_paper.html",
    }


SEED = {
    "hai": Seed(
        cvf(
            2022,
            "Zhang_Rethinking_the_Augmentation_Module_in_Contrastive_Learning_Learning_Hierarchical_Augmentation",
        ),
        ("Contrastive Learning", "Data Augmentation"),
        (
            "ResNetの各ブロックから特徴量を取り出し，対照学習を行うことで拡張普遍性の影響範囲を制限",
            "拡張の種類を自由に選択可能にした",
            "拡張パラメータを埋め込みベクトルに変換し，学習に組み込むことで拡張の強さを考慮可能にした",
        ),
    ),
    "simsiam": Seed(
        cvf(2021, "Chen_Exploring_Simple_Siamese_Representation_Learning")
        | {"code": "https://github.com/facebookresearch/simsiam"},
        (),
        ("調査中",),
    ),
    "hcl": Seed(
        {
            "paper": "https://openreview.net/pdf?id=CR1XOQ0UTh-",
            "code": "https://github.com/joshr17/HCL",
            "bibtex": "https://openreview.net/forum?id=CR1XOQ0UTh-",
        },
        ("Contrastive Learning", "Hard sample mining"),
        ("調査中",),
    ),
    "uhml": Seed(cvf(2021, "Yan_Unsupervised_Hyperbolic_Metric_Learning"), (), ("調査中",)),
    "byol": Seed(
        {
            "paper": f"{NEURIPS}/f3ada80d5c4ee70142b17b8192b2958e-Paper.pdf",
            # The list linked a file of its repository that this project replaces: the publisher's page has the entry.
            "bibtex": "https://proceedings.neurips.cc/paper/2020/hash/f3ada80d5c4ee70142b17b8192b2958e-Abstract.html",
        },
        (),
        ("低速移動平均ネットワークを導入し, 負のサンプルを用いずに効果的な対照学習を可能にした.",),
    ),
    "simclrv2": Seed(
        {
            "paper": f"{NEURIPS}/fcbc95ccdd551da181207c0c1400c655-Paper.pdf",
            "code": "https://github.com/google-research/simclr",
            "bibtex": "https://proceedings.neurips.cc/paper/2020/hash/fcbc95ccdd551da181207c0c1400c655-Abstract.html",
        },
        ("Contrastive Learning", "SimCLRv2"),
        ("調査中",),
    ),
    # The list has http here; the publisher serves the same addresses over https.
    # Its summary said "調査中"; the paper has been read since, so no bullet is left to keep.
    "simclr": Seed(
        {
            "paper": "https://proceedings.mlr.press/v119/chen20j/chen20j.pdf",
            "code": "https://github.com/google-research/simclr",
            "pytorch": "https://github.com/sthalles/SimCLR",
            "bibtex": "https://proceedings.mlr.press/v119/chen20j.html",
        },
        ("Contrastive Learning",),
        (),
    ),
}


def text(language: str, page: str) -> str:
    return (ROOT / "docs" / language / page).read_text(encoding="utf-8")


def split(source: str) -> tuple[dict[str, Any], str]:
    """Split a page into its front matter and its body."""
    _, front, body = source.split("---\n", 2)
    return yaml.safe_load(front), body


def front(language: str, slug: str) -> dict[str, Any]:
    return split(text(language, f"papers/{slug}.md"))[0]


def without_code(body: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", body, flags=re.M | re.S))


def heading_ids(body: str) -> list[tuple[int, str]]:
    """Return level and explicit id of every heading; the id is empty where none is given."""
    found = []
    for marks, title in re.findall(r"^(#+) (.*)$", without_code(body), flags=re.M):
        explicit = re.search(r"\{ #([a-z0-9-]+) \}$", title)
        found.append((len(marks), explicit[1] if explicit else ""))
    return found


def formulas(body: str) -> tuple[list[str], list[str]]:
    """Return display formulas in order, and inline formulas sorted (the order of words differs)."""
    prose = without_code(body)
    display = re.findall(r"^\$\$\n(.*?)\n\$\$$", prose, flags=re.M | re.S)
    prose = re.sub(r"^\$\$\n.*?\n\$\$$", "", prose, flags=re.M | re.S)
    return display, sorted(re.findall(r"(?<!\\)\$([^$\n]+)\$", prose))


def numbers(body: str) -> dict[str, set[str]]:
    """Return the numbers of each section outside formulas, addresses, comments and ids."""
    sections = re.split(r"^## .*\{ #([a-z0-9-]+) \}$", body, flags=re.M)
    found = {}
    for name, section in zip(["", *sections[1::2]], sections[::2], strict=True):
        plain = re.sub(r"<!--.*?-->|\]\([^)]*\)|https?://\S+", "", section)
        plain = re.sub(r"\$\$.*?\$\$|(?<!\\)\$[^$\n]+\$", "", plain, flags=re.S)
        found[name] = set(re.findall(r"\d+(?:\.\d+)?", plain))
    return found


def test_both_languages_have_the_same_files() -> None:
    english = sorted(str(path.relative_to(ROOT / "docs/en")) for path in (ROOT / "docs/en").rglob("*.md"))
    assert english == PAGES
    assert {"index.md", "about.md"} <= set(PAGES)


def test_every_bibliography_entry_has_its_page_and_every_page_its_entry() -> None:
    assert [Path(page).stem for page in PAGES if page.startswith("papers/")] == SLUGS
    assert set(SEED) <= set(SLUGS)


@pytest.mark.parametrize("page", PAGES)
def test_headings_have_the_same_explicit_ids_in_both_languages(page: str) -> None:
    japanese, english = (heading_ids(split(text(language, page))[1]) for language in LANGUAGES)
    assert japanese == english
    names = [name for _, name in japanese]
    assert all(names), f"{page} has a heading without an id"
    assert len(set(names)) == len(names)
    assert all(level > 1 for level, _ in japanese), "the page's own title is not written in the body"


@pytest.mark.parametrize("page", PAGES)
def test_formulas_are_equal_in_both_languages(page: str) -> None:
    japanese, english = (formulas(split(text(language, page))[1]) for language in LANGUAGES)
    assert japanese == english


@pytest.mark.parametrize("page", PAGES)
def test_each_section_holds_the_same_numbers_in_both_languages(page: str) -> None:
    japanese, english = (numbers(split(text(language, page))[1]) for language in LANGUAGES)
    assert japanese == english


@pytest.mark.parametrize("slug", SLUGS)
def test_only_the_japanese_page_holds_the_facts_without_language(slug: str) -> None:
    facts = front("ja", slug)
    assert {"name", "chapter", "keywords", "status", "depth", "date", "links", "description"} == set(facts)
    assert facts["status"] in {"read", "studying"}
    required = {"paper", "bibtex"} if facts["status"] == "read" else set()
    assert required <= set(facts["links"]) <= {"paper", "code", "pytorch", "bibtex"}
    assert all(address.startswith("https://") for address in facts["links"].values())
    assert facts["keywords"]
    assert "keyword" not in facts["keywords"]
    assert set(front("en", slug)) == {"description"}
    assert front("en", slug)["description"].strip()


@pytest.mark.parametrize("slug", sorted(SEED))
def test_links_and_keywords_of_the_original_list_are_kept(slug: str) -> None:
    facts = front("ja", slug)
    assert SEED[slug].links.items() <= facts["links"].items()
    assert set(SEED[slug].keywords) <= set(facts["keywords"])
    assert facts["chapter"] == "deep-metric-learning"


@pytest.mark.parametrize("slug", sorted(SEED))
def test_summaries_of_the_original_list_are_kept_and_nothing_stays_under_study_once_read(slug: str) -> None:
    kept = [
        bullet for bullet in SEED[slug].bullets if front("ja", slug)["status"] == "studying" or bullet != "調査中"
    ]
    sections = [
        re.search(r"^## .*\{ #summary \}\n(.*?)^## ", split(text(language, f"papers/{slug}.md"))[1], re.M | re.S)
        for language in LANGUAGES
    ]
    japanese, english = (re.findall(r"^- (.*)$", found[1], flags=re.M) if found else [] for found in sections)
    assert japanese == kept
    assert len(english) == len(kept)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", SLUGS)
def test_generated_parts_stand_once_under_their_own_heading(language: str, slug: str) -> None:
    body = split(text(language, f"papers/{slug}.md"))[1]
    assert body.count("<!-- cite -->") == 1
    assert re.search(r"^## .*\{ #cite \}\n\n<!-- cite -->$", body, flags=re.M)
    executed = (ROOT / f"demos/{slug}.ipynb").is_file()
    assert body.count("<!-- notebook -->") == int(executed)
    if executed:
        demo = re.search(r"^## .*\{ #demo \}\n(.*?)^## ", body, flags=re.M | re.S)
        assert demo is not None
        assert demo[1].rstrip().endswith("<!-- notebook -->")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_numbered_list_does_not_run_into_the_bullets_before_it(language: str, page: str) -> None:
    """Without a sentence between them Markdown makes one list of bullets of both."""
    assert re.findall(r"^- .*\n\n1\. .*$", split(text(language, page))[1], flags=re.M) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_start_page_holds_the_reading_list(language: str) -> None:
    facts, body = split(text(language, "index.md"))
    assert set(facts) == {"title", "description"}
    assert re.search(r"^## .*\{ #reading-list \}\n\n<!-- reading-list -->$", body, flags=re.M)


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "bib").glob("*.bib"))],
    ids=lambda path: path.name,
)
def test_no_working_tag_of_a_source_note_is_published(path: Path) -> None:
    """Tags such as [P], [R file] or [U] mark provenance in working notes; readers get the source itself."""
    assert re.findall(r"\[[A-Z](?: [^\]]*)?\](?!\()", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES)
def test_japanese_uses_one_punctuation_and_one_line_a_paragraph(page: str) -> None:
    body = split(text("ja", page))[1]
    quoted = SEED[Path(page).stem].bullets if Path(page).stem in SEED else ()
    for bullet in quoted:
        body = body.replace(bullet, "")
    prose = re.sub(r"^\$\$\n.*?\n\$\$$", "", without_code(body), flags=re.M | re.S)
    assert re.findall(r"[，．]", prose) == []
    assert re.findall(r"(?:です|ます|でした|ました|ません)。", prose) == []
    lines = prose.splitlines()
    plain = [bool(line) and not re.match(r"[|#<]|- |\d+\. ", line) for line in lines]
    wrapped = [
        lines[i + 1] for i in range(len(lines) - 1) if plain[i + 1] and lines[i] and not lines[i].startswith("<")
    ]
    assert wrapped == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_values_of_the_nt_xent_loss_are_what_the_formulas_give(language: str) -> None:
    """Values marked as derived are derived again, since no table of the paper vouches for them."""
    rows = re.findall(
        r"^\| (\d+) \| (\d\.\d{3}) \| (\d\.\d\d) \| (\d\.\d{3}) \|$", text(language, "papers/simclr.md"), re.M
    )
    assert [row[0] for row in rows] == ["256", "512"]
    for size, equal, half, tenth in rows:
        negatives = 2 * (int(size) - 1)
        assert equal == f"{math.log(negatives + 1):.3f}"
        assert half == f"{math.log1p(negatives * math.exp(-1 / 0.5)):.2f}"
        assert tenth == f"{math.log1p(negatives * math.exp(-1 / 0.1)):.3f}"


PUBLISHER_KEYS = {
    "simclr": "pmlr-v119-chen20j",
    "simclrv2": "NEURIPS2020_fcbc95cc",
    "byol": "NEURIPS2020_f3ada80d",
    "simsiam": "Chen_2021_CVPR",
    "hcl": "robinson2021contrastive",
    "uhml": "Yan_2021_CVPR",
    "hai": "Zhang_2022_CVPR",
}


@pytest.mark.parametrize("slug", sorted(PUBLISHER_KEYS))
def test_a_bibliography_file_holds_one_entry_under_the_publishers_key(slug: str) -> None:
    source = (ROOT / f"bib/{slug}.bib").read_text(encoding="utf-8")
    entries = parse_string(source, "bibtex").entries
    assert list(entries) == [PUBLISHER_KEYS[slug]]
    assert {"title", "booktitle", "year"} <= set(entries[PUBLISHER_KEYS[slug]].fields)
    authors = re.findall(r"^  author += \{(.*)\},$", source, flags=re.M)[0].split(" and ")
    assert all(", " in author for author in authors), "Family, Given"


@pytest.mark.parametrize("slug", sorted(PUBLISHER_KEYS))
def test_bibliography_files_share_one_layout(slug: str) -> None:
    lines = (ROOT / f"bib/{slug}.bib").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"@InProceedings\{[^,\s]+,", lines[0])
    assert lines[-1] == "}"
    assert all(re.fullmatch(r"  [a-z]+ += \{.+\},?", line) and line.index("=") == 12 for line in lines[1:-1])


@pytest.mark.parametrize(("slug", "field"), [("uhml", "pages"), ("uhml", "doi"), ("hai", "pages")])
def test_a_field_that_nobody_could_verify_is_left_out(slug: str, field: str) -> None:
    """These were only ever recalled, never read; whoever has read one may print it and drop its row here."""
    source = (ROOT / f"bib/{slug}.bib").read_text(encoding="utf-8")
    assert field not in parse_string(source, "bibtex").entries[PUBLISHER_KEYS[slug]].fields
