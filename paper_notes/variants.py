"""What the variants of ablations and studies are, in words; their code words name the folders of results/."""

from paper_notes.results_words import Both
from paper_notes.words import Language

ABLATION = "ablation-"
STUDY = "study-"
UNCHANGED: Both = {"ja": "変更なし", "en": "unchanged"}
VARIANTS: dict[str, dict[str, Both]] = {
    "simclr": {
        "crop-colour": {"ja": "クロップ、左右反転、色の変換", "en": "crop, flip and colour"},
        "crop": {"ja": "クロップと左右反転", "en": "crop and flip"},
        "temperature-0.05": {"ja": "温度0.05", "en": "temperature 0.05"},
        "temperature-0.5": {"ja": "温度0.5", "en": "temperature 0.5"},
        "temperature-1.0": {"ja": "温度1.0", "en": "temperature 1.0"},
        "batch-64": {"ja": "バッチ64枚", "en": "batch of 64"},
        "batch-1024": {"ja": "バッチ1,024枚", "en": "batch of 1,024"},
    },
    "simclrv2": {
        "all-stages": {"ja": "ファインチューニングと蒸留まで", "en": "all stages, distillation included"},
        "from-layer-0": {"ja": "表現hからファインチューニング", "en": "fine-tuned from h, without the projector"},
        "from-layer-3": {"ja": "射影の第3層からファインチューニング", "en": "fine-tuned from projector layer 3"},
    },
    "byol": {
        "byol": UNCHANGED,
        "no-predictor": {"ja": "予測器なし", "en": "no predictor"},
        "tau-0": {"ja": "τ = 0（ターゲットは遅れない）", "en": "τ = 0, the target does not lag"},
        "tau-0.99": {"ja": "τを0.99から始める", "en": "τ starts at 0.99"},
        "tau-0.999": {"ja": "τを0.999から始める", "en": "τ starts at 0.999"},
        "batch-64": {"ja": "バッチ64枚", "en": "batch of 64"},
        "batch-1024": {"ja": "バッチ1,024枚", "en": "batch of 1,024"},
        "tau-1": {"ja": "τ = 1（ターゲットは固定）", "en": "τ = 1, the target stays fixed"},
    },
    "simsiam": {
        "stop-gradient": {"ja": "勾配停止あり", "en": "with stop-gradient"},
        "no-stop-gradient": {"ja": "勾配停止なし", "en": "without stop-gradient"},
        "no-predictor": {"ja": "予測器なし", "en": "no predictor"},
        "fixed-predictor": {"ja": "予測器は乱数の重みのまま", "en": "predictor fixed at random weights"},
    },
    "hcl": {
        "simclr": {"ja": "SimCLRの損失（β = 0、τ⁺ = 0）", "en": "SimCLR's loss (β = 0, τ⁺ = 0)"},
        "simclr-temperature-0.1": {
            "ja": "SimCLRの損失、温度0.1",
            "en": "SimCLR's loss at temperature 0.1",
        },
        "debiased": {"ja": "debiased loss（β = 0）", "en": "debiased loss (β = 0)"},
        "beta-1": {"ja": "β = 1", "en": "β = 1"},
        "beta-6": {"ja": "β = 6", "en": "β = 6"},
    },
    "uhml": {
        "warm-up": {"ja": "SimCLRによるウォームアップのみ", "en": "SimCLR warm-up only"},
        "flat": {"ja": "木の最も細かい一段のみ", "en": "the finest level of the tree only"},
        "hierarchy": {"ja": "木のすべての段", "en": "all levels of the tree"},
        "hyperbolic": {"ja": "すべての段、損失に双曲距離", "en": "all levels, hyperbolic distance in the loss"},
    },
    "hai": {
        "hai": UNCHANGED,
        "no-embedding": {"ja": "拡張パラメータの埋め込みなし", "en": "no embedding of augmentation parameters"},
        "uniform": {"ja": "埋め込みなし、全段にすべての拡張", "en": "no embedding, all augmentations at every stage"},
        "simsiam": {"ja": "最終段の損失のみ（SimSiam）", "en": "the last stage's loss only (SimSiam)"},
    },
}
# Of the studies in ssl_core/studies.
STUDIES: dict[str, dict[str, Both]] = {
    "simclr": {
        "head-none": {"ja": "射影ヘッドなし", "en": "no projection head"},
        "head-linear": {"ja": "線形の射影ヘッド", "en": "linear projection head"},
    },
    "simclrv2": {
        "all-labels": {"ja": "すべてのラベルで学習", "en": "all labels"},
        "half-width": {"ja": "幅を半分にしたエンコーダ", "en": "an encoder of half the width"},
        "distil-labelled": {"ja": "ラベル付き画像だけで蒸留", "en": "distilled on the labelled images only"},
    },
    "byol": {
        "crop": {"ja": "クロップと左右反転", "en": "crop and flip"},
        "no-batchnorm": {"ja": "BatchNormなし", "en": "no BatchNorm"},
    },
    "simsiam": {
        "no-head-batchnorm": {"ja": "ヘッドにBatchNormなし", "en": "no BatchNorm in the heads"},
        "hidden-batchnorm": {"ja": "BatchNormは隠れ層のみ", "en": "BatchNorm on hidden layers only"},
        "constant-predictor-rate": {"ja": "予測器の学習率を一定に", "en": "constant learning rate of the predictor"},
    },
    "uhml": {
        "kmeans": {"ja": "k-meansのクラスタと二値の損失", "en": "k-means clusters and a binary loss"},
        "unseen-warm-up": {"ja": "未知のクラスで評価、ウォームアップのみ", "en": "unseen classes, warm-up only"},
        "unseen-kmeans": {"ja": "未知のクラスで評価、k-means", "en": "unseen classes, k-means"},
        "unseen-hierarchy": {
            "ja": "未知のクラスで評価、木のすべての段",
            "en": "unseen classes, all levels of the tree",
        },
    },
    "hai": {
        "hue-hai": {"ja": "平均色相の判別、変更なし", "en": "mean hue, unchanged"},
        "hue-no-embedding": {"ja": "平均色相の判別、埋め込みなし", "en": "mean hue, no embedding"},
        "hue-uniform": {
            "ja": "平均色相の判別、埋め込みなし、全段にすべての拡張",
            "en": "mean hue, no embedding, all augmentations at every stage",
        },
        "hue-simsiam": {"ja": "平均色相の判別、最終段の損失のみ", "en": "mean hue, the last stage's loss only"},
    },
}


# Studies whose h is trained as that of the ablation they stand beside: its accuracies are no result of theirs.
SAME_FEATURES = {
    "simclrv2": ("study-all-labels", "study-distil-labelled"),
    "hai": ("study-hue-hai", "study-hue-no-embedding", "study-hue-uniform", "study-hue-simsiam"),
}


def variant_words(slug: str, name: str, language: Language) -> str | None:
    """Name the variant whose runs are called `ablation-…` or `study-…`; None where there are no words for it.

    >>> variant_words("simclr", "ablation-crop", "en"), variant_words("simclr", "quick", "en")
    ('crop and flip', None)
    """
    for start, words in ((ABLATION, VARIANTS), (STUDY, STUDIES)):
        if name.startswith(start) and (told := words.get(slug, {}).get(name.removeprefix(start))):
            return told[language]
    return None
