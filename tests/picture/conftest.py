from __future__ import annotations

import pytest

from pytest_binance_options.exchange import Account, Exchange
from tests.exchange.asking import Asking


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.open_account("mine")


@pytest.fixture
def client(exchange: Exchange, account: Account) -> Asking:
    return Asking(exchange, account)
