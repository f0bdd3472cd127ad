"""How a failure's traceback ends: in the user's own code, and not in ours or a library's below it.

What is left out is there with ``--full-trace``, as pytest's own internals are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

import pytest

from .._places import is_ours, is_users
from ..client.rest import ApiException
from ..errors import BinanceOptionsError
from .failure import chain

__all__ = ["ending_in_the_users_code"]

_PACKAGE = __name__.partition(".")[0]
_HIDE = "__tracebackhide__"
# Where a fixture fails, its own lines say which.
_SHOWN = f"{_PACKAGE}._plugin.fixtures"
_FIXTURES = str(Path(__file__).with_name("fixtures.py"))


@contextmanager
def ending_in_the_users_code(info: pytest.ExceptionInfo[BaseException]) -> Iterator[None]:
    """What pytest makes in here of the failure ``info``, and of what led to it, ends where the
    user's code does."""
    if _is_our_mistake(info):
        yield  # which nobody finds in the user's code
        return
    whole = info.traceback
    with ExitStack() as stack:
        if any(_is_ours_to_raise(error) for error in chain(info.value)):
            # It came through a client, whose own frames say nothing about it.
            for error in chain(info.value):
                stack.enter_context(_cut(error, is_last=error is info.value))
            info.traceback = type(whole)(info.value.__traceback__ or ())
            stack.callback(setattr, info, "traceback", whole)
        stack.enter_context(_ours_hidden())
        yield


def _is_ours_to_raise(error: BaseException) -> bool:
    """Whether ``error`` is of ours, or one of the network that the exchange has its client get."""
    return isinstance(error, BinanceOptionsError | ApiException) or (
        isinstance(error, OSError) and _ends_in_ours(error.__traceback__)
    )


def _ends_in_ours(trace: TracebackType | None) -> bool:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and is_ours(trace.tb_frame.f_code.co_filename)


def _is_our_mistake(info: pytest.ExceptionInfo[BaseException]) -> bool:
    expected = isinstance(info.value, BinanceOptionsError | ApiException | OSError)
    return not expected and _ends_in_ours(info.tb)


@contextmanager
def _cut(error: BaseException, *, is_last: bool) -> Iterator[None]:
    whole = error.__traceback__
    steps = []
    trace = whole
    while trace is not None:
        steps.append(trace)
        trace = trace.tb_next
    # What an event loop raises by itself has neither; what only led to it needs no place.
    kept = _kept(steps) or (steps if is_last else [])
    cut: TracebackType | None = None
    for step in reversed(kept):
        cut = TracebackType(cut, step.tb_frame, step.tb_lasti, step.tb_lineno)
    error.__traceback__ = cut
    try:
        yield
    finally:
        error.__traceback__ = whole


def _kept(steps: list[TracebackType]) -> list[TracebackType]:
    """Those that say something to the user: up to his own last one, or the fixture that failed."""
    files = [step.tb_frame.f_code.co_filename for step in steps]
    for count in range(len(steps), 0, -1):
        if is_users(files[count - 1]):
            return steps[:count]
    return [step for step, file in zip(steps, files, strict=True) if file == _FIXTURES]


@contextmanager
def _ours_hidden() -> Iterator[None]:
    # Whoever pytest shows a traceback asks a frame's module, too. Only for now: what fails in our
    # own suite is looked for in these frames.
    modules = [
        module
        for name, module in list(sys.modules.items())
        if (name == _PACKAGE or name.startswith(f"{_PACKAGE}.")) and name != _SHOWN
    ]
    for module in modules:
        setattr(module, _HIDE, True)
    try:
        yield
    finally:
        for module in modules:
            delattr(module, _HIDE)
