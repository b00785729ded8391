"""``python -m opex.cli`` is ``opex``."""

from opex.cli import main

if __name__ == "__main__":
    main()
