"""What every demo notebook needs around its method: its mode, its data, computed prose, provenance."""

import os
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy import atleast_1d

from ssl_core import plots
from ssl_core.comparison import signed
from ssl_core.data import DataNotFoundError, Dataset, load
from ssl_core.errors import SslCoreError
from ssl_core.runs import Run
from ssl_core.shapes import shapes

MODES = ("short", "live", "full")
ROOT_VARIABLE = "SSL_CORE_DATA"
PROVENANCE_TYPE = "application/vnd.paper-notes+json"


class NotebookError(SslCoreError):
    """A notebook that is run in a way it does not offer."""


def demo_mode() -> str:
    """Return $SSL_CORE_DEMO: short (seconds, for tests), live (minutes on a CPU, the default) or full (a GPU)."""
    mode = os.environ.get("SSL_CORE_DEMO", "live")
    if mode not in MODES:
        raise NotebookError(f"SSL_CORE_DEMO is '{mode}': choose one of {', '.join(MODES)}")
    return mode


def demo_data(mode: str) -> Dataset:
    """Return CIFAR-10, or the procedural shapes in short mode and, with a banner, where CIFAR-10 cannot be had."""
    if mode == "short":
        banner(
            ja="短縮モード：CIFAR-10 の代わりに小さな合成図形データを使う。数値は論文と比較できない。",
            en="Short mode: a small set of drawn shapes instead of CIFAR-10. No figure here compares with the paper.",
        )
        return shapes(n_train=1000, n_test=400)
    try:
        return load("cifar10", progress=True)
    except DataNotFoundError:
        banner(
            ja="CIFAR-10 が見つからないため、合成図形データで代用する。数値は論文と比較できない。"
            f"CIFAR-10 を使うには、環境変数 {ROOT_VARIABLE} でデータのフォルダを指定するか、ネットワークに接続する。",
            en="CIFAR-10 is not here, so drawn shapes stand in. No figure here compares with the paper. "
            f"To use CIFAR-10, name its folder in the variable {ROOT_VARIABLE}, or connect to the network.",
        )
        return shapes()


def banner(*, ja: str, en: str) -> None:
    """Show a warning in both languages that nobody can overlook."""
    say(ja=f"> **⚠ {ja}**", en=f"> **⚠ {en}**")


def say(*, ja: str, en: str) -> None:
    """Show computed prose (Markdown) in both languages; a page of the site keeps its own language."""
    from IPython.display import display

    for language, text in (("ja", ja), ("en", en)):
        display({"text/markdown": text, "text/plain": text}, raw=True, metadata={"paper_notes": {"lang": language}})


@dataclass(frozen=True)
class Curve:
    """A metric that `live_curve` follows: its key in the metrics, its axis name with unit, its name in prose."""

    key: str
    label: str
    ja: str
    en: str
    scale: float = 1.0

    def points(self, metrics: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
        """Return the epochs, counted through all stages, that have the metric, and its values."""
        found = [(epoch, self.scale * line[self.key]) for epoch, line in enumerate(metrics, 1) if self.key in line]
        return [epoch for epoch, _ in found], [value for _, value in found]


LOSS = Curve("loss", "training loss (nats)", "損失", "loss")
KNN = Curve(
    "knn_monitor",
    "kNN of h (fraction),\npart of the data",
    "一部のデータによるkNNの精度",
    "kNN accuracy on a part of the data",
)


def live_curve(title: str, curves: Sequence[Curve] = (LOSS, KNN)) -> Callable[[list[dict[str, Any]]], None]:
    """Return a callback for `train(on_epoch=…)` that draws the epochs so far into one figure, a panel a curve."""
    handle: Any = None

    def draw(metrics: list[dict[str, Any]]) -> None:
        nonlocal handle
        figure, panels = plots.new_figure(8, 3.2, columns=len(curves))
        ja, en = [], []
        for axes, curve, colour in zip(atleast_1d(panels), curves, plots.SERIES, strict=False):
            epochs, values = curve.points(metrics)
            axes.plot(epochs, values, marker="o", color=colour)
            axes.set(xlabel="epoch", ylabel=curve.label)
            axes.xaxis.get_major_locator().set_params(integer=True)
            if values:
                ja.append(f"{curve.ja}は{signed(values[0])}から{signed(values[-1])}へ")
                en.append(f"{curve.en} from {signed(values[0])} to {signed(values[-1])}")
        figure.suptitle(title, fontsize=11)
        handle = plots.show_live(
            handle, figure, ja=f"学習曲線：{'、'.join(ja)}。", en=f"Learning curves: {', '.join(en)}."
        )

    return draw


def provenance(run: Run, mode: str) -> None:
    """Show where the notebook's figures come from, for people and, hidden, for the site."""
    from IPython.display import display

    manifest = run.manifest
    facts = {
        "data": manifest["data"],
        "git_commit": manifest["git_commit"],
        "versions": manifest["versions"],
        "hardware": manifest["hardware"],
        "training_seconds": manifest["wall_seconds"],
        "peak_memory_bytes": manifest["peak_memory_bytes"],
        "mode": mode,
    }
    settings = ", ".join(f"{name} {value}" for name, value in manifest["settings"].items())
    lines = [
        f"data          {manifest['data']['name']}, {manifest['data']['n_train']} training images",
        f"fingerprint   {manifest['data']['fingerprint']}",
        f"seed          {manifest['seed']}",
        textwrap.fill(f"settings      {settings}", width=90, subsequent_indent=" " * 14),
        f"hardware      {manifest['hardware']['cpu']}, {manifest['hardware']['cores']} cores, "
        f"GPU: {manifest['hardware']['gpu'] or 'none'}",
        f"versions      {', '.join(f'{name} {version}' for name, version in manifest['versions'].items())}",
        f"commit        {manifest['git_commit'] or 'not in a checkout'}",
        f"training      {manifest['wall_seconds']:.0f} s, {manifest['pairs_per_second']:.0f} pairs/s",
        f"peak memory   {manifest['peak_memory_bytes'] / 2**30:.1f} GiB",
    ]
    display({PROVENANCE_TYPE: facts, "text/plain": "\n".join(lines)}, raw=True)
