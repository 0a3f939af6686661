"""What a demo says about runs that differ in one setting: values, spread over seeds, and what that allows to say.

An effect smaller than the spread over the seeds is called what it is. The runs are those of `reproduce --preset
ablation` and `--preset study`, stored in results/.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ssl_core.data import Dataset
from ssl_core.japanese import data_title_ja
from ssl_core.methods import method_module
from ssl_core.runs import Run, data_title, stored
from ssl_core.study import SEEDS, run_study
from ssl_core.train import train

Values = Sequence[float]


def ablation_runs(slug: str, variants: Iterable[str], repeat_on: Dataset | None = None) -> dict[str, list[Run]]:
    """Return the runs of each variant of a method's ablation, one a seed.

    Args:
        slug: the method.
        variants: keys of its ABLATION.
        repeat_on: data to train all of them on again, minutes for each; None takes the stored runs.

    >>> [len(runs) for runs in ablation_runs("simclr", ("crop", "crop-colour")).values()]
    [3, 3]
    """
    return {variant: [_run(slug, variant, seed, repeat_on) for seed in SEEDS] for variant in variants}


def _run(slug: str, variant: str, seed: int, data: Dataset | None) -> Run:
    if data is None:
        return stored(slug, f"ablation-{variant}-seed{seed}")
    out = Path(tempfile.mkdtemp()) / f"{variant}-seed{seed}"
    return train(slug, method_module(slug).ABLATION[variant], _subset(slug, data), out, seed=seed, progress=False)


def study_runs(slug: str, names: Iterable[str], repeat_on: Dataset | None = None) -> dict[str, list[Run]]:
    """Return the runs of each variant of a method's study, one a seed, as `ablation_runs` does.

    Args:
        slug: the method.
        names: keys of its `ssl_core.study.studies`.
        repeat_on: as for `ablation_runs`.

    >>> [len(runs) for runs in study_runs("simclr", ("head-none", "head-linear")).values()]
    [3, 3]
    """
    if repeat_on is None:
        return {name: [stored(slug, f"study-{name}-seed{seed}") for seed in SEEDS] for name in names}
    subset = _subset(slug, repeat_on)
    return {
        name: [run_study(slug, name, subset, Path(tempfile.mkdtemp()), seed=seed, progress=False) for seed in SEEDS]
        for name in names
    }


def _subset(slug: str, data: Dataset) -> Dataset:
    """Return the part of the data that a method's ablation trains on."""
    return data.subset(min(method_module(slug).ABLATION_IMAGES, len(data.train_images)))


def origin(runs: Mapping[str, list[Run]], repeated: bool) -> tuple[str, str]:
    """Say in Japanese and in English what the runs of an ablation were trained on, and for how long.

    >>> origin(ablation_runs("simclr", ("crop",)), repeated=False)[1]
    'stored runs (10,000 images of CIFAR-10, JPEG copy, 12 epochs, 3 seeds)'
    """
    found = next(iter(runs.values()))
    one = found[0].manifest
    name, images, epochs = one["data"]["name"], f"{one['data']['n_train']:,}", one["settings"]["epochs"]
    return (
        f"{'ここで学習し直した' if repeated else '保存した'}実行 "
        f"({data_title_ja(name)}の{images}枚、{epochs}エポック、シード{len(found)}個)",
        f"{'repeated' if repeated else 'stored'} runs "
        f"({images} images of {data_title(name)}, {epochs} epochs, {len(found)} seeds)",
    )


def results(runs: Mapping[str, list[Run]], name: str) -> dict[str, list[float]]:
    """Return a figure of the final evaluation of every run: variant -> one value a seed."""
    return {variant: [run.results[name] for run in found] for variant, found in runs.items()}


def last(runs: Mapping[str, list[Run]], name: str, scale: float = 1.0) -> dict[str, list[float]]:
    """Return a metric of every run's last epoch that has it, times `scale`: variant -> one value a seed."""
    return {
        variant: [scale * [line[name] for line in run.metrics if name in line][-1] for run in found]
        for variant, found in runs.items()
    }


def signed(value: float, digits: int = 2) -> str:
    """Write a number with a proper minus sign, and none where it rounds to zero.

    >>> signed(-0.985), signed(-0.001)
    ('−0.98', '0.00')
    """
    return f"{value:z.{digits}f}".replace("-", "−")


def span(values: Values, digits: int = 3) -> str:
    """Write the range of values over the seeds, in the same way in both languages.

    >>> span([0.366, 0.354, 0.3616]), span([2, 2], 0), span([-0.97, -0.985], 3)
    ('0.354–0.366', '2', '−0.985 … −0.970')
    """
    low, high = signed(min(values), digits), signed(max(values), digits)
    if low == high:
        return low
    return f"{low} … {high}" if "−" in low + high else f"{low}–{high}"


@dataclass(frozen=True)
class Effect:
    """How two sets of accuracies differ, in points: on average, seed by seed, and whether the seeds separate them."""

    points: float
    apart: bool
    by_seed: Values = ()  # where values of one seed belong together

    @property
    def same_sign(self) -> bool:
        """Whether the difference is known seed by seed and has one sign with all of them, as they are written."""
        written = [round(points, 1) for points in self.by_seed]
        return bool(written) and (min(written) > 0 or max(written) < 0)

    @property
    def ja(self) -> str:
        """The finding in Japanese, without a full stop."""
        seeds = f"シードごとに{'、'.join(map(signed_points, self.by_seed))}。" if self.by_seed else ""
        if self.apart:
            spread = "シード間の範囲は重ならない"
        elif self.same_sign:
            spread = f"どのシードでも{'正' if self.points > 0 else '負'}だが、シード間の範囲は重なる"
        else:
            spread = "シード間の範囲が重なり、差があるとは言えない"
        return f"平均の差は{signed_points(self.points)}ポイント ({seeds}{spread})"

    @property
    def en(self) -> str:
        """The finding in English, without a full stop."""
        seeds = f"seed by seed {', '.join(map(signed_points, self.by_seed))}; " if self.by_seed else ""
        if self.apart:
            spread = "ranges over the seeds apart"
        elif self.same_sign:
            spread = f"{'positive' if self.points > 0 else 'negative'} for every seed, but ranges overlap"
        else:
            spread = "ranges over the seeds overlap: no difference shown"
        return f"the means differ by {signed_points(self.points)} points ({seeds}{spread})"


def effect(first: Values, second: Values, paired: bool = False) -> Effect:
    """Return first minus second, two lists of accuracies between 0 and 1.

    Args:
        first: one value a seed.
        second: likewise.
        paired: whether values of one seed belong together: those of one run, or of two that differ in one thing.

    >>> effect([0.45, 0.46], [0.37, 0.38]).en
    'the means differ by +8.0 points (ranges over the seeds apart)'
    >>> effect([0.40, 0.45], [0.39, 0.43], paired=True).en
    'the means differ by +1.5 points (seed by seed +1.0, +2.0; positive for every seed, but ranges overlap)'
    """
    apart = min(first) > max(second) or min(second) > max(first)
    by_seed = [100 * (a - b) for a, b in zip(first, second, strict=True)] if paired else []
    return Effect(100 * (fmean(first) - fmean(second)), apart, tuple(by_seed))


def signed_points(points: float) -> str:
    """Write a difference with its sign.

    >>> signed_points(-1.25), signed_points(0.04)
    ('−1.2', '+0.0')
    """
    return f"{points:+z.1f}".replace("-", "−")


def table(rows: Mapping[str, Mapping[str, Values]], digits: int = 3) -> str:
    """Return a Markdown table: a row for each variant, a column for each figure, mean and range over the seeds.

    A figure that no seed changes is one value, and has no range.

    Args:
        rows: column title -> variant -> one value a seed; the first column's variants name the rows.
        digits: decimals.

    >>> print(table({"kNN": {"with": [0.4, 0.5], "without": [0.3, 0.3], "pixels": [0.2]}}, digits=2))
    | | kNN |
    |---|---|
    | with | 0.45 (0.40–0.50) |
    | without | 0.30 (0.30) |
    | pixels | 0.20 |
    """
    titles = list(rows)
    lines = [f"| | {' | '.join(titles)} |", f"|---|{'---|' * len(titles)}"]
    for variant in rows[titles[0]]:
        cells = [rows[title][variant] for title in titles]
        words = [
            f"{signed(fmean(values), digits)} ({span(values, digits)})"
            if len(values) > 1
            else signed(values[0], digits)
            for values in cells
        ]
        lines.append(f"| {variant} | {' | '.join(words)} |")
    return "\n".join(lines)
