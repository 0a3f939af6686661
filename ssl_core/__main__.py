"""`python -m ssl_core`, and the command `ssl_core`: one sentence instead of a traceback where torch is missing."""

import sys


def run() -> int:
    """Run the command line and return its exit code."""
    try:
        from ssl_core.cli import main
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("ssl_core"):
            raise
        print(f"error: {error.name} is not installed: pip install 'paper-notes[train]' brings it", file=sys.stderr)
        return 1
    return main()


if __name__ == "__main__":
    sys.exit(run())
