"""The examples' bot with one bug each: what public bots were reported for, and what one scenario
each punishes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from .examples import bot

__all__ = ["PLANTED"]

Bot, KeyLost, Refused = bot.Bot, bot.KeyLost, bot.Refused
Session = aiohttp.ClientSession
Stream = aiohttp.ClientWebSocketResponse
Event = dict[str, Any]


class RetriesWhatIsRefused(Bot):
    """Takes a key that is revoked for trouble with the network."""

    async def _ask(self, session: Session, method: str) -> Event:
        try:
            return await super()._ask(session, method)
        except Refused as error:
            raise aiohttp.ClientError from error


class HammersWhatIsRefused(Bot):
    """Asks until it is given a key."""

    async def _ask(self, session: Session, method: str) -> Event:
        while True:
            try:
                return await super()._ask(session, method)
            except Refused:
                await asyncio.sleep(30)


class ReadsThePageAsJson(Bot):
    """What the answer says is read before what it is: a page is trouble with the network."""

    async def _ask(self, session: Session, method: str) -> Event:
        async with session.request(method, bot.REST) as response:
            answer: Event = await response.json()
            if answer.get("code") == bot.NO_SUCH_KEY:
                raise KeyLost
            response.raise_for_status()
            return answer


class TrustsTheHandshake(Bot):
    """A stream on which something was heard may turn silent; before that it is taken for quiet."""

    async def _hear(self, stream: Stream) -> bool:
        self.silence = 90 * 60 if getattr(stream, "spoke", False) else 10**6
        goes_on = await super()._hear(stream)
        stream.spoke = True  # type: ignore[attr-defined]
        return goes_on


class TakesPingsForLife(Bot):
    """Silence is what has no pings either."""

    silence = 10**6


class EndsWithTheKey(Bot):
    """A key that is gone is an answer like any other 4xx."""

    async def _on_key_lost(self) -> None:
        raise Refused("listen key: HTTP 400")


class NeverAsksForANewKey(Bot):
    """Whatever a keepalive answers, it is asked again in half an hour."""

    async def _on_key_lost(self) -> None:
        pass


class HearsTheOldKey(Bot):
    """There is a new key, and the stream is still the old one's."""

    async def _on_key_lost(self) -> None:
        async with Session(headers=self._headers) as session:
            await self._ask(session, "POST")


class KeepsItsKey(Bot):
    """The key is asked for once, and used for each connection."""

    _key: Event | None = None

    async def _ask(self, session: Session, method: str) -> Event:
        if method == "POST" and self._key is not None:
            return self._key
        answer = await super()._ask(session, method)
        if method == "POST":
            self._key = answer
        return answer


class IsDoneByTheDay(Bot):
    """Closed with 1001: the 24 hours are over, and so is the bot's day."""

    async def _hear(self, stream: Stream) -> bool:
        if await super()._hear(stream):
            return True
        if stream.close_code == 1001:
            await asyncio.Event().wait()
        return False


class HandlesCloseFramesOnly(Bot):
    """A connection that has ended without one hasn't ended."""

    async def _hear(self, stream: Stream) -> bool:
        if await super()._hear(stream):
            return True
        if stream.close_code == 1006:
            await asyncio.Event().wait()
        return False


class TakesAPolicyForAVerdict(Bot):
    """1008, "policy violation", is for good."""

    async def _hear(self, stream: Stream) -> bool:
        if await super()._hear(stream):
            return True
        if stream.close_code == 1008:
            raise Refused("stream: 1008")
        return False


class DropsWhatComesMeanwhile(Bot):
    """While a request is under way, nobody is there for events."""

    _asking = False

    async def _ask(self, session: Session, method: str) -> Event:
        self._asking = True
        try:
            return await super()._ask(session, method)
        finally:
            self._asking = False

    def _on_event(self, event: Event) -> bool:
        return True if self._asking else super()._on_event(event)


class ConnectsOnEachNotice(Bot):
    """Where the key has expired, a new connection is made, and the old one left: as often as it is
    said."""

    async def _listen(self, session: Session) -> None:
        self._connect = lambda: asyncio.create_task(
            super(ConnectsOnEachNotice, self)._listen(session)
        )
        self._listening = [self._connect()]
        try:
            while True:
                await asyncio.sleep(60)
                for task in [each for each in self._listening if each.done()]:
                    self._listening.remove(task)
                    if not task.cancelled():
                        task.result()
        finally:
            for task in self._listening:
                task.cancel()

    def _on_event(self, event: Event) -> bool:
        if event["e"] != "listenKeyExpired":
            return super()._on_event(event)
        told = asyncio.current_task()
        self._listening.append(self._connect())
        if told is not None:
            asyncio.get_running_loop().call_later(5, told.cancel)
        return True


class KnowsNoNotice(Bot):
    """Its handlers are by the event's type, and listenKeyExpired has none."""

    _unknown = "listenKeyExpired"

    def _on_event(self, event: Event) -> bool:
        if event["e"] == self._unknown:
            raise KeyError(self._unknown)
        return super()._on_event(event)


class KnowsNoShutdown(KnowsNoNotice):
    """The same with serverShutdown."""

    _unknown = "serverShutdown"


class TakesEachFrameForJson(Bot):
    """Whatever comes is parsed."""

    def _read(self, text: str) -> Event:
        try:
            event: Event = json.loads(text)
            event["e"]
        except Exception as error:
            raise RuntimeError("a frame that is no event") from error
        return event


class RenewsAtTheLastMoment(Bot):
    """A key is valid for 60 minutes, and so it is renewed each 60 minutes, a moment earlier."""

    keepalive = 60 * 60 - 0.5


class SwallowsTheError(Bot):
    """Where a keepalive has failed, there will be another one, in half an hour."""

    retry = 30 * 60


class GivesUpAfterOneTry(Bot):
    """It connects again, once."""

    async def _ask(self, session: Session, method: str) -> Event:
        try:
            return await super()._ask(session, method)
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            if method == "POST" and self._stream is not None:
                raise Refused("gave up") from error
            raise


class ThrowsItsKeyAway(Bot):
    """A keepalive has failed: the key is None then, and is in the next address."""

    _thrown_away = False

    async def _ask(self, session: Session, method: str) -> Event:
        if method == "POST" and self._thrown_away:
            return {"listenKey": None}
        try:
            return await super()._ask(session, method)
        except (aiohttp.ClientError, asyncio.TimeoutError):
            if method == "PUT" and self._stream is not None:
                self._thrown_away = True
                await self._stream.close()
            raise


class LeavesAStreamBehind(Bot):
    """A keepalive has failed: there is a second stream then, beside the first."""

    async def _ask(self, session: Session, method: str) -> Event:
        try:
            return await super()._ask(session, method)
        except (aiohttp.ClientError, asyncio.TimeoutError):
            if method == "PUT":
                self._second = asyncio.create_task(Bot._listen(self, session))
            raise


class NeverWaits(Bot):
    """Retry-After is for others: it asks again in five seconds."""

    retry = 5

    async def _ask(self, session: Session, method: str) -> Event:
        self._quiet_until = 0.0
        return await super()._ask(session, method)


class ClosesItTwice(Bot):
    """At its end it closes its key, again where the answer was a 503, and takes "no such key" for a
    failure."""

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            async with Session(headers=self._headers) as session:
                for _ in range(3):
                    async with session.delete(bot.REST) as response:
                        if response.status < 500:
                            response.raise_for_status()
                            break


class OldAddress(Bot):
    """Nobody has told it that the streams are routed now."""

    stream = "wss://fstream.binance.com/ws?listenKey={key}"


class KeyInThePath(Bot):
    """As Options' pages have it."""

    stream = "wss://fstream.binance.com/private/ws/{key}"


#: The bot with the bug that it punishes, by the scenario's name.
PLANTED: dict[str, type[Bot]] = {
    "api_key_revoked": RetriesWhatIsRefused,
    "born_a_zombie": TrustsTheHandshake,
    "closed_by_another_consumer": EndsWithTheKey,
    "day_is_over": IsDoneByTheDay,
    "endpoint_moved": ReadsThePageAsJson,
    "event_before_reply": DropsWhatComesMeanwhile,
    "expired_twice": ConnectsOnEachNotice,
    "expires_early": KnowsNoNotice,
    "frame_that_is_no_json": TakesEachFrameForJson,
    "idle_drop": HandlesCloseFramesOnly,
    "keepalive_at_the_boundary": RenewsAtTheLastMoment,
    "keepalive_error_swallowed": SwallowsTheError,
    "key_lost": NeverAsksForANewKey,
    "key_of_the_other_environment": HammersWhatIsRefused,
    "network_gone": GivesUpAfterOneTry,
    "old_address_falls_silent": OldAddress,
    "one_failed_keepalive": ThrowsItsKeyAway,
    "path_form_falls_silent": KeyInThePath,
    "pongs_lost": TakesAPolicyForAVerdict,
    "rate_limited_then_banned": NeverWaits,
    "server_shutdown": KnowsNoShutdown,
    "silenced_by_another_consumer": HearsTheOldKey,
    "stale_key_on_reconnect": KeepsItsKey,
    "unknown_outcome_on_close": ClosesItTwice,
    "unknown_outcome_on_keepalive": LeavesAStreamBehind,
    "zombie_socket": TakesPingsForLife,
}
