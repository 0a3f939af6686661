"""How a figure was measured, in the language of the page: run.json says it in English sentences of fixed forms.

A test holds the forms to what the stored runs say; a sentence of another form is shown as it stands.
"""

import re
from html import escape

from paper_notes.words import Language, image_count

# `{name}` stands for a word or number, `{images}` and `{tests}` for numbers of images.
JAPANESE = {
    "k = {k}, temperature {tau}, cosine, memory: {images} training images, features {feature}": (
        "k = {k}、温度{tau}、コサイン類似度、参照する学習画像は{images}枚、特徴は{feature}"
    ),
    "k = {k}, temperature {tau}, cosine, memory: {images} training images, "
    "features {feature} of the encoder before training": (
        "k = {k}、温度{tau}、コサイン類似度、参照する学習画像は{images}枚、特徴は学習前のエンコーダの{feature}"
    ),
    "k = {k}, temperature {tau}, cosine, features {feature}, memory: {images} training images at most, "
    "{tests} test images at most": (
        "k = {k}、温度{tau}、コサイン類似度、特徴は{feature}、"
        "参照する学習画像は{images}枚以下、テスト画像は{tests}枚以下"
    ),
    "logistic regression, L-BFGS, {k} iterations, weight decay {decay}, standardised frozen features {feature}": (
        "固定した特徴{feature}を標準化し、ロジスティック回帰で分類（L-BFGS {k}反復、重み減衰{decay}）"
    ),
    "nearest other test image by cosine has the same class, features {feature}": (
        "コサイン類似度で最も近い別のテスト画像が同じクラスである割合、特徴は{feature}"
    ),
    "one of the {k} nearest others by cosine has the same class, all test images, features {feature}": (
        "コサイン類似度で近い{k}枚の別のテスト画像のうち一枚でも同じクラスである割合、全テスト画像、特徴は{feature}"
    ),
    "one of the {k} nearest others by cosine has the same class, "
    "test images of classes that training has not seen, features {feature}": (
        "コサイン類似度で近い{k}枚の別のテスト画像のうち一枚でも同じクラスである割合、"
        "学習に使わなかったクラスのテスト画像、特徴は{feature}"
    ),
    "accuracy on all test images after the last step: {network}, {k} of {layers} projector layers and a classifier, "
    "from random weights, all weights trained for {epochs} epochs on {images} labels ({each} a class)": (
        "最後のステップの後の、全テスト画像での正解率。{network}に、射影ヘッド{layers}層のうち{k}層と分類器を載せ、"
        "ランダムな重みから、{images}枚のラベル（クラスあたり{each}枚）で{epochs}エポック、すべての重みを学習"
    ),
    "accuracy on all test images after the last step: {network}, {k} of {layers} projector layers and a classifier, "
    "from the pre-trained weights, all weights trained for {epochs} epochs on {images} labels ({each} a class)": (
        "最後のステップの後の、全テスト画像での正解率。{network}に、射影ヘッド{layers}層のうち{k}層と分類器を載せ、"
        "事前学習した重みから、{images}枚のラベル（クラスあたり{each}枚）で{epochs}エポック、すべての重みを学習"
    ),
    "accuracy on all test images after the last step: {network}, {k} of {layers} projector layers and a classifier, "
    "from the pre-trained weights, {epochs} epochs on all training images, without labels, towards {teacher}": (
        "最後のステップの後の、全テスト画像での正解率。{network}に、射影ヘッド{layers}層のうち{k}層と分類器を載せ、"
        "事前学習した重みから、ラベルなしの全学習画像で{epochs}エポック、{teacher}を教師として学習"
    ),
    "accuracy on all test images after the last step: {network}, {k} of {layers} projector layers and a classifier, "
    "from the pre-trained weights, on {images} labelled training images for as many steps as {epochs} epochs of all "
    "take, without labels, towards {teacher}": (
        "最後のステップの後の、全テスト画像での正解率。{network}に、射影ヘッド{layers}層のうち{k}層と分類器を載せ、"
        "事前学習した重みから、ラベル付きの{images}枚だけを、全学習画像の{epochs}エポックと同じステップ数だけ使い、"
        "ラベルは使わず、{teacher}を教師として学習"
    ),
    "accuracy on all test images after the last step: {network}, {k} of {layers} projector layers and a classifier, "
    "half as wide, from random weights, on {images} labelled training images for as many steps as {epochs} epochs "
    "of all take, without labels, towards {teacher}": (
        "最後のステップの後の、全テスト画像での正解率。幅を半分にした{network}に、射影ヘッド{layers}層のうち{k}層と"
        "分類器を載せ、ランダムな重みから、ラベル付きの{images}枚だけを、全学習画像の{epochs}エポックと同じステップ数"
        "だけ使い、ラベルは使わず、{teacher}を教師として学習"
    ),
    "accuracy of a linear probe on h that names the tenth of the mean hue of an image, "
    "at most {images} training and {tests} test images, chance 0.1": (
        "画像の平均色相が十区間のどれかを当てる、hの上の線形分類器の正解率。"
        "学習画像は{images}枚以下、テスト画像は{tests}枚以下、チャンスレベル0.1"
    ),
    "accuracy of a linear probe on h of the encoder before training that names the tenth of the mean hue "
    "of an image, at most {images} training and {tests} test images, chance 0.1": (
        "画像の平均色相が十区間のどれかを当てる、学習前のエンコーダのhの上の線形分類器の正解率。"
        "学習画像は{images}枚以下、テスト画像は{tests}枚以下、チャンスレベル0.1"
    ),
    "accuracy on all test images after the last step: {network}, {k} of {layers} projector layers and a classifier, "
    "half as wide, from random weights, {epochs} epochs on all training images, without labels, towards {teacher}": (
        "最後のステップの後の、全テスト画像での正解率。幅を半分にした{network}に、射影ヘッド{layers}層のうち{k}層と"
        "分類器を載せ、ランダムな重みから、ラベルなしの全学習画像で{epochs}エポック、{teacher}を教師として学習"
    ),
    "accuracy of a linear probe on h of two views that names the tenth of the difference in brightness, "
    "at most {images} training and {tests} test images, chance 0.1": (
        "二つのビューの明度の差が十段階のどれかを当てる、hの上の線形分類器の正解率。"
        "学習画像は{images}枚以下、テスト画像は{tests}枚以下、チャンスレベル0.1"
    ),
    "E[1 - cos(g(x), g(Tx))] / E[1 - cos(g(x), g(x'))], T: jitter, g: stage {stage}, at most {tests} test images": (
        "E[1 − cos(g(x), g(Tx))] / E[1 − cos(g(x), g(x'))]、Tはジッタ、"
        "gは第{stage}ステージ、テスト画像は{tests}枚以下"
    ),
    "mean inner product of z of images whose clusters differ in the finest cuts, {level} of them, relative to none, "
    "Ward tree over z of at most {images} training images": (
        "細かいほうから{level}段で別のクラスタに分かれる画像どうしのzの内積の平均を、どの段でも分かれない画像どうしの平均で"
        "割った値。ウォード法の木は{images}枚以下の学習画像のzによる"
    ),
    "inverse mean distance of z of images whose clusters differ in the finest cuts, {level} of them, relative "
    "to none, Ward tree over z of at most {images} training images": (
        "細かいほうから{level}段で別のクラスタに分かれる画像どうしのzの距離の平均の逆数を、どの段でも分かれない画像どうしの"
        "値で割った値。ウォード法の木は{images}枚以下の学習画像のzによる"
    ),
    "collapse: the l2-normalised outputs have std * sqrt(d) = {std} (at least {least} is healthy)": (
        "l2正規化した出力の標準偏差に√dを掛けた値が{std}（{least}以上が正常）"
    ),
    "collapse to a line: the variance of the l2-normalised outputs has effective rank {rank} in {d} dimensions "
    "(at least {least} is healthy); whether h still learns, its kNN tells": (
        "一本の線への崩壊。l2正規化した出力の分散の有効ランクが{d}次元のうち{rank}（{least}以上が正常）。"
        "hの学習が続いているかはkNNに表れる"
    ),
    "stage {stage}: collapse to a line: the variance of the l2-normalised outputs has effective rank {rank} "
    "in {d} dimensions (at least {least} is healthy); whether h still learns, its kNN tells": (
        "第{stage}ステージ：一本の線への崩壊。l2正規化した出力の分散の有効ランクが{d}次元のうち{rank}（{least}以上が正常）。"
        "hの学習が続いているかはkNNに表れる"
    ),
}
FORMS = {
    re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[\\w.-]+)", re.escape(form))): told
    for form, told in JAPANESE.items()
}


def protocol_html(sentence: str, language: Language) -> str:
    """Give a sentence of run.json as HTML, marked as English where it stays so on a Japanese page.

    >>> protocol_html("a new protocol", "ja")
    '<span lang="en">a new protocol</span>'
    """
    told = protocol_text(sentence, language)
    stays_english = language == "ja" and sentence and told == sentence
    return f'<span lang="en">{escape(told)}</span>' if stays_english else escape(told)


def protocol_text(sentence: str, language: Language) -> str:
    """Give a sentence of run.json in a language; English where it has no known form.

    >>> protocol_text("nearest other test image by cosine has the same class, features z", "ja")
    'コサイン類似度で最も近い別のテスト画像が同じクラスである割合、特徴はz'
    """
    if language == "en":
        return sentence
    for form, japanese in FORMS.items():
        if found := form.fullmatch(sentence):
            words = found.groupdict()
            counts = {name: image_count(int(words[name]), language) for name in ("images", "tests") if name in words}
            return japanese.format(**words | counts)
    return sentence
