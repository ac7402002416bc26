"""`python -m secateur`, which is `secateur`."""

import sys

from secateur.parallel.command import main

if __name__ == "__main__":
    sys.exit(main())
