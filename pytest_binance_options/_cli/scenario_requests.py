"""A scenario by its name and arguments in JSON, as ``POST /scenarios`` takes it, and the list of
them.

What each one takes is read from its signature, so that a scenario that is added can be asked for
at once.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter

from .._checks import flag, number, one_of, shown, text, whole, wrong
from ..errors import UsageError
from ..exchange import Exchange, Fault, events, scenarios

__all__ = ["described", "listing", "play"]

_LARGEST = 10**6
_WHERE = "GET /scenarios shows each with its arguments."


def _event(_name: str, value: object) -> object:
    return events.from_json(value)


def _events(name: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise wrong(name, value, "a list of events")
    return [events.from_json(one) for one in value]


def _number(name: str, value: object) -> float:
    return number(name, value, -_LARGEST, _LARGEST)


def _whole(name: str, value: object) -> int:
    return whole(name, value, -_LARGEST, _LARGEST)


def _whole_or_null(name: str, value: object) -> int | None:
    return None if value is None else _whole(name, value)


#: How an argument with such an annotation is read from JSON, by its name and value.
_READ: Mapping[str, Callable[[str, object], object]] = {
    "Account | str | None": text,
    "Event": _event,
    "bool": flag,
    "float": _number,
    "int": _whole,
    "int | None": _whole_or_null,
    "str": text,
}


#: What an argument with such an annotation takes, where that is not the annotation.
_TAKES: Mapping[str, str] = {
    "Account | str | None": "an account's name; the only one",
    "Event": "an event, as POST /events takes it",
    "Event | Mapping[str, object]": "an event, as POST /events takes it",
    "Mapping[str, str] | None": "an object of texts",
    "bool": "true or false",
    "bytes": "text in base64",
    "float": "a number",
    "int": "a whole number",
    "int | None": "a whole number, or null",
    "object": "any JSON",
    "str": "text",
    "str | None": "text, or null",
}


def listing() -> list[dict[str, object]]:
    """Every scenario, with what its arguments take."""
    return described(getattr(scenarios, name) for name in scenarios.__all__)


def described(functions: Iterable[Callable[..., object]]) -> list[dict[str, object]]:
    """Each function's name, what it does by the first sentence of its docstring, and its arguments
    but the exchange."""
    return [
        {
            "name": function.__name__,
            "does": _first_sentence(function),
            "arguments": {
                parameter.name: _takes(parameter)
                for parameter in inspect.signature(function).parameters.values()
                if parameter.name != "exchange"
            },
        }
        for function in functions
    ]


def _first_sentence(function: Callable[..., object]) -> str:
    paragraph = inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0]
    return " ".join(paragraph.replace("``", "`").split()).partition(". ")[0].rstrip(".") + "."


def _takes(parameter: Parameter) -> str:
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return "a list of events, each as POST /events takes it; none where left out"
    takes = _TAKES.get(parameter.annotation, parameter.annotation)
    if parameter.default is Parameter.empty:
        return f"{takes}; needed"
    if takes == _TAKES["Account | str | None"]:
        return f"{takes} where left out"
    return f"{takes}; {json.dumps(parameter.default)} where left out"


def play(exchange: Exchange, form: Mapping[str, object]) -> str:
    """Have the scenario ``form["name"]`` happen, with the other members for arguments; gives its
    name, and the fault that it has added where it has. Raises UsageError, which says what would do,
    for an unknown name, and for an argument that it doesn't have, needs, or can't use."""
    name = one_of('"name"', form.get("name"), scenarios.__all__, hint=_WHERE)
    scenario = getattr(scenarios, name)
    # The exchange comes first of all.
    parameters = list(inspect.signature(scenario).parameters.values())[1:]
    given = {argument: value for argument, value in form.items() if argument != "name"}
    known = {parameter.name for parameter in parameters}
    unknown = [shown(argument) for argument in given if argument not in known]
    if unknown:
        takes = ", ".join(parameter.name for parameter in parameters) or "nothing"
        raise UsageError(
            f"The scenario {name} has no {', '.join(unknown)}. It takes: {takes}. {_WHERE}"
        )
    several: list[object] = []
    arguments: dict[str, object] = {}
    for parameter in parameters:
        several_of_it = parameter.kind is Parameter.VAR_POSITIONAL
        if parameter.name not in given:
            if parameter.default is Parameter.empty and not several_of_it:
                raise UsageError(f"The scenario {name} needs: {parameter.name}. {_WHERE}")
        elif several_of_it:
            several = _events(parameter.name, given[parameter.name])
        else:
            read = _READ[parameter.annotation]
            arguments[parameter.name] = read(parameter.name, given[parameter.name])
    added = scenario(exchange, *several, **arguments)
    return f"{name}: {added}" if isinstance(added, Fault) else name
