"""Run ``chat`` as ``python -m chatapp``."""

import sys

# Python put the current folder first, where anybody may have left a `bcrypt.py` (DESIGN R7: "No process loads code from
# its current folder"). The package itself is found already.
if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]

from chatapp.cli import main

if __name__ == "__main__":
    main()
