"""Marks for numbers in prose: none is swallowed without a fault, and none in code is touched."""

import pytest

from paper_notes.marks import left_marks, replace_mark
from paper_notes.numbers import cited, fill_numbers
from paper_notes.stored_runs import Stored, load_runs
from tests.paper_notes import sample

NONE = Stored()
MARK = "{{ result no/such-run knn }}"


def faults_of(markdown, stored=NONE, source=None):
    filled, faults = fill_numbers(markdown, stored, "../results/", "page.md", source or markdown)
    return filled, [(fault.line, fault.what) for fault in faults]


def test_a_mark_may_be_wrapped_over_a_line():
    stored, _ = load_runs(sample.REPOSITORY)
    variant = next(each for each in stored.variants if each.mean("knn") is not None)
    filled, faults = faults_of(f"a {{{{ result {variant.slug}/{variant.name}\nknn }}}} b", stored)
    assert faults == []
    assert "our-number" in filled
    assert "{{" not in filled


@pytest.mark.parametrize(
    ("markdown", "line", "what"),
    [
        ("{{ result simclr/quick-seed0\nnope }}", 1, "there is no stored run simclr/quick-seed0"),
        ("a\n\n{{ results simclr/quick-seed0 knn }}", 3, "this is no mark for a number"),
        ("{{ Result simclr/quick-seed0 knn }}", 1, "this is no mark for a number"),
        ("{{result}}", 1, "this is no mark for a number"),
        ("a {{ result simclr/quick-seed0 knn } b", 1, "this is no mark for a number"),
        (f"A ` mark.\n\nkNN {MARK} and `code`", 3, "there is no stored run no/such-run"),
        (f"- A ` mark.\n- kNN {MARK} and `code`", 2, "there is no stored run no/such-run"),
        (f"| A ` mark | b |\n| {MARK} | `code` |", 2, "there is no stored run no/such-run"),
        (f"``two` {MARK} three``` four", 1, "there is no stored run no/such-run"),
        (f"```\ncode\n```\n\n{MARK}\n\n```\ncode\n```", 5, "there is no stored run no/such-run"),
        (f"```\n\n{MARK}\n", 3, "there is no stored run no/such-run"),
    ],
)
def test_no_mark_is_swallowed(markdown, line, what):
    _, faults = faults_of(markdown)
    assert [each[0] for each in faults] == [line]
    assert faults[0][1].endswith(f": {what}")


@pytest.mark.parametrize(
    "code",
    [
        f"`{MARK}`",
        f"`` ` {MARK} ``",
        f"`over\n{MARK}`",
        f"```\n{MARK}\n\n{MARK}\n```",
        f"  ~~~\n  {MARK}\n  ~~~",
        f"- item\n\n    ~~~text\n    a ` tick\n\n    {MARK}\n    ~~~\n",
        f"> ```\n> {MARK}\n> ```",
        f"~~~~\n~~~\n{MARK}\n~~~\n~~~~",
        "```bibtex\n@misc{x,\n  author = {{The authors}},\n}\n```",
    ],
)
def test_marks_in_code_stay(code):
    assert faults_of(code) == (code, [])


def test_the_line_is_that_of_the_mark_and_not_of_its_like_in_code():
    body = f"`{MARK}`\n\n{MARK}\n"
    assert faults_of(body, source=f"---\na: b\n---\n\n{body}")[1][0][0] == 7


def test_a_comment_that_names_a_part_and_is_left_is_a_fault_at_its_line():
    body = "<!-- cite -->\n\ntext <!-- cite -->\n\n<!-- Source a, b -->\n\n<!-- a note -->\n\n`<!-- cite -->`\n"
    source = f"---\na: b\n---\n{body}"
    faults = left_marks(replace_mark(body, "cite", "BOX"), source, "page.md")
    assert [(fault.line, fault.what) for fault in faults] == [
        (6, "nothing replaces '<!-- cite -->'"),
        (8, "nothing replaces '<!-- Source a, b -->'"),
    ]


def test_a_part_goes_to_the_first_mark_that_is_not_in_code():
    text = "```\n<!-- cite -->\n```\n<!-- cite -->\n<!-- cite -->\n"
    assert replace_mark(text, "cite", "BOX") == "```\n<!-- cite -->\n```\n\nBOX\n\n<!-- cite -->\n"


def test_what_pages_cite_is_found_by_variant_and_unreadable_pages_are_left_to_others(tmp_path):
    stored, _ = load_runs(sample.REPOSITORY)
    variant = next(each for each in stored.variants if len(each.runs) > 1)
    name, seed = f"{variant.slug}/{variant.name}", f"{variant.slug}/{variant.runs[1].name}"
    pages = {
        "a.md": f"{{{{ result {name} knn }}}} and `{{{{ result {name} hidden }}}}`",
        "b.md": f"{{{{ result {seed} linear }}}} {MARK} {{{{ result {name} knn }}}} {{{{ result {name} }}}}",
        "c.md": b"\xff",
    }
    for language in ("en", "ja"):
        (tmp_path / "docs" / language).mkdir(parents=True)
    for page, text in pages.items():
        (tmp_path / "docs/en" / page).write_bytes(text.encode() if isinstance(text, str) else text)
    (tmp_path / "docs/ja/folder.md").mkdir()
    (tmp_path / "docs/ja/.#gone.md").symlink_to("nowhere")
    assert cited(tmp_path, stored) == {variant.identifier: ["knn", "linear"]}
