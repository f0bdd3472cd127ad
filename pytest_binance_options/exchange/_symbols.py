"""An exchange's options: those that are listed at its time and those that a test adds; what they
are worth, which a test says; and the moment at which one expires.

There is no model of prices: marks and indices stand still until they are set, or traded at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from .._checks import whole, wrong
from ..errors import UsageError
from ._clock import Clock, Timer, instant
from ._exact import decimals
from ._filters import Filters, Grid
from ._listing import listing, period
from ._symbol import Symbol, parse

if TYPE_CHECKING:
    from ._event_fields import Amount

__all__ = ["Symbol", "Symbols"]

#: Where the underlyings stand, in USDT, until they are set.
_INDEX = {"BTCUSDT": Decimal(60_000), "ETHUSDT": Decimal(3_000)}
#: What options are worth, in USDT, until they are set or traded at.
_MARK = {"BTCUSDT": Decimal(2_000), "ETHUSDT": Decimal(100)}
_OTHER = Decimal(1)

_LARGEST = Decimal(10**15)
_FINEST = 8


def _positive(word: str, value: object) -> Decimal:
    from ._event_fields import amount

    found = Decimal(amount(word, value))
    if not 0 < found <= _LARGEST or decimals(found) > _FINEST:
        raise wrong(word, value, f"an amount above 0, up to 10**15, of {_FINEST} decimals at most")
    return found


class Symbols:
    """The options of an exchange. Iterating gives those that are traded now, ``symbols[name]`` is
    one of them, and ``name in symbols`` tells whether it is.

    The listing follows the clock: a ladder of expiries, and a few strikes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: Called with a symbol that was awaited, when it has expired, and the settlement price.
        self.on_expired: Callable[[Symbol, Decimal], object] | None = None
        self._added: dict[str, Symbol] = {}
        self._marks: dict[str, Decimal] = {}
        self._indices: dict[str, Decimal] = {}
        self._awaited: dict[str, Timer] = {}

    def find(self, name: str) -> Symbol | None:
        """The option of that name; None where there is none now: never, not yet, or not any
        more."""
        symbol = self._added.get(name) or listing(period(self._clock.now_ms)).get(name)
        if symbol is None or symbol.expiry_ms <= self._clock.now_ms:
            return None
        return symbol

    def add(
        self,
        name: str,
        *,
        tick_size: Amount | None = None,
        min_price: Amount | None = None,
        max_price: Amount | None = None,
        step_size: Amount | None = None,
        min_quantity: Amount | None = None,
        max_quantity: Amount | None = None,
        unit: int = 1,
    ) -> Symbol:
        """List the option ``name``, as in "BTC-260925-50000-C", until it expires, in place of one
        of that name.

        Prices are in USDT for one contract, quantities in contracts, and ``unit`` is how much of
        the asset one contract is. What is left out is as with the asset's other options; of a grid
        that begins elsewhere, the least is one step. Raises UsageError for what is no such name,
        has expired already, or can't be an order's.
        """
        unit = whole("unit", unit, 1, 10**9)
        usual = parse(name)
        if usual.expiry_ms <= self._clock.now_ms:
            raise UsageError(self.why_unknown(name))
        price, quantity = usual.filters.price, usual.filters.quantity
        filters = Filters(
            _grid("price", price, min_price, max_price, "tick_size", tick_size),
            _grid("quantity", quantity, min_quantity, max_quantity, "step_size", step_size),
        )
        self._added[name] = symbol = parse(name, unit=unit, filters=filters)
        return symbol

    # What they are worth

    def set_mark_price(self, symbol: Symbol | str, price: Amount) -> None:
        """From now on ``symbol`` (itself or its name) is worth ``price``, in USDT for one contract,
        until that is set again or there is a trade."""
        self._marks[self[symbol].name] = _positive("price", price)

    def set_index_price(self, underlying: str, price: Amount) -> None:
        """From now on ``underlying``, as in "BTCUSDT", stands at ``price``, in USDT: options that
        expire are settled at it."""
        if underlying not in self.underlyings:
            raise wrong("underlying", underlying, f"one of: {', '.join(self.underlyings)}")
        self._indices[underlying] = _positive("price", price)

    def mark_price(self, symbol: Symbol) -> Decimal:
        """What one contract of ``symbol`` is worth, in USDT: as set, or the latest trade's price;
        before that 2,000 for BTC, 100 for ETH and 1 for others."""
        return self._marks.get(symbol.name) or _MARK.get(symbol.underlying, _OTHER)

    def index_price(self, underlying: str) -> Decimal:
        """Where ``underlying`` stands, in USDT; until it is set, BTCUSDT at 60,000, ETHUSDT at
        3,000, others at 1."""
        return self._indices.get(underlying) or _INDEX.get(underlying, _OTHER)

    def traded(self, symbol: Symbol, price: Decimal) -> None:
        """There was a trade at ``price``: that is what ``symbol`` is worth."""
        self._marks[symbol.name] = price

    # When one expires

    def await_expiry(self, symbol: Symbol) -> None:
        """Have :attr:`on_expired` called when ``symbol`` expires: somebody has an order or a
        position of it. Harmless where it is awaited already."""
        if symbol.name not in self._awaited:
            self._awaited[symbol.name] = self._clock.call_at(
                symbol.expiry_ms, partial(self._expire, symbol)
            )

    def forget_expiry(self, symbol: Symbol) -> None:
        """Nobody has an order or a position of ``symbol`` any more."""
        timer = self._awaited.pop(symbol.name, None)
        if timer is not None:
            timer.cancel()

    def _expire(self, symbol: Symbol) -> None:
        del self._awaited[symbol.name]
        if self.on_expired is not None:
            self.on_expired(symbol, self.index_price(symbol.underlying))

    def reset(self) -> None:
        """None but those that are listed by themselves, worth what they are at first; none is
        awaited."""
        for timer in self._awaited.values():
            timer.cancel()
        self._awaited.clear()
        self._added.clear()
        self._marks.clear()
        self._indices.clear()

    @property
    def listed_alone(self) -> int | None:
        """The number of the :func:`period` whose listing is all there is; None where a test has
        added to it."""
        return None if self._added else period(self._clock.now_ms)

    @property
    def underlyings(self) -> tuple[str, ...]:
        """What there are options on, as in "BTCUSDT"."""
        return tuple(dict.fromkeys(symbol.underlying for symbol in self))

    def __iter__(self) -> Iterator[Symbol]:
        now_ms = self._clock.now_ms
        all_of_them = {**listing(period(now_ms)), **self._added}
        return iter([symbol for symbol in all_of_them.values() if symbol.expiry_ms > now_ms])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, symbol: Symbol | str) -> Symbol:
        name = symbol.name if isinstance(symbol, Symbol) else symbol
        found = self.find(name) if isinstance(name, str) else None
        if found is None:
            raise UsageError(self.why_unknown(name))
        return found

    def may_be_past(self, name: str) -> bool:
        """Whether ``name`` is an option's that has expired: of an asset on which there are some."""
        try:
            symbol = parse(name)
        except UsageError:
            return False
        return symbol.underlying in self.underlyings and symbol.expiry_ms <= self._clock.now_ms

    def why_unknown(self, name: object) -> str:
        """Why there is no option of that name now, and what to do about it: for whoever had reason
        to think that there is one."""
        now = f"it is {self._clock.now:%Y-%m-%d %H:%M} UTC on the exchange's clock"
        try:
            symbol = parse(name)
        except UsageError as error:
            return str(error)
        if symbol.expiry_ms <= self._clock.now_ms:
            expired = f"{instant(symbol.expiry_ms):%Y-%m-%d %H:%M}"
            return (
                f"{symbol.name} expired at {expired}, and {now}. Take one of exchange.symbols, or a"
                " later date."
            )
        from difflib import get_close_matches

        near = get_close_matches(symbol.name, [each.name for each in self], 3, 0)
        return (
            f"{symbol.name} isn't listed. Near it are: {', '.join(near)}. List it with"
            f' exchange.symbols.add("{symbol.name}").'
        )

    def __contains__(self, symbol: object) -> bool:
        name = symbol.name if isinstance(symbol, Symbol) else symbol
        return isinstance(name, str) and self.find(name) is not None

    def __repr__(self) -> str:
        return f"<Symbols {len(self)}>"


def _grid(
    what: str,
    usual: Grid,
    low: Amount | None,
    high: Amount | None,
    word: str,
    step: Amount | None,
) -> Grid:
    """The numbers of a new symbol's ``what``, price or quantity; as ``usual`` where not given."""
    stepping = usual.step if step is None else _positive(word, step)
    if low is None:
        lowest = usual.low if step is None else stepping
    else:
        lowest = _positive(f"min_{what}", low)
    highest = usual.high if high is None else _positive(f"max_{what}", high)
    if highest < lowest:
        raise wrong(f"max_{what}", format(highest, "f"), f"at least {lowest:f}")
    return Grid(lowest, highest, stepping)
