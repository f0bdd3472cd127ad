"""``cassettes check|show|prune``: looking after recorded cassettes, by hand, in a pre-commit hook
or in CI."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path

from .._cassette.drawing import draw
from .._cassette.findings import Finding, find_secrets, find_staleness, find_wrong_shapes
from .._cassette.store import TRASH, load
from .._counts import many
from ..errors import CassetteError, CassetteFormatError
from .arguments import a_number

__all__ = ["add_arguments", "run"]

CLEAN, FOUND, BLIND = 0, 1, 2

_SUFFIXES = (".yaml", ".yml", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments, on the parser that the command line gives it."""
    actions = parser.add_subparsers(dest="action", metavar="check|show|prune", required=True)
    check = actions.add_parser(
        "check",
        help=(
            "find secrets, damage, wrong shapes and staleness (exit 1 where it finds any, 2 where"
            " it could not look)"
        ),
    )
    check.add_argument(
        "--max-age",
        type=a_number("the age", 0, of="days"),
        metavar="DAYS",
        help="how old a recording may be; without it age is not looked at",
    )
    show = actions.add_parser("show", help="draw cassettes as readable exchanges")
    show.add_argument(
        "--html", action="store_true", help="write them to standard output as one page of HTML"
    )
    prune = actions.add_parser(
        "prune", help="list the cassettes that no test uses (exit 1 where there are any)"
    )
    prune.add_argument("--yes", action="store_true", help="remove them")
    prune.add_argument(
        "--tests",
        action="append",
        default=[],
        metavar="PATH",
        help="where the tests are (default: what pytest finds here)",
    )
    for action in (check, show, prune):
        action.add_argument(
            "paths",
            nargs="+",
            type=Path,
            metavar="DIR_OR_FILE",
            help="cassettes, or directories of them",
        )


def run(args: argparse.Namespace) -> int:
    """Do what ``args`` say; the exit status: 0 all is well, 1 something was found, 2 it could not
    look."""
    files, blind = _files(args.paths)
    if args.action == "check":
        status = _check(files, args.max_age)
    elif args.action == "show":
        status = _show_page(files) if args.html else _show(files)
    else:
        # Which are unused is not known as long as one of the places could not be looked at.
        status = CLEAN if blind else _prune(files, args.tests, remove=args.yes)
    return max(status, BLIND if blind else CLEAN)


def _files(paths: Iterable[Path]) -> tuple[list[Path], bool]:
    """The cassettes that ``paths`` name, each once, and whether there was a path that could not be
    looked at."""
    files: dict[Path, None] = {}
    blind = False
    for path in paths:
        if path.is_dir():
            found = sorted(_below(path))
            if not found:
                _complain(
                    f"{path}: no cassettes in this directory (files that end in"
                    f" {', '.join(_SUFFIXES)})"
                )
                blind = True
            files.update(dict.fromkeys(found))
        elif os.access(path, os.R_OK):
            files[path] = None
        else:
            _complain(
                f"{path}:"
                f" {'no permission to read it' if path.exists() else 'no such file or directory'}"
            )
            blind = True
    return list(files), blind


def _below(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        # A pipe, or a link that leads nowhere, is what there is to find, too.
        if path.suffix.lower() in _SUFFIXES and not path.is_dir() and TRASH not in path.parts:
            yield path


def _say(line: str) -> None:
    sys.stdout.write(
        f"{line}\n".encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(
            sys.stdout.encoding or "utf-8"
        )
    )


def _complain(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _check(files: list[Path], max_age_days: float | None) -> int:
    problems = 0
    now = datetime.now(timezone.utc)
    for path in files:
        for line in _findings(path, max_age_days, now):
            problems += 1
            _say(line)
    _say(
        f"{many(len(files), 'cassette', none='no')} checked,"
        f" {many(problems, 'problem', none='no')} found."
    )
    return FOUND if problems else CLEAN


def _findings(path: Path, max_age_days: float | None, now: datetime) -> Iterator[str]:
    try:
        cassette = load(path)
    except CassetteFormatError as error:
        yield str(error)
        return
    findings: list[Finding] = [*find_secrets(cassette), *find_wrong_shapes(cassette)]
    if max_age_days is not None:
        findings += find_staleness(cassette, max_age_days=max_age_days, now=now)
    for finding in findings:
        yield f"{path}: {finding}."


def _show(files: list[Path]) -> int:
    status = CLEAN
    for path in files:
        try:
            lines = list(draw(load(path)))
        except CassetteError as error:
            status = _blind(path, error)
            continue
        _say(str(path))
        for line in lines:
            _say(line)
    return status


def _show_page(files: list[Path]) -> int:
    from .._picture.page import page
    from .._picture.recording import record_of

    status = CLEAN
    records = []
    for path in files:
        try:
            record = record_of(str(path), load(path))
        except CassetteError as error:
            status = _blind(path, error)
            continue
        records.append(record.dumps())
    _say(page(records, "Cassettes", "cassette", "There is no cassette that can be shown."))
    return status


def _blind(path: Path, error: CassetteError) -> int:
    _complain(str(error) if str(path) in str(error) else f"{path}: {error}")
    return BLIND


def _prune(files: list[Path], tests: list[str], *, remove: bool) -> int:
    # Not before it is asked for: to look at cassettes takes no pytest.
    from .pruning import CollectionFailedError, discard, usage

    try:
        used = usage(tests)
    except CollectionFailedError as error:
        _complain(str(error))
        return BLIND
    if used.unknown:
        _complain("What some tests use can't be known, so nothing is unused for certain:")
        for sentence in used.unknown:
            _complain(f"  {sentence}")
        return BLIND
    unused = []
    for path in files:
        if os.path.realpath(path) in used.cassettes:
            continue
        reason = used.reason_to_keep(path)
        if reason is None:
            unused.append(path)
        else:
            _complain(f"left alone: {reason}")
    for path in unused:
        _say(discard(path) if remove else f"unused: {path}")
    if unused and not remove:
        _say(f"No test uses {'it' if len(unused) == 1 else 'them'}. Add --yes to remove.")
    if not unused:
        _say(f"Every one of {many(len(files), 'cassette', none='no')} is used, or left alone.")
    return FOUND if unused and not remove else CLEAN
