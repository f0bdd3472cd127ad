"""A shell that stays: what one command of a page sets, or starts in the background, the next ones
find."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

__all__ = ["Shell"]

_PATIENCE = 60.0  # seconds; a command that takes longer hangs
_END = "end of the command, status"


class Shell:
    """bash in ``directory``, with this interpreter's scripts on its path; :meth:`close` ends it and
    all it has started."""

    def __init__(self, directory: Path) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self._process = subprocess.Popen(
            ["/usr/bin/env", "bash", "--norc"],
            cwd=directory,
            env={**os.environ, "PATH": path, "PYTHONWARNINGS": "error"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))

    def run(self, command: str) -> tuple[int, list[str]]:
        """Run ``command``; gives its exit status and what it has printed."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\nprintf '\\n{_END} %s\\n' $?\n")
        self._process.stdin.flush()
        lines: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=_PATIENCE)
            except Empty:
                raise AssertionError(
                    f"{command!r} has not ended; so far it said:\n" + "\n".join(lines)
                ) from None
            if line.startswith(_END):
                return int(line.split()[-1]), lines
            lines.append(line)

    def close(self) -> None:
        """End it, and what goes on in the background."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            # A process group of its own: nobody else is in it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
        self._reader.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()
