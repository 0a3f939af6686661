"""What the site itself says, in both languages; prose stands in docs/, these are labels of generated parts."""

from typing import Literal

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
NAMES: dict[Language, str] = {"ja": "日本語", "en": "English"}


def image_count(number: int, language: Language) -> str:
    """Write a number of images as readers of a language count.

    >>> image_count(300_000, "ja"), image_count(5000, "ja"), image_count(300_000, "en")
    ('30万', '5,000', '300,000')
    """
    if language == "ja" and number >= 10_000 and number % 100 == 0:
        return f"{number / 10_000:.6g}万"
    return f"{number:,}"


WORDS: dict[Language, dict[str, str]] = {
    "ja": {
        "read": "読了",
        "read-full-text": "全文を読了",
        "read-parts": "一部を読了",
        "read-abstract": "要旨を読了",
        "studying": "調査中",
        "demo": "デモあり",
        "no-demo": "デモなし",
        "demo-title": "CIFAR-10で実行したノートブックがある",
        "no-demo-title": "ノートブックはまだない",
        "paper": "論文",
        "code": "コード",
        "pytorch": "PyTorch",
        "bibtex": "BibTeX",
        "colab": "Colabで開く",
        "download": "ノートブックをダウンロード",
        "all-bib": "全論文の.bib",
        "et-al": "ほか{count}名",
        "comma": "、",
        "source-code": "コードを表示",
        "search-dialog": "検索",
        "changed": "最終更新",
        "edit-page": "このページを編集する",
        "feed": "更新情報 (Atom)",
        "keys": "キーボード操作",
        "colours": "明るい配色と暗い配色を切り替える",
        "not-found": "ページがない",
        "not-found-text": "このURLにページはない。ページが移動したか、URLに誤りがある。"
        "論文名や用語で検索するか、下の一覧から選ぶ。",
        "to-list": "論文一覧",
        "to-results": "結果",
        "to-glossary": "用語集",
        "count": "{count}本",
        "progress": "読了 {read}本（うち全文 {full}本）・調査中 {studying}本・デモ {demos}本",
        "keywords": "キーワード",
        "links": "リンク",
        "run-date": "実行日",
        "run-data": "データ",
        "run-hardware": "計算機",
        "run-seconds": "所要時間",
        "run-commit": "コミット",
        "data": "{name}（学習{n_train}枚・評価{n_test}枚）",
        "core": "{cpu}（{cores}コア）",
        "cores": "{cpu}（{cores}コア）",
        "seconds": "{seconds:.0f}秒",
        "minutes": "{minutes}分{seconds:02d}秒",
        "stale": "この実行の後にコードが変わっている。下の図と数値は変更前のコードによる。",
        "status": "実行の記録",
        "run-kinds": "ここに挙げる本サイトの数値は、このノートブックの中で行った短い学習（ライブ学習）か、"
        "一部の画像で学習した保存済みの実行のものである。結果のページの<code>quick</code>は"
        '<a href="{about}">別の実行</a>である。',
        "colon": "：",
        "notebook": "ノートブック全体",
        "notebook-page": "実行済みのノートブックを、すべてのセルを開いて示す。要約と引用は{paper}のページにある。",
        "notebook-description": "{name}のデモのノートブック全体。コード、出力、図をすべて示す。",
        "cost-cpu": "{cores}コアのCPUで約{minutes}分、メモリ{memory:.1f} GiB（実測）。GPUは不要",
        "cost-gpu": "{gpu}で約{minutes}分、メモリ{memory:.1f} GiB（実測）",
        "status-line": "このページについて",
        "status-read": "読んだ日 {date}",
        "status-studying": "調査中 {date}",
        "depth-full-text": "本文と付録を読んで書いた",
        "depth-parts": "本文の一部・要旨と公式コードから書いた",
        "depth-abstract": "要旨・公式コード・公開資料から書いた（本文は未読）",
        "demo-executed": "デモの実行 {facts}",
        "source-of": "{name}のソースコード",
        "source-lines": "{path}、{first}〜{last}行（docstringは省略）",
        "also": "別の言い方",
        "used-by": "使われている論文",
        "figure-hint": "↔ 横にスクロールできる",
        "no-demo-yet": "この論文のノートブックはまだない。",
        "stale-runs": "この手法の保存した実行 (results/) が、このデモを実行したときのものと同じではない。"
        "下の図と数値は古い実行によることがある。",
    },
    "en": {
        "read": "Read",
        "read-full-text": "Read in full",
        "read-parts": "Read in part",
        "read-abstract": "Abstract read",
        "studying": "Under study",
        "demo": "Demo",
        "no-demo": "No demo",
        "demo-title": "Has a notebook executed on CIFAR-10",
        "no-demo-title": "No notebook yet",
        "paper": "Paper",
        "code": "Code",
        "pytorch": "PyTorch",
        "bibtex": "BibTeX",
        "colab": "Open in Colab",
        "download": "Download notebook",
        "all-bib": "All papers as .bib",
        "et-al": "and {count} more",
        "comma": ", ",
        "source-code": "Show code",
        "search-dialog": "Search",
        "changed": "Last changed",
        "edit-page": "Edit this page",
        "feed": "Updates (Atom)",
        "keys": "Keyboard shortcuts",
        "colours": "Switch between light and dark colours",
        "not-found": "Page not found",
        "not-found-text": "There is no page at this address: it has moved, or the address has a mistake. "
        "Search for a paper or a term, or choose one of these.",
        "to-list": "Papers",
        "to-results": "Results",
        "to-glossary": "Glossary",
        "count": "{count} papers",
        "progress": "{read} read ({full} in full) · {studying} under study · {demos} with a demo",
        "keywords": "Keywords",
        "links": "Links",
        "run-date": "Executed",
        "run-data": "Data",
        "run-hardware": "Hardware",
        "run-seconds": "Time",
        "run-commit": "Commit",
        "data": "{name} ({n_train} training, {n_test} test images)",
        "core": "{cpu} ({cores} core)",
        "cores": "{cpu} ({cores} cores)",
        "seconds": "{seconds:.0f} s",
        "minutes": "{minutes} min {seconds:02d} s",
        "stale": "Code has changed since this run: the figures and numbers below come from the earlier code.",
        "status": "Record of the run",
        "run-kinds": "Numbers of our own here come from the short training inside this notebook (the live one) or "
        "from stored runs on a part of the images. <code>quick</code> on the results page is "
        '<a href="{about}">another run</a>.',
        "colon": ": ",
        "notebook": "Whole notebook",
        "notebook-page": "The executed notebook with every cell open. "
        "Its summary and how to cite the paper are on the page of {paper}.",
        "notebook-description": "The whole notebook of the {name} demo: all code, outputs and figures.",
        "cost-cpu": "About {minutes} min and {memory:.1f} GiB of memory on a {cores}-core CPU (measured); "
        "no GPU needed",
        "cost-gpu": "About {minutes} min and {memory:.1f} GiB of memory on {gpu} (measured)",
        "status-line": "About this page",
        "status-read": "Read on {date}",
        "status-studying": "Under study, {date}",
        "depth-full-text": "Written from the full text and appendix",
        "depth-parts": "Written from the abstract, parts of the text and the official code",
        "depth-abstract": "Written from the abstract, the official code and public material, not from the text",
        "demo-executed": "Demo executed on {facts}",
        "source-of": "Source code of {name}",
        "source-lines": "{path}, lines {first}–{last} (docstring left out)",
        "also": "Also",
        "used-by": "Papers",
        "figure-hint": "↔ scrolls sideways",
        "no-demo-yet": "There is no notebook for this paper yet.",
        "stale-runs": "The stored runs of this method (results/) are not those of when this demo was executed: "
        "figures and numbers below may come from earlier ones.",
    },
}
