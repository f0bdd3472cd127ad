"""Clients come, go, vanish and are thrown out, while the clock leaps and requests fail: nothing is
lost or doubled."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import requests

from pytest_binance_options.exchange import events
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listeners import (
    PATIENCE,
    LoopbackServer,
    Venue,
    WebsocketsListener,
    loopback_server,
    venue,
)

__all__ = ["loopback_server"]

STEPS = 250
FAULTS = ("reset", "refused", "service_unavailable", "cut_body", "broken_gzip", "html", "json")


@pytest.fixture
def at(server: LoopbackServer) -> Iterator[Venue]:
    with venue(server) as served:
        yield served


@dataclass
class Member:
    """A client, and what it ought to hear by the plainest reading of the rules."""

    listener: WebsocketsListener
    connection: StreamConnection
    listen_key: str
    expected: list[int] = field(default_factory=list)
    left_by_itself: bool = False


class Soak:
    """One run of random steps."""

    def __init__(self, at: Venue, seed: int) -> None:
        self.at = at
        self.rng = random.Random(seed)
        self.members: list[Member] = []
        self.emitted = 0
        self.steps: Counter[str] = Counter()
        self.session = requests.Session()

    async def run(self) -> None:
        steps = {
            self.join: 6,
            self.emit: 30,
            self.leave: 1,
            self.vanish: 1,
            self.throw_out: 1,
            self.move_clock: 6,
            self.let_key_die: 1,
            self.fail_request: 3,
        }
        await self.join()
        for step in self.rng.choices(list(steps), weights=list(steps.values()), k=STEPS):
            self.steps[step.__name__] += 1
            await step()
        self.at.exchange.streams.drop()
        self.session.close()

    async def join(self) -> None:
        listener, listen_key = WebsocketsListener(), self.at.start_listen_key()
        await listener.listen(self.at.attached.stream_url, listen_key)
        connection = self.at.exchange.streams.connections[-1]
        self.members.append(Member(listener, connection, listen_key))

    async def emit(self) -> None:
        for _ in range(self.rng.choice((1, 1, 1, 50))):
            self.emitted += 1
            alive = self.at.exchange.accounts.resolve("ours").listen_key
            for member in self.members:
                if member.listen_key == alive and not member.connection.closed:
                    member.expected.append(self.emitted)
            self.at.exchange.emit(events.order_trade_update(order_id=self.emitted))

    async def leave(self) -> None:
        member = self.rng.choice(self.members)
        member.left_by_itself = member.left_by_itself or not member.listener.end.done()
        await member.listener.close()

    async def vanish(self) -> None:
        member = self.rng.choice(self.members)
        member.left_by_itself = member.left_by_itself or not member.listener.end.done()
        assert member.listener._socket is not None
        member.listener._socket.transport.abort()

    async def throw_out(self) -> None:
        self.rng.choice((self.at.exchange.streams.drop, self.at.exchange.streams.close))()

    async def move_clock(self) -> None:
        self.at.exchange.clock.advance(seconds=self.rng.choice((0.5, 60, 600, 3000)))
        self.at.ask("PUT")
        await asyncio.sleep(0)

    async def let_key_die(self) -> None:
        self.at.exchange.clock.advance(minutes=61)

    async def fail_request(self) -> None:
        self.at.exchange.faults.add_json({"fault": self.rng.choice(FAULTS), "times": 1})
        method = self.rng.choice(("POST", "PUT"))
        url, headers = (
            f"{self.at.attached.url}/eapi/v1/listenKey",
            {"X-MBX-APIKEY": self.at.key.api_key},
        )

        def ask() -> None:
            try:
                self.session.request(method, url, headers=headers, timeout=PATIENCE)
            except requests.RequestException:
                self.steps["requests that failed"] += 1

        await asyncio.get_running_loop().run_in_executor(None, ask)

    async def check(self) -> None:
        heard_by_all = 0
        for member in self.members:
            await asyncio.wait_for(member.listener.end, PATIENCE)
            queue = member.listener.heard
            everything = [queue.get_nowait() for _ in range(queue.qsize())]
            heard = [event["o"]["i"] for event in everything if event["e"] == "ORDER_TRADE_UPDATE"]  # type: ignore[index]
            heard_by_all += len(heard)
            if member.left_by_itself:
                assert heard == member.expected[: len(heard)]
            else:
                assert heard == member.expected
            await member.listener.close()
        # The run was about something.
        assert heard_by_all > STEPS
        assert self.steps["requests that failed"] > 0


@pytest.mark.asyncio
@pytest.mark.parametrize("seed", range(2))
async def test_nothing_is_lost_and_nothing_comes_twice(at: Venue, seed: int) -> None:
    soak = Soak(at, seed)
    await soak.run()
    await soak.check()
