"""What the official SDK's models don't know of an answer, or miss in it.

Every field of theirs is optional, and what they don't know they keep: that a model takes an answer
says little.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

__all__ = ["whole"]

# Of several kinds, each with some of the fields.
_MIXED = "ExchangeInformationResponseOptionSymbolsInnerFiltersInner"


def _strange(model: BaseModel) -> list[str]:
    """Fields that the SDK doesn't know, and those of its own that aren't there."""
    name = type(model).__name__
    # An event's name is how they choose the model, and no field of it.
    unknown = [field for field in getattr(model, "additional_properties", ()) if field != "e"]
    found = [f"{name} has {field}" for field in unknown]
    for field, value in vars(model).items():
        if value is None and name != _MIXED:
            found.append(f"{name} lacks {field}")
        for part in value if isinstance(value, list) else [value]:
            found += _strange(part) if isinstance(part, BaseModel) else []
    return found


def whole(answer: Any) -> Any:
    """``answer``, a model of the SDK's or a list of them, which has all its fields and no
    others."""
    for model in answer if isinstance(answer, list) else [answer]:
        assert isinstance(model, BaseModel), f"{model!r} is no model"
        strange = _strange(model)
        assert not strange, ", ".join(strange)
    return answer
