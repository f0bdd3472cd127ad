"""Installs the built wheel in an environment of its own and runs `suite.py` from outside the
repository, mode by mode.

`make outside`. The sources are out of reach, so what the wheel lacks is missed; everything written
and printed is searched for the secrets that were used.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.support import testnet

REPOSITORY = Path(__file__).parents[2]


def main() -> int:
    """Exit status 0: everything passed, and nothing secret was written."""
    with tempfile.TemporaryDirectory() as directory:
        return _check(Path(directory).resolve())


def _check(directory: Path) -> int:
    python = _environment(directory)
    suite = directory / "suite"
    suite.mkdir()
    shutil.copy(Path(__file__).with_name("suite.py"), suite / "test_suite.py")
    (suite / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\nfilterwarnings = ['error']\n", encoding="utf-8"
    )
    printed = []
    with testnet.running() as exchange:
        network = [f"--binance-options-host={exchange.url}"]
        for mode, *more in (
            ["offline"],
            ["simulate"],
            ["record", *network],
            ["replay"],
            ["offline"],
            ["verify", *network],
        ):
            report = f"--binance-options-report=report-{len(printed)}.html"
            ran = subprocess.run(
                [python, "-m", "pytest", "-rs", f"--binance-options={mode}", report, *more],
                cwd=suite,
                env={**os.environ, **exchange.environ},
                capture_output=True,
                text=True,
                check=False,
            )
            printed.append(ran.stdout + ran.stderr)
            sys.stdout.write(f"{mode:9}{ran.stdout.strip().splitlines()[-1]}\n")
            if ran.returncode != 0:
                sys.stdout.write(printed[-1])
                return 1
        secrets = {testnet.API_KEY, testnet.SECRET_KEY, *_sent(exchange), *exchange.listen_keys}
    written = [path for path in suite.rglob("*") if path.is_file()]
    everything = "".join(printed).encode() + b"".join(path.read_bytes() for path in written)
    found = sum(secret.encode() in everything for secret in secrets)
    cassettes = sum(path.suffix == ".yaml" for path in written)
    reports = sum(path.suffix == ".html" and "data-noun" in path.read_text() for path in written)
    sys.stdout.write(
        f"{len(secrets)} secrets in use, {cassettes} cassettes, {reports} reports,"
        f" {len(everything)} bytes written:"
        f" {found} found\n"
    )
    return (
        1
        if found or not cassettes or reports != len(printed) or len(exchange.listen_keys) == 0
        else 0
    )


def _sent(exchange: testnet.Testnet) -> set[str]:
    return {
        match[1] for _, path, _ in exchange.seen if (match := re.search(r"signature=([^&]+)", path))
    }


def _environment(directory: Path) -> str:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--wheel-dir", directory / "wheel", REPOSITORY], check=True
    )
    (wheel,) = (directory / "wheel").glob("*.whl")
    venv.create(directory / "venv", with_pip=True)
    python = directory / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [
        python,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "install",
        f"{wheel}[server]",
    ]
    subprocess.run(install, check=True)
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
