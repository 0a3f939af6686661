"""The drawings of the ideas: there for every paper read, legible in both schemes, right where a formula says what is.

What the pages do with them is tested on the sample repository, whose drawing is written here.
"""

import math
import re
import runpy
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from paper_notes import drawing
from paper_notes.faults import FaultsError
from paper_notes.figures import DARK_PALETTE, LIGHT_PALETTE, dark_variant, svg_problem, svg_size
from paper_notes.ideas import hcl, uhml
from paper_notes.site import BuildError, build_site
from paper_notes.words import LANGUAGES
from tests.paper_notes.test_figures import contrast

ROOT = Path(__file__).parents[2]
IDEAS = ROOT / "paper_notes/ideas"
SLUGS = sorted(path.stem for path in IDEAS.glob("*.py") if path.stem != "__init__")
MARK = "<!-- idea -->"
SAMPLE = """from paper_notes import drawing
ALT = {"ja": "二つのビューは一致する。", "en": "Two views agree."}


def draw():
    return drawing.figure(640, 100, drawing.text(320, 50, "idea"))
"""


def front_matter(slug):
    return yaml.safe_load((ROOT / f"docs/ja/papers/{slug}.md").read_text(encoding="utf-8").split("---\n")[1])


def loaded(slug):
    content = runpy.run_path(str(IDEAS / f"{slug}.py"))
    return content["draw"](), content["ALT"]


def size_of(style):
    return float(re.search(r"font-size:([\d.]+)px", style)[1])


def text_boxes(svg):
    """Return words, left, top, right and bottom of every text, by the estimate of its width."""
    found = []
    for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        size = size_of(element.get("style"))
        spans = [(span.text, size_of(span.get("style", f"font-size:{size}px"))) for span in element]
        width = sum(drawing.text_width(words, own) for words, own in spans)
        x, y = float(element.get("x")), float(element.get("y"))
        left = x - {"start": 0, "middle": width / 2, "end": width}[element.get("text-anchor")]
        found.append(("".join(words for words, _ in spans), left, y - 0.75 * size, left + width, y + 0.22 * size))
    return found


def test_every_paper_that_was_read_has_a_drawing_with_words_in_both_languages():
    read = [path.stem for path in (ROOT / "bib").glob("*.bib") if front_matter(path.stem)["status"] == "read"]
    assert read
    assert set(read) <= set(SLUGS)
    for slug in SLUGS:
        alternatives = loaded(slug)[1]
        assert set(alternatives) == set(LANGUAGES)
        assert all(len(words) > 80 for words in alternatives.values())


@pytest.mark.parametrize("slug", SLUGS)
def test_the_words_of_a_drawing_give_the_same_values_and_are_sentences(slug):
    japanese, english = (loaded(slug)[1][language] for language in LANGUAGES)
    values, other = (set(re.findall(r"[=/]\d+(?:\.\d+)?", words)) for words in (japanese, english))
    assert values == other
    assert japanese.endswith("。")
    assert not re.search(r"(?:です|ます|でした|ました)。|[，．]", japanese)
    assert english.endswith(".")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_drawing_may_be_published_and_is_the_same_every_time(slug):
    svg = loaded(slug)[0]
    assert svg_problem(svg) is None
    assert svg_size(svg) is not None
    assert svg == loaded(slug)[0]


@pytest.mark.parametrize("slug", SLUGS)
def test_all_colours_of_a_drawing_follow_the_reader_s_scheme(slug):
    svg = loaded(slug)[0]
    colours = set(re.findall(r"(?:fill|stroke|color):([^;\"]+)", svg)) - {"none"}
    assert colours <= {f"var(--figure-{name}, {value})" for name, value in LIGHT_PALETTE.items()}
    # What has neither a fill nor `none` would be black in both schemes, and an attribute would win over nothing.
    shapes = re.findall(r"<(?:rect|circle|path|polyline|polygon|text) [^>]*>", svg)
    assert all("fill:" in shape for shape in shapes)
    assert not re.search(r'\b(?:fill|stroke|color)="', svg)
    assert "--figure-ink:" in dark_variant(svg)


def test_words_in_every_colour_are_readable_on_the_ground_in_both_schemes():
    for palette in (LIGHT_PALETTE, DARK_PALETTE):
        for slug in SLUGS:
            for name in re.findall(r"<text [^>]*fill:var\(--figure-(\w+)", loaded(slug)[0]):
                assert contrast(palette[name], palette["ground"]) >= 4.5, (slug, name)


def test_drawings_and_notebooks_have_the_same_colours():
    plots = pytest.importorskip("ssl_core.plots", exc_type=ImportError)
    assert plots.PALETTE == LIGHT_PALETTE


@pytest.mark.parametrize("slug", SLUGS)
def test_words_are_large_enough_stay_inside_and_do_not_meet(slug):
    svg = loaded(slug)[0]
    width, height = svg_size(svg)
    assert width <= 720
    assert all(size_of(style) >= 15 for style in re.findall(r'<text [^>]*style="([^"]*)"', svg))
    boxes = text_boxes(svg)
    assert len(boxes) > 5
    for words, left, top, right, bottom in boxes:
        assert left >= 0, words
        assert right <= width, words
        assert top >= 0, words
        assert bottom <= height, words
    for (first, a, b, c, e), (second, f, g, h, i) in combinations(boxes, 2):
        assert c <= f or h <= a or e <= g or i <= b, f"{first!r} meets {second!r}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", SLUGS)
def test_the_mark_of_a_drawing_stands_once_right_under_the_heading_of_the_idea(slug, language):
    body = (ROOT / f"docs/{language}/papers/{slug}.md").read_text(encoding="utf-8")
    assert body.count(MARK) == 1
    assert re.search(rf"^## .*\{{ #idea \}}\n\n{MARK}\n", body, re.M)


@pytest.mark.parametrize("beta", [0, 1])
def test_hcl_s_weights_have_mean_one_and_grow_as_the_exponential_of_similarity(beta):
    weights = hcl.weights(beta)
    assert sum(weights) / len(weights) == pytest.approx(1)
    cosines = [math.cos(math.radians(angle)) for angle in hcl.NEGATIVES]
    for (w, s), (v, t) in combinations(zip(weights, cosines, strict=True), 2):
        assert w / v == pytest.approx(math.exp(beta * (s - t) / hcl.TEMPERATURE))


@pytest.mark.parametrize("beta", [0, 1])
def test_hcl_s_bars_are_the_terms_of_the_loss_that_ssl_core_trains_with(beta):
    torch = pytest.importorskip("torch")
    from ssl_core.losses import hard_negative_terms

    half = len(hcl.NEGATIVES) // 2
    angles = torch.tensor([[0.0, *hcl.NEGATIVES[:half]], [hcl.POSITIVE, *hcl.NEGATIVES[half:]]]).double().deg2rad()
    z1, z2 = torch.stack([angles.cos(), angles.sin()], dim=2)
    terms = hard_negative_terms(z1, z2, hcl.TEMPERATURE, hcl.TAU_PLUS, float(beta))
    parts, share, corrected = hcl.sums(beta)
    assert sum(parts) == pytest.approx(float(terms.log_r[0].exp()))
    assert share == pytest.approx(hcl.TAU_PLUS * len(parts) * float(terms.log_p[0].exp()))
    assert corrected == pytest.approx(float(terms.log_g[0].exp()))


def test_uhml_s_geodesics_pass_through_both_points_and_meet_the_rim_at_right_angles():
    for first, second in combinations(uhml.POINTS, 2):
        centre, radius = uhml.geodesic(first, second)
        assert math.dist(centre, first) == pytest.approx(radius)
        assert math.dist(centre, second) == pytest.approx(radius)
        # Circles meet at right angles when the squares of their radii add up to that of their middles' distance.
        assert math.dist(centre, (0, 0)) ** 2 == pytest.approx(1 + radius**2)


def test_uhml_s_tree_is_ward_s_and_its_cuts_give_the_coloured_clusters():
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    tree = hierarchy.linkage(uhml.POINTS, "ward")
    for (first, second, height), row in zip(uhml.ward(uhml.POINTS), tree, strict=True):
        assert {first, second} == {int(row[0]), int(row[1])}
        assert height == pytest.approx(row[2])
    finest = hierarchy.fcluster(tree, 4, "maxclust")
    for (i, one), (j, other) in combinations(enumerate(uhml.NAMES), 2):
        assert (finest[i] == finest[j]) == (one == other)


def test_uhml_s_targets_are_those_of_the_page():
    shares = [f"1/{1 / uhml.target(level):.3f}" for level in (1, 2)]
    for language in LANGUAGES:
        page = (ROOT / f"docs/{language}/papers/uhml.md").read_text(encoding="utf-8")
        for share in shares:
            assert share in page
            assert share in uhml.ALT[language]
            assert share in uhml.draw()


def with_drawing(repository, content=SAMPLE):
    """Give the sample's SimCLR a drawing, and both its pages the mark."""
    (repository / "paper_notes/ideas").mkdir(parents=True)
    (repository / "paper_notes/ideas/simclr.py").write_text(content, encoding="utf-8")
    for language in LANGUAGES:
        path = repository / f"docs/{language}/papers/simclr.md"
        page = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"^(## .*\{ #demo \}\n)", rf"{MARK}\n\n\1", page, flags=re.M), encoding="utf-8")


def test_both_languages_show_the_same_drawing_with_their_own_words(repository):
    with_drawing(repository)
    build_site(repository, repository / "site")
    shown = {}
    for language, words in (("ja", "二つのビューは一致する。"), ("en", "Two views agree.")):
        html = (repository / f"site/{language}/papers/simclr/index.html").read_text(encoding="utf-8")
        figure = re.search(r'<figure class="demo-figure idea-figure".*?</figure>', html, re.S)[0]
        assert f'alt="{words}" width="640" height="100" loading="eager"' in figure
        assert f">{words}</figcaption>" in figure
        assert MARK not in html
        names = re.findall(r'class="figure-(light|dark)" src="[./]*(assets/figures/[^"]+)"', figure)
        assert [kind for kind, _ in names] == ["light", "dark"]
        shown[language] = [(repository / "site" / language / name).read_text(encoding="utf-8") for _, name in names]
    assert shown["ja"] == shown["en"]
    assert dark_variant(shown["en"][0]) == shown["en"][1]


def test_a_page_without_the_mark_of_its_drawing_is_a_warning(repository):
    with_drawing(repository)
    page = repository / "docs/en/papers/simclr.md"
    page.write_text(page.read_text(encoding="utf-8").replace(MARK, ""), encoding="utf-8")
    with pytest.raises(BuildError) as raised:
        build_site(repository, repository / "site")
    assert str(raised.value).splitlines() == [
        "docs/en: docs/en/papers/simclr.md: no line <!-- idea -->: add it where that part goes"
    ]


def test_a_mark_without_a_drawing_is_a_fault_at_its_line(repository):
    with_drawing(repository)
    (repository / "paper_notes/ideas/simclr.py").unlink()
    with pytest.raises(FaultsError) as raised:
        build_site(repository, repository / "site")
    lines = (repository / "docs/en/papers/simclr.md").read_text(encoding="utf-8").splitlines()
    what = "no drawing for this line: write paper_notes/ideas/simclr.py or take the line out"
    assert f"docs/en/papers/simclr.md:{lines.index(MARK) + 1}: {what}" in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"en": "Two views agree."', '"en": " "', "no alternative text in en: add it to ALT"),
        ('"idea")', '"idea") + "<script/>"', "the SVG holds <script>: draw it with paper_notes.drawing"),
    ],
)
def test_a_drawing_that_cannot_be_shown_is_a_fault(repository, old, new, problem):
    assert old in SAMPLE
    with_drawing(repository, SAMPLE.replace(old, new))
    with pytest.raises(FaultsError) as raised:
        build_site(repository, repository / "site")
    assert f"paper_notes/ideas/simclr.py: {problem}" in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("def draw", "def paint", ": no function draw that gives SVG"),
        ("return drawing.figure", "drawing.figure", ": no function draw that gives SVG"),
        ('ALT = {"ja"', 'ALT = "words"\nOTHER = {"ja"', ": no alternative text in en: add it to ALT"),
        ("def draw():", "def draw(:", ":5: the drawing fails with SyntaxError: "),
        ("def draw", "1 / 0\n\n\ndef draw", ":5: the drawing fails with ZeroDivisionError: division by zero"),
        ("drawing.text(320", "drawing.text(1 / 0", ":6: the drawing fails with ZeroDivisionError: division by zero"),
        ("drawing.text(320", "drawing.text('x'", ":6: the drawing fails with TypeError: "),
        (
            "from paper_notes import drawing",
            "import nothing_such",
            ":1: the drawing fails with ModuleNotFoundError: ",
        ),
    ],
)
def test_a_drawing_that_fails_is_a_fault_at_the_line_of_its_file(repository, old, new, problem):
    assert old in SAMPLE
    with_drawing(repository, SAMPLE.replace(old, new))
    with pytest.raises(FaultsError) as raised:
        build_site(repository, repository / "site")
    lines = str(raised.value).splitlines()
    assert lines[0].startswith(f"paper_notes/ideas/simclr.py{problem}")
    assert all(line.startswith("paper_notes/ideas/simclr.py:") for line in lines)


def test_a_second_mark_of_the_drawing_is_a_fault(repository):
    with_drawing(repository)
    page = repository / "docs/en/papers/simclr.md"
    text = f"{page.read_text(encoding='utf-8')}\n{MARK}\n"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(FaultsError) as raised:
        build_site(repository, repository / "site")
    line = len(text.splitlines())
    assert str(raised.value).startswith(f"docs/en/papers/simclr.md:{line}: nothing replaces '{MARK}': ")
