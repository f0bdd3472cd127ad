"""A command that runs as a process, with all that it starts: they are ended together.

What it says is kept in a file without a name, which is gone with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress

from .._masking import mask
from ..errors import UsageError

__all__ = ["Child", "died_of"]

#: Of what was said at the end, in bytes.
_MOST_READ = 20_000


class Child:
    """``command``, started with ``environ`` beside the environment that there is, in a process
    group of its own: Ctrl-C does not reach it. :meth:`end` is to be called in any case.

    Raises UsageError where it can't be started.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  closed by end()
        try:
            self._process = subprocess.Popen(  # noqa: S603  it is the user's own
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environ},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._output.close()
            why = os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
            raise UsageError(
                f"{mask(command[0])} can't be started: {why}. Give a command as a shell would find"
                " it, as in -- node bot.js."
            ) from None

    @property
    def pid(self) -> int:
        """Its process's number."""
        return self._process.pid

    def wait(self, seconds: float) -> int | None:
        """Its status, where it ends within so many seconds of real time; below 0: the signal that
        it died of."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def tell(self) -> None:
        """Tell it to end: SIGTERM to its whole group. On Windows it is ended."""
        if sys.platform == "win32":
            self._process.terminate()
        else:
            self._signal(signal.SIGTERM)

    def end(self) -> None:
        """See that nothing is left of it."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            self._signal(signal.SIGKILL)
        self._process.wait()
        self._output.close()

    def last_lines(self, most: int) -> list[str]:
        """The last lines that it and what it has started have said, on stdout and on stderr."""
        # Not by the file's position: it is the process's, too.
        size = os.fstat(self._output.fileno()).st_size
        if sys.platform == "win32":
            self._output.seek(max(0, size - _MOST_READ))
            said = self._output.read()
        else:
            said = os.pread(self._output.fileno(), _MOST_READ, max(0, size - _MOST_READ))
        return said.decode(errors="replace").splitlines()[-most:]

    def _signal(self, number: int) -> None:
        # macOS has it that what has ended already is not ours.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def died_of(status: int) -> str:
    """``status`` in words."""
    if status >= 0:
        return f"with status {status}"
    with suppress(ValueError):
        return f"by {signal.Signals(-status).name}"
    return f"by signal {-status}"
