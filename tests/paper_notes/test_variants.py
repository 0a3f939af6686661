"""Words for what run.json and the folders of results/ say in code words or in English."""

import re

import pytest

from paper_notes.protocols import protocol_text
from paper_notes.provenance import provenance
from paper_notes.results import load_results
from paper_notes.results_page import ablation_table
from paper_notes.variants import STUDIES, VARIANTS, variant_words
from paper_notes.words import LANGUAGES, image_count
from tests.paper_notes import sample
from tests.paper_notes.test_results import loaded, place, store


def test_every_variant_of_every_ablation_and_study_has_words_in_both_languages():
    pytest.importorskip("torch")
    from ssl_core.methods import SLUGS, method_module
    from ssl_core.study import studies

    assert {slug: set(words) for slug, words in VARIANTS.items()} == {
        slug: set(method_module(slug).ABLATION) for slug in SLUGS
    }
    assert {slug: set(words) for slug, words in STUDIES.items()} == {
        slug: set(studies(slug)) for slug in SLUGS if studies(slug)
    }
    for language in LANGUAGES:
        for slug, variants in VARIANTS.items():
            told = [words[language] for words in (*variants.values(), *STUDIES.get(slug, {}).values())]
            assert len(set(told)) == len(told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_ablations_are_named_in_words_and_keep_their_code_word_in_the_provenance(tmp_path, language):
    store(tmp_path, "ablation-crop", preset="ablation")
    store(tmp_path, "ablation-new", preset="ablation")
    table, blocks = (part(loaded(tmp_path), place(language)) for part in (ablation_table, provenance))
    words = variant_words("simclr", "ablation-crop", language)
    assert f"<td>{words}</td>" in table
    assert "<code>crop</code>" not in table
    assert "<td><code>new</code></td>" in table
    assert f"{words} <code>ablation-crop</code>" in blocks


def test_japanese_provenance_says_in_japanese_how_figures_were_measured_and_why_a_run_collapsed():
    found, faults = load_results(sample.REPOSITORY, [])
    assert faults == []
    html = provenance(found, place("ja"))
    assert 'lang="en"' not in html
    told = " ".join(re.findall(r'<ul class="run-figures">.*?</ul>|<p class="run-stale">.*?</p>', html))
    assert "コサイン類似度" in told
    assert "崩壊" in told
    assert not re.search(r"\b(?:features|images|accuracy|collapse|the)\b", told)


@pytest.mark.parametrize(
    "sentence",
    [
        "k = 200, temperature 0.1, cosine, memory: 50000 training images, features h",
        "k = 200, temperature 0.1, cosine, memory: 50000 training images, features h of the encoder before training",
    ],
)
def test_japanese_protocol_keeps_every_number(sentence):
    told = protocol_text(sentence, "ja")
    assert "5万枚" in told
    assert re.findall(r"[\d.]+", told.replace("5万", "50000")) == re.findall(r"[\d.]+", sentence)
    assert ("学習前" in told) == ("before" in sentence)


@pytest.mark.parametrize(
    ("number", "japanese"),
    [(300_000, "30万"), (50_000, "5万"), (241_000, "24.1万"), (12_345, "12,345"), (5000, "5,000")],
)
def test_images_are_counted_in_japanese_units(number, japanese):
    assert image_count(number, "ja") == japanese
    assert image_count(number, "en") == f"{number:,}"


@pytest.mark.parametrize(
    ("language", "words"), [("ja", "学習5万枚・評価1万枚"), ("en", "50,000 training, 10,000 test")]
)
def test_data_of_a_run_are_counted_in_the_units_of_the_language(tmp_path, language, words):
    store(tmp_path, "quick")
    assert words in provenance(loaded(tmp_path), place(language))
