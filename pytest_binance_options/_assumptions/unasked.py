"""The assumptions about which nothing is asked, each with the reason.

An issue with what somebody saw settles those, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from .question import Unasked

__all__ = ["UNASKED"]

_BECAUSE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "it takes an account with other rights, or a key to revoke",
        (
            "An API key that is revoked is answered as an unknown one",
            "An account for which Options isn't enabled gets -1130 for signed calls",
        ),
    ),
    (
        "it takes minutes or hours of listening",
        (
            "A listen key is dead at the very millisecond at which its 60 minutes are over",
            "How long a listen key lives is measured on the exchange's own clock",
            "listenKeyExpired is sent in the very millisecond in which the key dies",
            "At the 24 hour mark the close frame has code 1001 and no reason",
            "A ping comes every 3 minutes and its pong is due within 10",
            "The first ping comes three minutes after the handshake",
            "Any pong, also an unsolicited one, shows that the client is there",
        ),
    ),
    (
        "who breaks a limit may be banned for it",
        (
            "The request that goes over the limit counts too",
            "Ten requests in the same minute after the first 429 meet a 429, too",
            "Each ban of an address is twice as long as the one before",
            "A ban is not prolonged by requests that come while it lasts",
            'After "IP banned until ..." the text of a 418 goes on as that of futures\' -1003 does',
            'A missing pong closes with 1008 "Pong timeout", too many messages with 1008',
            "The second of the message rate slides",
            "A client that reads nothing is cut off without a close frame",
            "`Retry-After` is a whole number of seconds",
        ),
    ),
    (
        "it happens when the exchange is in trouble, or changes",
        (
            "The three kinds of 503 have the codes -1000, -1000 and -1001",
            "A listen key call to an endpoint that is gone meets what spot's did",
            "A request that the exchange takes long over is executed at the end of that time",
            "A key that expires before its time is a dead key like any other",
            "serverShutdown, which spot's pages have and Options' don't",
            "An event that is overtaken has the earlier event time",
            "A handshake that is refused for a test with a status gets an HTML page",
        ),
    ),
    (
        "it takes an event, and so an order",
        (
            "A price or quantity with more decimals than its tick or step has gets -1111",
            "An option that expires is settled at the index as it stands in that moment",
            "An `events` belongs to the `listenKey` before it",
            "Payloads at `/private/ws` are raw",
            "An event reaches all connections of its account",
            "Event, transaction and trade time of an event are the same unless they are given",
            "Trade ids count from 1, all orders of the exchange together",
            (
                "Orders have the statuses, execution types and times in force that the page on"
                " order updates lists"
            ),
            "An order that self-trade prevention ends comes with the execution type EXPIRED",
            "Lists and dicts are sent as compact JSON",
            "Of a position that is held, ACCOUNT_UPDATE comes when that begins or changes",
        ),
    ),
    (
        "it takes orders, and money that they may lose",
        (
            "A new order is looked at in this order: what is missing, the words, the",
            "A parameter that an endpoint about orders doesn't have gets -1104, as",
            "`timeInForce` left out is GTC, as in the example of the page on batches",
            "ACK answers with the order as it was accepted, RESULT as it is after",
            "A client order id is free again when its order has ended, and then",
            "A FOK order that isn't filled whole as it is placed gets -6046, a GTX",
            "Cancelling what has ended gets -6028; what is not there, or is another",
            "A reduce-only order that would, with the open ones of its side, do more",
            "A premium is paid and received with the fill, so that balance and",
            "A trade costs 0.024 % of the index for maker and taker, the rate of the",
            "An order ties up its fee, and its premium (BUY; too little: -2018) or",
            "Of a fill first ORDER_TRADE_UPDATE comes, then BALANCE_POSITION_UPDATE,",
            "Of a position that orders have made, ACCOUNT_UPDATE says how the",
            "An order that is REJECTED after it was accepted sends no event: the",
            "What is filled as it is placed was the taker, what has waited the maker",
            "Orders are counted in calendar intervals, refused ones not at all, each",
            "Each order of a batch is placed, or cancelled, by itself and in the",
            "Lists come oldest first: from an id or a start time on the first ones,",
            "When a countdown has run out, new orders on its underlying get -2010",
            "GET /eapi/v1/account, which older clients ask and today's pages lack,",
            "An option that expires pays its positions without a fee, and its",
            "A new order, and who asks for open orders or positions by an option's name,",
        ),
    ),
    (
        "of a market there is as much as tests need",
        (
            "Listed are options on BTC and ETH at three strikes each",
            "Mark and index prices stand still until a test sets them",
        ),
    ),
    (
        "it is about what is put up with, whatever comes",
        (
            'The answer to "Start User Data Stream" may lack `expiration`',
            "A listen key of another shape is still one under the name `listenKey`",
        ),
    ),
    (
        "it is about what the plugin does, not the exchange",
        (
            "An address that refuses connections is shown, at a port that already listens",
            "The order of the answers, not of the requests, is the order that counts",
            (
                "Every binance.com or binance.us name that the table of environments doesn't have"
                " as a testnet's is real money"
            ),
            "The exchange's hosts stand for it on any port, over http and https",
            "A slash too many before `eapi/` would reach the exchange, too",
        ),
    ),
)


def _each(reasons: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[Unasked, ...]:
    return tuple(
        Unasked(assumption, why) for why, assumptions in reasons for assumption in assumptions
    )


UNASKED = _each(_BECAUSE)
