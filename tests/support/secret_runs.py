"""Recording runs with random secrets, and the look for what they have left behind."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from .leaky import found, made_up_key, written_below

__all__ = ["EVERYTHING_SAID", "account", "leaks", "set_up"]

_ROOT = Path(__file__).parents[2]

#: All that pytest, its plugins and ours can be told to say and write.
EVERYTHING_SAID = (
    "-rA", "-vv", "-l", "--tb=long", "--junitxml=report.xml", "-o", "junit_logging=all",
    "-o", "log_cli=true", "--log-level=DEBUG", "--log-file=log.txt", "-W", "default",
    "--html=rows.html", "--self-contained-html", "--binance-options-report=report.html",
)  # fmt: skip


def account(rng: random.Random, directory: Path) -> dict[str, str]:
    """An account's variables, and one of the user's own."""
    own = rng.choice(
        [
            made_up_key(rng)[: rng.randint(12, 64)],
            f"https://hooks.example/{made_up_key(rng)[:20]}?a=b&c=\"d\" 'e' \\ {rng.random()}",
            f"pässwörd {made_up_key(rng)[:9]} 😀 (x)* [y]+ %41 <z>",
            str(rng.randint(10**11, 10**20)),
        ]
    )
    named = {"BINANCE_API_KEY": made_up_key(rng), "WEBHOOK_TOKEN": own}
    if rng.random() < 0.5:
        return {**named, "BINANCE_SECRET_KEY": made_up_key(rng)}
    phrase = f"phrase {made_up_key(rng)[:14]}"
    key = directory / "key.pem"
    encryption = BestAvailableEncryption(phrase.encode())
    key.write_bytes(
        Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, encryption
        )
    )
    path = {"BINANCE_PRIVATE_KEY_PATH": str(key)}
    return {**named, **path, "BINANCE_PRIVATE_KEY_PASSPHRASE": phrase}


def set_up(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    variables: Mapping[str, str],
    suite: str,
    *plugins: str,
) -> list[str]:
    """Make an inner run of ``suite`` ready, with what is in ``variables``; gives the secrets."""
    ours = ("pytest_binance_options.plugin", "pytest_metadata.plugin", "pytest_html.plugin")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", ",".join([*ours, *plugins]))
    names = [name for name in variables if not name.endswith("PATH")]
    for name, value in {**variables, "SECRETS": " ".join(names)}.items():
        monkeypatch.setenv(name, value)
    pytester.makeini(f"[pytest]\nbinance_options_secrets = WEBHOOK_TOKEN\npythonpath = {_ROOT}")
    pytester.makepyfile(suite)
    return [variables[name] for name in names]


def leaks(
    pytester: pytest.Pytester, result: pytest.RunResult, secrets: Iterable[str]
) -> list[tuple[str, int, str]]:
    """What the run has left of ``secrets``, and of the private keys that lie there."""
    # Without its head and foot, which are no secret.
    pem = ["".join(p.read_text().splitlines()[1:-1]) for p in pytester.path.glob("*.pem")]
    said = {"out": result.stdout.str(), "err": result.stderr.str()}
    texts = dict(written_below(pytester.path)) | said
    return found(texts.items(), [*secrets, *pem])
