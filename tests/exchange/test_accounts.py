"""Accounts and their API keys."""

from __future__ import annotations

import re

import pytest

from pytest_binance_options.errors import KeyMaterialError, UsageError
from pytest_binance_options.exchange import Account, Exchange

from .keys import EC_PUBLIC, ED25519_PRIVATE, ED25519_PUBLIC, RSA_PUBLIC


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.open_account("mine")


def test_an_account_comes_with_an_api_key_of_the_exchange_s_format(account: Account) -> None:
    (key,) = account.api_keys
    assert re.fullmatch("[A-Za-z0-9]{64}", key.api_key)
    assert key.secret_key is not None
    assert re.fullmatch("[A-Za-z0-9]{64}", key.secret_key)
    assert key.public_key is None


def test_the_same_seed_gives_the_same_keys_and_another_seed_others() -> None:
    def keys(seed: int) -> list[str]:
        exchange = Exchange(seed=seed)
        return [
            key.api_key + (key.secret_key or "")
            for _ in range(3)
            for key in exchange.open_account().api_keys
        ]

    assert keys(1) == keys(1)
    assert len({*keys(1), *keys(2)}) == 6


def test_one_more_account_does_not_change_the_listen_keys(
    exchange: Exchange, account: Account
) -> None:
    other = Exchange()
    other.open_account("first")
    assert other.open_account("second").start_listen_key() == account.start_listen_key()


def test_accounts_are_found_by_name_and_listed_in_order(
    exchange: Exchange, account: Account
) -> None:
    second = exchange.open_account()
    assert list(exchange.accounts) == [account, second]
    assert (exchange.accounts["mine"], exchange.accounts["account-2"]) == (account, second)
    assert (
        "mine" in exchange.accounts,
        second in exchange.accounts,
        "other" in exchange.accounts,
    ) == (True, True, False)
    assert len(exchange.accounts) == 2


def test_an_unknown_account_is_named_with_those_there_are(
    exchange: Exchange, account: Account
) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.accounts["other"]
    assert str(caught.value) == "There is no account 'other'. There are: mine."


def test_the_only_account_need_not_be_named(exchange: Exchange, account: Account) -> None:
    assert exchange.accounts.resolve() is account
    assert exchange.accounts.resolve("mine") is exchange.accounts.resolve(account)


def test_among_several_accounts_one_has_to_be_named(exchange: Exchange, account: Account) -> None:
    exchange.open_account("yours")
    with pytest.raises(UsageError) as caught:
        exchange.accounts.resolve()
    assert (
        str(caught.value) == "Which account? There are: mine, yours. Name one, or open one with"
        " exchange.open_account()."
    )


def test_a_taken_name_is_refused(exchange: Exchange, account: Account) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.open_account("mine")
    assert (
        str(caught.value) == "There is an account 'mine' already. Choose another name, or use"
        " exchange.accounts['mine']."
    )


def test_a_taken_api_key_is_refused_and_opens_no_account(
    exchange: Exchange, account: Account
) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.open_account("yours", api_key=account.api_keys[0].api_key)
    assert (
        str(caught.value)
        == "This api_key is registered already. Give another one, or leave it out and one is made."
    )
    assert "yours" not in exchange.accounts


def test_an_api_key_of_one_s_own_need_not_look_like_the_exchange_s(exchange: Exchange) -> None:
    account = exchange.open_account(api_key="my-key", secret_key="my-secret")
    assert exchange.accounts.by_api_key("my-key") == (account, account.api_keys[0])


@pytest.mark.parametrize("api_key", ["", "two words", "new\nline", "käse"])
def test_an_api_key_that_no_header_takes_is_refused(exchange: Exchange, api_key: str) -> None:
    with pytest.raises(KeyMaterialError) as caught:
        exchange.open_account(api_key=api_key)
    assert (
        str(caught.value)
        == f"api_key ({len(api_key)} characters) can't be sent in a header. Give printable ASCII"
        " without spaces (Binance's are 64 letters and digits), or leave it out."
    )


def test_an_empty_secret_is_refused(exchange: Exchange) -> None:
    with pytest.raises(KeyMaterialError) as caught:
        exchange.open_account(secret_key="")
    assert (
        str(caught.value) == "secret_key is empty. Give a secret, or leave it out and one is made."
    )


@pytest.mark.parametrize("public_key", [RSA_PUBLIC, ED25519_PUBLIC])
def test_a_public_key_takes_the_secret_s_place(exchange: Exchange, public_key: str) -> None:
    (key,) = exchange.open_account(public_key=public_key).api_keys
    assert (key.secret_key, key.public_key) == (None, public_key)


def test_a_secret_and_a_public_key_exclude_each_other(exchange: Exchange) -> None:
    with pytest.raises(KeyMaterialError) as caught:
        exchange.open_account(secret_key="s", public_key=RSA_PUBLIC)
    assert (
        str(caught.value)
        == "Got a secret_key and a public_key. An API key has one of them: leave the other out."
    )


REMEDY = (
    "Give the PEM text of an RSA or Ed25519 public key, as in `openssl pkey -in private.pem"
    " -pubout`."
)


@pytest.mark.parametrize(
    ("pem", "message"),
    [
        ("", f"public_key is no PEM public key. {REMEDY}"),
        (RSA_PUBLIC[:80], f"public_key is no PEM public key. {REMEDY}"),
        (ED25519_PRIVATE, f"public_key is a private key. {REMEDY}"),
        (EC_PUBLIC, f"public_key is of a kind that Binance doesn't take (ECPublicKey). {REMEDY}"),
    ],
    ids=["empty", "truncated", "private", "EC"],
)
def test_a_public_key_that_is_none_is_refused_without_quoting_it(
    exchange: Exchange, pem: str, message: str
) -> None:
    with pytest.raises(KeyMaterialError) as caught:
        exchange.open_account(public_key=pem)
    assert str(caught.value) == message


def test_nothing_secret_is_in_a_repr(exchange: Exchange, account: Account) -> None:
    key, _ = account.start_listen_key()
    exchange.open_account(public_key=RSA_PUBLIC)
    shown = repr(
        [
            exchange,
            exchange.accounts,
            account,
            account.api_keys,
            list(exchange.accounts)[1].api_keys,
        ]
    )
    assert "<ApiKey, HMAC>" in shown
    assert "<ApiKey, public key>" in shown
    assert "<Account mine, API keys: 1, listen key: active>" in shown
    for secret in (
        key,
        account.api_keys[0].api_key,
        account.api_keys[0].secret_key,
        RSA_PUBLIC[60:90],
    ):
        assert secret is not None
        assert secret not in shown


def test_the_only_account_needs_no_name() -> None:
    exchange = Exchange()
    for names in ("none", "a, b"):
        with pytest.raises(UsageError) as caught:
            exchange.account  # noqa: B018
        assert (
            str(caught.value) == f"Which account? There are: {names}. Name one, or open one with"
            " exchange.open_account()."
        )
        opened = exchange.open_account("a") if names == "none" else None
        if opened is not None:
            assert exchange.account is opened
            exchange.open_account("b")
