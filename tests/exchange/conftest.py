"""What most tests of the exchange begin with; a module that begins otherwise has its own."""

from __future__ import annotations

import pytest

from pytest_binance_options.exchange import Account, Exchange
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .asking import Asking
from .listening import connected, new_key


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.open_account("mine")


@pytest.fixture
def client(exchange: Exchange, account: Account) -> Asking:
    return Asking(exchange, account)


@pytest.fixture
def connection(exchange: Exchange, account: Account) -> StreamConnection:
    return connected(exchange, f"/private/ws/{new_key(exchange, account)}")
