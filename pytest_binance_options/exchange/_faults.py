"""When things go wrong: which requests a fault meets, how often, and which faults never met one.

What happens to a request that meets a fault is :mod:`pytest_binance_options.exchange.fault`'s
vocabulary.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from fnmatch import fnmatchcase

from .._checks import one_of, shown, text, whole
from .._masking import mask
from .._messages import Request
from ..errors import UsageError
from ._clock import Clock
from ._effects import Effect
from .fault import KINDS

__all__ = ["Fault", "Faults"]

_FOREVER = 2**53


@dataclass(eq=False, repr=False)
class Fault:
    """An effect, and the requests it is for: see :meth:`Faults.add` for what the fields mean."""

    effect: Effect
    _: KW_ONLY
    method: str | None = None
    path: str | None = None
    client: str | None = None
    account: str | None = None
    times: int | None = None
    after: int = 0
    every: int = 1
    while_: Callable[[Request], bool] | None = None
    #: How often this has happened.
    fired: int = field(default=0, init=False)
    #: Since when it is there, in ms since the epoch on the exchange's clock.
    armed_at_ms: int = field(default=0, init=False)
    _met: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.effect, Effect) or self.effect.kind not in KINDS:
            raise UsageError(
                f"A fault needs an effect, not {type(self.effect).__name__}. Give one of the fault"
                " module's: "
                f'{", ".join(KINDS)}; as in faults.add(fault.status(503), method="PUT").'
            )
        for name in ("method", "path", "client", "account"):
            if getattr(self, name) is not None:
                text(name, getattr(self, name))
        if self.method is not None:
            self.method = self.method.upper()
        if self.times is not None:
            whole("times", self.times, 1, _FOREVER)
        whole("after", self.after, 0, _FOREVER)
        whole("every", self.every, 1, _FOREVER)

    @property
    def exhausted(self) -> bool:
        """Whether this has happened as often as it may."""
        return self.times is not None and self.fired >= self.times

    def strikes(self, request: Request, path: str, account: str | None) -> bool:
        """Whether ``request`` meets this fault; counts that it came by, and that it fired."""
        if self.exhausted or not self._is_for(request, path, account):
            return False
        self._met += 1
        turn = self._met - self.after
        if turn <= 0 or turn % self.every:
            return False
        self.fired += 1
        return True

    def _is_for(self, request: Request, path: str, account: str | None) -> bool:
        return (
            self.method in (None, request.method)
            and (self.path is None or fnmatchcase(path, self.path))
            and self.client in (None, request.client)
            and self.account in (None, account)
            and (self.while_ is None or self.while_(request))
        )

    @classmethod
    def from_json(cls, form: object) -> Fault:
        """A fault from its JSON form, an object: ``fault`` names the kind, the rest are the
        arguments of that kind and of :meth:`Faults.add`. Raises UsageError, which says what would
        do, for anything else."""
        if not isinstance(form, Mapping):
            raise UsageError(
                f'A fault is a JSON object, not {type(form).__name__}. Give one as in {{"fault":'
                ' "timeout"}.'
            )
        kind = one_of('"fault"', form.get("fault"), KINDS)
        builder = KINDS[kind]
        parameters = inspect.signature(builder).parameters
        unknown = [shown(name) for name in form if name not in ("fault", *parameters, *_SELECTION)]
        if unknown:
            known = ", ".join((*parameters, *_SELECTION))
            raise UsageError(f"The fault {kind} has no {', '.join(unknown)}. It takes: {known}.")
        needed = [
            name for name, parameter in parameters.items() if parameter.default is parameter.empty
        ]
        if not all(name in form for name in needed):
            raise UsageError(f"The fault {kind} needs: {', '.join(needed)}.")
        effect = builder(**{name: form[name] for name in parameters if name in form})
        return cls(effect, **{name: form[name] for name in _SELECTION if name in form})

    def to_json(self) -> dict[str, object]:
        """The JSON form, that :meth:`from_json` reads. Raises UsageError where there is a
        ``while_``: it has none."""
        if self.while_ is not None:
            raise UsageError("A fault with while_ has no JSON form. Use times, after and every.")
        chosen = {name: getattr(self, name) for name in _SELECTION}
        return self.effect.to_json() | {
            name: value for name, value in chosen.items() if value != getattr(Fault, name)
        }

    def __str__(self) -> str:
        which = " ".join(
            part for part in (self.method or "any method", self.path or "any path") if part
        )
        who = "".join(
            f", {what} {value}"
            for what, value in (("client", self.client), ("account", self.account))
            if value
        )
        often = (
            "" if self.times is None else ", once" if self.times == 1 else f", {self.times} times"
        )
        often += f", after {self.after}" if self.after else ""
        often += f", every {self.every}" if self.every > 1 else ""
        often += ", while a condition holds" if self.while_ else ""
        return mask(f"{self.effect}; {which}{who}{often}")

    def __repr__(self) -> str:
        return f"<Fault {self}; fired: {self.fired}>"


#: What of a fault says which requests it is for, in JSON as in Python; a predicate has no JSON.
_SELECTION = tuple(
    field.name for field in fields(Fault) if field.init and field.name not in ("effect", "while_")
)


class Faults:
    """What is going to go wrong, in the order in which it was added::

        exchange.faults.add(fault.status(503), method="PUT", times=1)

    Several faults can meet one request: each is wrapped around the next, the first one added
    outermost. One that answers by itself keeps the request from those after it, and leaves them for
    the next request; a connection that isn't made comes before everything.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._faults: list[Fault] = []

    def add(
        self,
        effect: Effect,
        *,
        method: str | None = None,
        path: str | None = None,
        client: str | None = None,
        account: str | None = None,
        times: int | None = None,
        after: int = 0,
        every: int = 1,
        while_: Callable[[Request], bool] | None = None,
    ) -> Fault:
        """Have ``effect`` happen, and return the fault, which knows how often it ``fired``.

        To the requests with this ``method``, ``path`` (``*`` stands for anything), ``client``
        (address) and ``account`` (name), and while ``while_`` says so of the request; what is left
        out does not matter. Of those requests, ``after`` go by untouched; of the rest, ``every``
        nth is struck, ``times`` times in all (None: without end). Raises UsageError for a value out
        of range; what ``while_`` raises comes out of ``handle``.
        """
        return self.arm(
            Fault(
                effect,
                method=method,
                path=path,
                client=client,
                account=account,
                times=times,
                after=after,
                every=every,
                while_=while_,
            )
        )

    def add_json(self, form: object) -> Fault:
        """Add a fault from its JSON form: see :meth:`Fault.from_json`."""
        return self.arm(Fault.from_json(form))

    def arm(self, fault: Fault) -> Fault:
        """Add a fault that was made before."""
        fault.armed_at_ms = self._clock.now_ms
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Take ``fault`` back; harmless where it isn't there."""
        if fault in self._faults:
            self._faults.remove(fault)

    def clear(self) -> None:
        """Take all back."""
        self._faults.clear()

    def unused(self) -> list[Fault]:
        """Those that have never fired. ``assert not exchange.faults.unused()`` says that a test met
        all it set up."""
        return [fault for fault in self._faults if not fault.fired]

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def __contains__(self, fault: object) -> bool:
        return fault in self._faults

    def __repr__(self) -> str:
        return f"<Faults {self._faults!r}>"
