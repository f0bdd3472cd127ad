"""When faults happen: to which requests, how often, and what is known about it afterwards."""

from __future__ import annotations

import contextlib
import inspect
import json
from base64 import b64encode
from http import HTTPStatus
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, Fault, Faults, events, fault
from pytest_binance_options.exchange._effects import BrokenGzip
from pytest_binance_options.exchange.fault import KINDS

from ..support.examples import FOR_EACH
from .asking import LISTEN_KEY, Asking
from .listening import connected


def statuses(client: Asking, times: int, method: str = "POST") -> list[int]:
    return [client.ask(method).status for _ in range(times)]


# Which requests


def test_without_a_selection_every_request_is_struck(client: Asking, exchange: Exchange) -> None:
    struck = exchange.faults.add(fault.status(500))
    assert [
        client.ask("POST").status,
        client.ask("GET", "/eapi/v1/ping").status,
        client.ask("GET", "/x").status,
    ] == [500] * 3
    assert struck.fired == 3


def test_by_method_in_any_case(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.status(500), method="put")
    assert (client.ask("POST").status, client.ask("PUT").status) == (200, 500)


@pytest.mark.parametrize("path", [LISTEN_KEY, "/eapi/*", "*listenKey"])
def test_by_path_where_a_star_stands_for_anything(
    client: Asking, exchange: Exchange, path: str
) -> None:
    exchange.faults.add(fault.status(500), path=path)
    assert client.ask("POST", f"https://eapi.binance.com{LISTEN_KEY}?a=1").status == 500
    assert client.ask("POST", "/fapi/v1/other").status == 404


def test_by_client_address(client: Asking, exchange: Exchange, account: Account) -> None:
    exchange.faults.add(fault.status(500), client="10.0.0.2")
    assert (
        client.ask("POST").status,
        Asking(exchange, account, client="10.0.0.2").ask("POST").status,
    ) == (200, 500)


def test_by_account_whichever_of_its_api_keys_is_used(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    exchange.faults.add(fault.status(500), account="mine")
    second_key = Asking(exchange, account, key=account.add_api_key())
    stranger = Asking(exchange, exchange.open_account("theirs"))
    assert [c.ask("POST").status for c in (client, second_key, stranger)] == [500, 500, 200]


def test_while_a_predicate_of_the_request_holds(
    client: Asking, exchange: Exchange, account: Account
) -> None:
    exchange.faults.add(fault.status(500), while_=lambda request: account.listen_key is not None)
    assert statuses(client, 3) == [200, 500, 500]


# How often


@pytest.mark.parametrize(
    ("often", "struck"),
    [
        ({}, "xxxxxxxx"),
        ({"times": 1}, "x......."),
        ({"times": 3}, "xxx....."),
        ({"after": 2}, "..xxxxxx"),
        ({"after": 2, "times": 1}, "..x....."),
        ({"every": 3}, "..x..x.."),
        ({"every": 2, "times": 2}, ".x.x...."),
        ({"every": 2, "after": 3}, "....x.x."),
        ({"every": 2, "after": 1, "times": 2}, "..x.x..."),
    ],
)
def test_how_often(client: Asking, exchange: Exchange, often: dict[str, int], struck: str) -> None:
    added = exchange.faults.add(fault.status(500), **often)
    assert "".join("x" if status == 500 else "." for status in statuses(client, 8)) == struck
    assert added.fired == struck.count("x")
    assert added.exhausted == (added.fired == often.get("times"))


def test_only_requests_of_the_selection_count(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.status(500), method="PUT", after=1, times=1)
    assert statuses(client, 5, "POST") == [200] * 5
    assert statuses(client, 3, "PUT") == [200, 500, 200]


# What is known


def test_faults_are_listed_in_order_with_what_they_do_and_did(
    client: Asking, exchange: Exchange
) -> None:
    exchange.faults.add(fault.timeout(), method="PUT", path=LISTEN_KEY, times=1)
    exchange.faults.add(
        fault.delay(2), client="10.0.0.2", account="mine", times=3, after=4, every=5
    )
    exchange.faults.add(fault.html(), while_=lambda request: True)
    client.fails("PUT")
    assert [repr(listed) for listed in exchange.faults] == [
        "<Fault no answer in time, not executed; PUT /eapi/v1/listenKey, once; fired: 1>",
        (
            "<Fault delay of 2 s; any method any path, client 10.0.0.2, account mine, 3 times,"
            " after 4, every 5; fired: 0>"
        ),
        (
            "<Fault 404 instead of the answer, not executed; any method any path, while a condition"
            " holds; fired: 0>"
        ),
    ]
    assert len(exchange.faults) == 3
    assert repr(exchange.faults).startswith("<Faults [<Fault no answer")


def test_those_that_never_fired_can_be_asked_for(client: Asking, exchange: Exchange) -> None:
    met = exchange.faults.add(fault.status(500), method="POST")
    unmet = exchange.faults.add(fault.status(500), method="DELETE")
    client.ask("POST")
    assert (exchange.faults.unused(), met in exchange.faults) == ([unmet], True)


def test_one_can_be_taken_back_and_all_can(client: Asking, exchange: Exchange) -> None:
    first = exchange.faults.add(fault.status(500))
    exchange.faults.add(fault.status(502))
    exchange.faults.remove(first)
    exchange.faults.remove(first)
    assert client.ask("POST").status == 502
    exchange.faults.clear()
    assert (client.ask("POST").status, list(exchange.faults)) == (200, [])


# What can't be


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"times": 0}, "times is 0. Give a whole number from 1 to 9007199254740992."),
        ({"times": 1.5}, "times is 1.5. Give a whole number from 1 to 9007199254740992."),
        ({"after": -1}, "after is -1. Give a whole number from 0 to 9007199254740992."),
        ({"every": 0}, "every is 0. Give a whole number from 1 to 9007199254740992."),
        ({"method": 1}, "method is 1. Give text."),
        ({"path": ["/"]}, "path is ['/']. Give text."),
    ],
)
def test_a_selection_out_of_range_is_refused(
    exchange: Exchange, selection: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.faults.add(fault.status(500), **selection)  # type: ignore[arg-type]
    assert str(caught.value) == message
    assert len(exchange.faults) == 0


@pytest.mark.parametrize(
    "effect",
    ["status", 500, None, fault.status, BrokenGzip()],
    ids=["text", "number", "nothing", "builder", "of no kind"],
)
def test_what_is_no_effect_is_refused(exchange: Exchange, effect: object) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.faults.add(effect)  # type: ignore[arg-type]
    assert (
        str(caught.value)
        == f"A fault needs an effect, not {type(effect).__name__}. Give one of the fault module's:"
        f' {", ".join(KINDS)}; as in faults.add(fault.status(503), method="PUT").'
    )


# JSON


def test_a_fault_comes_from_json(client: Asking, exchange: Exchange) -> None:
    added = exchange.faults.add_json(
        {
            "fault": "status",
            "status": 502,
            "body": "bad",
            "headers": {"X-A": "1"},
            "method": "POST",
            "times": 1,
            "after": 1,
        }
    )
    answers = [client.ask("POST") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 502, 200]
    assert (answers[1].body, answers[1].headers["X-A"], added.fired) == (b"bad", "1", 1)


WORDS = st.text(max_size=9)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
EXECUTED = {"executed": st.booleans()}
STATUSES = st.integers(100, 599) | st.sampled_from(HTTPStatus).filter(lambda status: status >= 100)
LINES = st.text(st.characters(codec="latin-1", exclude_categories=["C", "Z"]), max_size=9)
EVENTS = st.one_of(
    st.sampled_from(
        [
            events.account_update(event_time=5),
            events.order_trade_update(status="FILLED", trade_time=7),
            events.listen_key_expired(event_time=5),
            events.balance_position_update(positions=[]),
            events.raw({"e": "ORDER_TRADE_UPDATE", "o": {"X": "CANCELLED"}}),
            events.raw({"e": "RISK_LEVEL_CHANGE"}),
            events.raw({"raw": {}}),
        ]
    ),
    st.dictionaries(WORDS, VALUES, max_size=3).map(events.raw),
    st.just({"e": "GREEK_UPDATE"}),
)
#: For every kind, what may be given for each of its arguments; those of the second are needed.
ARGUMENTS: dict[
    str, tuple[dict[str, st.SearchStrategy[object]], dict[str, st.SearchStrategy[object]]]
] = {
    "status": (
        {
            "body": VALUES | st.binary(max_size=9) | st.text(st.characters(), max_size=9),
            "headers": st.none() | st.dictionaries(LINES, LINES, max_size=2).map(MappingProxyType),
            "body_base64": st.binary(max_size=9).map(lambda body: b64encode(body).decode()),
            **EXECUTED,
        },
        {"status": STATUSES},
    ),
    "unknown_outcome": (EXECUTED, {}),
    "service_unavailable": ({}, {}),
    "internal_error": ({}, {}),
    "html": ({"status": STATUSES, "page": st.none() | WORDS, **EXECUTED}, {}),
    "json": ({"value": VALUES, "status": STATUSES, **EXECUTED}, {}),
    "refused": ({}, {}),
    "reset": (EXECUTED, {}),
    "timeout": (EXECUTED, {}),
    "cut_body": ({"keep": st.none() | st.integers(0, 2**31)}, {}),
    "broken_gzip": ({}, {}),
    "delay": (EXECUTED, {"seconds": st.integers(0, 86_400) | st.floats(0, 86_400)}),
    "skew": (
        {
            "seconds": st.integers(-86_400, 86_400) | st.floats(-86_400, 86_400),
            "drift_per_hour": st.integers(-3_600, 3_600) | st.floats(-3_600, 3_600),
        },
        {},
    ),
    "event_before_reply": ({"to": st.none() | WORDS | st.just("mine")}, {"event": EVENTS}),
}
SELECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "method": st.none() | st.sampled_from(["POST", "put"]),
        "path": st.none() | st.sampled_from(["*", "/eapi/*"]) | WORDS,
        "client": st.none() | st.just("127.0.0.1") | WORDS,
        "account": st.none() | st.just("mine") | WORDS,
        "times": st.none() | st.integers(1, 3) | st.integers(1, 2**53),
        "after": st.integers(0, 3) | st.integers(0, 2**53),
        "every": st.integers(1, 3) | st.integers(1, 2**53),
    },
)


def behaviour(fault: Fault) -> list[object]:
    """All there is to see of ``fault`` in a world of its own."""
    exchange = Exchange()
    client = Asking(exchange, exchange.open_account("mine"))
    connection = connected(exchange, f"/private/ws/{client.start()}")
    exchange.faults.arm(fault)
    seen: list[object] = []
    for method in ("POST", "PUT", "POST", "DELETE", "POST"):
        seen += [client.answer(method), connection.take(), exchange.clock.now_ms]
    return [*seen, exchange.journal.to_json(), exchange.state(), str(fault), fault.fired]


def test_no_kind_is_left_out_here() -> None:
    assert list(ARGUMENTS) == list(KINDS)
    assert set(KINDS) == set(fault.__all__) - {"KINDS"}
    for kind, (optional, needed) in ARGUMENTS.items():
        assert {*optional, *needed} == set(inspect.signature(KINDS[kind]).parameters)


def test_no_argument_of_a_kind_goes_by_the_name_of_a_selection() -> None:
    selection = set(inspect.signature(Faults.add).parameters)
    for kind, builder in KINDS.items():
        assert selection.isdisjoint(inspect.signature(builder).parameters), kind


@pytest.mark.parametrize("kind", KINDS)
@FOR_EACH
@given(st.data())
def test_what_goes_to_json_comes_back_the_same(kind: str, data: st.DataObject) -> None:
    optional, needed = ARGUMENTS[kind]
    arguments = data.draw(st.fixed_dictionaries(needed, optional=optional))
    before = Fault(KINDS[kind](**arguments), **data.draw(SELECTIONS))  # type: ignore[arg-type]

    form = before.to_json()
    after = Fault.from_json(json.loads(json.dumps(form, allow_nan=False)))

    assert form["fault"] == kind
    assert after.to_json() == form
    assert (after.effect.kind, after.effect.arguments) == (kind, before.effect.arguments)
    for name in ("method", "path", "client", "account", "times", "after", "every"):
        assert getattr(after, name) == getattr(before, name)
    assert behaviour(after) == behaviour(before)


def test_the_json_form_has_what_was_given_and_no_more() -> None:
    assert Fault(fault.refused()).to_json() == {"fault": "refused"}
    assert Fault(fault.status(502, b"\xff"), method="put", times=1).to_json() == {
        "fault": "status",
        "status": 502,
        "body_base64": "/w==",
        "method": "PUT",
        "times": 1,
    }
    assert Fault(fault.event_before_reply(events.greek_update(greeks=[]), "mine")).to_json() == {
        "fault": "event_before_reply",
        "event": {"e": "GREEK_UPDATE", "G": []},
        "to": "mine",
    }


def test_what_json_can_t_tell_apart_is_not_apart_before_it_was_json_either() -> None:
    before = fault.status(500, {1: "number", "1": "text"})
    after = Fault.from_json(before.to_json()).effect
    assert after == before
    assert behaviour(Fault(after)) == behaviour(Fault(before))


def test_a_json_form_is_nobody_else_s() -> None:
    body = {"list": [1]}
    made = Fault(fault.status(500, body))
    body["list"].append(2)
    made.to_json()["body"]["list"].append(3)  # type: ignore[index]
    assert made.to_json()["body"] == {"list": [1]}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ([], 'A fault is a JSON object, not list. Give one as in {"fault": "timeout"}.'),
        ({}, f'"fault" is None. Give one of: {", ".join(KINDS)}.'),
        ({"fault": 5}, f'"fault" is 5. Give one of: {", ".join(KINDS)}.'),
        ({"fault": "explode"}, f"\"fault\" is 'explode'. Give one of: {', '.join(KINDS)}."),
        (
            {"fault": "reset", "excuted": True},
            (
                "The fault reset has no 'excuted'. It takes: executed, method, path, client,"
                " account, times, after, every."
            ),
        ),
        (
            {"fault": "reset", "while_": "x"},
            (
                "The fault reset has no 'while_'. It takes: executed, method, path, client,"
                " account, times, after, every."
            ),
        ),
        ({"fault": "status"}, "The fault status needs: status."),
        ({"fault": "html", "status": []}, "status is []. Give a whole number from 100 to 599."),
        (
            {"fault": "status", "status": "500"},
            "status is '500'. Give a whole number from 100 to 599.",
        ),
        ({"fault": "reset", "executed": None}, "executed is None. Give true or false."),
        (
            {"fault": "reset", "times": "1"},
            "times is '1'. Give a whole number from 1 to 9007199254740992.",
        ),
        (
            {"fault": "reset", "every": None},
            "every is None. Give a whole number from 1 to 9007199254740992.",
        ),
    ],
)
def test_bad_json_is_refused_with_what_would_do(
    exchange: Exchange, form: object, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.faults.add_json(form)
    assert str(caught.value) == message
    assert len(exchange.faults) == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_any_json_is_a_fault_or_a_clear_refusal(kind: str, data: st.DataObject) -> None:
    exchange = Exchange()
    client = Asking(exchange, exchange.open_account())
    names = [
        *inspect.signature(KINDS[kind]).parameters,
        "method",
        "path",
        "times",
        "after",
        "every",
        "account",
    ]
    form = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=3))
    with contextlib.suppress(UsageError):
        exchange.faults.add_json({"fault": kind, **form})
    client.answer("POST")
    json.dumps(exchange.state())


def test_what_a_predicate_raises_is_not_hidden(client: Asking, exchange: Exchange) -> None:
    exchange.faults.add(fault.refused(), while_=lambda request: 1 / 0 > 1)
    with pytest.raises(ZeroDivisionError):
        client.ask("POST")


def test_a_predicate_has_no_json_form(exchange: Exchange) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.faults.add(fault.refused(), while_=lambda request: True).to_json()
    assert str(caught.value) == "A fault with while_ has no JSON form. Use times, after and every."
