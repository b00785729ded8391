"""Writes the committed sample files: ``python -m opex.sources.sample data/sample``."""

import sys
from pathlib import Path

from opex.sources.sample import generate, write


def main(arguments: list[str]) -> int:
    """Write the files into the folder named, or say how to call this."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m opex.sources.sample FOLDER\n")
        return 2
    write(generate(), Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
