"""A small repository of paper notes, made by code, on which the tests build: one paper with a demo, one without."""

import base64
import datetime
import json
import math
import random
import shutil
import struct
import zlib
from pathlib import Path

import yaml

from paper_notes.freshness import runs_digest
from paper_notes.notebooks import code_digest, code_of
from ssl_core.digest import notebook_digest

REPOSITORY = Path(__file__).resolve().parents[2]

BIB = r"""@InProceedings{chen2020simple,
  title     = {A {S}imple Framework for Contrastive Learning of Visual Representations},
  author    = {Chen, Ting and Altch\'{e}, Florent and Kornblith, Simon and Norouzi, Mohammad and Hinton, Geoffrey},
  booktitle = {Proceedings of the 37th International Conference on Machine Learning},
  pages     = {1597--1607},
  year      = {2020},
  url       = {https://proceedings.mlr.press/v119/chen20j.html}
}
"""
SECOND_BIB = """@InProceedings{other2021,
  title = {Fish \\& Chips <script>alert(1)</script>},
  author = {山田, 太郎 and Smith, Jr., John and others},
  booktitle = {International Conference on Learning Representations},
  year = {2021}
}
"""
JA = """---
name: SimCLR
chapter: deep-metric-learning
keywords: [Contrastive Learning]
status: read
date: 2026-11-23
links:
  paper: https://arxiv.org/abs/2002.05709
  code: https://github.com/google-research/simclr
  pytorch: https://github.com/sthalles/SimCLR
  bibtex: https://proceedings.mlr.press/v119/chen20j.html
description: 同じ画像の2つのビューを引き寄せ、ほかの画像から遠ざけるだけで、ラベルなしに良い表現が得られる。
depth: full-text
---

## 要約 { #summary }

自己教師あり学習の枠組みSimCLRは、1枚の画像から2つのビューを作り、その表現を近づける。温度$\\tau$は損失の鋭さを決める。`nt_xent`が実装である。

$$
\\ell_{i,j} = -\\log \\frac{\\exp(\\mathrm{sim}(z_i, z_j)/\\tau)}
{\\sum_{k=1}^{2N} \\mathbb{1}_{[k \\neq i]} \\exp(\\mathrm{sim}(z_i, z_k)/\\tau)}
$$

- 負例は同じバッチのほかの画像である。
- 値段は\\$5である。

| 設定 | 精度 |
|---|---:|
| A | 0.5 |

## デモ { #demo }

<!-- notebook -->

## 引用 { #cite }

<!-- cite -->
"""
EN = """---
description: Pulling two views of one image together and away from all others is enough to learn good features.
---

## Summary { #summary }

SimCLR makes two views of an image and pulls their representations together. The temperature $\\tau$ sets how sharp
the loss is; `nt_xent` implements it. See the [demo](#demo) and [the list](../index.md).

$$
\\ell_{i,j} = -\\log \\frac{\\exp(\\mathrm{sim}(z_i, z_j)/\\tau)}
{\\sum_{k=1}^{2N} \\mathbb{1}_{[k \\neq i]} \\exp(\\mathrm{sim}(z_i, z_k)/\\tau)}
$$

- The other images of the batch are the negatives.
- It costs \\$5.

| Setting | Accuracy |
|---|---:|
| A | 0.5 |

## Demo { #demo }

<!-- notebook -->

## How to cite { #cite }

<!-- cite -->
"""
SECOND_JA = """---
name: Other
chapter: deep-metric-learning
keywords: [Hyperbolic Geometry, Unsupervised Metric Learning]
status: studying
date: 2026-11-23
links: {paper: "https://example.org/p.pdf", bibtex: "https://example.org/b"}
description: 特徴を双曲空間に写す。
---

## 引用 { #cite }

<!-- cite -->
"""
SECOND_EN = """---
description: Maps features into hyperbolic space.
---

## How to cite { #cite }

<!-- cite -->
"""
INDEX = {
    "ja": "# 論文ノート\n\n論文を読むノートである。\n\n## 読書リスト { #reading-list }\n\n<!-- reading-list -->\n",
    "en": "# Paper notes\n\nNotes on papers.\n\n## Reading list { #reading-list }\n\n<!-- reading-list -->\n",
}
ABOUT = {
    "ja": "# このサイトについて\n\n## 内容 { #site }\n\n説明。\n\n## 実行 { #runs }\n\n種類。\n",
    "en": "# About\n\n## Content { #site }\n\nText.\n\n## Runs { #runs }\n\nText.\n",
}
GLOSSARY = {
    "ja": "# 用語集\n\n用語。\n\n<!-- glossary -->\n",
    "en": "# Glossary\n\nTerms.\n\n<!-- glossary -->\n",
}
TERMS = """- id: temperature
  ja: 温度
  reading: おんど
  en: temperature
  definition:
    ja: 類似度を割る正の数。
    en: The positive number that divides similarities.
- id: negative
  ja: 負例
  reading: ふれい
  en: negative
  aliases: [<script>alert(1)</script>]
  not: [ネガティブ]
  definition:
    ja: 引き離す標本。<script>alert(1)</script>"
    en: A sample to push away. <script>alert(1)</script>"
"""


RESULTS = {
    "ja": "# 結果\n\n<!-- results -->\n\n<!-- learning-curves -->\n\n<!-- ablations -->\n\n<!-- provenance -->\n",
    "en": "# Results\n\n<!-- results -->\n\n<!-- learning-curves -->\n\n<!-- ablations -->\n\n<!-- provenance -->\n",
}


def figure_svg() -> str:
    """Draw two curves with the CSS variables that the plotting helper uses."""
    lines = []
    for series, scale in ((1, 1.0), (2, 0.7)):
        points = " ".join(
            f"{60 + 4 * step},{230 - 180 * scale * (1 - math.exp(-step / 30)):.1f}" for step in range(100)
        )
        colour = ("#1f6fb2", "#c2571a")[series - 1]
        style = f"fill:none;stroke:var(--figure-{series}, {colour});stroke-width:2.5"
        lines.append(f'<polyline points="{points}" style="{style}"/>')
    grid = "".join(
        f'<line x1="60" x2="460" y1="{y}" y2="{y}" style="stroke:var(--figure-grid, #d0d7de)"/>'
        f'<text x="50" y="{y + 4}" text-anchor="end" style="font:12px sans-serif;fill:var(--figure-muted, #57606a)">'
        f"{(230 - y) / 200:.1f}</text>"
        for y in (30, 80, 130, 180, 230)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="480pt" height="270pt" viewBox="0 0 480 270">'
        '<rect width="480" height="270" style="fill:var(--figure-ground, #ffffff)"/>'
        f"{grid}{''.join(lines)}"
        '<text x="260" y="260" text-anchor="middle" style="font:13px sans-serif;fill:var(--figure-ink, #1f2328)">'
        "epoch</text></svg>"
    )


def raster_png(side: int = 96) -> str:
    """Make a small colour ramp as base64 PNG."""
    rows = b"".join(
        b"\0" + b"".join(bytes((255 * x // side, 255 * y // side, 140)) for x in range(side)) for y in range(side)
    )

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def markdown_cell(source, language=None, identifier=None):
    metadata = {}
    if language:
        metadata["tags"] = [f"lang-{language}"]
    if identifier:
        metadata["paper_notes"] = {"id": identifier}
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def code_cell(source, outputs=(), tags=()):
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": list(outputs),
        "execution_count": 1,
    }


def display(data, **own):
    return {"output_type": "display_data", "data": data, "metadata": {"paper_notes": own} if own else {}}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


LOSS_CODE = """import math


def loss(x):  # one line that is wider than a phone
    return math.log(1 + math.exp(-x)) * len("a very long line of code".split()) / 6 + 0.000000001


print(loss(0.5))"""
TABLE = (
    '<style scoped>th{color:red}</style><table border="1" class="dataframe"><thead><tr><th></th>'
    "<th>kNN</th></tr></thead>"
    '<tbody><tr><th>SimCLR</th><td onclick="alert(1)">0.52</td></tr><tr><th>untrained</th><td>0.31</td></tr></tbody>'
    "</table><script>alert(1)</script>"
)


def sample_notebook(slug="simclr"):
    """Make an executed notebook that uses everything the format knows."""
    alt = {
        "ja": "精度の曲線。学習ありは0.52で終わる。",
        "en": "Accuracy curves. The trained one ends at 0.52.",
    }
    tile = {"ja": "色の見本", "en": "A colour ramp"}
    cells = [
        markdown_cell("# SimCLRのデモ\n\nCIFAR-10で損失を動かす。", "ja"),
        markdown_cell("# SimCLR demo\n\nRuns the loss on CIFAR-10.", "en"),
        code_cell("%pip install paper-notes", [stream("installing")], ["hide-cell"]),
        markdown_cell("## 損失\n\n温度$\\tau$を小さくすると、近い負例が効く。", "ja", "loss"),
        markdown_cell("## Loss\n\nA small temperature $\\tau$ makes near negatives count.", "en", "loss"),
        code_cell(
            LOSS_CODE,
            [stream("\x1b[31m0.474\x1b[0m\n"), stream("  5%|#   | 1/20\r", "stderr")],
        ),
        code_cell(
            "plot()",
            [
                display({"image/svg+xml": figure_svg(), "text/plain": "<Figure>"}, alt=alt),
                display({"text/markdown": "学習した表現の精度は**0.52**である。"}, lang="ja"),
                display({"text/markdown": "The trained representation reaches **0.52**."}, lang="en"),
                display({"application/vnd.paper-notes+json": {"knn": 0.52}}),
            ],
            ["hide-input"],
        ),
        markdown_cell("## 拡張\n\n画像の例。", "ja", "views"),
        markdown_cell("## Views\n\nExamples of images.", "en", "views"),
        code_cell("show()", [display({"image/png": raster_png()}, alt=tile)]),
        code_cell("table()", [display({"text/html": TABLE, "text/plain": "table"})]),
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook["metadata"]["paper_notes"] = {
        "executed": {
            "code_digest": code_digest(notebook),
            "source_digest": notebook_digest(code_of(notebook), slug),
            "runs_digest": runs_digest(Path("no-results"), [slug]),
            "data": {"name": "CIFAR-10, JPEG copy", "fingerprint": "abc", "n_train": 50000, "n_test": 10000},
            "git_commit": "0123456789abcdef0123456789abcdef01234567",
            "versions": {"torch": "2.15.0"},
            "hardware": {"cpu": "AMD EPYC", "cores": 2, "gpu": None},
            "seconds": 208.4,
            "peak_memory_bytes": 1_610_612_736,
            "date": "2026-11-23",
            "mode": "live",
        }
    }
    return notebook


def write_notebook(root, slug, notebook):
    """Write a notebook into a repository's demos folder."""
    (root / "demos" / f"{slug}.ipynb").write_text(
        json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def write_repository(root: Path) -> Path:
    """Write the whole sample repository, with this project's own configuration and theme."""
    for name in ("bib", "docs/ja/papers", "docs/en/papers", "demos", "paper_notes"):
        (root / name).mkdir(parents=True)
    for name in ("mkdocs.yml", "mkdocs.en.yml", "paper_notes/hooks.py"):
        shutil.copy(REPOSITORY / name, root / name)
    shutil.copytree(REPOSITORY / "theme", root / "theme")
    (root / "bib/simclr.bib").write_text(BIB, encoding="utf-8")
    (root / "bib/other.bib").write_text(SECOND_BIB, encoding="utf-8")
    for language, papers in (("ja", (JA, SECOND_JA)), ("en", (EN, SECOND_EN))):
        folder = root / "docs" / language
        (folder / "index.md").write_text(INDEX[language], encoding="utf-8")
        (folder / "about.md").write_text(ABOUT[language], encoding="utf-8")
        (folder / "results.md").write_text(RESULTS[language], encoding="utf-8")
        (folder / "glossary.md").write_text(GLOSSARY[language], encoding="utf-8")
        (folder / "papers/simclr.md").write_text(papers[0], encoding="utf-8")
        (folder / "papers/other.md").write_text(papers[1], encoding="utf-8")
    (root / "docs/glossary.yml").write_text(TERMS, encoding="utf-8")
    write_notebook(root, "simclr", sample_notebook())
    return root


# What many_papers draws from: the words of invented papers in both languages.
TOPICS = (
    ("Contrastive Learning", "対照学習"),
    ("Metric Learning", "距離学習"),
    ("Self-Distillation", "自己蒸留"),
    ("Hard Negative Mining", "難しい負例の選択"),
    ("Data Augmentation", "データ拡張"),
    ("Hyperbolic Embeddings", "双曲空間への埋め込み"),
    ("Masked Image Modeling", "マスク画像モデリング"),
    ("Semi-Supervised Learning", "半教師あり学習"),
    ("Representation Collapse", "表現の崩壊"),
    ("Knowledge Distillation", "知識蒸留"),
    ("Image Retrieval", "画像検索"),
    ("Clustering", "クラスタリング"),
)
OPENINGS = (
    "Rethinking",
    "Understanding",
    "Towards Scalable",
    "On the Limits of",
    "Revisiting",
    "A Theory of",
    "Beyond",
)
SETTINGS = (
    ("for Fine-Grained Images", "細粒度画像のための"),
    ("with Few Labels", "少数ラベルによる"),
    ("in Low Dimensions", "低次元における"),
    ("under Distribution Shift", "分布の変化に強い"),
    ("without Negatives", "負例を用いない"),
    (r"with $\beta$-Divergences \& $L_2$ Norms", "βダイバージェンスによる"),
    ("for Video and Text", "動画とテキストのための"),
)
PEOPLE = (
    "Müller, Jürgen", "Nguyen, Thị Hoa", "van der Berg, Anna", r"Garc{\'i}a M{\'a}rquez, Luc{\'i}a", "O'Neill, Sean",
    "Zhang, Wei", "Smith, Jr., John", "Kowalski, Łukasz", "Okafor, Chidi", "Kim, Min-Jun", "Rossi, Giulia",
    "山田, 太郎", "佐藤, 花子", "鈴木, 一郎", "高橋, 美咲", "渡辺, 健", "Tanaka, Yuki", "Dupont, Élodie",
)  # fmt: skip
VENUES = (
    "Proceedings of the IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "Advances in Neural Information Processing Systems",
    "Proceedings of the International Conference on Machine Learning",
    "International Conference on Learning Representations",
    "Transactions on Machine Learning Research",
    "画像の認識・理解シンポジウム",
    "Journal of Imaginary Results",
)
SAMPLE_CHAPTERS = """
    self-supervised-learning: {ja: 自己教師あり学習, en: Self-Supervised Learning}
    hyperbolic-geometry: {ja: 双曲幾何, en: Hyperbolic Geometry}
    evaluation: {ja: 評価, en: Evaluation}"""
SENTENCES = (
    (
        "{topic} is usually studied with large batches; this paper asks what remains of it when the batch is small.",
        "{topic}はふつう大きなバッチで調べられるが、この論文はバッチが小さいときに何が残るかを問う。",
    ),
    (
        "The encoder is trained on two views of each image, and a projection head of two layers is thrown away.",
        "エンコーダは各画像の二つのビューで学習し、二層の射影ヘッドは学習後に捨てる。",
    ),
    (
        "Linear evaluation on ImageNet gives {number}%, and a nearest-neighbour classifier confirms the order.",
        "ImageNetの線形評価は{number}%であり、最近傍分類器でも同じ順序になる。",
    ),
    (
        "The temperature decides how much near negatives count; the authors sweep it from 0.05 to 0.{number}.",
        "温度は近い負例の効き方を決める。著者らは0.05から0.{number}まで変えて調べた。",
    ),
    (
        "An ablation removes one ingredient of {topic} at a time, and only the stop-gradient turns out to be vital.",
        "アブレーションでは{topic}の要素を一つずつ外し、欠かせないのは勾配停止だけだとわかった。",
    ),
    (
        "Training took {number} hours on eight GPUs; the code calls the function `loss_{number}` at each step.",
        "学習には八台のGPUで{number}時間かかった。コードは各ステップで関数`loss_{number}`を呼ぶ。",
    ),
)


def many_papers(root: Path, count: int) -> Path:
    """Write the sample repository with `count` papers: its own two, all others invented, the same ones each time.

    They have titles and authors in both scripts, accents, formulas and &, 4 chapters, 7 venues and 14 years; their
    pages hold about a thousand letters. The terms are those of this project's own glossary.
    """
    write_repository(root)
    shutil.copy(REPOSITORY / "docs/glossary.yml", root / "docs/glossary.yml")
    config = (root / "mkdocs.yml").read_text(encoding="utf-8")
    first = "    deep-metric-learning: {ja: 深層距離学習, en: Deep Metric Learning}"
    assert first in config
    (root / "mkdocs.yml").write_text(config.replace(first, first + SAMPLE_CHAPTERS), encoding="utf-8")
    chapters = ["deep-metric-learning", *(line.split(":")[0].strip() for line in SAMPLE_CHAPTERS.split("\n")[1:])]
    for number in range(count - 2):
        _invented_paper(root, number, chapters)
    return root


def _invented_paper(root: Path, number: int, chapters: list[str]) -> None:
    draw = random.Random(number)
    slug = f"paper-{number:04d}"
    (topic, topic_ja), (second, _) = draw.sample(TOPICS, 2)
    setting, setting_ja = draw.choice(SETTINGS)
    japanese = number % 5 == 0
    title = f"{setting_ja}{topic_ja}の研究 {number}" if japanese else f"{draw.choice(OPENINGS)} {topic} {setting}"
    people = draw.sample(PEOPLE, draw.choice((1, 2, 3, 4, 9)))
    venue, year = draw.choice(VENUES), draw.randint(2012, 2025)
    (root / f"bib/{slug}.bib").write_text(
        f"@InProceedings{{key{number},\n  title     = {{{title}}},\n  author    = {{{' and '.join(people)}}},\n"
        f"  booktitle = {{{venue}}},\n  pages     = {{{number}--{number + 9}}},\n  year      = {{{year}}}\n}}\n",
        encoding="utf-8",
    )
    read = draw.random() < 0.7
    links = {"paper": f"https://example.org/{slug}.pdf", "bibtex": f"https://example.org/{slug}"}
    if draw.random() < 0.5:
        links["code"] = f"https://example.org/code/{slug}"
    facts = {
        "name": f"{''.join(word[0] for word in topic.split())}-{number}",
        "chapter": draw.choice(chapters),
        "keywords": [topic, second],
        "status": "read" if read else "studying",
        "date": datetime.date(2026, 1, 1) + datetime.timedelta(days=draw.randrange(300)),
        "links": links,
    }
    if read:
        facts["depth"] = draw.choice(("full-text", "parts", "abstract"))
    descriptions = {
        "ja": f"{setting_ja}{topic_ja}を調べ、{draw.choice(TOPICS)[1]}が{number % 97}番目に効くことを示した。",
        "en": f"Studies {topic.lower()} and finds that {draw.choice(TOPICS)[0].lower()} ranks number {number % 97}.",
    }
    chosen = [draw.choice(SENTENCES) for _ in range(12)]
    for place, language in enumerate(("en", "ja")):
        own = {**(facts if language == "ja" else {}), "description": descriptions[language]}
        front = yaml.safe_dump(own, allow_unicode=True, sort_keys=False, width=1000)
        words = (topic, topic_ja)[place]
        text = ("" if language == "ja" else " ").join(
            sentence[place].format(topic=words, number=draw.randint(10, 99)) for sentence in chosen
        )
        summary, cite = (("Summary", "How to cite"), ("要約", "引用"))[place]
        body = f"## {summary} {{ #summary }}\n\n{text}\n\n## {cite} {{ #cite }}\n\n<!-- cite -->\n"
        page = root / f"docs/{language}/papers/{slug}.md"
        page.write_text(f"---\n{front}---\n\n{body}", encoding="utf-8")
