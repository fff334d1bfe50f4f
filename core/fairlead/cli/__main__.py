"""Where the command `fairlead` starts."""

import sys

from fairlead import __version__

__all__ = ["main"]


def main() -> None:
    """Run the command line; `fairlead --version` answers before anything else is imported."""
    if sys.argv[1:] == ["--version"]:
        print(f"fairlead {__version__}")  # noqa: T201 - a console would cost more time than the answer
        return
    from fairlead.cli.app import run

    sys.exit(run())


if __name__ == "__main__":
    main()
