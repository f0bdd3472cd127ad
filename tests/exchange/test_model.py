"""The exchange against a model of it that is written from the documentation in the plainest way.

Several accounts, API keys and addresses call in any order, the clock moves by any step, faults come
and go; after each step both have to agree, and the invariants hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pytest_binance_options._messages import (
    Answer,
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
)
from pytest_binance_options.exchange import Exchange, fault

from .asking import body, hmac_signature

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
LISTEN_KEY = "/eapi/v1/listenKey"
MARGIN = "/eapi/v1/marginAccount"
WEIGHTS = {MARGIN: 3}
LIMIT = 20
PATIENCE = 2

STEPS = {"gate": 1_000, "nightly": 20_000}
STEPS_PER_RUN = 50


# The model


@dataclass
class ModelAccount:
    key: str | None = None
    expires: int = 0

    def alive(self, now: int) -> bool:
        return self.key is not None and now < self.expires


@dataclass
class ModelClient:
    #: (time, weight) of everything that was sent and arrived, ever.
    sent: list[tuple[int, int]] = field(default_factory=list)
    refused_at: list[int] = field(default_factory=list)
    bans: int = 0
    banned_until: int = 0

    def used(self, now: int) -> int:
        return sum(weight for at, weight in self.sent if at // MINUTE_MS == now // MINUTE_MS)

    def refused(self, now: int) -> int:
        return sum(at // MINUTE_MS == now // MINUTE_MS for at in self.refused_at)


@dataclass
class ModelFault:
    kind: str
    method: str
    times: int
    executed: bool = False
    ms: int = 0


@dataclass
class Expected:
    """What has to come back: a failure, or a status and perhaps an error code."""

    status: int | None = None
    code: int | None = None
    failure: FailureKind | None = None
    retry_after: int | None = None


@dataclass
class Model:
    now: int
    accounts: list[ModelAccount]
    clients: dict[str, ModelClient]
    faults: list[ModelFault] = field(default_factory=list)
    dead_keys: set[str] = field(default_factory=set)

    def advance(self, ms: int) -> None:
        self.now += ms
        for account in self.accounts:
            if account.key is not None and not account.alive(self.now):
                self.dead_keys.add(account.key)
                account.key = None

    def call(
        self, client: ModelClient, account: int | None, method: str, path: str, offset: int | None
    ) -> Expected:
        """``account`` is None for an unknown API key; ``offset`` is the timestamp's distance from
        now, where signed."""
        # No connection, so nothing arrives.
        for met in self.faults:
            if (
                met.method == method
                and met.times > 0
                and met.kind in ("refused", "reset", "timeout")
                and not met.executed
            ):
                met.times -= 1
                return Expected(failure=FailureKind[met.kind.upper()])
        if self.now < client.banned_until:
            return Expected(418, -1008, retry_after=-(-(client.banned_until - self.now) // 1000))
        client.sent.append((self.now, WEIGHTS.get(path, 1)))
        if client.used(self.now) > LIMIT:
            if client.refused(self.now) > PATIENCE:
                length = min(2 * MINUTE_MS * 2**client.bans, 3 * 24 * HOUR_MS)
                client.bans += 1
                client.banned_until = self.now + length
                return Expected(418, -1008, retry_after=length // 1000)
            client.refused_at.append(self.now)
            return Expected(429, -1008, retry_after=-(-(MINUTE_MS - self.now % MINUTE_MS) // 1000))
        # What goes wrong on the way: the first thing that answers is what the client gets, time
        # passes all the same.
        instead: ModelFault | None = None
        skew = 0
        sent_at = self.now
        for met in self.faults:
            if (
                met.method != method
                or met.times == 0
                or (met.kind not in ("delay", "skew") and instead is not None)
            ):
                continue
            met.times -= 1
            if met.kind == "delay":
                self.advance(met.ms)
            elif met.kind == "skew":
                skew += met.ms
            else:
                instead = met
                if not met.executed:
                    break
        done = (
            Expected(200)
            if instead is not None and not instead.executed
            else self.execute(account, method, offset, sent_at, skew)
        )
        if instead is None:
            return done
        if instead.kind in ("reset", "timeout"):
            return Expected(failure=FailureKind[instead.kind.upper()])
        return Expected(503, -1000)

    def execute(
        self, account: int | None, method: str, offset: int | None, sent_at: int, skew: int
    ) -> Expected:
        if account is None:
            return Expected(401, -2008)
        if offset is not None:
            timestamp, server = sent_at + offset, self.now + skew
            return (
                Expected(200)
                if timestamp < server + 1000 and server - timestamp <= 5000
                else Expected(400, -1021)
            )
        mine = self.accounts[account]
        if method == "POST":
            mine.expires = self.now + HOUR_MS
            mine.key = mine.key or "new"
            return Expected(200)
        if not mine.alive(self.now):
            return Expected(400, -1125)
        if method == "PUT":
            mine.expires = self.now + HOUR_MS
        else:
            self.dead_keys.add(mine.key or "")
            mine.key = None
        return Expected(200)


# Both, side by side

METHODS = st.sampled_from(["POST", "PUT", "DELETE"])
ADDRESSES = ["10.0.0.1", "10.0.0.2"]
STEP_MS = st.one_of(
    st.sampled_from(
        [
            0,
            1,
            999,
            1_000,
            59_999,
            MINUTE_MS,
            120_000,
            HOUR_MS - 1,
            HOUR_MS,
            HOUR_MS + 1,
            24 * HOUR_MS,
        ]
    ),
    st.integers(0, 2 * HOUR_MS),
)
#: What goes wrong, how often, whether the request is executed all the same, and seconds of delay or
#: skew.
MISHAPS = st.tuples(
    st.sampled_from(["refused", "reset", "timeout", "503", "delay", "skew"]),
    st.integers(1, 2),
    st.booleans(),
    st.integers(0, 400),
)
OFFSETS = st.one_of(st.sampled_from([-5001, -5000, 0, 999, 1000]), st.integers(-10_000, 3_000))


class ExchangeAgainstModel(RuleBasedStateMachine):
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.exchange = Exchange()
        self.exchange.limits.weight_per_minute = LIMIT
        self.exchange.limits.requests_after_429 = PATIENCE
        self.accounts = [self.exchange.open_account() for _ in range(2)]
        for account in self.accounts:
            account.add_api_key()
        self.model = Model(
            self.exchange.clock.now_ms,
            [ModelAccount(), ModelAccount()],
            {a: ModelClient() for a in ADDRESSES},
        )

    @rule(ms=STEP_MS)
    def time_passes(self, ms: int) -> None:
        self.exchange.clock.advance(milliseconds=ms)
        self.model.advance(ms)

    @rule(ms=st.sampled_from([-1, 0, 1]), which=st.integers(0, 1))
    def time_passes_until_a_key_is_about_to_expire(self, ms: int, which: int) -> None:
        left = self.model.accounts[which].expires + ms - self.model.now
        if left > 0:
            self.time_passes(left)

    @rule(ms=st.sampled_from([-1, 0]), address=st.sampled_from(ADDRESSES))
    def time_passes_until_a_ban_is_about_to_end(self, ms: int, address: str) -> None:
        left = self.model.clients[address].banned_until + ms - self.model.now
        if left > 0:
            self.time_passes(left)
        self.a_call_with_an_unknown_key("POST", address)

    @rule(
        method=METHODS,
        which=st.integers(0, 1),
        key=st.integers(0, 1),
        address=st.sampled_from(ADDRESSES),
    )
    def a_listen_key_call(self, method: str, which: int, key: int, address: str) -> None:
        expected = self.model.call(self.model.clients[address], which, method, LISTEN_KEY, None)
        answer = self.ask(method, LISTEN_KEY, self.accounts[which].api_keys[key].api_key, address)
        self.compare(answer, expected, address)
        if isinstance(answer, Response) and answer.status == 200 and method == "POST":
            self.learn(which, str(body(answer)["listenKey"]), body(answer)["expiration"])
        else:
            # A POST whose answer was lost: what key it made is known from the next one.
            self.learn(which, self.accounts[which].listen_key, None)

    def learn(self, which: int, key: str | None, expiration: object) -> None:
        mine = self.model.accounts[which]
        if key is None:
            assert mine.key is None
            return
        assert re.fullmatch("[A-Za-z0-9]{64}", key)
        if mine.key == "new":
            assert key not in self.model.dead_keys
            assert key not in [account.key for account in self.model.accounts]
            mine.key = key
        assert key == mine.key
        assert expiration is None or self.skewed or expiration == mine.expires

    @property
    def skewed(self) -> bool:
        return any(met.kind == "skew" for met in self.model.faults)

    @rule(method=METHODS, address=st.sampled_from(ADDRESSES))
    def a_call_with_an_unknown_key(self, method: str, address: str) -> None:
        expected = self.model.call(self.model.clients[address], None, method, LISTEN_KEY, None)
        self.compare(self.ask(method, LISTEN_KEY, "k" * 64, address), expected, address)

    @rule(which=st.integers(0, 1), minutes=st.lists(st.integers(20, 59), min_size=1, max_size=3))
    def a_client_that_behaves(self, which: int, minutes: list[int]) -> None:
        self.a_listen_key_call("POST", which, 0, ADDRESSES[1])
        for wait in minutes:
            self.time_passes(wait * MINUTE_MS)
            self.a_listen_key_call("PUT", which, 1, ADDRESSES[1])

    @rule(
        mishaps=st.lists(MISHAPS, min_size=1, max_size=3),
        method=METHODS,
        which=st.integers(0, 1),
        after=STEP_MS,
    )
    def a_call_goes_wrong(
        self, mishaps: list[tuple[str, int, bool, int]], method: str, which: int, after: int
    ) -> None:
        for kind, times, executed, seconds in mishaps:
            self.something_is_going_to_go_wrong(kind, method, times, executed, seconds)
        self.a_listen_key_call(method, which, 0, ADDRESSES[1])
        self.time_passes(after)
        self.a_listen_key_call("PUT", which, 0, ADDRESSES[1])

    @rule(times=st.integers(LIMIT, LIMIT + 6), address=st.sampled_from(ADDRESSES))
    def a_client_hammers(self, times: int, address: str) -> None:
        for _ in range(times):
            self.a_call_with_an_unknown_key("PUT", address)

    @rule(offset=OFFSETS, which=st.integers(0, 1), address=st.sampled_from(ADDRESSES))
    def a_signed_read(self, offset: int, which: int, address: str) -> None:
        key = self.accounts[which].api_keys[1]
        query = f"timestamp={self.model.now + offset}"
        url = f"{MARGIN}?{query}&signature={hmac_signature(key.secret_key or '', query)}"
        expected = self.model.call(self.model.clients[address], which, "GET", MARGIN, offset)
        self.compare(self.ask("GET", url, key.api_key, address), expected, address)

    @rule(mishap=MISHAPS, method=st.sampled_from(["POST", "PUT", "DELETE", "GET"]))
    def something_goes_wrong_later(self, mishap: tuple[str, int, bool, int], method: str) -> None:
        kind, times, executed, seconds = mishap
        self.something_is_going_to_go_wrong(kind, method, times, executed, seconds)

    def something_is_going_to_go_wrong(
        self, kind: str, method: str, times: int, executed: bool, seconds: int
    ) -> None:
        effect = {
            "refused": lambda: fault.refused(),
            "reset": lambda: fault.reset(executed=executed),
            "timeout": lambda: fault.timeout(executed=executed),
            "503": lambda: fault.unknown_outcome(executed=executed),
            "delay": lambda: fault.delay(seconds),
            "skew": lambda: fault.skew(seconds - 200),
        }[kind]()
        self.exchange.faults.add(effect, method=method, times=times)
        ms = (seconds - 200 if kind == "skew" else seconds) * 1000
        self.model.faults.append(
            ModelFault(kind, method, times, executed and kind != "refused", ms)
        )

    @rule()
    def all_is_well_again(self) -> None:
        self.exchange.faults.clear()
        self.model.faults.clear()

    def ask(self, method: str, url: str, api_key: str, address: str) -> Answer:
        return self.exchange.handle(
            Request(method, url, Headers({"X-MBX-APIKEY": api_key}), client=address)
        )

    def compare(self, answer: Answer, expected: Expected, address: str) -> None:
        if isinstance(answer, Failure):
            assert answer.kind is expected.failure
            return
        assert (answer.status, expected.failure) == (expected.status, None)
        assert body(answer).get("code") == expected.code
        assert answer.headers.get("Retry-After") == (
            None if expected.retry_after is None else str(expected.retry_after)
        )
        # The weight in the header is never more than what was sent, in any one minute since the
        # last delay began.
        client = self.model.clients[address]
        sent_lately = {client.used(at) for at, _ in client.sent[-1:]} | {
            client.used(self.model.now)
        }
        assert int(answer.headers["X-MBX-USED-WEIGHT-1M"]) in sent_lately

    @invariant()
    def both_agree(self) -> None:
        type(self).steps += 1
        assert self.exchange.clock.now_ms == self.model.now
        for account, expected in zip(self.accounts, self.model.accounts, strict=True):
            assert (account.listen_key is not None) == expected.alive(self.model.now)
            assert account.expires_ms == (
                expected.expires if expected.alive(self.model.now) else None
            )

    @invariant()
    def a_key_is_never_both_alive_and_dead(self) -> None:
        for key in self.model.dead_keys - {"new"}:
            assert self.exchange.accounts.by_listen_key(key) is None
        for account in self.accounts:
            if account.listen_key is not None:
                found = self.exchange.accounts.by_listen_key(account.listen_key)
                assert found is not None
                assert found.account == account.name

    @invariant()
    def bans_end_when_they_say(self) -> None:
        for address, client in self.model.clients.items():
            until = client.banned_until if self.model.now < client.banned_until else None
            assert self.exchange.limits.banned_until(address) == until

    @invariant()
    def the_journal_has_everything_once(self) -> None:
        assert len(self.exchange.journal) == len(self.exchange.journal.calls)
        assert all(entry.outcome is not None for entry in self.exchange.journal)


def test_the_exchange_does_what_the_documentation_says_in_any_order() -> None:
    profile = settings.default
    assert profile is not None
    run_state_machine_as_test(
        ExchangeAgainstModel, settings=settings(profile, stateful_step_count=STEPS_PER_RUN)
    )
    assert ExchangeAgainstModel.steps >= STEPS["nightly" if profile.max_examples > 100 else "gate"]
