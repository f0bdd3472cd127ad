"""What may be reached where no test of ours runs: in the set-up and teardown of wider fixtures, and
by what an earlier test has left over.

There the rules of the last such test stay in force for the exchange's hosts; all else is let
through, unless the run lets nothing through at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..._hosts import Scope, is_known, is_production

__all__ = ["ADVICE", "Rules", "refusal_of_everything", "standing"]

ADVICE = (
    "Have the fixture use binance_options_session, and stop what a test has started before it ends;"
    " or, for tests that ask the exchange by themselves, set binance_options_block_network = none."
)
"""What to do about what is asked for between tests."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the last test of ours was allowed, and which hosts were its exchange's; ``elsewhere``:
    in a process that this one has started."""

    mode: str
    network: bool
    production: bool
    scope: Scope
    elsewhere: bool = False

    def refusal(self, host: str, port: object) -> str:
        """Why ``host`` may not be reached; empty: it may."""
        number = port if isinstance(port, int) else None
        known = (
            is_known(host) or self.scope.host(host, number) or self.scope.stream_host(host, number)
        )
        if not known or (self.network and (self.production or not is_production(host))):
            return ""
        if self.elsewhere:
            return (
                f"a connection to {_where(host, port)} was asked for in a process that the test's"
                f" has started. In mode {self.mode} nobody answers there. Have the test ask for the"
                " fixture binance_options_server, and give the other process that server's address;"
                " or, for processes that ask the exchange by themselves, set"
                " binance_options_block_network = none."
            )
        return (
            f"a connection to {_where(host, port)} was asked for where no test of ours runs: in the"
            " set-up or teardown of a fixture, or by a thread or task that a test has left over. In"
            f" mode {self.mode} that is answered within such a test only. {ADVICE}"
        )


@dataclass(slots=True)
class _Standing:
    rules: Rules | None = None
    everything: bool = False
    #: Is told, from any thread, of what the rules have refused: where to, and the whole refusal.
    refused: Callable[[str, str], object] | None = None

    def __bool__(self) -> bool:
        return self.everything or self.rules is not None


#: Of the whole process; a run puts back what was there before it.
standing = _Standing()


def refusal_of_everything(host: str, port: object) -> str:
    """Why ``host`` may not be reached in this run at all."""
    return (
        f"a connection to {_where(host, port)} was asked for, and this run lets nothing leave this"
        " machine (--binance-options-block-network)."
    )


def _where(host: str, port: object) -> str:
    return host if port is None else f"{host}:{port}"
