"""The life of a listen key, to the millisecond, and how those of several products keep apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_binance_options._products import OPTIONS
from pytest_binance_options.exchange import Account, Exchange
from pytest_binance_options.exchange._listen_key import ListenKey
from tests.support.usd_m import USD_M


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.open_account("mine")


def test_a_key_lives_for_sixty_minutes_to_the_millisecond(
    exchange: Exchange, account: Account
) -> None:
    key, expires_ms = account.start_listen_key()
    assert expires_ms == exchange.clock.now_ms + 3_600_000
    exchange.clock.advance(minutes=59, seconds=59.999)
    assert (account.listen_key, account.expires_ms) == (key, expires_ms)
    assert exchange.accounts.by_listen_key(key) is account.listen_keys[OPTIONS]
    exchange.clock.advance(milliseconds=1)
    assert (account.listen_key, account.expires_ms) == (None, None)
    assert exchange.accounts.by_listen_key(key) is None


def test_a_keepalive_in_the_last_millisecond_gives_another_hour(
    exchange: Exchange, account: Account
) -> None:
    key, _ = account.start_listen_key()
    exchange.clock.advance(minutes=59, seconds=59.999)
    assert account.keep_alive()
    exchange.clock.advance(minutes=59, seconds=59.999)
    assert account.listen_key == key
    exchange.clock.advance(milliseconds=1)
    assert account.listen_key is None


def test_starting_again_gives_the_same_key_and_another_hour(
    exchange: Exchange, account: Account
) -> None:
    key, _ = account.start_listen_key()
    exchange.clock.advance(minutes=59)
    assert account.start_listen_key() == (key, exchange.clock.now_ms + 3_600_000)


def test_after_its_end_there_is_nothing_to_keep_alive_or_close(
    exchange: Exchange, account: Account
) -> None:
    assert not account.keep_alive()
    assert not account.close_listen_key()
    account.start_listen_key()
    exchange.clock.advance(minutes=60)
    assert not account.keep_alive()
    assert not account.close_listen_key()


def test_a_new_key_after_the_end_is_another_key(exchange: Exchange, account: Account) -> None:
    first, _ = account.start_listen_key()
    account.close_listen_key()
    second, _ = account.start_listen_key()
    exchange.clock.advance(minutes=60)
    third, _ = account.start_listen_key()
    assert len({first, second, third}) == 3


def test_whoever_looks_in_the_millisecond_of_the_end_finds_the_key_dead(
    exchange: Exchange, account: Account
) -> None:
    # Asked for before the key, so that it runs before the key's own timer.
    seen: list[object] = []
    exchange.clock.call_at(
        exchange.clock.now_ms + 3_600_000,
        lambda: seen.append((account.listen_key, account.keep_alive())),
    )
    account.start_listen_key()
    exchange.clock.advance(hours=2)
    assert seen == [(None, False)]


def test_the_end_of_a_key_is_told_once_and_at_its_time(
    exchange: Exchange, account: Account
) -> None:
    told: list[tuple[str, str, str, int]] = []

    def listen(what: str) -> Callable[[ListenKey, str], None]:
        return lambda key, value: told.append((what, key.account, value, exchange.clock.now_ms))

    exchange.accounts.on_expired.append(listen("expired"))
    exchange.accounts.on_closed.append(listen("closed"))
    start = exchange.clock.now_ms
    first, _ = account.start_listen_key()
    exchange.clock.advance(minutes=30)
    account.keep_alive()
    exchange.clock.advance(hours=5)
    second, _ = account.start_listen_key()
    account.close_listen_key()
    account.close_listen_key()
    exchange.clock.advance(hours=5)
    assert told == [
        ("expired", "mine", first, start + 90 * 60_000),
        ("closed", "mine", second, start + 330 * 60_000),
    ]


# One of each product


@pytest.fixture
def both() -> Account:
    return Exchange(products=(OPTIONS, USD_M)).open_account("mine")


def test_an_account_has_a_key_of_each_product_with_a_life_of_its_own(both: Account) -> None:
    other = both.listen_keys[USD_M]
    assert both.listen_keys[OPTIONS].value is None
    first, _ = both.start_listen_key()
    assert other.value is None
    second, _ = other.start()
    assert first != second
    assert other.close()
    assert (both.listen_key, other.value) == (first, None)
    assert other.keep_alive() is None
    assert both.keep_alive()
    other.start()
    assert both.close_listen_key()
    assert (both.listen_key, other.value is None) == (None, False)


def test_a_product_says_how_long_its_keys_are_valid() -> None:
    brief = replace(USD_M, listen_key_validity_ms=1_000)
    exchange = Exchange(products=(OPTIONS, brief))
    account = exchange.open_account()
    account.start_listen_key()
    account.listen_keys[brief].start()
    exchange.clock.advance(milliseconds=999)
    assert account.listen_keys[brief].keep_alive() is not None
    exchange.clock.advance(milliseconds=999)
    assert account.listen_keys[brief].value is not None
    exchange.clock.advance(milliseconds=1)
    assert account.listen_keys[brief].value is None
    assert account.listen_key is not None


def test_one_more_product_does_not_change_the_listen_keys(both: Account) -> None:
    both.listen_keys[USD_M].start()
    alone = Exchange().open_account()
    assert alone.start_listen_key() == both.start_listen_key()


def test_a_reset_forgets_the_keys_of_all_products_and_gives_them_again() -> None:
    exchange = Exchange(products=(OPTIONS, USD_M))
    keys = exchange.open_account().listen_keys.values()
    before = [key.start() for key in keys]
    exchange.reset()
    assert [key.value for key in keys] == [None, None]
    assert [key.start() for key in keys] == before


def test_a_repr_says_which_keys_are_active_and_shows_none(both: Account) -> None:
    assert repr(both) == "<Account mine, API keys: 1, listen key: none>"
    value, _ = both.listen_keys[USD_M].start()
    assert repr(both) == "<Account mine, API keys: 1, listen key: none, USD-M listen key: active>"
    assert repr(both.listen_keys[USD_M]) == "<ListenKey of mine, USD-M listen key: active>"
    assert value not in repr(both)
