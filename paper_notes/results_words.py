"""What the results page says, in both languages: names of metrics, data and networks, statuses, labels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from paper_notes.words import Language
from ssl_core.japanese import DATA_TITLES_JA
from ssl_core.runs import DATA_TITLES

Both = dict[Language, str]


@dataclass(frozen=True)
class Place:
    """What generated parts need to know of their page: its language, the methods' names, the repository's address."""

    language: Language
    names: Mapping[str, str]
    repository: str

    def name(self, slug: str) -> str:
        """Give a method's name, plain where no paper of the site has this slug."""
        return self.names.get(slug, slug)

    def linked(self, slug: str) -> str:
        """Give a method's name as HTML, linked to its page when it has one."""
        shown = escape(self.name(slug))
        return f'<a href="../papers/{slug}/">{shown}</a>' if slug in self.names else shown


METRICS: dict[str, Both] = {
    "knn": {"ja": "kNN", "en": "kNN"},
    "linear": {"ja": "線形評価", "en": "Linear"},
    "recall_at_1": {"ja": "Recall@1（表現h）", "en": "Recall@1 (features h)"},
    "recall_at_1_z": {"ja": "Recall@1（埋め込みz）", "en": "Recall@1 (embedding z)"},
    "supervised_1": {"ja": "教師あり学習（ラベル1%）", "en": "Supervised, 1% labels"},
    "finetuned_1": {"ja": "ファインチューニング（ラベル1%）", "en": "Fine-tuned, 1% labels"},
    "distilled_1": {
        "ja": "同じ大きさの生徒への蒸留（ラベル1%）",
        "en": "Distilled into a student of the same size, 1% labels",
    },
    "distilled_small_1": {
        "ja": "小さい生徒への蒸留（ラベル1%）",
        "en": "Distilled into a smaller student, 1% labels",
    },
    "supervised_10": {"ja": "教師あり学習（ラベル10%）", "en": "Supervised, 10% labels"},
    "finetuned_10": {"ja": "ファインチューニング（ラベル10%）", "en": "Fine-tuned, 10% labels"},
    "distilled_10": {
        "ja": "同じ大きさの生徒への蒸留（ラベル10%）",
        "en": "Distilled into a student of the same size, 10% labels",
    },
    "distilled_small_10": {
        "ja": "小さい生徒への蒸留（ラベル10%）",
        "en": "Distilled into a smaller student, 10% labels",
    },
    "supervised_100": {"ja": "教師あり学習（全ラベル）", "en": "Supervised, all labels"},
    "finetuned_100": {"ja": "ファインチューニング（全ラベル）", "en": "Fine-tuned, all labels"},
    "colour_mean_hue": {"ja": "平均色相の判別（表現h）", "en": "Mean hue named (features h)"},
    "colour_mean_hue_untrained": {"ja": "平均色相の判別（学習前）", "en": "Mean hue named, before training"},
}
# Names of figures that only the prose of pages cites; METRICS also says what every block and the main table show.
CITED: dict[str, Both] = {
    "knn_untrained": {"ja": "学習前のkNN", "en": "kNN before training"},
    "knn_z": {"ja": "kNN（埋め込みz）", "en": "kNN (embedding z)"},
    "linear_z": {"ja": "線形評価（埋め込みz）", "en": "Linear (embedding z)"},
    "sensitivity_4_jitter": {"ja": "ジッタへの感度（第4ステージ）", "en": "Sensitivity to jitter, stage 4"},
    "colour_brightness": {"ja": "明度の差の判別", "en": "Difference in brightness named"},
    "similarity_1": {"ja": "類似度の比（第1段）", "en": "Relative similarity, level 1"},
    "similarity_2": {"ja": "類似度の比（第2段）", "en": "Relative similarity, level 2"},
    "similarity_3": {"ja": "類似度の比（第3段）", "en": "Relative similarity, level 3"},
}
_ELSEWHERE = {"imagenet": "ImageNet", "stl10": "STL-10", "cub200": "CUB-200-2011"}
DATA: dict[str, Both] = {
    name: {"ja": DATA_TITLES_JA.get(name, title), "en": title} for name, title in (DATA_TITLES | _ELSEWHERE).items()
}
BACKBONES: dict[str, Both] = {
    "resnet18": {"ja": "ResNet-18", "en": "ResNet-18"},
    "resnet50": {"ja": "ResNet-50", "en": "ResNet-50"},
    "resnet_small": {"ja": "小型ResNet", "en": "small ResNet"},
}
# How a published figure was read off; empty words where ours is read off in the same way, or nobody says.
CHOSEN: dict[str, Both] = {
    "not stated": {"ja": "", "en": ""},
    "last epoch": {"ja": "", "en": ""},
    "best epoch": {"ja": "公表値は最良エポック", "en": "theirs is the best epoch"},
    "classifier trained along": {
        "ja": "公表値の分類器は並行して学習",
        "en": "their classifier is trained along",
    },
}
# The parts of a training, by the stage that metrics.jsonl names.
STAGES: dict[str, Both] = {"warm-up": {"ja": "SimCLRによるウォームアップ", "en": "SimCLR warm-up"}}
STATUSES: dict[str, Both] = {
    "agrees": {"ja": "一致", "en": "agrees"},
    "below": {"ja": "下回る", "en": "below"},
    "other setting": {"ja": "設定が異なる", "en": "other setting"},
    "other data": {"ja": "データが異なる", "en": "other data"},
    "no published figure": {"ja": "公表値なし", "en": "no published figure"},
    "not run": {"ja": "未実行", "en": "not run"},
}
REASONS: dict[Language, dict[str, str]] = {
    "ja": {
        "agrees": "差は{tolerance}ポイント以内",
        "below": "{tolerance}ポイントを超えて低い",
        "other setting": "この設定の`full`はない",
        "other data": "",
        "no published figure": "この指標の公表値で確認できたものがない",
        "not run": "{epochs}エポックの`full`は未実行",
        "compared": "`{variant}`：",
        "epochs": "{ours}エポック",
        "backbone": "{ours}",
        "data": "{ours}",
        "images": "学習画像{ours}枚",
        "batch": "バッチ{ours}",
        "no run": "本サイトの実行がない",
        "join": "、",
        "stop": "。",
        "end": "。",
    },
    "en": {
        "agrees": "Within {tolerance} points",
        "below": "More than {tolerance} points lower",
        "other setting": "No `full` run has this setting",
        "other data": "",
        "no published figure": "No published figure of this metric could be verified",
        "not run": "`full` with {epochs} epochs not run",
        "compared": "`{variant}`: ",
        "epochs": "{ours} epochs",
        "backbone": "{ours}",
        "data": "{ours}",
        "images": "{ours} training images",
        "batch": "batch {ours}",
        "no run": "No run of ours",
        "join": ", ",
        "stop": ". ",
        "end": ".",
    },
}
LABELS: dict[Language, dict[str, str]] = {
    "ja": {
        "caption": "公表値と本サイトの値。正解率は%、差はポイント。実行の値を選ぶと、その来歴が開く。",
        "method": "手法",
        "metric": "指標",
        "setting": "公表値の設定",
        "paper": "論文",
        "reimplementation": "公開の再実装",
        "quick": "本サイト（quick）",
        "full": "本サイト（full）",
        "gap": "差",
        "status": "判定",
        "reason": "理由",
        "epochs": "{epochs}エポック",
        "batch": "バッチ{batch}",
        "none": "なし",
        "filter": "表の絞り込み",
        "all": "すべて",
        "data": "データ",
        "text": "文字列",
        "shown": "{shown} / {all}行",
        "download": "この表をダウンロード：",
        "table-region": "{caption}（横にスクロールできる）",
        "provenance": "実行の来歴",
        "seeds": "シード",
        "seed": "シード{seed}",
        "command": "再実行のコマンド",
        "jpeg": "フォルダ`$SSL_CORE_DATA/cifar10`にJPEG再圧縮版を置いた場合。元のCIFAR-10では値が変わる。",
        "commit": "コミット",
        "run-data": "データ",
        "fingerprint": "フィンガープリント",
        "hardware": "計算機",
        "precision": "数値の精度",
        "time": "所要時間",
        "versions": "ライブラリ",
        "figures": "値",
        "means": "平均（かっこ内はシード間の範囲）",
        "record": "実行の記録",
        "protocol": "評価の方法",
        "stale": "この実行の後にコードが変わっている",
        "collapse": "崩壊：",
        "ablation-caption": "アブレーション。平均と、シード間の最小値–最大値（%）。",
        "variant": "変種",
        "change": "`quick`との違い",
        "images": "学習画像",
        "knn": "kNN",
        "linear": "線形評価",
        "knn_untrained": CITED["knn_untrained"]["ja"],
        "nothing": "保存された実行はまだない。",
        "curve": "`{preset}`の学習曲線。{count}手法のkNNの精度（学習中の簡易評価）を、"
        "学習で見た画像の延べ枚数に対して描いた。最後の値が最も高いのは{best}の{best_value}%（{best_seen}枚）、"
        "最も低いのは{worst}の{worst_value}%（{worst_seen}枚）。",
        "curve-of-one": "{best}の`{preset}`の学習曲線。kNNの精度（学習中の簡易評価）を、"
        "学習で見た画像の延べ枚数に対して描いた。最後の値は{best_value}%（{best_seen}枚）。",
        "curve-stage": "{name}の線にかかる縦の破線は、{stage}の終わり（{seen}枚）を示す。",
        "curve-axis": "縦軸は0ではなく{low}%から始まる。",
        "curve-protocol": "学習中の簡易評価はどの手法も同じ方法による：",
        "runs": "{count}回の実行",
        "our-runs": "本サイトの結果（保存した実行{count}件）",
        "uncommitted": "（未コミットの変更を含む）",
        "hours": "{hours}時間{minutes:02d}分",
    },
    "en": {
        "caption": "Published figures and ours. Accuracies in %, gaps in points. Choose a number of ours to open its"
        " provenance.",
        "method": "Method",
        "metric": "Metric",
        "setting": "Setting of the published figure",
        "paper": "Paper",
        "reimplementation": "Public re-implementation",
        "quick": "Ours (quick)",
        "full": "Ours (full)",
        "gap": "Gap",
        "status": "Status",
        "reason": "Reason",
        "epochs": "{epochs} epochs",
        "batch": "batch {batch}",
        "none": "none",
        "filter": "Filter the table",
        "all": "all",
        "data": "Data",
        "text": "Text",
        "shown": "{shown} of {all} rows",
        "download": "Download this table: ",
        "table-region": "{caption} (scrolls sideways)",
        "provenance": "Provenance of the run",
        "seeds": "Seeds",
        "seed": "seed {seed}",
        "command": "Command that repeats it",
        "jpeg": "With the JPEG copy in `$SSL_CORE_DATA/cifar10`; the original CIFAR-10 gives other numbers.",
        "commit": "Commit",
        "run-data": "Data",
        "fingerprint": "Fingerprint",
        "hardware": "Hardware",
        "precision": "Precision",
        "time": "Time",
        "versions": "Libraries",
        "figures": "Figures",
        "means": "Means (in brackets the ranges over the seeds)",
        "record": "Record",
        "protocol": "Evaluation",
        "stale": "Code has changed since this run",
        "collapse": "Collapse: ",
        "ablation-caption": "Ablations: mean, and least to greatest over the seeds, in %.",
        "variant": "Variant",
        "change": "Other than in `quick`",
        "images": "Training images",
        "knn": "kNN",
        "linear": "Linear",
        "knn_untrained": CITED["knn_untrained"]["en"],
        "nothing": "There are no stored runs yet.",
        "curve": "Learning curves of `{preset}`: kNN accuracy of {count} methods (monitor during training) against"
        " the training images seen. The highest at its end is {best} with {best_value}% after {best_seen},"
        " the lowest {worst} with {worst_value}% after {worst_seen}.",
        "curve-of-one": "Learning curve of {best}, `{preset}`: kNN accuracy (monitor during training) against the"
        " training images seen. At its end it is {best_value}% after {best_seen}.",
        "curve-stage": "The vertical dashed line at {name}'s curve marks the end of its {stage} after {seen} images.",
        "curve-axis": "The vertical axis starts at {low}%, not at 0.",
        "curve-protocol": "The monitor is the same for all methods: ",
        "runs": "{count} runs",
        "our-runs": "Our results (stored runs: {count})",
        "uncommitted": " (with uncommitted changes)",
        "hours": "{hours} h {minutes:02d} min",
    },
}


def data_name(name: str, language: Language) -> str:
    """Give a data set's name for readers; that of a folder of images stays as it is.

    >>> data_name("cifar10-jpeg", "en"), data_name("cifar10-jpeg", "ja"), data_name("flowers", "en")
    ('CIFAR-10, JPEG copy', 'CIFAR-10のJPEG再圧縮版', 'flowers')
    """
    return DATA[name][language] if name in DATA else name


def with_code(text: str) -> str:
    """Give a sentence of this file as HTML, with the words between backticks as code.

    >>> with_code("a `b` <c>")
    'a <code>b</code> &lt;c&gt;'
    """
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))
