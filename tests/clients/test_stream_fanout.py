"""Many listeners at once: the benchmark's own check, on a smaller scale."""

from __future__ import annotations

from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_each_of_many_connections_gets_all_events_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import stream_fanout

    # Ends with SystemExit where one has not.
    assert stream_fanout.frames_a_second(stream_fanout.here, 200, 50)() > 0
