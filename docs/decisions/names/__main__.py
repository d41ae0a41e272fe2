"""Replay the rename on a checkout: `python docs/decisions/names moves`, then `symbols`, `splits` and `wrap`.

Needs libcst and mypy, the project's own dependencies, and a clean working tree. Each step leaves the tree for you to
look at, to format (`make format`) and to commit.
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))


def main() -> None:
    """Run one step."""
    import moves
    import splits
    import symbols
    import wrap

    steps = {"moves": moves.move, "symbols": symbols.rename, "splits": splits.split, "wrap": wrap.wrap}
    parser = argparse.ArgumentParser(prog="python docs/decisions/names", description=__doc__)
    parser.add_argument("step", choices=steps)
    parser.add_argument("--root", type=Path, default=HERE.parents[3], help="the checkout (this one)")
    words = parser.parse_args()
    steps[words.step](words.root)


if __name__ == "__main__":
    main()
