"""BYOL: the online network predicts what a slowly moving average of itself makes of the other view."""

from paper_notes import drawing as d
from paper_notes.words import Language

ALT: dict[Language, str] = {
    "ja": "負例がなくても、ゆっくり動くターゲットを予測することで特徴を学べる。"
    "重みθのオンラインネットワークは、ビューvの射影zから予測器qで予測を作り、"
    "重みξのターゲットネットワークが別のビューv′に対して返す射影z′に合わせる。"
    "勾配はθにだけ流れ、ターゲットの側では止まる。ξはθの指数移動平均 (EMA) として動く。"
    "ビューを入れ替えた項も加え、学習後はオンライン側のエンコーダだけを残す。",
    "en": "Features can be learned without negatives by predicting a slowly moving target. The online network, with "
    "weights θ, takes the projection z of view v and predicts with q the projection z′ that the target "
    "network, with weights ξ, gives to the other view v′. The gradient flows into θ only and stops on the "
    "target's side; ξ follows θ as an exponential moving average (EMA). The term with the views swapped is "
    "added, and after training only the online encoder is kept.",
}
ONLINE, TARGET = 112, 264


def draw() -> str:
    """Draw the online network above, the target below, the loss on the right."""
    return d.figure(650, 372, *_views(), *_online(), *_target(), *_loss(), d.legend(325, 352))


def _views() -> list[str]:
    return [
        d.tile(10, 160, 56),
        d.arrow((70, 176), (102, 138)),
        d.arrow((70, 200), (102, 238)),
        d.tile(106, ONLINE - 26, 52, crop=(22, 5, 72), flip=True),
        d.tile(106, TARGET - 26, 52, crop=(10, 24, 70), hues=("2", "5", "4")),
        d.text(132, ONLINE + 42, "$v$"),
        d.text(132, TARGET - 42, "$v'$"),
    ]


def _online() -> list[str]:
    y = ONLINE
    return [
        d.text(132, 68, "**online**", name="1"),
        d.arrow((162, y), (186, y)),
        d.box(188, y - 27, 50, 54, "$f_θ$", name="1", edge=3),
        d.arrow((240, y), (260, y)),
        d.box(262, y - 27, 50, 54, "$g_θ$", name="1", dropped=True),
        d.arrow((314, y), (334, y)),
        d.node(353, y, "$z$", name="1"),
        d.arrow((372, y), (392, y)),
        d.box(394, y - 27, 50, 54, "$q_θ$", name="1", dropped=True),
        d.arrow((446, y), (466, y)),
        d.pill(501, y, 66, "$q_θ(z)$", name="1"),
    ]


def _target() -> list[str]:
    y = TARGET
    return [
        d.text(132, 308, "**target**", name="2"),
        d.arrow((162, y), (186, y)),
        d.box(188, y - 27, 50, 54, "$f_ξ$", name="2", dropped=True),
        d.arrow((240, y), (260, y)),
        d.box(262, y - 27, 50, 54, "$g_ξ$", name="2", dropped=True),
        d.arrow((314, y), (334, y)),
        d.node(353, y, "$z'$", name="2"),
        d.arrow((213, ONLINE + 30), (213, y - 30), name="2", dashed=True),
        d.arrow((287, ONLINE + 30), (287, y - 30), name="2", dashed=True),
        d.text(300, 178, "EMA", anchor="start", name="2"),
        d.text(300, 200, "$ξ ← τξ + (1 − τ)θ$", anchor="start", name="2"),
    ]


def _loss() -> list[str]:
    return [
        d.arrow((536, ONLINE), (582, ONLINE), (582, 168)),
        d.arrow((372, TARGET), (582, TARGET), (582, 208)),
        d.stop_gradient(470, TARGET),
        d.text(470, TARGET + 25, "stop-gradient", name="4"),
        d.pill(582, 188, 94, "distance"),
        d.gradient((611, 168), 44, (419, 82), (287, 82), (213, 82)),
        d.text(510, 26, "gradient: only into $θ$", name="3"),
        d.text(520, 318, "+ the same, $v$ and $v'$ swapped", size=15, name="muted"),
    ]
