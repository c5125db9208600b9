"""Run ``chat`` as ``python -m chatapp``."""

import sys

# With `-m`, Python puts the current folder first in `sys.path`, where anybody may have left a `bcrypt.py` (DESIGN R7:
# "No process loads code from its current folder"). This package is already found, so the entry can go.
if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]

from chatapp.cli import main

if __name__ == "__main__":
    main()
