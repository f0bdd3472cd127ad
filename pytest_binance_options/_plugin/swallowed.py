"""A refusal between tests that nobody hears of, because who asked has swallowed it, is said at the
end of the test during whose set-up, run or teardown it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator

import pytest

from .._places import called_from
from .._transports.interception.belonging import who
from .._transports.interception.between_tests import ADVICE
from ..errors import LateRequestWarning, NetworkRefusedError
from .failure import chain
from .late import listed

__all__ = ["teller"]

_TELLER: pytest.StashKey[_Teller] = pytest.StashKey()
# A thread that asks for ever fills no memory.
_KEPT = 10_000


def teller(config: pytest.Config) -> Callable[[str, str], object]:
    """What is told, from any thread, of each refusal: where to, and all that was said."""
    if _TELLER not in config.stash:
        config.stash[_TELLER] = _Teller()
        config.pluginmanager.register(config.stash[_TELLER])
    return config.stash[_TELLER].refused


class _Teller:
    def __init__(self) -> None:
        self._refusals: list[tuple[str, str]] = []

    def refused(self, where: str, text: str) -> None:
        if len(self._refusals) < _KEPT:
            place = called_from()
            self._refusals.append(
                (f"{where}, by {who()}" + (f" at {place}" if place else ""), text)
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if call.excinfo is not None:
            self._forget(call.excinfo.value)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        try:
            yield
        except BaseException as error:
            self._forget(error)
            self._tell(item)
            raise
        self._tell(item)

    def _forget(self, error: BaseException) -> None:
        # It was not swallowed: it is in the report.
        said = {str(each) for each in chain(error) if isinstance(each, NetworkRefusedError)}
        self._refusals = [refusal for refusal in self._refusals if refusal[1] not in said]

    def _tell(self, item: pytest.Item) -> None:
        refusals, self._refusals = self._refusals, []
        if not refusals:
            return
        lines = listed(Counter(what for what, _ in refusals))
        head = (
            f"until the end of {item.nodeid} the exchange was asked for where no test of ours runs,"
            " and who asked has swallowed the refusal:"
        )
        try:
            item.warn(LateRequestWarning("\n".join((head, *lines, ADVICE))))
        except LateRequestWarning as error:  # where warnings are errors
            # Our own frames would tell the user nothing.
            raise pytest.fail.Exception(f"LateRequestWarning: {error}", pytrace=False) from None
