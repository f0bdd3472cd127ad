"""Programs that are started with an address of the exchange's on their command line, as curl is.

What a program does by itself nobody sees here; but where it is sent can be read before it starts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ..._hosts import is_known
from ..._urls import authority

__all__ = ["EVENTS"]

# What takes a whole command line as one argument.
_SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "zsh", "cmd.exe", "powershell", "pwsh"})
# "--url=https://...", "-Hhttps://..." and quotes around either
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"]+|[^\s'\"=/@:]+[:/][^\s'\"]*", re.IGNORECASE)

Found = Iterator[tuple[str, int | None]]


def _of_a_process(arguments: tuple[Any, ...]) -> Found:
    return _exchange_s(arguments[0], arguments[1])


def _of_a_spawn(arguments: tuple[Any, ...]) -> Found:
    return _exchange_s(arguments[1], arguments[2])


def _of_a_shell(arguments: tuple[Any, ...]) -> Found:
    return _exchange_s("sh", (arguments[0],))


#: Of each audit event of a program that starts: the hosts and ports of the exchange that it names.
EVENTS: dict[str, Callable[[tuple[Any, ...]], Found]] = {
    "subprocess.Popen": _of_a_process,
    "os.exec": _of_a_process,
    "os.posix_spawn": _of_a_process,
    "os.spawn": _of_a_spawn,
    "os.system": _of_a_shell,
}


def _exchange_s(program: object, arguments: object) -> Found:
    for text in _words(program, arguments):
        for address in _ADDRESS.findall(text):
            url = address if "://" in address else f"any://{address}"
            _, host, port = authority(url)
            if is_known(host):
                yield host, port


def _words(program: object, arguments: object) -> Iterator[str]:
    given = [arguments] if isinstance(arguments, str | bytes | os.PathLike) else arguments
    texts = [_text(each) for each in given] if isinstance(given, Iterable) else []
    name = Path(_text(program) or next(iter(texts), "")).name.lower()
    for text in texts:
        # A program's source, say, is none that is asked for.
        if name in _SHELLS or len(texts) == 1 or not re.search(r"\s", text.strip()):
            yield text


def _text(argument: object) -> str:
    if isinstance(argument, os.PathLike):
        argument = os.fspath(argument)
    if isinstance(argument, bytes):
        return argument.decode("utf-8", "replace")
    return argument if isinstance(argument, str) else ""
