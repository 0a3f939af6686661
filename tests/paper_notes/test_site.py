"""Building: strict, all faults at once, never a half-built site."""

import re
import shutil

import pytest

from paper_notes.errors import PaperNotesError
from paper_notes.faults import FaultsError
from paper_notes.site import BuildError, build_site, find_root
from tests.paper_notes import sample


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def build(root, **options):
    return build_site(root, root / "site", **options)


@pytest.fixture
def old_site(repository):
    (repository / "site").mkdir()
    (repository / "site/index.html").write_text("the old site", encoding="utf-8")
    return repository / "site"


def test_failed_build_leaves_the_old_site_alone(repository, old_site):
    change(repository / "docs/ja/papers/simclr.md", "status: read", "status: done")
    with pytest.raises(FaultsError):
        build(repository)
    assert [path.name for path in old_site.iterdir()] == ["index.html"]
    assert (old_site / "index.html").read_text(encoding="utf-8") == "the old site"
    assert list((repository / ".cache/paper-notes").iterdir()) == []


def test_good_build_replaces_the_old_site(repository, old_site):
    (old_site / "gone.html").write_text("", encoding="utf-8")
    assert build(repository) == []
    assert not (old_site / "gone.html").exists()
    assert (old_site / "ja/papers/simclr/index.html").is_file()


def test_faults_of_both_languages_come_in_one_report(repository):
    change(repository / "docs/ja/papers/simclr.md", "$\\tau$は", "$\\tow$は")
    change(
        repository / "docs/en/papers/other.md",
        "## How",
        "A $\\frac{a}{$ sign and <script>alert(1)</script>\n\n## How",
    )
    with pytest.raises(FaultsError) as caught:
        build(repository)
    report = str(caught.value)
    assert "docs/ja/papers/simclr.md:18: formula '\\\\tow'" in report
    assert "docs/en/papers/other.md:5: formula '\\\\frac{a}{'" in report
    assert "docs/en/papers/other.md: the page holds <script>" in report


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[demo](#demo)", "[demo](#nowhere)", "nowhere"),
        ("(../index.md)", "(../gone.md)", "gone.md"),
        ("{ #summary }", "{ #resume }", "headings differ from docs/en: only ja ['summary'], only en ['resume']"),
        ("{ #summary }", "{ #loss }", "id 'loss' stands twice"),
        ("<!-- notebook -->", "", "docs/en/papers/simclr.md: no line <!-- notebook -->"),
        ("<!-- cite -->", "", "docs/en/papers/simclr.md: no line <!-- cite -->"),
    ],
)
def test_strict_build_refuses_what_a_reader_would_stumble_over(repository, old, new, message):
    change(repository / "docs/en/papers/simclr.md", old, new)
    with pytest.raises(BuildError) as caught:
        build(repository)
    assert message in str(caught.value)


def test_lenient_build_prints_the_same_as_warnings(repository):
    change(repository / "docs/en/papers/simclr.md", "(../index.md)", "(../gone.md)")
    warnings = build(repository, strict=False)
    assert any("gone.md" in warning for warning in warnings)
    assert (repository / "site/en/index.html").is_file()


def test_page_in_one_language_only_is_reported(repository):
    (repository / "docs/ja/alone.md").write_text("# A\n", encoding="utf-8")
    change(repository / "mkdocs.yml", "not_in_nav: /papers/*.md", "not_in_nav: |\n  /papers/*.md\n  /alone.md")
    with pytest.raises(BuildError, match=r"docs/en/alone\.md: page is missing"):
        build(repository)


def test_hostile_markdown_in_a_notebook_is_refused(repository):
    notebook = sample.sample_notebook()
    notebook["cells"][3]["source"] = "[x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    sample.write_notebook(repository, "simclr", notebook)
    with pytest.raises(FaultsError) as caught:
        build(repository)
    assert "event handler onerror" in str(caught.value)
    assert "address javascript:alert(1)" in str(caught.value)


def test_changed_library_marks_the_page_and_does_not_fail(repository):
    notebook = sample.sample_notebook()
    notebook["metadata"]["paper_notes"]["executed"]["source_digest"] = "0" * 64
    sample.write_notebook(repository, "simclr", notebook)
    assert build(repository) == []
    for language, words in (("ja", "コードが変わっている"), ("en", "Code has changed since this run")):
        page = (repository / f"site/{language}/papers/simclr/index.html").read_text(encoding="utf-8")
        assert words in page


def test_local_address_replaces_the_published_one(repository):
    build(repository, address="http://127.0.0.1:8001/")
    page = (repository / "site/en/about/index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="http://127.0.0.1:8001/en/about/">' in page


def test_repository_address_stands_in_one_place(repository):
    change(repository / "mkdocs.yml", "https://github.com/Loy-rh/paper_notes", "https://github.com/someone/notes")
    build(repository)
    page = (repository / "site/ja/papers/simclr/index.html").read_text(encoding="utf-8")
    assert "colab.research.google.com/github/someone/notes/blob/main/demos/simclr.ipynb" in page
    assert "Loy-rh" not in page


def test_root_is_the_nearest_folder_with_a_configuration(repository):
    assert find_root(repository / "docs/ja/papers") == repository
    with pytest.raises(PaperNotesError, match="inside the repository"):
        find_root(repository.parent.parent)


def test_this_repository_builds_strictly(tmp_path):
    for name in ("bib", "docs", "demos", "theme", "paper_notes", "results"):
        shutil.copytree(sample.REPOSITORY / name, tmp_path / name)
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        shutil.copy(sample.REPOSITORY / name, tmp_path / name)
    assert build(tmp_path) == []
    for path in (sample.REPOSITORY / "bib").glob("*.bib"):
        assert (tmp_path / f"site/ja/papers/{path.stem}/index.html").is_file()
        assert (tmp_path / f"site/bib/{path.name}").is_file()
    for path in (sample.REPOSITORY / "demos").glob("*.ipynb"):
        for language in ("ja", "en"):
            html = (tmp_path / f"site/{language}/demos/{path.stem}/index.html").read_bytes()
            assert len(re.sub(rb"<figure.*?</figure>", b"", html, flags=re.DOTALL)) < 150_000
