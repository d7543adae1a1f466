"""The tests of what one is changing: `make test-quick`.

Those quick tests that are changed themselves, or import a module that is; all of them where nothing is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.mutation import HERE, QUICK, ROOMS, nearest_tests

ALL = ("tests/unit", "tests/property")


def changed_files(since: str, tree: Path = HERE) -> list[Path]:
    """The files that differ from a commit, or are in none; not those that are gone."""
    listing = (
        ["diff", "--name-only", "--diff-filter=d", "-z", since],
        ["ls-files", "--others", "--exclude-standard", "-z"],
    )
    said = [
        subprocess.run(["git", *one], cwd=tree, capture_output=True, text=True, check=True).stdout for one in listing
    ]
    return [Path(name) for name in "".join(said).split("\0") if name]


def quick_tests(changed: list[Path]) -> list[str]:
    """The test files that bear on what is changed, each once; on a file that is no module, those of its folder."""
    own = [path.as_posix() for path in changed if path.parent.as_posix() in QUICK and path.match("test_*.py")]
    parts = [
        path if path.suffix == ".py" else path.parent / "__init__.py" for path in changed if path.parts[0] in ROOMS
    ]
    near = [test for part in dict.fromkeys(parts) if (HERE / part).is_file() for test in nearest_tests(part)]
    return list(dict.fromkeys([*own, *near]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", default="HEAD", help="the commit that one started from")
    sys.stdout.write(" ".join(quick_tests(changed_files(parser.parse_args().since)) or ALL))


if __name__ == "__main__":
    main()
