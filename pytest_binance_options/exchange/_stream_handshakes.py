"""Who is let in: what a handshake's address leads to, or why it is refused.

What becomes of those who are in is :mod:`pytest_binance_options.exchange._stream_hub`'s.
"""

from __future__ import annotations

from .._messages import Headers, Response
from ._accounts import Accounts
from ._rejections import NO_LISTEN_KEY, Rejection
from ._stream_items import item
from ._stream_routes import Route, StreamAddresses
from ._stream_settings import StreamSettings

__all__ = ["Handshakes"]


class Handshakes:
    """The handshakes at the addresses of the products that ``accounts`` have."""

    def __init__(self, accounts: Accounts, settings: StreamSettings) -> None:
        self._accounts = accounts
        self._settings = settings
        self._addresses = StreamAddresses(accounts.products)

    def judge(self, target: str) -> Route | Response:
        """Where ``target``, a path with its query, leads to; a Response is a handshake refused."""
        route = self._addresses.route_of(target)
        if route is None:
            return _refused(Rejection(404, -1020, self._addresses.unknown(target)))
        rejection = self._rejection(target, route)
        return route if rejection is None else _refused(rejection)

    def _rejection(self, target: str, route: Route) -> Rejection | None:
        legacy = self._settings.legacy
        if route.legacy and (legacy == "refuse" or (legacy == "silent" and route.gone)):
            how = '(To have it: exchange.streams.legacy = "accept".)'
            return Rejection(404, -1020, f"{self._addresses.unknown(target)} {how}")
        most = self._settings.max_streams
        if len(route.names) > most:
            return Rejection(
                400, -1101, f"{len(route.names)} streams in the address; {most} may be."
            )
        refused = self._settings.dead_key == "refuse" and self._dead(route)
        return NO_LISTEN_KEY if refused else None

    def _dead(self, route: Route) -> bool:
        return route.private and any(
            self._accounts.by_listen_key(item(name).key) is None for name in route.names
        )


def _refused(rejection: Rejection) -> Response:
    headers = (
        ("Content-Type", "application/json;charset=UTF-8"),
        ("Content-Length", str(len(rejection.body))),
    )
    return Response(rejection.status, Headers(headers), rejection.body)
