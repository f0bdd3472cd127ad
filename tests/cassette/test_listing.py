from __future__ import annotations

from pathlib import Path

from pytest_binance_options._cassette.listing import Listing

LISTING = Listing(
    "/suite",
    frozenset({"/suite/cassettes/b.yaml", "/suite/cassettes/a.yaml"}),
    frozenset({"/suite/test_bot.py"}),
    frozenset({"test_bot.py::test_it: the fixture fails"}),
)


def test_a_json_file_has_all_of_it(tmp_path: Path) -> None:
    LISTING.write(tmp_path / "listing.json")

    assert Listing.read(tmp_path / "listing.json") == LISTING


def test_any_other_has_a_path_a_line(tmp_path: Path) -> None:
    LISTING.write(tmp_path / "listing.txt")

    written = (tmp_path / "listing.txt").read_text(encoding="utf-8")
    assert written == "/suite/cassettes/a.yaml\n/suite/cassettes/b.yaml\n"
