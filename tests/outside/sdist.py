"""Builds sdist and wheel, looks at them as an index does, and runs the sdist's tests from where it
was unpacked.

`make dist`, which leaves both in dist/. With arguments: those tests, in place of a few.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# One of each kind: they read the package, support, cassettes, documentation, examples.
FEW = (
    "tests/test_distribution.py",
    "tests/test_modules.py",
    "tests/backends",
    "tests/clients/test_recordings.py",
    "tests/docs/test_assumptions.py",
    "tests/world",
)


def main(tests: Sequence[str]) -> int:
    """Exit status 0: both could be built and published, and the tests passed."""
    dist = REPOSITORY / "dist"
    for old in [*dist.glob("*.whl"), *dist.glob("*.tar.gz")]:
        old.unlink()
    _run("-m", "build", "--outdir", str(dist), str(REPOSITORY), cwd=REPOSITORY)
    built = sorted(map(str, [*dist.glob("*.whl"), *dist.glob("*.tar.gz")]))
    _run("-m", "twine", "check", "--strict", *built, cwd=REPOSITORY)
    with tempfile.TemporaryDirectory() as directory:
        with tarfile.open(built[0] if built[0].endswith(".gz") else built[1]) as sdist:
            if sys.version_info >= (3, 12):
                sdist.extractall(directory, filter="data")
            else:
                sdist.extractall(directory)  # noqa: S202  it is ours
        (unpacked,) = Path(directory).iterdir()
        _missing(unpacked)
        # Its own package and not the one that is installed here.
        _run("-m", "pytest", "-q", "-p", "no:cacheprovider", *(tests or FEW), cwd=unpacked)
    return 0


def _missing(unpacked: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    missing = [name for name in listed if not (unpacked / name).exists()]
    if missing:
        raise SystemExit(f"The sdist lacks: {', '.join(missing)}")
    sys.stdout.write(f"The sdist has all {len(listed)} files of the repository.\n")


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cwd)},
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:2])} has failed: status {done.returncode}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
