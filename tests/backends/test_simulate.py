"""The simulated exchange as a backend: it answers everything itself."""

from __future__ import annotations

import re

import pytest

from pytest_binance_options._backends.base import Backend, perform
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._messages import Request, Response
from pytest_binance_options._products import OPTIONS
from pytest_binance_options.exchange import Exchange

from .test_base import never


def test_every_request_is_answered_by_the_exchange() -> None:
    exchange = Exchange()
    account = exchange.open_account()
    backend: Backend = Simulate(exchange)

    answer = perform(
        backend,
        Request("POST", OPTIONS.listen_key_path, {"X-MBX-APIKEY": account.api_keys[0].api_key}),
        never,  # type: ignore[arg-type]
    )

    assert isinstance(answer, Response)
    assert answer.status == 200
    assert account.listen_key
    assert account.listen_key in answer.body.decode()


def test_that_one_was_forwarded_can_not_be() -> None:
    backend = Simulate(Exchange())
    text = (
        "<Request PUT /eapi/v1/x?signature=<hidden>> was forwarded, though the exchange answers"
        " every request"
    )

    with pytest.raises(AssertionError, match=re.escape(text)):
        backend.observe(Request("PUT", "/eapi/v1/x?signature=abc"), Response(200))
