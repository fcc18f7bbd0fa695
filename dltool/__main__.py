"""The program `dltool`, also as `python -m dltool`."""

import sys


def main() -> int:
    """Run the command line; Ctrl-C ends it quietly while its imports still run, too."""
    try:
        from dltool.cli.main import main as run
    except KeyboardInterrupt:
        return 130
    return run()


if __name__ == "__main__":
    sys.exit(main())
