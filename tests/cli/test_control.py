"""The control interface, request by request, without a socket."""

from __future__ import annotations

import json

import pytest

from pytest_binance_options._cli.control import Control
from pytest_binance_options._cli.serve import Frozen
from pytest_binance_options._frames import Text
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.exchange import Exchange, fault, scenarios
from pytest_binance_options.exchange._stream_hub import StreamConnection

from ..exchange.trading import CALL, Trader, new

WHERE = "GET / shows every request with its body and an example."


class Controlled:
    """An exchange with one account, and its control interface."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        (self.key,) = self.exchange.open_account("serve").api_keys
        self.control = Control(self.exchange, Frozen(self.exchange))

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        **headers: str,
    ) -> tuple[int, object]:
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        given = Headers({"Host": "127.0.0.1:8080", **headers})
        answer = self.control.respond(
            Request(method, f"http://127.0.0.1:8080{path}", given, content)
        )
        assert isinstance(answer, Response)
        assert answer.headers["Content-Type"] == "application/json"
        return answer.status, json.loads(answer.body)

    def start_listen_key(self) -> str:
        self.exchange.handle(
            Request("POST", "/eapi/v1/listenKey", Headers({"X-MBX-APIKEY": self.key.api_key}))
        )
        listen_key = self.exchange.accounts.resolve("serve").listen_key
        assert listen_key is not None
        return listen_key

    def listen(self) -> StreamConnection:
        connection = self.exchange.connect(f"/private/ws/{self.start_listen_key()}")
        assert isinstance(connection, StreamConnection)
        return connection


@pytest.fixture
def controlled() -> Controlled:
    return Controlled()


def test_the_clock_is_moved_and_says_where_it_is(controlled: Controlled) -> None:
    before = controlled.exchange.clock.now_ms
    assert controlled.ask("POST", "/clock/advance", {"seconds": 1800}) == (
        200,
        {"now": before + 1_800_000},
    )
    assert controlled.ask("POST", "/clock/advance", {"seconds": 0.5}) == (
        200,
        {"now": before + 1_800_500},
    )
    assert controlled.exchange.clock.now_ms == before + 1_800_500


@pytest.mark.parametrize(
    ("seconds", "quoted"),
    [
        ("1800", "'1800'"),
        (None, "None"),
        (True, "True"),
        ([], "[]"),
        (-1, "-1"),
        (1e300, "1e+300"),
        (10**400, "<hidden>"),
    ],
)
def test_seconds_that_are_no_time_are_refused(
    controlled: Controlled, seconds: object, quoted: str
) -> None:
    before = controlled.exchange.clock.now_ms
    error = (
        f'seconds is {quoted}. Give a number from 0 to 1000000000000. As in {{"seconds": 1800}}.'
    )
    assert controlled.ask("POST", "/clock/advance", {"seconds": seconds}) == (400, {"error": error})
    assert controlled.exchange.clock.now_ms == before


def test_seconds_have_to_be_given(controlled: Controlled) -> None:
    status, body = controlled.ask("POST", "/clock/advance")
    assert (status, str(body)[:26]) == (400, "{'error': 'seconds is None")


def test_time_ends_with_the_year_9999(controlled: Controlled) -> None:
    assert controlled.ask("POST", "/clock/advance", {"seconds": 10**12}) == (
        400,
        {"error": "The clock can't be advanced past the year 9999."},
    )


def test_the_state_is_the_exchange_s_without_secrets(controlled: Controlled) -> None:
    listen_key = controlled.start_listen_key()
    status, body = controlled.ask("GET", "/state")
    assert status == 200
    assert body == {"clock": "frozen", **controlled.exchange.state()}
    text = json.dumps(body)
    assert not any(
        secret in text
        for secret in (listen_key, controlled.key.api_key, controlled.key.secret_key or "")
    )


def test_an_event_goes_to_those_who_listen(controlled: Controlled) -> None:
    assert controlled.ask("POST", "/events", {"e": "RISK_LEVEL_CHANGE", "s": "REDUCE_ONLY"}) == (
        200,
        {"streams": 0},
    )
    connection = controlled.listen()
    assert controlled.ask("POST", "/events", {"e": "RISK_LEVEL_CHANGE", "s": "REDUCE_ONLY"}) == (
        200,
        {"streams": 1},
    )
    (frame,) = connection.take()
    assert isinstance(frame, Text)
    assert json.loads(frame.data)["s"] == "REDUCE_ONLY"


def test_an_event_that_can_t_be_is_refused_with_what_would_do(controlled: Controlled) -> None:
    status, body = controlled.ask("POST", "/events", {"e": "RISK_LEVEL_CHANGE", "s": "PANIC"})
    assert status == 400
    assert isinstance(body, dict)
    assert "NORMAL" in body["error"]


def test_faults_are_added_met_and_taken_back(controlled: Controlled) -> None:
    form = {"fault": "status", "status": 503, "method": "PUT", "times": 1}
    status, added = controlled.ask("POST", "/faults", form)
    assert status == 200
    (fault,) = controlled.exchange.faults
    assert added == {"added": str(fault)}
    answer = controlled.exchange.handle(Request("PUT", "/eapi/v1/listenKey"))
    assert isinstance(answer, Response)
    assert answer.status == 503
    assert controlled.ask("DELETE", "/faults") == (
        200,
        {"removed": [{"fault": str(fault), "fired": 1}]},
    )
    assert len(controlled.exchange.faults) == 0


def test_a_fault_that_can_t_be_is_refused_with_what_would_do(controlled: Controlled) -> None:
    status, body = controlled.ask("POST", "/faults", {"fault": "gremlins"})
    assert status == 400
    assert isinstance(body, dict)
    assert body["error"].startswith("\"fault\" is 'gremlins'. Give one of: status, ")


def test_the_journal_is_a_list_of_what_was_asked(controlled: Controlled) -> None:
    controlled.start_listen_key()
    status, body = controlled.ask("GET", "/journal")
    assert status == 200
    assert isinstance(body, list)
    asked, noted = body
    assert (asked["method"], asked["path"], asked["status"]) == ("POST", "/eapi/v1/listenKey", 200)
    assert noted == {"at": asked["at"], "account": asked["account"], "note": "listen key made"}


def test_reset_starts_over_and_keeps_the_keys(controlled: Controlled) -> None:
    start = controlled.exchange.clock.now_ms
    connection = controlled.listen()
    controlled.ask("POST", "/faults", {"fault": "timeout"})
    controlled.ask("POST", "/clock/advance", {"seconds": 60})
    assert controlled.ask("POST", "/reset") == (200, {"now": start})
    assert connection.closed
    assert controlled.ask("GET", "/journal") == (200, [])
    assert len(controlled.exchange.faults) == 0
    controlled.start_listen_key()


def test_the_streams_settings_are_those_of_the_exchange(controlled: Controlled) -> None:
    status, body = controlled.ask("POST", "/streams", {"legacy": "accept", "copies": 2})
    assert status == 200
    assert isinstance(body, dict)
    assert (body["legacy"], body["copies"], body["on_expiry"]) == ("accept", 2, "open")
    assert controlled.exchange.streams.legacy == "accept"


def test_settings_are_taken_all_or_none(controlled: Controlled) -> None:
    status, body = controlled.ask("POST", "/streams", {"legacy": "accept", "copies": 0})
    assert (status, body) == (
        400,
        {"error": "streams.copies is 0. Give a whole number from 1 up."},
    )
    assert controlled.exchange.streams.legacy == "silent"
    status, body = controlled.ask("POST", "/streams", {"_open": {}})
    assert status == 400
    assert isinstance(body, dict)
    assert body["error"].startswith("POST /streams has no '_open'. It takes: ping_interval, ")


def test_streams_are_closed_dropped_and_made_zombies(controlled: Controlled) -> None:
    one = controlled.listen()
    assert controlled.ask("POST", "/streams/close", {"code": 1012, "reason": "restart"}) == (
        200,
        {"streams": 1},
    )
    assert str(one.take()) == "[Close(code=1012, reason='restart')]"
    two = controlled.listen()
    assert controlled.ask("POST", "/streams/drop") == (200, {"streams": 1})
    assert str(two.take()) == "[Drop()]"
    three = controlled.listen()
    assert controlled.ask("POST", "/streams/zombie") == (200, {"streams": 1})
    assert three.zombie


def test_handshakes_are_refused_and_accepted_again(controlled: Controlled) -> None:
    streams = "/streams/refuse"
    assert controlled.ask("POST", streams) == (200, {"added": "503; handshakes"})
    assert controlled.ask("POST", streams, {"how": "reset", "times": 2, "seconds": None}) == (
        200,
        {"added": "connection reset by the server; handshakes, 2 times"},
    )
    refused = controlled.exchange.connect("/private/ws")
    assert isinstance(refused, Response)
    assert controlled.ask("DELETE", streams) == (200, {"removed": 2})
    assert isinstance(controlled.exchange.connect("/private/ws"), StreamConnection)
    status, body = controlled.ask("POST", streams, {"how": 502, "seconds": 1.5})
    assert (status, str(body)[:38]) == (200, "{'added': '502; handshakes, until 2026")
    controlled.exchange.clock.advance(seconds=1.5)
    assert isinstance(controlled.exchange.connect("/private/ws"), StreamConnection)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"how": None}, "how is None. Give a whole number."),
        ({"how": 200}, 'how is 200. Give an HTTP status from 400 to 599, "reset" or "timeout".'),
        ({"times": "2"}, "times is '2'. Give a whole number."),
        ({"seconds": "2"}, "seconds is '2'. Give a number from 0 to 1000000000000."),
        (
            {"status": 503},
            f"POST /streams/refuse has no 'status'. It takes: how, times, seconds. {WHERE}",
        ),
    ],
)
def test_a_refusal_that_can_t_be_is_refused(
    controlled: Controlled, body: dict[str, object], error: str
) -> None:
    assert controlled.ask("POST", "/streams/refuse", body) == (400, {"error": error})
    assert isinstance(controlled.exchange.connect("/private/ws"), StreamConnection)


def test_a_position_is_held_and_given_up(controlled: Controlled) -> None:
    connection = controlled.listen()
    assert controlled.ask("POST", "/positions") == (200, {"held": True})
    controlled.ask("POST", "/clock/advance", {"seconds": 10})
    update = {"e": "ACCOUNT_UPDATE", "b": "7"}
    body = {"account": "serve", "held": False, "update": update}
    assert controlled.ask("POST", "/positions", body) == (200, {"held": False})
    controlled.ask("POST", "/clock/advance", {"seconds": 10})
    told = [json.loads(frame.data)["b"] for frame in connection.take() if isinstance(frame, Text)]
    assert told == ["10000", "10000", "7"]
    assert controlled.ask("POST", "/positions", {"held": 1}) == (
        400,
        {"error": "held is 1. Give true or false."},
    )


def test_a_scenario_is_played_by_its_name(controlled: Controlled) -> None:
    connection = controlled.listen()
    body = {"name": "zombie_socket"}
    assert controlled.ask("POST", "/scenarios", body) == (200, {"played": "zombie_socket"})
    assert connection.zombie
    status, answer = controlled.ask("POST", "/scenarios", {"name": "zombies"})
    assert (status, str(answer)[:28]) == (400, "{'error': '\"name\" is \\'zombi")
    assert str(answer).endswith("GET /scenarios shows each with its arguments.'}")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"code": "1001"}, "code is '1001'. Give a whole number from 1000 to 4999."),
        ({"code": True}, "code is True. Give a whole number from 1000 to 4999."),
        ({"code": 1006}, "code is 1006. Give one that a close frame may have, such as 1001."),
        ({"code": 1015}, "code is 1015. Give one that a close frame may have, such as 1001."),
        ({"code": 2999}, "code is 2999. Give one that a close frame may have, such as 1001."),
        ({"code": 5000}, "code is 5000. Give a whole number from 1000 to 4999."),
        ({"reason": 1}, "reason is 1. Give text."),
        (
            {"reason": "\xe9" * 62},
            f"reason is '{chr(0xE9) * 62}'. Give text of at most 123 bytes in UTF-8.",
        ),
        (
            {"reason": "\ud800"},
            "reason is '\\ud800'. Give text of at most 123 bytes in UTF-8.",
        ),
        ({"cod": 1}, f"POST /streams/close has no 'cod'. It takes: code, reason. {WHERE}"),
    ],
)
def test_what_no_close_frame_can_say_is_refused(
    controlled: Controlled, body: dict[str, object], error: str
) -> None:
    connection = controlled.listen()
    assert controlled.ask("POST", "/streams/close", body) == (400, {"error": error})
    assert not connection.closed


def endpoints(controlled: Controlled) -> list[dict[str, object]]:
    status, body = controlled.ask("GET", "/")
    assert status == 200
    assert isinstance(body, dict)
    return list(body["endpoints"])


def test_the_root_explains_every_request(controlled: Controlled) -> None:
    explained = {str(each["request"]): each for each in endpoints(controlled)}

    assert {"GET /", "GET /state", "DELETE /faults", "POST /scenarios"} <= explained.keys()
    assert explained["POST /clock/advance"] == {
        "request": "POST /clock/advance",
        "does": "moves the exchange's clock on; all that falls due in between has happened when"
        " the answer comes",
        "body": {"seconds": "a number from 0 to 1000000000000; needed"},
        "example": {"seconds": 1800},
    }
    settings = explained["POST /streams"]["body"]
    assert isinstance(settings, dict)
    assert settings["legacy"] == "one of: silent, refuse, accept; silent to begin with"
    assert settings["copies"] == "a whole number from 1 up; 1 to begin with"
    assert settings["max_age"] == "a number of seconds above 0; 86400 to begin with"


def test_every_request_does_what_its_example_shows(controlled: Controlled) -> None:
    controlled.start_listen_key()
    trader = Trader(controlled.exchange, controlled.exchange.account)
    for each in endpoints(controlled):
        method, _, path = str(each["request"]).partition(" ")
        if path.startswith("/orders"):
            trader.call("POST", "order", **new(clientOrderId="my-order-1"))
        assert controlled.ask(method, path, each.get("example"))[0] == 200, each
        assert ("body" in each or "more" in each) <= ("example" in each), each


def test_scenarios_and_faults_are_listed_with_their_arguments(controlled: Controlled) -> None:
    _, told = controlled.ask("GET", "/scenarios")
    assert isinstance(told, dict)
    assert [each["name"] for each in told["scenarios"]] == scenarios.__all__
    by_name = {each["name"]: each for each in told["scenarios"]}
    assert by_name["keepalive_error_swallowed"] == {
        "name": "keepalive_error_swallowed",
        "does": "The next `times` keepalives end in a broken connection, and are not executed.",
        "arguments": {"times": "a whole number; 3 where left out"},
    }
    assert by_name["day_is_over"]["arguments"] == {
        "missed": "a list of events, each as POST /events takes it; none where left out",
        "account": "an account's name; the only one where left out",
    }
    assert (
        by_name["event_before_reply"]["arguments"]["event"]
        == "an event, as POST /events takes it; needed"
    )

    _, told = controlled.ask("GET", "/faults")
    assert isinstance(told, dict)
    assert [each["name"] for each in told["faults"]] == list(fault.KINDS)
    assert told["faults"][0]["arguments"]["status"] == "a whole number; needed"


def test_an_unknown_path_and_a_wrong_method_say_what_there_is(controlled: Controlled) -> None:
    assert controlled.ask("GET", "/clock") == (
        404,
        {"error": f"There is no '/clock' here. Did you mean POST /clock/advance? {WHERE}"},
    )
    assert controlled.ask("POST", "/fault") == (
        404,
        {
            "error": "There is no '/fault' here. Did you mean GET /faults or POST /faults or DELETE"
            f" /faults? {WHERE}"
        },
    )
    status, body = controlled.ask("GET", "/what/is/there")
    assert status == 404
    assert isinstance(body, dict)
    assert body["error"].startswith(
        "There is no '/what/is/there' here. There are: GET /, POST /clock/advance, GET /state, "
    )
    assert body["error"].endswith(WHERE)
    assert controlled.ask("GET", "/reset") == (
        405,
        {"error": "/reset does not take GET. It takes: POST."},
    )


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"seconds=1", "The request's body is no JSON. Send an object, or nothing."),
        (b'{"seconds": 1', "The request's body is no JSON. Send an object, or nothing."),
        (b"\xff\xfe\x00", "The request's body is no JSON. Send an object, or nothing."),
        (b"[" * 100_000, "The request's body is no JSON. Send an object, or nothing."),
        (b"[1]", "The request's body is JSON, but a list. Send an object, or nothing."),
        (b'{"second": 1}', f"POST /clock/advance has no 'second'. It takes: seconds. {WHERE}"),
    ],
)
def test_a_body_that_won_t_do_is_refused_with_a_reason(
    controlled: Controlled, raw: bytes, error: str
) -> None:
    assert controlled.ask("POST", "/clock/advance", raw=raw) == (400, {"error": error})


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "[::2]", "[", "10.0.0.1"],
)
def test_a_name_that_only_leads_here_is_turned_away(controlled: Controlled, host: str) -> None:
    assert controlled.ask("POST", "/reset", Host=host) == (
        403,
        {
            "error": (
                "The control interface is asked for as 127.0.0.1 or localhost, and this request's"
                " Host is neither."
            )
        },
    )


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://", "http://["],
)
def test_a_web_page_from_elsewhere_is_turned_away(controlled: Controlled, origin: str) -> None:
    assert controlled.ask("POST", "/reset", Origin=origin) == (
        403,
        {"error": "The control interface takes no requests from web pages of other origins."},
    )


@pytest.mark.parametrize(
    "headers", [{"Host": "localhost:1"}, {"Host": "[::1]:1"}, {"Origin": "http://localhost:3000"}]
)
def test_what_is_local_is_let_in(controlled: Controlled, headers: dict[str, str]) -> None:
    assert controlled.ask("GET", "/journal", **headers) == (200, [])


@pytest.fixture
def trader(controlled: Controlled) -> Trader:
    return Trader(controlled.exchange, controlled.exchange.account)


def test_an_order_is_filled_in_part_and_to_the_end(controlled: Controlled, trader: Trader) -> None:
    order_id = trader.place(quantity="0.5", clientOrderId="mine-1")["orderId"]
    connection = controlled.listen()
    some = {"order": order_id, "quantity": "0.2", "price": "1995", "fee": 1, "maker": False}
    order = {
        "orderId": order_id,
        "clientOrderId": "mine-1",
        "account": "serve",
        "symbol": CALL,
        "side": "BUY",
        "quantity": "0.5",
        "price": "2000",
        "executedQty": "0.2",
        "status": "PARTIALLY_FILLED",
    }
    assert controlled.ask("POST", "/orders/fill", some) == (200, {"tradeId": 1, **order})
    order |= {"executedQty": "0.5", "status": "FILLED"}
    assert controlled.ask("POST", "/orders/fill") == (200, {"tradeId": 2, **order})
    assert controlled.ask("GET", "/orders") == (200, {"orders": [order]})
    told = [json.loads(frame.data) for frame in connection.take() if isinstance(frame, Text)]
    fills = [event["o"] for event in told if "o" in event]
    assert [(fill["l"], fill["n"], fill["m"]) for fill in fills] == [
        ("0.2", "-1", False),
        ("0.3", "-4.32", True),
    ]


@pytest.mark.parametrize(
    ("what", "more", "status"),
    [
        ("cancel", {}, "CANCELED"),
        ("expire", {}, "EXPIRED"),
        ("expire", {"in_match": True}, "EXPIRED_IN_MATCH"),
        ("reject", {}, "REJECTED"),
    ],
)
def test_an_order_is_ended(
    controlled: Controlled, trader: Trader, what: str, more: dict[str, object], status: str
) -> None:
    trader.place(clientOrderId="mine-1")
    answer = controlled.ask("POST", f"/orders/{what}", {"order": "mine-1", **more})
    assert answer[0] == 200
    assert isinstance(answer[1], dict)
    assert answer[1]["status"] == controlled.exchange.orders["mine-1"].status == status


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"policy": "never"}, "fills.never()"),
        ({"policy": "at_once"}, "fills.at_once()"),
        ({"policy": "at_once", "part": "0.5"}, 'fills.at_once("0.5")'),
        ({"policy": "after", "seconds": 2}, "fills.after(2)"),
        ({"policy": "in_parts", "parts": 3, "every": 0.5}, "fills.in_parts(3, every=0.5)"),
    ],
)
def test_a_policy_for_fills_is_chosen(
    controlled: Controlled, body: dict[str, object], said: str
) -> None:
    assert controlled.ask("POST", "/orders/fills", body) == (200, {"fills": said})
    assert repr(controlled.exchange.fills) == said


def test_money_is_paid_in_and_out(controlled: Controlled) -> None:
    assert controlled.ask("POST", "/deposits", {"amount": "500.5"}) == (200, {"balance": "10500.5"})
    body = {"amount": -500, "account": "serve"}
    assert controlled.ask("POST", "/deposits", body) == (200, {"balance": "10000.5"})


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("fill", None, "Which order? Open are: none. Give one, or its id."),
        ("fill", {"order": 0.5}, "order is 0.5. Give a whole number from 0 up."),
        (
            "fill",
            {"quantity": 0.5},
            'quantity is 0.5. Give a decimal as a string, such as "0.1".',
        ),
        (
            "fills",
            {"policy": "soon"},
            "policy is 'soon'. Give one of: never, at_once, after, in_parts.",
        ),
        ("fills", {"policy": "after"}, "seconds is None. Give a number from 0 to 1000000000."),
        ("fills", {"policy": "in_parts"}, "parts is None. Give a whole number."),
    ],
)
def test_what_cannot_be_done_to_an_order_is_said(
    controlled: Controlled, path: str, body: object, error: str
) -> None:
    assert controlled.ask("POST", f"/orders/{path}", body) == (400, {"error": error})


OWN = "SOL-260731-187.5-P"


def test_a_symbol_is_listed_and_has_its_worth(controlled: Controlled) -> None:
    status, own = controlled.ask(
        "POST", "/symbols", {"name": OWN, "tick_size": "0.05", "max_quantity": 20, "unit": 10}
    )
    assert status == 200
    assert isinstance(own, dict)
    assert (own["symbol"], own["maxQty"], own["unit"]) == (OWN, "20", 10)
    assert own["filters"][0]["tickSize"] == "0.05"
    assert own["markPrice"] == "1"
    assert controlled.ask("POST", "/symbols/mark", {"symbol": OWN, "price": "2.5"}) == (
        200,
        {**own, "markPrice": "2.5"},
    )
    assert controlled.ask("POST", "/symbols/index", {"underlying": "SOLUSDT", "price": 200}) == (
        200,
        {"underlying": "SOLUSDT", "indexPrice": "200"},
    )
    _, listed = controlled.ask("GET", "/symbols")
    assert isinstance(listed, dict)
    assert [each["symbol"] for each in listed["symbols"]] == [
        symbol.name for symbol in controlled.exchange.symbols
    ]
    assert listed["symbols"][-1]["markPrice"] == "2.5"


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("/symbols", {}, "name is None. Give text."),
        (
            "/symbols",
            {"name": OWN, "tick_size": 0.05},
            'tick_size is 0.05. Give a decimal as a string, such as "0.1".',
        ),
        ("/symbols/mark", {"symbol": CALL}, 'price is None. Give a decimal, as in "500".'),
        (
            "/symbols/index",
            {"underlying": "SOLUSDT", "price": "1"},
            "underlying is 'SOLUSDT'. Give one of: BTCUSDT, ETHUSDT.",
        ),
    ],
)
def test_what_no_symbol_can_have_is_refused(
    controlled: Controlled, path: str, body: dict[str, object], error: str
) -> None:
    assert controlled.ask("POST", path, body) == (400, {"error": error})
