"""The command line: `python -m ssl_core`, also installed as `ssl_core`.

The options of `train METHOD` are made from the fields of the method's settings, so that a new setting is a new
option without a line here. Errors for people become one line on stderr and exit code 1.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from ssl_core import __version__
from ssl_core.errors import SslCoreError
from ssl_core.methods import SLUGS, method_module
from ssl_core.methods.base import with_epochs_for

INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 after an error, 2 for wrong usage, 130 after Ctrl-C."""
    try:
        options = parser().parse_args(arguments)
        options.run(options)
    except SslCoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"error: {error.filename or 'a file'}: {error.strerror}: choose another place or make room",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(
            "interrupted: repeat `train` with --resume to go on from the last finished epoch, if there is one",
            file=sys.stderr,
        )
        return INTERRUPTED
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="ssl_core", description="Train and evaluate self-supervised methods on CIFAR-10."
    )
    top.add_argument("--version", action="version", version=f"ssl_core {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    methods = commands.add_parser("methods", help="list the methods")
    methods.set_defaults(run=run_methods)

    training = commands.add_parser("train", help="train a method, evaluate its last epoch, leave a run folder")
    by_method = training.add_subparsers(required=True, metavar="METHOD")
    for slug in SLUGS:
        add_training_options(by_method.add_parser(slug, help=first_line(slug)), slug)

    evaluation = commands.add_parser("evaluate", help="print the figures of a run as one JSON object")
    evaluation.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="a run folder that `train` wrote")
    evaluation.add_argument("--data", help="where the run's data are (default: as the run says)")
    evaluation.add_argument("--device", default="auto", help="auto, cpu or cuda")
    evaluation.set_defaults(run=run_evaluate)

    queue = commands.add_parser("reproduce", help="make the stored runs that are missing in results/")
    queue.add_argument("methods", nargs="*", metavar="METHOD", help="only these methods (default: all)")
    queue.add_argument("--preset", choices=("quick", "full", "ablation"), default="quick")
    queue.add_argument("--data", default="cifar10", help="cifar10, shapes or a folder (default: cifar10)")
    queue.add_argument("--minutes", type=float, default=30.0, help="time budget (default: 30)")
    queue.add_argument("--results", type=Path, default=Path("results"), help="default: results")
    queue.add_argument("--runs", type=Path, default=Path("runs"), help="default: runs")
    queue.set_defaults(run=run_reproduce)
    return top


def first_line(slug: str) -> str:
    """Return the first line of a method module's docstring: name and title of its paper."""
    return (method_module(slug).__doc__ or "").partition("\n")[0]


def add_training_options(method: argparse.ArgumentParser, slug: str) -> None:
    """Add the options of `train METHOD`: those of every run, and one for each of the method's settings."""
    module = method_module(slug)
    method.add_argument("--data", default="cifar10", help="cifar10, shapes or a folder (default: cifar10)")
    method.add_argument("--images", type=int, help="train on a class-balanced subset of this many images")
    method.add_argument(
        "--preset",
        choices=sorted(module.PRESETS),
        help="default: full on a GPU, else quick (more epochs on sets smaller than CIFAR-10)",
    )
    method.add_argument("--seed", type=int, default=0, help="of weights, shuffling, augmentation (default: 0)")
    method.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    method.add_argument("--out", type=Path, help="run folder (default: runs/METHOD-DATA-PRESET-seedN)")
    method.add_argument("--resume", action="store_true", help="go on from the run folder's last epoch")
    settings = method.add_argument_group("settings", "each replaces the preset's value")
    for field in fields(module.Settings):
        values = ", ".join(f"{getattr(preset, field.name)} {name}" for name, preset in module.PRESETS.items())
        settings.add_argument(
            "--" + field.name.replace("_", "-"),
            type=boolean if isinstance(field.default, bool) else type(field.default),
            help=f"{field.metadata['help']} ({values})",
        )
    method.set_defaults(run=run_train, method=slug)


def boolean(text: str) -> bool:
    """Return the truth value that an option names: true or false."""
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"'{text}' is neither true nor false")
    return text == "true"


def run_methods(_: argparse.Namespace) -> None:
    """Print a line for each method."""
    for slug in SLUGS:
        print(f"{slug:<10} {first_line(slug)}")


def run_train(options: argparse.Namespace) -> None:
    """Train as the options say and print the figures."""
    from ssl_core.data import load
    from ssl_core.precision import choose_device
    from ssl_core.train import train

    module = method_module(options.method)
    preset = options.preset or ("full" if choose_device(options.device).type == "cuda" else "quick")
    data = load(options.data, progress=True)
    settings = module.PRESETS[preset]
    if preset == "quick":
        settings = with_epochs_for(settings, len(data.train_images))
    given = {field.name: getattr(options, field.name) for field in fields(module.Settings)}
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    if options.images is not None:
        data = data.subset(options.images)
    out = options.out or Path("runs") / f"{options.method}-{data.name}-{preset}-seed{options.seed}"
    run = train(
        options.method,
        settings,
        data,
        out,
        seed=options.seed,
        preset=preset,
        device=options.device,
        resume=options.resume,
    )
    for name, value in run.results.items():
        print(f"{name:<14} {value:.4f}  {run.manifest['protocol'][name]}")
    print(f"{run.manifest['wall_seconds']:.0f} s on {data.name}; run folder: {out}")


def run_evaluate(options: argparse.Namespace) -> None:
    """Print the figures of a run."""
    from ssl_core.pretrained import evaluate_run

    print(json.dumps(evaluate_run(options.run_dir, options.data, options.device)))


def run_reproduce(options: argparse.Namespace) -> None:
    """Work through the queue and say what was made and what is still missing."""
    from ssl_core.reproduce import reproduce

    for slug in options.methods:
        method_module(slug)
    slugs = tuple(options.methods) or SLUGS
    made, missing = reproduce(options.preset, slugs, options.data, options.minutes, options.results, options.runs)
    print(f"made now: {', '.join(made) or 'nothing'}")
    print(f"still missing: {', '.join(missing) or 'nothing'}")
