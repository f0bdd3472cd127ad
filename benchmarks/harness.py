"""What all benchmarks share: peers in environments of their own, rounds in which all take turns, CPU
time, and a table of medians with the versions and the date.

A benchmark is a script that has tables, with a :class:`Measure` for each who takes part, and calls
:func:`main`. A measure runs in a process of its own, under the Python of its environment, which is made when it is
first needed; ratios compare runs of the same round, so that the machine's moods hit both. With
``--to`` each table's figures are kept as JSON in a directory, one for each run: :mod:`goals` reads
them.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["Measure", "Table", "cpu_each", "main", "taking_turns"]

PLACE = Path(__file__).parents[1] / ".venv-bench"
#: What is installed for whom; "here" is the environment that runs this.
ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {
    "here": ("pytest-binance-options", "pytest", "requests", "aiohttp", "httpx"),
    "aiohttp": ("aiohttp",),
    "cassetter": ("cassetter", "pytest", "requests"),
    "pytest-httpserver": ("pytest-httpserver", "pytest", "requests"),
    "pytest-httpx": ("pytest-httpx", "pytest"),
    "pytest-recording": ("pytest-recording", "pytest", "requests"),
    "requests-mock": ("requests-mock", "pytest"),
    "responses": ("responses", "pytest"),
    "respx": ("respx", "pytest"),
    "vcrpy": ("vcrpy", "requests"),
}


@dataclass(frozen=True)
class Measure:
    """Who takes part: ``run`` gives one figure, measured under the Python of ``environment``."""

    run: Callable[[], float]
    environment: str = "here"


def cpu_each(call: Callable[[], object], times: int, *, warm_up: int | None = None) -> float:
    """Seconds of this process's CPU time that a ``call`` takes, over so many."""
    for _ in range(max(1, times // 10) if warm_up is None else warm_up):
        call()
    gc.collect()
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times


@dataclass(frozen=True)
class Table:
    """Figures that are held against the one named ``base``: seconds, or what ``unit`` says of
    ``scale`` times each."""

    title: str
    base: str
    measures: Mapping[str, Measure]
    unit: str = "us of CPU time"
    scale: float = 1e6
    more_is_better: bool = False
    rounds: int = 5


def main(about: str | None, tables: Mapping[str, Table]) -> int:
    """Take all figures, or those of the tables named on the command line, and print Markdown."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of: {', '.join(tables)}")
    parser.add_argument("--rounds", type=int, help="how often each figure is taken")
    parser.add_argument("--to", type=Path, help="directory to keep the figures in, as JSON")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        table, name = options.measure
        print(json.dumps(tables[table].measures[name].run()))
        return 0
    for name in options.tables or tables:
        figures, circumstances = _print(name, tables[name], options.rounds or tables[name].rounds)
        if options.to is not None:
            keep(options.to, name, figures, circumstances)
    return 0


def keep(place: Path, name: str, figures: Mapping[str, list[float]], circumstances: str) -> None:
    """Write the ``figures`` of the table ``name`` to ``place``, over those of an earlier run."""
    place.mkdir(parents=True, exist_ok=True)
    kept = {"circumstances": circumstances, "figures": figures}
    (place / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _print(name: str, table: Table, rounds: int) -> tuple[dict[str, list[float]], str]:
    measures = table.measures
    takers = {
        who: _figure_of([_python(measure.environment), sys.argv[0], "--measure", name, who])
        for who, measure in measures.items()
    }
    figures = taking_turns(takers, rounds)
    versions = [_versions(measure.environment) for measure in measures.values()]
    circumstances = f"{rounds} rounds, {_circumstances(versions)}"
    print(f"\n{table.title}; {circumstances}\n")
    better = "more" if table.more_is_better else "less"
    print(f"| | {table.unit} | ratio to {table.base}, {better} is better |\n| --- | --- | --- |")
    for who, taken in figures.items():
        base = figures[table.base]
        # What is measured may be nothing at all, such as memory that grows.
        ratio = f"{_ratio(taken, base):.3g}" if all(base) else ""
        print(f"| {who} | {_shown(statistics.median(taken) * table.scale)} | {ratio} |", flush=True)
    return figures, circumstances


def _ratio(taken: list[float], base: list[float]) -> float:
    """The median of the ratios in each round."""
    return statistics.median(own / other for own, other in zip(taken, base, strict=True))


def taking_turns(takers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """The figures of each taker, one a round; every other round goes the other way round."""
    figures: dict[str, list[float]] = {name: [] for name in takers}
    for number in range(rounds):
        for name in list(takers)[:: -1 if number % 2 else 1]:
            figures[name].append(takers[name]())
    return figures


def _figure_of(command: list[str]) -> Callable[[], float]:
    def figure() -> float:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, env=_environ(), check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return float(json.loads(done.stdout.splitlines()[-1]))

    return figure


def _environ() -> dict[str, str]:
    # The same order of sets and dicts for all, and no plugin that nobody asked for.
    return {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONHASHSEED": "0"}


def _python(environment: str) -> str:
    if environment == "here":
        return sys.executable
    place = PLACE / "peers" / environment
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = place / "ready"
    if not ready.exists():
        print(f"({environment}: an environment of its own)", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *ENVIRONMENTS[environment]]
        subprocess.run(install, check=True)
        ready.touch()
    return str(python)


def _versions(environment: str) -> dict[str, str]:
    packages = ENVIRONMENTS[environment]
    if environment == "here":
        return {package: _version(package) for package in packages}
    code = (
        "import json; from importlib.metadata import version;"
        f" print(json.dumps({{name: version(name) for name in {packages!r}}}))"
    )
    done = subprocess.run([_python(environment), "-c", code], capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _circumstances(versions: list[dict[str, str]]) -> str:
    known = {name: each for found in versions for name, each in found.items() if each != "none"}
    packages = ", ".join(f"{name} {known[name]}" for name in sorted(known))
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    today = datetime.now(timezone.utc).date().isoformat()
    return f"medians; {today}, Python {platform.python_version()}, {os.cpu_count()} cores{busy}; {packages}"


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"
