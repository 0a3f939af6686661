"""The command line `paper-notes`: builds and serves the site, adds papers, checks the repository.

A further sub-command is a function that takes the parsed arguments, registered in `_parser`.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from paper_notes.errors import PaperNotesError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 for faults (one line each on stderr), 2 for wrong usage."""
    parsed = _parser().parse_args(arguments)
    from paper_notes.site import messages

    try:
        status: int | None = parsed.run(parsed)
        sys.stdout.flush()
    except PaperNotesError as error:
        for line in messages(error):
            print(f"error: {line}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has enough. Python would flush it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"error: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        return 1
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="paper-notes", description="Make the bilingual site of paper notes.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="build both languages into site/; any warning fails")
    build.set_defaults(run=_build)

    serve = commands.add_parser("serve", help="build, serve on this machine, build again on changes")
    serve.add_argument("--port", type=_port, default=8000, help="port to listen on (default: 8000)")
    serve.set_defaults(run=_serve)

    demos = commands.add_parser("demos", help="execute the notebooks that are out of date")
    demos.add_argument("slug", nargs="?", metavar="SLUG", help="only this notebook, out of date or not")
    demos.set_defaults(run=_demos)

    add = commands.add_parser("add", help="add a paper: its entry, both pages, with --demo a method and a notebook")
    add.add_argument("entry", metavar="ENTRY.bib", help="a file with one BibTeX entry, or - for standard input")
    add.add_argument("--slug", help="the short name of its files (default: the one in its title, else he2020)")
    add.add_argument("--chapter", help="its chapter in the reading list (default: the only one)")
    add.add_argument("--demo", action="store_true", help="with a method that already runs, its test and a notebook")
    add.set_defaults(run=_add)

    check = commands.add_parser("check", help="list everything inconsistent or unfinished in the repository")
    check.set_defaults(run=_check)
    return parser


def _add(arguments: argparse.Namespace) -> None:
    from paper_notes.add import add, read_input
    from paper_notes.site import find_root, site_extra
    from paper_notes.unfinished import to_do

    root = find_root(Path.cwd())
    text, shown = read_input(arguments.entry, sys.stdin.buffer if sys.stdin else io.BytesIO())
    options = {"slug": arguments.slug, "chapter": arguments.chapter, "demo": arguments.demo}
    files, notes = add(root, text, shown, site_extra(root), **options)
    for note in notes:
        print(note)
    print("written:", *(path.relative_to(root).as_posix() for path in files), sep="\n  ")
    print("still to be filled in:", *to_do(root, files), sep="\n  ")


def _check(arguments: argparse.Namespace) -> int:
    from paper_notes.check import check
    from paper_notes.site import find_root

    errors, left = check(find_root(Path.cwd()))
    stop = "error, which stops the build" if len(errors) == 1 else "errors, which stop the build"
    for title, faults in ((stop, errors), ("unfinished", left)):
        if faults:
            print(f"{len(faults)} {title}:", *faults, "", sep="\n")
    print("Links between pages are checked by `make site`." if errors or left else "Nothing is wrong or unfinished.")
    return 1 if errors else 0


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def _build(arguments: argparse.Namespace) -> None:
    from paper_notes.site import build_site, find_root

    root = find_root(Path.cwd())
    build_site(root, root / "site")
    print(f"built {root / 'site'}")


def _serve(arguments: argparse.Namespace) -> None:
    from paper_notes.serve import serve
    from paper_notes.site import find_root

    print("building both languages, a minute or two …", flush=True)
    serve(find_root(Path.cwd()), arguments.port)


def _demos(arguments: argparse.Namespace) -> None:
    from paper_notes.execute import run_demos
    from paper_notes.site import find_root, site_extra

    root = find_root(Path.cwd())
    executed = run_demos(root, arguments.slug, site_extra(root)["repository"])
    print(f"executed: {', '.join(executed) or 'nothing, all are up to date'}")


if __name__ == "__main__":
    sys.exit(main())
