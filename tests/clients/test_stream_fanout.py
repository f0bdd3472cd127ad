"""Many listeners at once: the benchmark's own check, on a smaller scale."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "stream_fanout.py"


def test_each_of_many_connections_gets_all_events_in_order() -> None:
    command = [sys.executable, "-W", "error", str(SCRIPT), "200", "50"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    figures = json.loads(ended.stdout)
    assert (figures["connections"], figures["events"], figures["wrong"]) == (200, 50, 0)
