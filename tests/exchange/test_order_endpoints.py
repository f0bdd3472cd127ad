"""The order endpoints as a client asks them: what each wants, what it weighs, what it refuses and
with which of Options' error codes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options.exchange import Account, Exchange, fills
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .trading import CALL, ETH, Trader, heard, new

DAY_MS = 86_400_000


@pytest.fixture
def trader(exchange: Exchange, account: Account) -> Trader:
    return Trader(exchange, account)


def weight(trader: Trader) -> int:
    return trader.exchange.limits.used_weight(trader.client)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        *(
            (
                {name: None},
                (
                    -1102,
                    f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
                ),
            )
            for name in ("symbol", "side", "type", "quantity", "price")
        ),
        *(
            (
                {name: "ten"},
                (
                    -1102,
                    f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
                ),
            )
            for name in ("quantity", "price")
        ),
        (
            {"quantity": ""},
            (-1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed."),
        ),
        ({"side": "HOLD"}, (-1117, "Invalid side.")),
        ({"type": "MARKET"}, (-1116, "Invalid orderType.")),
        ({"timeInForce": "GTD"}, (-1115, "Invalid timeInForce.")),
        ({"symbol": "BTC-990101-1-C"}, (-1121, "Invalid symbol.")),
        (
            {"quantity": "0.123"},
            (-1111, "Precision is over the maximum defined for this asset."),
        ),
        ({"price": "-5"}, (-4001, "Price less than 0.")),
        ({"price": "900000"}, (-4002, "Price greater than max price.")),
        ({"quantity": "-1"}, (-4003, "Quantity less than zero.")),
        ({"quantity": "0"}, (-4004, "Quantity less than min quantity.")),
        ({"quantity": "1000000"}, (-4005, "Quantity greater than max quantity.")),
        ({"price": "0"}, (-4013, "Price less than min price.")),
        ({"price": "2001"}, (-4029, "Tick size precision is invalid.")),
        ({"quantity": "900"}, (-2018, "Balance is insufficient.")),
        ({"quantity": "10", "side": "SELL"}, (-2027, "Option margin is insufficient.")),
        ({"reduceOnly": "maybe"}, (-1130, "Data sent for paramter 'reduceOnly' is not valid.")),
        (
            {"newOrderRespType": "FULL"},
            (-1130, "Data sent for paramter 'newOrderRespType' is not valid."),
        ),
        (
            {"selfTradePreventionMode": "DECREMENT"},
            (-1130, "Data sent for paramter 'selfTradePreventionMode' is not valid."),
        ),
        ({"postOnly": "true", "timeInForce": "IOC"}, (-1014, "Unsupported order combination.")),
        ({"isMmp": "true"}, (-6005, "It is not market maker")),
        (
            {"clientOrderId": "one two"},
            (
                -1100,
                (
                    "Illegal characters found in parameter 'clientOrderId'; legal range is"
                    r" '^[\.A-Z\:/a-z0-9_-]{1,36}$'."
                ),
            ),
        ),
        (
            {"newClientOrderId": "mine"},
            (
                -1104,
                "Not all sent parameters were read; read '7' parameter(s) but was sent '8'.",
            ),
        ),
        (
            {"reduceOnly": "true"},
            (
                -6045,
                (
                    "Reduce-only order rejected. The new reduce-only order conflicts with existing open"
                    " orders. Please cancel the conflicting orders and resubmit."
                ),
            ),
        ),
        (
            {"timeInForce": "FOK"},
            (
                -6046,
                (
                    "Due to the order could not be filled immediately, the FOK order has been"
                    " rejected."
                ),
            ),
        ),
    ],
)
def test_an_order_that_will_not_do_is_refused_and_is_none(
    trader: Trader, given: dict[str, object], refusal: tuple[int, str]
) -> None:
    answer = trader.call("POST", "order", **new(**given))
    assert (answer.status, json.loads(answer.body)) == (
        400,
        {"code": refusal[0], "msg": refusal[1]},
    )
    assert not [name for name, _ in answer.headers.pairs if "ORDER-COUNT" in name]
    assert (len(trader.exchange.orders), trader.exchange.orders.ledger().balance) == (0, 10_000)


def test_a_client_order_id_names_one_pending_order(exchange: Exchange, trader: Trader) -> None:
    first = trader.place(clientOrderId="mine-1")
    refusal = (400, -6044, "clientOrderId is duplicated")
    assert trader.place_refused(clientOrderId="mine-1") == refusal
    exchange.fill(quantity="0.05")
    assert trader.place_refused(clientOrderId="mine-1") == refusal
    exchange.fill()
    second = trader.place(clientOrderId="mine-1")
    found = trader.json("GET", "order", symbol=CALL, clientOrderId="mine-1")
    assert found["orderId"] == second["orderId"] != first["orderId"]


def test_another_account_may_use_the_same_client_order_id(
    exchange: Exchange, trader: Trader
) -> None:
    trader.place(clientOrderId="mine-1")
    theirs = Trader(exchange, exchange.open_account("theirs"))
    assert theirs.place(clientOrderId="mine-1")["status"] == "NEW"


@pytest.mark.parametrize("given", [{"timeInForce": "GTX"}, {"postOnly": "TRUE"}])
def test_a_post_only_order_waits_and_is_refused_where_it_would_take(
    exchange: Exchange, trader: Trader, given: dict[str, str]
) -> None:
    placed = trader.place(**given)
    assert (placed["status"], placed["postOnly"]) == ("NEW", True)
    exchange.fills = fills.at_once()
    assert trader.place_refused(**given) == (
        400,
        -6047,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    )


def test_reduce_only_orders_reduce_and_no_more(exchange: Exchange, trader: Trader) -> None:
    trader.place(quantity="0.5")
    exchange.fill()
    sell = {"side": "SELL", "reduceOnly": "true"}
    placed = trader.place(**sell, quantity="0.3")
    assert placed["reduceOnly"] is True
    assert trader.place_refused(**sell, quantity="0.3")[1] == -6045
    assert trader.place_refused(side="BUY", reduceOnly="true")[1] == -6045
    assert trader.place(**sell, quantity="0.2")["status"] == "NEW"
    assert "found a position of 0.5" in exchange.journal[-2].clue


def test_a_reduce_only_order_expires_when_there_is_nothing_left_for_it(
    exchange: Exchange, trader: Trader
) -> None:
    trader.place(quantity="0.5")
    exchange.fill()
    reduce = trader.place(side="SELL", reduceOnly="true", quantity="0.4")["orderId"]
    sell = trader.place(side="SELL", quantity="0.5", price="2500")["orderId"]
    exchange.fill(sell, quantity="0.1")
    assert exchange.orders[reduce].open
    exchange.fill(sell, quantity="0.1")
    assert (exchange.orders[reduce].status, exchange.orders[reduce].because) == (
        "EXPIRED",
        "the position that it was to reduce is gone",
    )


def test_what_an_order_ties_up_is_not_there_for_the_next_one(
    exchange: Exchange, trader: Trader
) -> None:
    trader.place(quantity="3")
    assert trader.place_refused(quantity="3")[1] == -2018
    assert exchange.journal[-1].clue == (
        f"An order to BUY 3 {CALL} at 2000 ties up 6043.2 USDT, and 3956.8 are available."
    )
    exchange.cancel()
    assert trader.place(quantity="3")["status"] == "NEW"


def test_what_is_held_can_be_sold_without_a_margin(exchange: Exchange, trader: Trader) -> None:
    exchange.fills = fills.at_once()
    trader.place(quantity="4")
    assert trader.place(side="SELL", quantity="4")["status"] == "NEW"
    exchange.fills = fills.never()
    # Short: 15 % of the index, which is at the strike, and the option's own price.
    trader.place(side="SELL", quantity="0.5")
    (asset,) = trader.json("GET", "marginAccount")["asset"]
    assert asset["initialMargin"] == "5507.20000000"
    exchange.fill(fee=0)
    (asset,) = trader.json("GET", "marginAccount")["asset"]
    assert (asset["initialMargin"], asset["maintMargin"]) == ("5500.00000000", "3250.00000000")


def test_an_order_that_is_asked_for_by_nothing_or_by_what_is_not_there(trader: Trader) -> None:
    order_id = trader.place(clientOrderId="mine-1")["orderId"]
    gone = (400, -2013, "Order does not exist.")
    for method in ("GET", "DELETE"):
        assert trader.refused(method, "order", symbol=CALL) == (
            400,
            -1102,
            "Param 'orderId' or 'clientOrderId' must be sent, but both were empty/null!",
        )
        assert trader.refused(method, "order", orderId=order_id)[1] == -1102
        assert trader.refused(method, "order", symbol=CALL, orderId=1) == gone
        assert trader.refused(method, "order", symbol=CALL, clientOrderId="mine-2") == gone
        assert trader.refused(method, "order", symbol=ETH, orderId=order_id) == gone
        assert trader.refused(method, "order", symbol=CALL, orderId="mine-1") == (
            400,
            -1130,
            "Data sent for paramter 'orderId' is not valid.",
        )


@pytest.mark.parametrize(
    ("time_in_force", "policy", "statuses", "filled"),
    [
        ("IOC", fills.never(), ["NEW", "EXPIRED"], "0"),
        ("IOC", fills.at_once("0.5"), ["NEW", "PARTIALLY_FILLED", "EXPIRED"], "0.1"),
        ("IOC", fills.at_once(), ["NEW", "FILLED"], "0.2"),
        ("IOC", fills.after(1), ["NEW", "EXPIRED"], "0"),
        ("FOK", fills.at_once(), ["NEW", "FILLED"], "0.2"),
        ("GTC", fills.at_once("0.5"), ["NEW", "PARTIALLY_FILLED"], "0.1"),
        ("GTC", fills.at_once("0.001"), ["NEW"], "0"),
    ],
)
def test_how_long_an_order_is_in_force(
    exchange: Exchange,
    trader: Trader,
    connection: StreamConnection,
    time_in_force: str,
    policy: fills.FillPolicy,
    statuses: list[str],
    filled: str,
) -> None:
    exchange.fills = policy
    order = trader.place(quantity="0.2", timeInForce=time_in_force, newOrderRespType="RESULT")
    assert (order["status"], order["executedQty"]) == (statuses[-1], filled)
    assert [event["o"]["X"] for event in heard(connection) if "o" in event] == statuses


def test_ack_says_what_was_accepted_and_result_what_has_become_of_it(
    exchange: Exchange, trader: Trader
) -> None:
    exchange.fills = fills.at_once()
    ack, result = trader.place(), trader.place(newOrderRespType="RESULT")
    assert (ack["status"], ack["executedQty"], ack["avgPrice"]) == ("NEW", "0", "0")
    assert (result["status"], result["executedQty"], result["avgPrice"]) == (
        "FILLED",
        "0.1",
        "2000",
    )
    assert set(ack) == set(result)


def test_a_batch_is_placed_one_by_one(exchange: Exchange, trader: Trader) -> None:
    batch = [new(), new(quantity=5000), new(foo=1), 7, new(price=1995.0, reduceOnly=False)]
    answer = trader.call("POST", "batchOrders", orders=json.dumps(batch))
    assert answer.status == 200
    first, large, foreign, none, last = json.loads(answer.body)
    assert (first["status"], last["price"]) == ("NEW", "1995")
    assert [refused["code"] for refused in (large, foreign, none)] == [-4005, -1104, -1102]
    assert len(exchange.orders.open()) == 2
    assert (answer.headers["X-MBX-ORDER-COUNT-10S"], answer.headers["X-MBX-USED-WEIGHT-1M"]) == (
        "2",
        "5",
    )


@pytest.mark.parametrize(
    ("orders", "refusal"),
    [
        (None, -1102),
        ("", -1102),
        ("{}", -1102),
        ("[]", -1102),
        ("[", -1102),
        (json.dumps([new()] * 11), -6011),
    ],
)
def test_a_batch_that_is_none(trader: Trader, orders: str | None, refusal: int) -> None:
    assert trader.refused("POST", "batchOrders", orders=orders)[:2] == (400, refusal)


def test_several_orders_are_cancelled_one_by_one(exchange: Exchange, trader: Trader) -> None:
    one, two = (trader.place(clientOrderId=f"mine-{n}")["orderId"] for n in range(2))
    done = trader.place()["orderId"]
    exchange.fill(done)
    answers = trader.json(
        "DELETE",
        "batchOrders",
        symbol=CALL,
        orderIds=f"[{one},{one},{done},12]",
        clientOrderIds='["mine-1"]',
    )
    assert [answer.get("status", answer.get("code")) for answer in answers] == [
        "CANCELED",
        -6028,
        -2013,
        "CANCELED",
    ]
    assert answers[-1]["orderId"] == two
    assert exchange.orders.open() == []


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, -1102),
        ({"orderIds": "7"}, -1130),
        ({"orderIds": "["}, -1130),
        ({"orderIds": '["7"]'}, -1130),
        ({"clientOrderIds": "[7]"}, -1130),
        ({"orderIds": json.dumps(list(range(11)))}, -6011),
    ],
)
def test_what_names_no_orders_to_cancel(
    trader: Trader, given: dict[str, str], refusal: int
) -> None:
    assert trader.refused("DELETE", "batchOrders", symbol=CALL, **given)[:2] == (400, refusal)


def test_all_orders_of_a_symbol_or_an_underlying_are_cancelled(
    exchange: Exchange, trader: Trader
) -> None:
    def place_three() -> None:
        trader.place()
        trader.place(symbol="BTC-260925-60000-P")
        trader.place(symbol=ETH, price="100")

    def left() -> list[str]:
        return [order.symbol.name for order in exchange.orders.open()]

    place_three()
    assert trader.json("DELETE", "allOpenOrders", symbol=CALL) == {"code": "0", "msg": "success"}
    assert left() == ["BTC-260925-60000-P", ETH]
    trader.place()
    answer = trader.json("DELETE", "allOpenOrdersByUnderlying", underlying="BTCUSDT")
    assert answer == {"code": 0, "msg": "success"}
    assert left() == [ETH]
    assert trader.refused("DELETE", "allOpenOrders")[1] == -1102
    assert trader.refused("DELETE", "allOpenOrders", symbol="BTC")[1] == -1121
    assert trader.refused("DELETE", "allOpenOrdersByUnderlying")[1] == -1102
    assert trader.refused("DELETE", "allOpenOrdersByUnderlying", underlying="BTC") == (
        400,
        -1128,
        "Invalid underlying",
    )


def test_open_orders_are_of_one_symbol_or_of_all(trader: Trader) -> None:
    mine = [trader.place()["orderId"], trader.place(symbol=ETH, price="100")["orderId"]]

    def ids(**given: object) -> list[int]:
        return [order["orderId"] for order in trader.json("GET", "openOrders", **given)]

    before = weight(trader)
    assert ids() == mine
    assert weight(trader) - before == 40
    assert ids(symbol=ETH) == mine[1:]
    assert weight(trader) - before == 41
    assert ids(orderId=mine[1]) == mine[1:]
    assert ids(startTime=trader.exchange.clock.now_ms + 1) == []
    assert trader.refused("GET", "openOrders", symbol="BTC")[1] == -1121


def test_past_orders_are_listed_for_five_days(exchange: Exchange, trader: Trader) -> None:
    for _ in range(3):
        trader.place()
        exchange.fill(quantity="0.05")
        exchange.cancel()
        exchange.clock.advance(days=1)

    def ids(**given: object) -> list[int]:
        past = trader.json("GET", "historyOrders", symbol=CALL, **given)
        return [order["orderId"] for order in past]

    mine = [order.order_id for order in exchange.orders]
    first_ms = exchange.orders[mine[0]].created_ms
    assert ids() == mine
    assert ids(limit=2) == mine[1:]
    assert ids(limit=2, orderId=mine[0]) == mine[:2]
    assert ids(orderId=mine[1]) == mine[1:]
    assert ids(startTime=first_ms + 1) == mine[1:]
    assert ids(endTime=first_ms) == mine[:1]
    exchange.clock.advance(days=3)
    assert ids() == mine[1:]
    assert trader.json("GET", "historyOrders", symbol=ETH) == []


def test_an_order_that_came_to_nothing_is_forgotten_after_three_days(
    exchange: Exchange, trader: Trader
) -> None:
    nothing = trader.place()["orderId"]
    exchange.cancel()
    something = trader.place()["orderId"]
    exchange.fill(quantity="0.05")
    exchange.cancel()
    exchange.clock.advance(days=3)
    assert trader.json("GET", "order", symbol=CALL, orderId=nothing)["status"] == "CANCELED"
    exchange.clock.advance(milliseconds=1)
    assert trader.refused("GET", "order", symbol=CALL, orderId=nothing)[1] == -2013
    assert trader.json("GET", "order", symbol=CALL, orderId=something)["orderId"] == something


def test_trades_are_listed_from_an_id_or_a_time_on(exchange: Exchange, trader: Trader) -> None:
    trader.place()
    for quantity in ("0.01", "0.02", "0.03"):
        exchange.fill(quantity=quantity)
        exchange.clock.advance(minutes=1)

    def traded(**given: object) -> list[str]:
        trades = trader.json("GET", "userTrades", symbol=CALL, **given)
        return [trade["quantity"] for trade in trades]

    trades = exchange.orders.trades()
    assert traded() == ["0.01", "0.02", "0.03"]
    assert traded(limit=1) == ["0.03"]
    assert traded(fromId=trades[1].unique_id) == ["0.02", "0.03"]
    assert traded(fromId=trades[0].unique_id, limit=1) == ["0.01"]
    assert traded(startTime=trades[1].at_ms, endTime=trades[1].at_ms) == ["0.02"]
    now = exchange.clock.now_ms
    for asked, code in (
        ({"startTime": now - 91 * DAY_MS}, -6073),
        ({"startTime": now, "endTime": now - 1}, -6031),
        ({"limit": 1001}, -6008),
        ({"limit": 0}, -6008),
        ({"limit": "all"}, -1130),
        ({"fromId": 2**63}, -1130),
    ):
        assert trader.refused("GET", "userTrades", symbol=CALL, **asked)[1] == code
    assert trader.refused("GET", "userTrades")[1] == -1102
    # Without a position three months are over soon.
    exchange.cancel()
    trader.place(side="SELL", quantity="0.06")
    exchange.fill()
    exchange.clock.advance(days=91)
    assert traded() == []


@pytest.mark.parametrize("path", ["position", "account", "marginAccount", "openOrders"])
def test_who_has_not_signed_learns_nothing(trader: Trader, path: str) -> None:
    assert trader.code("GET", f"/eapi/v1/{path}") == (400, -1102)


def test_an_account_that_is_not_enabled_places_no_order(trader: Trader, account: Account) -> None:
    account.options_enabled = False
    assert trader.place_refused()[1] == -1130


# How many orders there may be


def test_orders_are_counted_by_account_and_interval(exchange: Exchange, trader: Trader) -> None:
    def counted(asking: Trader) -> tuple[str, str]:
        headers = asking.call("POST", "order", **new()).headers
        return headers["X-MBX-ORDER-COUNT-10S"], headers["X-MBX-ORDER-COUNT-1M"]

    assert [counted(trader) for _ in range(2)] == [("1", "1"), ("2", "2")]
    assert counted(Trader(exchange, exchange.open_account("theirs"))) == ("1", "1")
    exchange.clock.advance(seconds=10)
    assert counted(trader) == ("1", "3")
    exchange.clock.advance(seconds=50)
    assert counted(trader) == ("1", "1")
    assert trader.place_refused(side="HOLD")[1] == -1117
    assert counted(trader) == ("2", "2")


def test_too_many_orders_are_refused_until_the_interval_is_over(
    exchange: Exchange, trader: Trader
) -> None:
    exchange.orders.counts.limits["10S"] = 2
    exchange.orders.counts.limits["1M"] = 3
    for _ in range(2):
        trader.place()
    answer = trader.call("POST", "order", **new())
    assert (answer.status, json.loads(answer.body)) == (
        429,
        {"code": -1015, "msg": "Too many new orders; current limit is 2 orders per 10 SECOND."},
    )
    assert "Retry-After" not in answer.headers
    exchange.clock.advance(seconds=10)
    trader.place()
    assert trader.place_refused() == (
        429,
        -1015,
        "Too many new orders; current limit is 3 orders per 1 MINUTE.",
    )
    assert len(exchange.orders) == 3
    exchange.clock.advance(seconds=50)
    assert trader.place()["status"] == "NEW"


def test_the_limits_are_those_that_exchange_info_has(exchange: Exchange, trader: Trader) -> None:
    info = json.loads(trader.ask("GET", "/eapi/v1/exchangeInfo").body)
    said = {
        f"{limit['intervalNum']}{limit['interval'][0]}": limit["limit"]
        for limit in info["rateLimits"]
        if limit["rateLimitType"] == "ORDERS"
    }
    assert exchange.orders.counts.limits == said


def test_placing_an_order_weighs_nothing_and_the_rest_what_the_pages_say(trader: Trader) -> None:
    weighed = {}
    for method, path in (
        ("POST", "order"),
        ("GET", "order"),
        ("DELETE", "order"),
        ("POST", "batchOrders"),
        ("DELETE", "batchOrders"),
        ("DELETE", "allOpenOrders"),
        ("DELETE", "allOpenOrdersByUnderlying"),
        ("GET", "historyOrders"),
        ("GET", "userTrades"),
        ("GET", "position"),
        ("GET", "marginAccount"),
        ("POST", "countdownCancelAll"),
        ("GET", "countdownCancelAll"),
        ("POST", "countdownCancelAllHeartBeat"),
    ):
        before = weight(trader)
        trader.call(method, path)
        weighed[f"{method} {path}"] = weight(trader) - before
    assert list(weighed.values()) == [0, 1, 1, 5, 5, 1, 5, 3, 5, 5, 3, 1, 1, 10]


# Countdowns


def test_a_countdown_cancels_all_orders_on_its_underlying(
    exchange: Exchange, trader: Trader
) -> None:
    trader.place()
    trader.place(symbol=ETH, price="100")
    set_ = {"underlying": "BTCUSDT", "countdownTime": 30_000}
    assert trader.json("POST", "countdownCancelAll", **set_) == set_
    assert trader.json("GET", "countdownCancelAll", underlying="BTCUSDT") == set_
    exchange.clock.advance(seconds=29)
    assert len(exchange.orders.open()) == 2
    beat = trader.json("POST", "countdownCancelAllHeartBeat", underlyings="BTCUSDT,ETHUSDT")
    assert beat == {"underlyings": ["BTCUSDT"]}
    exchange.clock.advance(milliseconds=29_999)
    assert len(exchange.orders.open()) == 2
    exchange.clock.advance(milliseconds=1)
    assert [order.symbol.name for order in exchange.orders.open()] == [ETH]
    assert exchange.orders[exchange.orders.open()[0].order_id - 1].because == (
        "the countdown of BTCUSDT is over"
    )


def test_after_a_countdown_new_orders_are_refused_until_a_heartbeat_or_its_end(
    exchange: Exchange, trader: Trader
) -> None:
    def refused() -> bool:
        answer = json.loads(trader.call("POST", "order", **new()).body)
        return bool(answer.get("code") == -2010)

    trader.json("POST", "countdownCancelAll", underlying="BTCUSDT", countdownTime=5000)
    assert not refused()
    exchange.clock.advance(seconds=5)
    assert refused()
    assert trader.place(symbol=ETH, price="100")["status"] == "NEW"
    trader.json("POST", "countdownCancelAllHeartBeat", underlyings="BTCUSDT")
    assert not refused()
    exchange.clock.advance(seconds=5)
    assert refused()
    trader.json("POST", "countdownCancelAll", underlying="BTCUSDT", countdownTime=0)
    assert not refused()
    assert trader.json("GET", "countdownCancelAll") == {}
    exchange.clock.advance(hours=1)
    assert len(exchange.orders.open()) == 2


def test_a_countdown_that_cannot_be(trader: Trader) -> None:
    wrong = (400, -6009, "countdownTime must be no less than 5000 or equal to 0")
    ask = ("POST", "countdownCancelAll")
    assert trader.refused(*ask, underlying="BTCUSDT", countdownTime=4999) == wrong
    assert trader.refused(*ask, underlying="BTCUSDT")[1] == -1102
    assert trader.refused(*ask, underlying="BTCUSDT", countdownTime=-10000)[1] == -1102
    assert trader.refused(*ask, countdownTime=5000)[1] == -1102
    assert trader.refused(*ask, underlying="XYZUSDT", countdownTime=5000)[1] == -1128
    assert trader.refused("POST", "countdownCancelAllHeartBeat")[1] == -1102


# Whatever is sent


ODD = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "0",
            "-1",
            "1e5",
            "1e999999999",
            "NaN",
            "Infinity",
            "1_0",
            " 1",
            "٣",
            "0x1",
            "9" * 50,
            "[]",
        ]
    ),
)
PATHS = (
    ("POST", "order"),
    ("GET", "order"),
    ("DELETE", "order"),
    ("DELETE", "batchOrders"),
    ("GET", "openOrders"),
    ("DELETE", "allOpenOrders"),
    ("DELETE", "allOpenOrdersByUnderlying"),
    ("GET", "historyOrders"),
    ("GET", "userTrades"),
    ("GET", "position"),
    ("POST", "countdownCancelAll"),
    ("GET", "countdownCancelAll"),
    ("POST", "countdownCancelAllHeartBeat"),
)
NAMES = (
    *new(),
    "timeInForce",
    "postOnly",
    "clientOrderId",
    "orderId",
    "clientOrderIds",
    "orderIds",
)
MORE = ("startTime", "limit", "fromId", "underlying", "underlyings", "countdownTime")


@given(path=st.sampled_from(PATHS), odd=st.dictionaries(st.sampled_from((*NAMES, *MORE)), ODD))
def test_nothing_that_can_be_sent_is_more_than_a_refusal(
    path: tuple[str, str], odd: dict[str, str]
) -> None:
    exchange = Exchange()
    trader = Trader(exchange, exchange.open_account("mine"))
    usual = new() if path == ("POST", "order") else {"symbol": CALL}
    answer = trader.call(*path, **{**usual, **odd})
    assert answer.status in (200, 400)
    assert isinstance(json.loads(answer.body), dict | list)


@given(order=st.dictionaries(st.sampled_from(NAMES), ODD | st.floats() | st.none() | st.booleans()))
def test_nor_in_a_batch(order: dict[str, object]) -> None:
    exchange = Exchange()
    trader = Trader(exchange, exchange.open_account("mine"))
    (answer,) = trader.json("POST", "batchOrders", orders=json.dumps([{**new(), **order}]))
    assert {"code", "msg"} <= answer.keys() or answer["status"] == "NEW"


def test_a_number_that_nobody_can_write_out_is_no_amount(trader: Trader) -> None:
    batch = json.dumps([new()]).replace('"2000"', "1e999999999")
    (answer,) = trader.json("POST", "batchOrders", orders=batch)
    assert answer["code"] == -1102


def test_each_countdown_is_asked_for_by_its_underlying(exchange: Exchange, trader: Trader) -> None:
    for underlying, ms in (("BTCUSDT", 5000), ("ETHUSDT", 6000)):
        trader.json("POST", "countdownCancelAll", underlying=underlying, countdownTime=ms)
    asked = trader.json("GET", "countdownCancelAll", underlying="ETHUSDT")
    assert asked == {"underlying": "ETHUSDT", "countdownTime": 6000}
    assert trader.json("GET", "countdownCancelAll")["underlying"] == "BTCUSDT"
    exchange.reset()
    exchange.clock.advance(seconds=6)
    assert trader.json("GET", "countdownCancelAll") == {}
    assert trader.place()["status"] == "NEW"


@pytest.mark.parametrize("path", ["openOrders", "historyOrders"])
def test_a_range_that_cannot_be(trader: Trader, path: str) -> None:
    assert trader.refused("GET", path, symbol=CALL, startTime=2, endTime=1)[1] == -6031


def test_a_position_is_asked_for_by_its_symbol(exchange: Exchange, trader: Trader) -> None:
    exchange.fills = fills.at_once()
    trader.place()
    trader.place(symbol=ETH, price="100")
    (one,) = trader.json("GET", "position", symbol=ETH)
    assert (one["symbol"], one["quantity"]) == (ETH, "0.1")
    assert trader.refused("GET", "position", symbol="BTC")[1] == -1121
