"""What a test may change about the streams: the exchange's limits, what the documentation leaves
open, and disorders.

Each setting is an attribute of ``exchange.streams``; what can't be is refused where it is set.
"""

from __future__ import annotations

from .._checks import number, one_of, whole
from ..errors import UsageError

__all__ = ["StreamSettings", "takes"]

_CHOICES = {
    "legacy": ("silent", "refuse", "accept"),
    "path_form": ("works", "silent"),
    "dead_key": ("silent", "refuse"),
    "envelope": ("combined", "always"),
    "on_close": ("silent", "close"),
    "on_expiry": ("open", "close"),
    "pongs": ("heard", "lost"),
}
_COUNTS = ("max_messages_per_second", "max_streams", "max_outbox", "copies", "expired_notices")
_SECONDS = ("ping_interval", "pong_timeout", "pong_grace", "max_age")
_LONGEST = 10**12  # s; the clock's last year is nearer


class StreamSettings:
    """The streams' settings. Setting one to what it can't be raises UsageError, as does a name that
    is none.

    Those about time hold for connections that are made from then on.
    """

    # Binance: Options, "WebSocket Connect".

    #: Seconds between two pings of the exchange.
    ping_interval: float = 180
    #: Seconds after which a connection that has not answered a ping is cut off.
    pong_timeout: float = 600
    #: Seconds that a connection may last.
    max_age: float = 86_400
    #: Messages (text, pings, unsolicited pongs) from a client within a second; one more and it is
    #: cut off.
    max_messages_per_second: int = 10
    #: Streams on one connection.
    max_streams: int = 200

    # What the documentation does not say.

    #: Frames that may wait for a client that does not read; one more and it is cut off without a
    #: close frame.
    max_outbox: int = 10_000
    #: Seconds of real time that a shell waits for a pong that is overdue on the exchange's clock.
    pong_grace: float = 2.0
    #: Addresses without /private, /public or /market: accept the key and stay "silent" as to
    #: events, as Binance says of connections that are not routed, "refuse" the handshake, or
    #: "accept" them as before the streams were routed. Those whose host is gone, under /eoptions,
    #: are refused unless this is "accept".
    legacy: str = "silent"
    #: A listen key in the path, as in /private/ws/<listenKey>: it "works", as Binance's Options
    #: pages have it, or the connection is made and stays "silent", as was seen of USD-M Futures.
    path_form: str = "works"
    #: A listen key in the address that is dead or never was: the connection is made and stays
    #: "silent", or "refuse".
    dead_key: str = "silent"
    #: Payloads are wrapped as {"stream": ..., "data": ...} at "combined" addresses, /stream, and
    #: raw at /ws, or "always", as a note on Options' user data page can be read.
    envelope: str = "combined"
    #: When a DELETE closes a listen key: its connections stay open and "silent", as was seen of
    #: USD-M Futures, or "close" where they have no other live key, as Options' page has it.
    on_close: str = "silent"
    #: When a listen key expires, after listenKeyExpired: the connection stays "open", or "close".
    on_expiry: str = "open"

    # Disorders, for scenarios.

    #: How many times each event is sent.
    copies: int = 1
    #: How many times listenKeyExpired is sent to each connection.
    expired_notices: int = 1
    #: Pongs are "heard", or "lost" on the way: each connection is cut off when ``pong_timeout`` is
    #: over after its first ping from then on, on the exchange's clock alone.
    pongs: str = "heard"

    def __setattr__(self, name: str, value: object) -> None:
        setting = f"streams.{name}"
        if name in _CHOICES:
            one_of(setting, value, _CHOICES[name])
        elif name in _COUNTS:
            whole(setting, value, 1)
        elif name in _SECONDS:
            number(setting, value, 0, _LONGEST, above=True, of="seconds")
        elif not name.startswith("_"):
            known = ", ".join((*_SECONDS, *_COUNTS, *_CHOICES))
            raise UsageError(f"The streams have no setting {name!r}. They have: {known}.")
        super().__setattr__(name, value)

    def restore_settings(self) -> None:
        """Every setting as it is to begin with."""
        for name in (*_SECONDS, *_COUNTS, *_CHOICES):
            self.__dict__.pop(name, None)


def takes(name: str) -> str:
    """In words, what the setting ``name`` takes, and what it is to begin with."""
    if name in _CHOICES:
        what = f"one of: {', '.join(_CHOICES[name])}"
    else:
        what = "a whole number from 1 up" if name in _COUNTS else "a number of seconds above 0"
    return f"{what}; {getattr(StreamSettings, name)} to begin with"
