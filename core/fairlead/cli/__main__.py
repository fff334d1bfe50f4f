"""Where the command `fairlead` starts."""

import gc
import sys

from fairlead import __version__

__all__ = ["main"]


def main() -> None:
    """Run the command line; `fairlead --version` answers before anything else is imported."""
    if sys.argv[1:] == ["--version"]:
        print(f"fairlead {__version__}")  # noqa: T201 - a console would cost more time than the answer
        return
    # the collector would run again and again over modules and documents that stay
    gc.set_threshold(50_000, 20, 20)
    from fairlead.cli.app import run

    sys.exit(run())


if __name__ == "__main__":
    main()
