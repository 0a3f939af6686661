"""Turning notebooks into Markdown: right language, nothing hidden shown, nothing hostile kept."""

import copy
import json

import pytest

from paper_notes.demo_faults import demo_faults, notebook_faults
from paper_notes.notebooks import (
    Embedding,
    clean_html,
    code_digest,
    embed,
    plain,
    read_notebook,
    set_repository,
    shifted,
)
from tests.paper_notes import sample


def page(notebook, language="ja"):
    return embed(notebook, language, "demos/simclr.ipynb", "../../figures/")


def whole(notebook, language="ja"):
    embedding = page(notebook, language)
    return embedding.fill(embedding.markdown)


def one_output(output, language="ja"):
    return page({"cells": [sample.code_cell("x", [output])]}, language)


def test_each_language_sees_its_own_cells_and_prose():
    japanese, english = whole(sample.sample_notebook()), whole(sample.sample_notebook(), "en")
    assert "学習した表現の精度は**0.52**" in japanese
    assert "reaches" not in japanese
    assert "reaches **0.52**" in english
    assert "学習" not in english


def test_headings_move_under_the_demo_with_equal_ids():
    for language, title in (("ja", "### 損失 { #loss }"), ("en", "### Loss { #loss }")):
        text = whole(sample.sample_notebook(), language)
        assert title in text
        assert "# SimCLR" not in text


def test_comments_in_code_are_no_headings():
    assert shifted("````\n# a\n```\n# b\n````\n## c") == "````\n# a\n```\n# b\n````\n### c"


def test_hidden_cell_leaves_no_trace():
    assert "install" not in whole(sample.sample_notebook())


def test_hidden_input_is_folded_and_its_output_open():
    text = whole(sample.sample_notebook())
    folded = text.split("<details", 1)[1].split("</details>")[0]
    assert "plot()" in folded
    assert "<img" not in folded


def test_code_with_fences_stays_inside_its_block():
    text = page({"cells": [sample.code_cell('x = """\n```\n<script>\n```\n"""')]}).markdown
    assert text.startswith("````python\n")
    assert text.endswith("\n````")


def test_progress_bars_and_errors_streams_are_not_shown():
    text = whole(sample.sample_notebook())
    assert "1/20" not in text
    assert plain("  1%\r 50%\rdone\n") == '<pre class="demo-text" tabindex="0"><samp>done</samp></pre>'


def test_printed_text_is_escaped_and_without_terminal_colours():
    assert "&lt;script&gt;" in plain("<script>\x1b[31mred\x1b[0m")
    assert "\x1b" not in plain("\x1b[31mred\x1b[0m")


def test_figures_become_files_with_alternative_text_and_a_dark_variant():
    embedding = page(sample.sample_notebook(), "en")
    light, dark, raster = sorted(embedding.files, key=lambda name: (name.endswith("png"), name.endswith("dark.svg")))
    text = embedding.fill(embedding.markdown)
    assert f'src="../../figures/{light}" alt="Accuracy curves. The trained one ends at 0.52."' in text
    assert '<figcaption aria-hidden="true">Accuracy curves. The trained one ends at 0.52.</figcaption>' in text
    assert f'class="figure-dark" src="../../figures/{dark}"' in text
    assert raster in text
    assert 'width="640" height="360"' in text
    assert b"--figure-ink:#e3e6eb" in embedding.files[dark]
    assert embedding.files[light] == sample.figure_svg().encode()


def test_figure_without_alternative_text_in_the_language_is_a_fault():
    output = sample.display({"image/svg+xml": sample.figure_svg()}, alt={"ja": "図"})
    assert one_output(output, "ja").faults == []
    assert "has no alternative text in en" in str(one_output(output, "en").faults[0])


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        '<a href="javascript:alert(1)"/>',
        '<image href="https://example.org/x.png"/>',
        "<foreignObject/>",
        "<style>@import 'https://example.org/x.css'</style>",
        '<rect style="fill:url(https://example.org/x)"/>',
        "<unclosed>",
    ],
)
def test_hostile_svg_is_refused(hostile):
    svg = sample.figure_svg().replace("</svg>", hostile + "</svg>")
    embedding = one_output(sample.display({"image/svg+xml": svg}, alt={"ja": "図"}))
    assert embedding.files == {}
    assert len(embedding.faults) == 1


def test_damaged_png_is_a_fault():
    embedding = one_output(sample.display({"image/png": "bm8gcG5n"}, alt={"ja": "図"}))
    assert "the PNG is damaged" in str(embedding.faults[0])


def test_alternative_text_cannot_leave_its_attribute():
    embedding = one_output(sample.display({"image/png": sample.raster_png()}, alt={"ja": '"><script>'}))
    assert "<script>" not in embedding.slots[-2]


def test_html_outputs_keep_tables_only():
    text = clean_html(sample.TABLE + '<a href="javascript:x">link</a><img src=x onerror=alert(1)>')
    for word in ("script", "style", "onclick", "href", "img", "class"):
        assert word not in text
    assert "<td>0.52</td>" in text
    assert "<thead><tr><td></td><th>kNN</th></tr></thead>" in text


def test_private_data_is_never_shown():
    assert "vnd" not in whole(sample.sample_notebook())
    assert one_output(sample.display({"application/vnd.paper-notes+json": {}})).slots == []


def test_digest_is_that_of_the_code_alone():
    notebook = sample.sample_notebook()
    other = copy.deepcopy(notebook)
    other["cells"][0]["source"] = "another text"
    other["cells"][5]["outputs"] = []
    other["cells"][5]["source"] = other["cells"][5]["source"].splitlines(keepends=True)
    assert code_digest(other) == code_digest(notebook)
    other["cells"][5]["source"].append("\n1")
    assert code_digest(other) != code_digest(notebook)


def test_sound_notebook_has_no_fault():
    assert notebook_faults(sample.sample_notebook(), "demos/simclr.ipynb") == []


def test_edited_code_failed_cells_and_missing_record_are_faults():
    edited = sample.sample_notebook()
    edited["cells"][5]["source"] += "\n1"
    assert "code has changed since it was executed" in str(notebook_faults(edited, "demos/simclr.ipynb")[0])
    failed = sample.sample_notebook()
    failed["cells"][5]["outputs"] = [{"output_type": "error", "ename": "ValueError", "evalue": "no"}]
    assert "cell 6 failed with ValueError: no" in str(notebook_faults(failed, "demos/simclr.ipynb")[0])
    short = sample.sample_notebook()
    short["metadata"]["paper_notes"]["executed"]["mode"] = "short"
    assert "was executed in short mode" in str(notebook_faults(short, "demos/simclr.ipynb")[0])
    bare = sample.sample_notebook()
    bare["metadata"] = {}
    assert "no record of its run" in str(notebook_faults(bare, "demos/simclr.ipynb")[0])


def setup_cell(address):
    return {
        "cell_type": "code",
        "source": f'import sys\nREPOSITORY = "{address}"\n',
        "metadata": {"tags": ["hide-cell", "setup"]},
        "outputs": [],
    }


def test_digest_leaves_out_the_setup_cell_so_that_the_owner_can_change_the_address():
    notebook = {"cells": [setup_cell("https://example.org/a"), {"cell_type": "code", "source": "1"}]}
    before = code_digest(notebook)
    assert set_repository(notebook, "https://example.org/b")
    assert 'REPOSITORY = "https://example.org/b"' in notebook["cells"][0]["source"]
    assert code_digest(notebook) == before
    assert not set_repository(notebook, "https://example.org/b")


def test_notebook_that_installs_from_another_repository_is_a_fault(tmp_path):
    notebook = {"nbformat": 4, "metadata": {}, "cells": [setup_cell("https://example.org/a")]}
    (tmp_path / "x.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    wrong = [str(fault) for fault in demo_faults(tmp_path, "https://example.org/b")]
    right = [str(fault) for fault in demo_faults(tmp_path, "https://example.org/a")]
    assert [line for line in wrong if "does not install from https://example.org/b" in line]
    assert not [line for line in right if "does not install" in line]


def test_a_folder_and_a_cell_without_type_are_no_notebook(tmp_path):
    with pytest.raises(ValueError, match=r"cannot be read \(Is a directory\)"):
        read_notebook(tmp_path)
    path = tmp_path / "x.ipynb"
    path.write_text('{"nbformat": 4, "cells": [{}]}', encoding="utf-8")
    with pytest.raises(ValueError, match="a cell without type or source"):
        read_notebook(path)


def test_a_slot_that_a_cell_wrote_itself_stays_empty():
    page = Embedding()
    kept = page.slot("<b>kept</b>")
    assert page.fill(f'{kept}<div data-slot="9"></div>') == "<b>kept</b>"
