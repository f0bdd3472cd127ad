"""Aliases: what stands in a file in a secret's place, of the same shape, and recognisable as no
secret.

Equal secrets get equal aliases, so that a listen key from a response still fits the address it is
used in.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .._key_material import Kind
from ..errors import CassetteError

__all__ = ["AliasBook", "is_alias", "without_padding"]

_LABEL = {kind: f"ALIAS{kind.value}" for kind in Kind}
_HEX_LABEL = "a11a5"  # what can be said in hexadecimal digits
_KINDS = "|".join(kind.value for kind in Kind)
_ALIAS = re.compile(
    rf"(?i)ALIAS(?:{_KINDS})([0-9]+)([a-z])\2*={{0,2}}|{_HEX_LABEL}([0-9]+)(?:f+|e+)"
)
_IN_TEXT = re.compile(rf"(?:ALIAS({_KINDS})|(?<![0-9a-z]){_HEX_LABEL})([0-9]+)(?=[a-z])")
_PADDED = re.compile(rf"(ALIAS(?:{_KINDS})[0-9]+)([a-z])\2+={{0,2}}")
_HEX = re.compile(r"[0-9a-fA-F]{40,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")


def without_padding(text: str) -> str:
    """``text`` with its aliases as short as they can be told apart: what fills them up is for
    machines."""
    return _PADDED.sub(r"\1", text)


def is_alias(text: str) -> bool:
    """Whether ``text`` is an alias made here."""
    return _ALIAS.fullmatch(text) is not None


class AliasBook:
    """The aliases of one cassette. ``clean`` says whether an alias holds none of the secrets
    itself."""

    def __init__(self, clean: Callable[[str], bool] = lambda _alias: True) -> None:
        self._clean = clean
        self._aliases: dict[str, str] = {}
        self._taken: set[str] = set()
        self._count: dict[str, int] = {}

    def reserve(self, text: str) -> None:
        """Keep clear of every alias that already stands in ``text``: it belongs to another
        recording's secret."""
        for label, number in _IN_TEXT.findall(text):
            name = f"ALIAS{label}" if label else _HEX_LABEL
            self._count[name] = max(self._count.get(name, 0), int(number[:9]))

    def alias(self, secret: str, kind: Kind) -> str:
        """The alias of ``secret``: the same every time, and no other secret's."""
        # Hexadecimal means the same in either case.
        key = secret.lower() if _HEX.fullmatch(secret) else secret
        known = self._aliases.get(key)
        if known is None:
            known = self._aliases[key] = self._new(secret, kind)
        return known

    def _new(self, secret: str, kind: Kind) -> str:
        in_hex = kind is Kind.SIGNATURE and _HEX.fullmatch(secret) is not None
        label = _HEX_LABEL if in_hex else _LABEL[kind]
        tail = ""
        if not in_hex and _BASE64.fullmatch(secret):
            tail = "=" * (len(secret) - len(secret.rstrip("=")))
        # What is no key (a PEM file, a passphrase) has no shape to keep.
        length = len(secret) if in_hex or _BASE64.fullmatch(secret) else min(len(secret), 64)
        # Thousands of numbers and several paddings: a secret that is part of one of them is part of
        # few.
        for _ in range(10_000):
            number = self._count[label] = self._count.get(label, 0) + 1
            for padding in "fe" if in_hex else "xyzqj":
                stem = f"{label}{number}"
                alias = stem.ljust(max(length - len(tail), len(stem) + 1), padding) + tail
                if alias not in self._taken and self._clean(alias):
                    self._taken.add(alias)
                    return alias
        raise CassetteError(
            f"one of the secrets is a part of {label!r}, the word that stands in files in a"
            " secret's place; the cassette was not written. Use another passphrase or key."
        )
