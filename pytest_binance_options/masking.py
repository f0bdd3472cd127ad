"""Hiding what must not be shown: every repr, error, log line and report passes its text through here.

This is for text that people read. What goes into a cassette needs aliases that still fit together: that is
:mod:`pytest_binance_options.cassette.redaction`.
"""

from __future__ import annotations

import re

__all__ = ["mask"]

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S), "<private key>"),
    # name=value, in a query string, a form or an error text
    (re.compile(r"(?i)\b(signature|listen_?key|api_?key|secret_?key|x-mbx-apikey|passphrase)=[^&\s\"']+"), r"\1=<hidden>"),
    # "name": "value", in JSON or the repr of a dict
    (
        re.compile(
            r"(?i)([\"'](?:signature|listen_?key|api_?key|secret_?key|x-mbx-apikey|passphrase)[\"']\s*:\s*)([\"']).*?(?:\2|\Z)"
        ),
        r"\1\2<hidden>\2",
    ),
    (re.compile(r"(?i)(x-mbx-apikey:\s*)[^\s,;\"']+"), r"\1<hidden>"),
    # a listen key in a stream's address
    (re.compile(r"(/ws/)[^/?#\s\"']+"), r"\1<hidden>"),
    (re.compile(r"([?&]streams=)[^&#\s\"']+"), r"\1<hidden>"),
    # Anything as long as key material: API keys, secrets and listen keys are 64 letters and digits, an
    # HMAC signature 64 hex digits, an Ed25519 signature 88 characters of base64.
    (re.compile(r"[A-Za-z0-9+/_%=-]{40,}"), "<hidden>"),
)


def mask(text: str) -> str:
    """``text`` with everything that is, or looks like, a key, a secret, a signature or a listen key hidden."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
