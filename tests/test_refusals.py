"""What is shown of a refusal."""

from __future__ import annotations

import pytest

from pytest_binance_options._messages import Answer, Failure, FailureKind, Response
from pytest_binance_options._refusals import handshake_refused

KEY = "k" * 64


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Response(400, (), b'{"code":-1125,"msg":"No."}'), "400 -1125 No."),
        (Response(400, (), f'{{"code":-1,"msg":"{KEY}"}}'.encode()), "400 -1 <hidden>"),
        (Response(503, (), b"<html>"), "503"),
        (Response(404), "404"),
        (Response(400, (), b'{"code":"-1","msg":"No."}'), "400"),
        (Response(400, (), b"[" * 100_000), "400"),
        (Failure(FailureKind.TIMEOUT), "no answer in time"),
    ],
)
def test_it_has_code_and_message_where_the_answer_has_them(answer: Answer, outcome: str) -> None:
    assert handshake_refused("/private/ws", answer) == f"handshake /private/ws -> {outcome}"


def test_the_address_is_shown_without_its_keys_on_one_line_and_not_for_pages() -> None:
    target = f"/private/ws?listenKey={KEY}&events=A\n" + "x " * 500
    said = handshake_refused(target, Response(404))
    assert said.startswith(
        "handshake /private/ws?listenKey=<hidden>&events=A\N{REPLACEMENT CHARACTER}x"
    )
    assert len(said) == len("handshake ") + 200 + len(" -> 404")
