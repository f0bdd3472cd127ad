"""``serve`` from another language: a bot's day in JavaScript, with nothing but Node itself."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .test_serve import running

NODE = shutil.which("node")
OLDEST = 18  # the first with fetch


def version() -> int:
    if NODE is None:
        return 0
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.removeprefix("v").split(".")[0])


@pytest.mark.skipif(version() < OLDEST, reason=f"needs Node {OLDEST} or later")
def test_a_bot_s_day_in_javascript() -> None:
    assert NODE is not None
    with running("--clock", "frozen") as process:
        command = [
            NODE,
            str(Path(__file__).with_name("listener.mjs")),
            json.dumps(process.addresses),
        ]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.stderr == ""
    seen = json.loads(ended.stdout)
    assert seen["started"] == {"status": 200, "letters": 64, "weight": "1"}
    assert (seen["order"]["i"], seen["order"]["X"]) == (42, "FILLED")
    assert (seen["failed"]["status"], seen["failed"]["body"]["msg"]) == (
        503,
        "Service Unavailable.",
    )
    assert (seen["renewed"]["status"], seen["renewed"]["body"]) == (200, {})
    assert seen["expired"] == "listenKeyExpired"
    assert (seen["late"]["status"], seen["late"]["body"]["code"]) == (400, -1125)
    assert seen["end"] == "closed 1001"
    assert seen["refused"]["status"] == 400
    assert "PARTIALLY_FILLED" in seen["refused"]["body"]["error"]
    assert seen["journal"] == [["POST", 200], ["PUT", 503], ["PUT", 200], ["PUT", 400]]
