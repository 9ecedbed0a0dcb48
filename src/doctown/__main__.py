"""`python -m doctown`."""

import sys

from doctown.cli import main

if __name__ == "__main__":
    sys.exit(main())
