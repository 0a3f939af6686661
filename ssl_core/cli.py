"""The command line: `python -m ssl_core`, also installed as `ssl_core`.

The options of `train METHOD` are made from the fields of the method's settings, so that a new setting is a new
option without a line here. Errors for people become one line on stderr and exit code 1.
"""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path

from ssl_core import __version__
from ssl_core.errors import LostContactError, SslCoreError
from ssl_core.methods import SLUGS, method_module
from ssl_core.methods.base import Settings
from ssl_core.presets import settings_for
from ssl_core.runs import Run, RunError

INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 after an error, 2 for wrong usage, 130 after Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)  # a cluster's way to say Ctrl-C
    try:
        options = parser().parse_args(arguments)
        options.run(options)
    except SslCoreError as error:
        tell(f"error: {error}", always=isinstance(error, LostContactError))
        return 1
    except OSError as error:
        tell(f"error: {error.filename or 'a file'}: {error.strerror}: choose another place or make room")
        return 1
    except KeyboardInterrupt:
        tell("interrupted: `train --resume` and `reproduce` go on from the last finished epoch, if there is one")
        return INTERRUPTED
    return 0


def stop(*_: object) -> None:
    """End like after Ctrl-C, so that run.json says that the run was interrupted."""
    raise KeyboardInterrupt


def tell(message: str, always: bool = False) -> None:
    """Print a line on stderr; of the processes that torchrun started on a machine only the first one does."""
    if always or os.environ.get("LOCAL_RANK", "0") == "0":
        print(message, file=sys.stderr)


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

    exporting = commands.add_parser("export", help="write the trained encoder of a run for other programs")
    exporting.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="a run folder that `train` wrote")
    exporting.add_argument("--format", choices=("onnx", "safetensors"), required=True)
    exporting.add_argument("--out", type=Path, help="the file (default: in the run folder)")
    exporting.set_defaults(run=run_export)

    timing = commands.add_parser("bench", help="time a training step of each method: one JSON object a line")
    timing.add_argument("methods", nargs="*", metavar="METHOD", help="only these methods (default: all)")
    timing.add_argument("--preset", choices=("quick", "full"), help="default: full on a GPU, else quick")
    timing.add_argument("--device", default="auto", help="auto, cpu or cuda")
    timing.set_defaults(run=run_bench)

    studying = commands.add_parser("study", help="train one variant of a study, or list a method's studies")
    studying.add_argument("method", metavar="METHOD")
    studying.add_argument("name", nargs="?", metavar="NAME", help="default: list what there is")
    studying.add_argument("--data", default="cifar10", help="cifar10, shapes or a folder (default: cifar10)")
    studying.add_argument("--images", type=int, help="size of the class-balanced subset (default: as stored)")
    studying.add_argument("--seed", type=int, default=0, help="of weights, shuffling, augmentation (default: 0)")
    studying.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    studying.add_argument("--out", type=Path, help="run folder (default: runs/METHOD-study-NAME-seedN)")
    studying.set_defaults(run=run_study)

    queue = commands.add_parser("reproduce", help="make the stored runs that are missing in results/")
    queue.add_argument("methods", nargs="*", metavar="METHOD", help="only these methods (default: all)")
    queue.add_argument("--preset", choices=("quick", "full", "ablation", "study"), default="quick")
    queue.add_argument("--data", default="cifar10", help="cifar10, shapes or a folder (default: cifar10)")
    queue.add_argument("--minutes", type=float, default=30.0, help="time budget (default: 30)")
    queue.add_argument("--results", type=Path, default=Path("results"), help="default: results")
    queue.add_argument("--runs", type=Path, default=Path("runs"), help="default: runs")
    queue.set_defaults(run=run_reproduce)

    check = commands.add_parser("quick-check", help="train `quick` of each method and compare with its bar")
    check.add_argument("methods", nargs="*", metavar="METHOD", help="only these methods (default: all)")
    check.add_argument("--data", default="cifar10", choices=("cifar10", "shapes"), help="default: cifar10")
    check.add_argument("--runs", type=Path, default=Path("runs"), help="default: runs")
    check.set_defaults(run=run_quick_check)
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
    method.add_argument("--minutes", type=float, help="stop after the epoch that ends later; --resume goes on")
    method.add_argument("--tensorboard", action="store_true", help="write TensorBoard events into the run folder")
    settings = method.add_argument_group("settings", "each replaces the preset's value")
    for field in fields(module.Settings):
        values = ", ".join(f"{shown(getattr(preset, field.name))} {name}" for name, preset in module.PRESETS.items())
        settings.add_argument(
            "--" + field.name.replace("_", "-"),
            type=boolean if isinstance(field.default, bool) else type(field.default),
            help=f"{field.metadata['help']} ({values})",
        )
    method.set_defaults(run=run_train, method=slug)


def shown(value: object) -> str:
    """Return a setting's value as it is typed on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


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
    """Train as the options say, in one process or in all that torchrun started, and print the figures."""
    from ssl_core.data import load
    from ssl_core.distributed import from_first, is_first, processes
    from ssl_core.precision import choose_device
    from ssl_core.run_lock import alone_in
    from ssl_core.train import train

    device = choose_device(options.device)
    preset = options.preset or ("full" if device.type == "cuda" else "quick")
    with processes(device), ExitStack() as held:
        data = from_first(lambda: load(options.data, progress=True))
        if options.images is not None:
            data = data.subset(options.images)
        settings = settings_of(options, preset, len(data.train_images))
        out = options.out or Path("runs") / f"{options.method}-{data.name}-{preset}-seed{options.seed}"
        from_first(lambda: held.enter_context(alone_in(out)))
        on_epoch = None
        if options.tensorboard and is_first():
            from ssl_core.tensorboard import logger

            on_epoch = logger(out / "tensorboard")
        run = train(
            options.method,
            settings,
            data,
            out,
            seed=options.seed,
            preset=preset,
            device=options.device,
            resume=options.resume,
            on_epoch=on_epoch,
            minutes=options.minutes,
        )
        if is_first():
            print_results(run)


def settings_of(options: argparse.Namespace, preset: str, images: int) -> Settings:
    """Return the preset's settings with the options that were given in place of its values."""
    module = method_module(options.method)
    settings = settings_for(options.method, preset, images)
    given = {field.name: getattr(options, field.name) for field in fields(module.Settings)}
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


def print_results(run: Run) -> None:
    """Print each figure of a finished run with its protocol, and a collapse where there is one."""
    manifest = run.manifest
    if manifest["status"] != "finished":
        print(f"stopped after {len(run.metrics)} epochs: repeat with --resume to go on; run folder: {run.folder}")
        return
    for name, value in run.results.items():
        if isinstance(value, float):
            print(f"{name:<18} {value:8.4f}  {manifest['protocol'][name]}")
    if collapse := manifest.get("collapse"):
        print(f"warning: collapsed since epoch {collapse['epoch']}: {collapse['reason']}")
    print(f"{manifest['wall_seconds']:.0f} s on {manifest['data']['name']}; run folder: {run.folder}")


def run_evaluate(options: argparse.Namespace) -> None:
    """Print the figures of a run."""
    from ssl_core.pretrained import evaluate_run

    print(json.dumps(evaluate_run(options.run_dir, options.data, options.device)))


def run_export(options: argparse.Namespace) -> None:
    """Write the encoder and say where, and how exactly it repeats torch's figures."""
    from ssl_core.export import export

    exported = export(options.run_dir, options.format, options.out)
    parity = "" if exported.parity is None else f", within {exported.parity:.1e} of torch"
    print(f"{exported.path}{parity}")


def run_bench(options: argparse.Namespace) -> None:
    """Print the timings of the methods asked for."""
    from ssl_core.bench import bench

    for figures in bench(chosen(options.methods), options.preset, options.device):
        print(json.dumps(figures), flush=True)


def chosen(methods: Sequence[str]) -> tuple[str, ...]:
    """Return the methods named, all where none is; UnknownMethodError for others."""
    for slug in methods:
        method_module(slug)
    return tuple(methods) or SLUGS


def run_study(options: argparse.Namespace) -> None:
    """Train one variant of a study and print its figures; without a name say which there are."""
    from ssl_core import study
    from ssl_core.data import load
    from ssl_core.run_lock import alone_in
    from ssl_core.train import check

    module, found = method_module(options.method), study.studies(options.method)
    if options.name is None:
        print("\n".join(found) or f"{options.method} has no study")
        return
    if options.name not in found:
        known = f"choose one of {', '.join(found)}" if found else "it has none"
        raise study.UnknownStudyError(f"{options.method} has no study '{options.name}': {known}")
    out = options.out or Path("runs") / f"{options.method}-study-{options.name}-seed{options.seed}"
    with alone_in(out):
        if (out / "run.json").exists():
            raise RunError(f"{out}: holds a run already: choose another --out, or take it away")
        data = load(options.data, progress=True)
        images = min(module.ABLATION_IMAGES, len(data.train_images)) if options.images is None else options.images
        data, chosen = data.subset(images), found[options.name]
        check(chosen.settings, chosen.part(data), options.seed)
        print_results(
            study.run_study(options.method, options.name, data, out, seed=options.seed, device=options.device)
        )


def run_reproduce(options: argparse.Namespace) -> None:
    """Work through the queue and say what was made and what is still missing."""
    from ssl_core.reproduce import reproduce

    made, missing = reproduce(
        options.preset, chosen(options.methods), options.data, options.minutes, options.results, options.runs
    )
    print(f"made now: {', '.join(made) or 'nothing'}")
    print(f"still missing: {', '.join(missing) or 'nothing'}")


def run_quick_check(options: argparse.Namespace) -> None:
    """Print a line for each method; fail when one is below its bar."""
    from ssl_core.quick_check import quick_check

    quick_check(chosen(options.methods), options.data, options.runs)
