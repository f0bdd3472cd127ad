"""Whatever happens in whatever order: no event is lost, doubled, misdirected or late, and nothing
raises.

The model below is written from the documentation in the plainest way and shares no code with the
stream.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule

from pytest_binance_options._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from pytest_binance_options.exchange import Account, Exchange, events
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import ask, connected, new_key, say, texts

HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass(eq=False)
class Listener:
    """A client, what it ought to have received, and what it has."""

    connection: StreamConnection
    until: int
    keys: set[str] = field(default_factory=set)
    expected: list[tuple[str, object]] = field(default_factory=list)
    received: list[tuple[str, object]] = field(default_factory=list)
    #: A connection made the day before its key dies ends in that millisecond, before or after the
    #: notice: either will do.
    either: list[tuple[str, object]] = field(default_factory=list)
    ended: bool = False
    last: Frame | None = None


class Streams(RuleBasedStateMachine):
    """Two accounts, any number of clients."""

    listeners = Bundle("listeners")
    keys = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.exchange = Exchange()
        self.exchange.streams.max_messages_per_second = 1_000_000
        self.exchange.streams.on_close = "close"
        self.accounts = [self.exchange.open_account(), self.exchange.open_account()]
        self.now = 0
        # The live key of each account, and when it dies.
        self.live: list[tuple[str, int] | None] = [None, None]
        self.everybody: list[Listener] = []
        self.serial = 0

    which = st.integers(0, 1)
    form = st.sampled_from(["ws", "stream"])

    def live_keys(self) -> set[str]:
        return {entry[0] for entry in self.live if entry is not None}

    @initialize(target=keys)
    def begin(self) -> object:
        """Somebody listens to begin with, or most runs would be about nothing."""
        return multiple(self.start(0), self.start(1))

    @initialize(target=listeners, form=form)
    def listen(self, form: str) -> object:
        return multiple(*(self.connect(self.start(which), form) for which in (0, 0, 1)))

    @rule(target=keys, which=which)
    def start(self, which: int) -> str:
        key = new_key(self.exchange, self.accounts[which])
        if self.live[which] is not None:
            assert self.live[which][0] == key
        self.live[which] = (key, self.now + HOUR)
        return key

    @rule(which=which)
    def keep_alive(self, which: int) -> None:
        status = ask(self.exchange, self.accounts[which], "PUT").status
        entry = self.live[which]
        assert status == (400 if entry is None else 200)
        if entry is not None:
            self.live[which] = (entry[0], self.now + HOUR)

    @rule(which=which)
    def close_key(self, which: int) -> None:
        ask(self.exchange, self.accounts[which], "DELETE")
        entry, self.live[which] = self.live[which], None
        if entry is None:
            return
        for listener in self.everybody:
            if (
                not listener.ended
                and entry[0] in listener.keys
                and not listener.keys & self.live_keys()
            ):
                listener.ended = True

    @rule(target=listeners, key=st.none() | keys, form=form)
    def connect(self, key: str | None, form: str) -> Listener:
        target = f"/private/{form}" + (
            "" if key is None else f"/{key}" if form == "ws" else f"?streams={key}"
        )
        listener = Listener(connected(self.exchange, target), self.now + DAY)
        if key is not None and key in self.live_keys():
            listener.keys.add(key)
        self.everybody.append(listener)
        return listener

    @rule(listener=listeners, key=keys)
    def subscribe(self, listener: Listener, key: str) -> None:
        say(listener.connection, method="SUBSCRIBE", params=[key], id=1)
        if not listener.ended and key in self.live_keys():
            listener.keys.add(key)

    @rule(listener=listeners, key=keys)
    def unsubscribe(self, listener: Listener, key: str) -> None:
        say(listener.connection, method="UNSUBSCRIBE", params=[key], id=1)
        if not listener.ended:
            listener.keys.discard(key)

    @rule(accounts=st.lists(which, min_size=1, max_size=6))
    def emit(self, accounts: list[int]) -> None:
        for which in accounts:
            self.serial += 1
            entry = self.live[which]
            reached = self.exchange.emit(
                events.order_trade_update(order_id=self.serial), self.accounts[which]
            )
            audience = [
                x
                for x in self.everybody
                if entry is not None and not x.ended and entry[0] in x.keys
            ]
            for listener in audience:
                listener.expected.append(("event", self.serial))
            assert reached == len(audience)

    @rule(
        ms=st.sampled_from([0, 1, 999, 60_000, 180_000, HOUR // 2, HOUR - 1, HOUR, DAY - 1, DAY])
        | st.integers(0, DAY)
    )
    def advance(self, ms: int) -> None:
        self.exchange.clock.advance(milliseconds=ms)
        self.now += ms
        expiries = sorted(
            (entry[1], entry[0])
            for entry in self.live
            if entry is not None and entry[1] <= self.now
        )
        for at, key in expiries:
            self.live = [
                None if entry is not None and entry[0] == key else entry for entry in self.live
            ]
            for listener in self.everybody:
                if not listener.ended and key in listener.keys and listener.until >= at:
                    (listener.expected if listener.until > at else listener.either).append(
                        ("expired", key)
                    )
        for listener in self.everybody:
            if listener.until <= self.now:
                listener.ended = True

    @rule(listener=listeners)
    def take(self, listener: Listener) -> None:
        for frame in listener.connection.take():
            assert not isinstance(listener.last, Close | Drop)
            listener.last = frame
            if isinstance(frame, Ping):
                listener.connection.receive(Pong(frame.data))
            for message in texts([frame]):
                if "id" in message:
                    continue
                assert ("stream" in message) == listener.connection.combined
                data = message.get("data", message)
                if data["e"] == "listenKeyExpired":
                    assert message.get("stream", data["listenKey"]) == data["listenKey"]
                    listener.received.append(("expired", data["listenKey"]))
                else:
                    listener.received.append(("event", data["o"]["i"]))

    @rule(listener=consumes(listeners), how=st.sampled_from([Close(1000), Drop(), "drop", "close"]))
    def end(self, listener: Listener, how: object) -> None:
        self.take(listener)
        if how == "drop":
            listener.connection.drop()
        elif how == "close":
            listener.connection.close(1001)
        else:
            listener.connection.receive(how)
        listener.ended = True

    def teardown(self) -> None:
        for listener in self.everybody:
            self.take(listener)
            assert [x for x in listener.received if x not in listener.either] == listener.expected
            assert listener.connection.closed == listener.ended
            if listener.ended and listener.connection.ended_because != "the client went away":
                assert isinstance(listener.last, Close | Drop)


Streams.TestCase.settings = settings(
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestStreams = Streams.TestCase


frames = st.one_of(
    st.binary(max_size=125).map(Ping),
    st.binary(max_size=125).map(Pong),
    st.binary(max_size=40).map(Binary),
    st.text(max_size=40).map(Text),
    st.builds(Close, st.integers(0, 65_535), st.text(max_size=10)),
    st.just(Drop()),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(frames, st.integers(0, 400_000), st.booleans()), max_size=30))
def test_no_frames_in_no_order_raise_and_what_comes_out_is_bounded(
    steps: list[tuple[Frame, int, bool]],
) -> None:
    exchange = Exchange()
    exchange.streams.max_outbox = 4
    connection = connected(exchange, "/private/stream")
    for frame, ms, take in steps:
        connection.receive(frame)
        exchange.clock.advance(milliseconds=ms)
        if take:
            assert len(connection.take()) <= 5
    ended = connection.closed
    rest = connection.take()
    assert len(rest) <= 5
    assert connection.closed == ended
    assert not any(isinstance(frame, Close | Drop) for frame in rest[:-1])


def test_threads_that_emit_and_take_lose_double_and_reorder_nothing() -> None:
    exchange = Exchange()
    account: Account = exchange.open_account()
    key = new_key(exchange, account)
    connections = [connected(exchange, f"/private/ws/{key}") for _ in range(3)]
    received: list[list[int]] = [[] for _ in connections]
    done = threading.Event()

    def emit(first: int) -> None:
        for n in range(first, first + 200):
            exchange.emit(events.order_trade_update(order_id=n))

    def take() -> None:
        while not done.is_set():
            for connection, mine in zip(connections, received, strict=True):
                mine.extend(message["o"]["i"] for message in texts(connection.take()))

    emitters = [threading.Thread(target=emit, args=(first,)) for first in (0, 1000, 2000, 3000)]
    taker = threading.Thread(target=take)
    for thread in (taker, *emitters):
        thread.start()
    for thread in emitters:
        thread.join()
    done.set()
    taker.join()
    for connection, mine in zip(connections, received, strict=True):
        mine.extend(message["o"]["i"] for message in texts(connection.take()))
    assert received[0] == received[1] == received[2]
    for first in (0, 1000, 2000, 3000):
        assert [n for n in received[0] if first <= n < first + 1000] == list(
            range(first, first + 200)
        )
