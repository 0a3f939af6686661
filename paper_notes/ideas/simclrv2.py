"""SimCLRv2: pre-train big without labels, fine-tune on few labels, distil into a student."""

from paper_notes import drawing as d
from paper_notes.words import Language

ALT: dict[Language, str] = {
    "ja": "ラベルなし画像を事前学習と蒸留の二度使えば、少数のラベルで高い精度が得られる。"
    "第一段階では、大きなエンコーダfと3層のヘッドをラベルなしで対照学習する。"
    "第二段階では、fとヘッドの最初の層W₁を残し、線形分類器を載せて、少数のラベルですべての重みを学習する。"
    "第三段階では、このネットワークを固定して教師とし、そのクラス確率Pᵀに、生徒の確率Pˢを交差エントロピーで合わせる。"
    "勾配は生徒にだけ流れる。",
    "en": "Few labels give high accuracy when images without labels are used twice, for pre-training and for "
    "distillation. Step 1 trains a big encoder f with a head of 3 layers by contrast, without labels. Step 2 "
    "keeps f and the head's first layer W₁, puts a linear classifier on top and trains all weights on the few "
    "labels. Step 3 freezes this network as a teacher; a student matches its own class probabilities Pˢ to "
    "the teacher's, Pᵀ, by cross-entropy. The gradient reaches the student only.",
}


def draw() -> str:
    """Draw the three steps side by side, each from the image at the bottom to the loss at the top."""
    kept = d.legend(325, 408, "kept", "thrown away")
    return d.figure(650, 426, *_pretrain(), *_finetune(), *_distil(), kept)


def _step(centre: float, title: str, images: str) -> list[str]:
    return [d.text(centre, 22, f"**{title}**"), d.text(centre, 45, images, size=15, name="muted")]


def _learning(loss: d.Point, x: float, edge: float, *heights: float) -> list[str]:
    """Draw the way of the gradient from the edge of a loss down the side of a network to the parts that learn."""
    down = d.line(loss, (x, loss[1]), (x, heights[-1]), name="3", width=2.2)
    return [down, *(d.arrow((x, y), (edge, y), name="3", width=2.2) for y in heights)]


def _pretrain() -> list[str]:
    return [
        *_step(105, "1 pre-train", "all images, no labels"),
        d.pill(105, 84, 110, "contrast"),
        d.arrow((105, 122), (105, 103)),
        d.box(50, 124, 110, 26, "layer 3", name="1", dropped=True),
        d.arrow((105, 166), (105, 152)),
        d.box(50, 168, 110, 26, "layer 2", name="1", dropped=True),
        d.arrow((105, 210), (105, 196)),
        d.box(50, 212, 110, 26, "layer $W_1$", name="1", edge=3),
        d.arrow((105, 258), (105, 240)),
        d.box(50, 260, 110, 52, "$f$", name="1", edge=3, size=20),
        *(d.arrow((x, 332), (x, 314)) for x in (78, 132)),
        d.tile(56, 334, 44, crop=(22, 5, 72), flip=True),
        d.tile(110, 334, 44, crop=(10, 24, 70), hues=("2", "5", "4")),
        *_learning((49, 84), 22, 48, 137, 181, 225, 286),
    ]


def _finetune() -> list[str]:
    return [
        *_step(315, "2 fine-tune", "few labelled images"),
        d.arrow((162, 225), (258, 225), dashed=True, name="muted"),
        d.arrow((162, 286), (258, 286), dashed=True, name="muted"),
        d.text(210, 256, "weights", size=15, name="muted"),
        d.pill(315, 84, 118, "cross-entropy"),
        d.arrow((315, 166), (315, 103)),
        d.box(260, 168, 110, 26, "new $W^{task}$", name="2", edge=3),
        d.arrow((315, 210), (315, 196)),
        d.box(260, 212, 110, 26, "layer $W_1$", name="1", edge=3),
        d.arrow((315, 258), (315, 240)),
        d.box(260, 260, 110, 52, "$f$", name="1", edge=3, size=20),
        d.arrow((292, 332), (292, 314)),
        d.tile(270, 334, 44, motif="boat", hues=("1", "6", "2")),
        d.text(322, 356, "label $y$", anchor="start"),
        *_learning((375, 84), 398, 372, 181, 225, 274),
    ]


def _distil() -> list[str]:
    return [
        *_step(532, "3 distil", "all images, labels unused"),
        d.arrow((372, 300), (442, 300), dashed=True, name="muted"),
        d.box(444, 212, 76, 100, name="1", edge=3),
        d.text(482, 242, "teacher"),
        d.text(482, 264, "= step 2,", size=15, name="muted"),
        d.text(482, 284, "frozen", size=15, name="muted"),
        d.box(548, 226, 70, 86, "student", name="5", edge=3),
        d.tile(511, 336, 44, motif="flower", hues=("6", "3", "4")),
        d.arrow((508, 358), (482, 358), (482, 314)),
        d.arrow((558, 358), (583, 358), (583, 314)),
        d.arrow((482, 210), (482, 187)),
        d.node(482, 166, "$P^T$", name="1", radius=19),
        d.arrow((583, 224), (583, 187)),
        d.node(583, 166, "$P^S$", name="5", radius=19),
        d.pill(532, 84, 118, "cross-entropy"),
        d.arrow((482, 145), (482, 101)),
        *(d.line((471, y + 3), (493, y - 3), name="4", width=3) for y in (119, 127)),
        d.arrow((583, 145), (583, 101)),
        *_learning((592, 84), 642, 620, 269),
    ]
