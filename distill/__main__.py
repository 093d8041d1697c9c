"""The process: `distill`, and `python -m distill`."""

from __future__ import annotations

import os
import sys

# One thread a process, before numpy is imported and reads it: the arrays are small, so that threads would only wait for
# one another (with two compiles on two cores, they tripled the time), and sums do not depend on how many there are.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> int:
    """Run the command line and give its exit status."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    from distill.cli import main as command_line

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
