"""Accounts, their API keys, and the one listen key each account can have.

The listen key's whole life is here: started, kept alive, closed, expired to the millisecond. Who
may ask, and over which wire, is decided elsewhere.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ..errors import KeyMaterialError, UsageError
from ._clock import Clock, Timer
from ._signatures import check_public_key

__all__ = ["LISTEN_KEY_VALIDITY_MS", "Account", "Accounts", "ApiKey", "KeyWatcher"]

#: A listen key lives for 60 minutes (Binance: Options, User Data Streams, "Start User Data
#: Stream").
LISTEN_KEY_VALIDITY_MS = 3_600_000

_ALPHABET = string.ascii_letters + string.digits


def _token(rng: random.Random) -> str:
    return "".join(rng.choices(_ALPHABET, k=64))


@dataclass(frozen=True, slots=True, repr=False)
class ApiKey:
    """An API key, with the secret (HMAC) or the public key (PEM, RSA or Ed25519) that its
    signatures are checked with."""

    api_key: str
    secret_key: str | None = None
    public_key: str | None = None

    def __repr__(self) -> str:
        return f"<ApiKey, {'HMAC' if self.public_key is None else 'public key'}>"


class KeyWatcher(Protocol):
    """Who is told when a listen key ends: the streams that hang on it."""

    def key_expired(self, account: Account, key: str) -> None:
        """``key`` has run out, at this very millisecond."""

    def key_closed(self, account: Account, key: str) -> None:
        """``key`` was closed by a DELETE."""


class Account:
    """One account. Its listen key belongs to it and not to an API key: all API keys share it."""

    def __init__(self, name: str, owner: Accounts) -> None:
        self.name = name
        self.api_keys: list[ApiKey] = []
        self._owner = owner
        self._clock = owner.clock
        self._listen_key: str | None = None
        self._expires_ms = 0
        self._timer: Timer | None = None

    @property
    def listen_key(self) -> str | None:
        """The active listen key, or None."""
        self._settle()
        return self._listen_key

    @property
    def expires_ms(self) -> int | None:
        """The first millisecond, since the epoch, at which the active listen key is dead; None
        where there is none."""
        self._settle()
        return None if self._listen_key is None else self._expires_ms

    def add_api_key(
        self,
        api_key: str | None = None,
        *,
        secret_key: str | None = None,
        public_key: str | None = None,
    ) -> ApiKey:
        """Register another API key of this account; what is left out is generated, the same for the
        same seed and calls.

        ``public_key`` is PEM text, RSA or Ed25519, and takes the secret's place. Raises
        KeyMaterialError for a key that can't be used, and UsageError for one that is registered
        already.
        """
        return self._owner.add_api_key(self, api_key, secret_key, public_key)

    def start_listen_key(self) -> tuple[str, int]:
        """POST: the active listen key or a new one, valid for 60 minutes from now; and when it
        ends, in ms since the epoch."""
        self._settle()
        key = self._listen_key
        now = self._clock.now_ms
        self._expires_ms = now + LISTEN_KEY_VALIDITY_MS
        if key is None:
            key = self._listen_key = self._owner.new_listen_key(self)
            self._timer = self._clock.call_at(self._expires_ms, self._settle)
        return key, self._expires_ms

    def keep_alive(self) -> bool:
        """PUT: 60 minutes from now for the active listen key; False where there is none."""
        now = self._clock.now_ms
        if now >= self._expires_ms:
            self._settle()
        if self._listen_key is None:
            return False
        self._expires_ms = now + LISTEN_KEY_VALIDITY_MS
        return True

    def close_listen_key(self) -> bool:
        """DELETE: the active listen key is no more; False where there is none."""
        self._settle()
        key = self._forget()
        if key is not None and self._owner.watcher is not None:
            self._owner.watcher.key_closed(self, key)
        return key is not None

    def _settle(self) -> None:
        # Runs when the timer falls due, and before every look at the key, so that nothing scheduled
        # for the same millisecond sees a key that is dead. A keepalive only moves _expires_ms: the
        # timer finds out here, and goes back to sleep.
        key = self._listen_key
        if key is None:
            return
        if self._clock.now_ms < self._expires_ms:
            if self._timer is None or not self._timer.active:
                self._timer = self._clock.call_at(self._expires_ms, self._settle)
            return
        self._forget()
        self._owner.expired(self, key)

    def _forget(self) -> str | None:
        key, self._listen_key = self._listen_key, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return key

    def reset(self) -> None:
        """Without a listen key, and nobody is told. The API keys stay."""
        self._forget()
        self._expires_ms = 0

    def __repr__(self) -> str:
        return (
            f"<Account {self.name}, API keys: {len(self.api_keys)}, listen key:"
            f" {'active' if self.listen_key else 'none'}>"
        )


class Accounts:
    """The exchange's accounts, in the order in which they were opened; ``accounts[name]`` finds one
    by name."""

    def __init__(
        self, clock: Clock, seed: int, on_expired: Callable[[Account], None] | None = None
    ) -> None:
        self.clock = clock
        #: Told when a listen key ends, once there are streams.
        self.watcher: KeyWatcher | None = None
        self._on_expired = on_expired
        self._seed = seed
        # Two sources, so that opening one more account leaves the listen keys as they were.
        self._credentials = random.Random(f"{seed}/credentials")  # noqa: S311 - made up, and the same every time
        self._listen_keys = random.Random(f"{seed}/listen keys")  # noqa: S311
        self._by_name: dict[str, Account] = {}
        self._by_api_key: dict[str, tuple[Account, ApiKey]] = {}
        self._by_listen_key: dict[str, Account] = {}

    def open(
        self,
        name: str | None = None,
        *,
        api_key: str | None = None,
        secret_key: str | None = None,
        public_key: str | None = None,
    ) -> Account:
        """Open an account with one API key: see :meth:`Account.add_api_key`."""
        if name is None:
            name = f"account-{len(self._by_name) + 1}"
        if name in self._by_name:
            raise UsageError(
                f"There is an account {name!r} already. Choose another name, or use"
                f" exchange.accounts[{name!r}]."
            )
        account = Account(name, self)
        self.add_api_key(account, api_key, secret_key, public_key)
        self._by_name[name] = account
        return account

    def add_api_key(
        self, account: Account, api_key: str | None, secret_key: str | None, public_key: str | None
    ) -> ApiKey:
        """What :meth:`Account.add_api_key` does."""
        if secret_key is not None and public_key is not None:
            raise KeyMaterialError(
                "Got a secret_key and a public_key. An API key has one of them: leave the other"
                " out."
            )
        if api_key is not None and not (
            api_key.isascii() and api_key.isprintable() and " " not in api_key and api_key
        ):
            raise KeyMaterialError(
                f"api_key ({len(api_key)} characters) can't be sent in a header. Give printable"
                " ASCII without spaces (Binance's are 64 letters and digits), or leave it out."
            )
        if api_key in self._by_api_key:
            raise UsageError(
                "This api_key is registered already. Give another one, or leave it out and one is"
                " made."
            )
        if secret_key == "":
            raise KeyMaterialError(
                "secret_key is empty. Give a secret, or leave it out and one is made."
            )
        if public_key is not None:
            check_public_key(public_key)
        made_key, made_secret = _token(self._credentials), _token(self._credentials)
        if api_key is None:
            api_key = made_key
        if secret_key is None and public_key is None:
            secret_key = made_secret
        key = ApiKey(api_key, secret_key, public_key)
        account.api_keys.append(key)
        self._by_api_key[api_key] = (account, key)
        return key

    def by_api_key(self, api_key: str) -> tuple[Account, ApiKey] | None:
        """Whose API key this is."""
        return self._by_api_key.get(api_key)

    def by_listen_key(self, listen_key: str) -> Account | None:
        """The account whose active listen key this is; None for one that is dead, or never was."""
        account = self._by_listen_key.get(listen_key)
        return account if account is not None and account.listen_key == listen_key else None

    def was_listen_key(self, listen_key: str) -> bool:
        """Whether this is, or has been, a listen key of some account."""
        return listen_key in self._by_listen_key

    def resolve(self, account: Account | str | None = None) -> Account:
        """The account meant: itself, by name, or where there is only one, that one. Raises
        UsageError otherwise."""
        if isinstance(account, Account):
            return account
        names = ", ".join(self._by_name) or "none"
        if account is None:
            if len(self._by_name) == 1:
                return next(iter(self._by_name.values()))
            raise UsageError(
                f"Which account? There are: {names}. Name one, or open one with"
                " exchange.open_account()."
            )
        if account not in self._by_name:
            raise UsageError(f"There is no account {account!r}. There are: {names}.")
        return self._by_name[account]

    def new_listen_key(self, account: Account) -> str:
        """A listen key for ``account``, from the seeded source."""
        key = _token(self._listen_keys)
        self._by_listen_key[key] = account
        return key

    def expired(self, account: Account, key: str) -> None:
        """Tell those who want to know."""
        if self._on_expired is not None:
            self._on_expired(account)
        if self.watcher is not None:
            self.watcher.key_expired(account, key)

    def reset(self) -> None:
        """Every account stays, with its API keys and no listen key; the same listen keys come
        again."""
        for account in self:
            account.reset()
        self._by_listen_key.clear()
        self._listen_keys = random.Random(f"{self._seed}/listen keys")  # noqa: S311

    def __iter__(self) -> Iterator[Account]:
        return iter(list(self._by_name.values()))

    def __len__(self) -> int:
        return len(self._by_name)

    def __getitem__(self, name: str) -> Account:
        return self.resolve(name)

    def __contains__(self, account: object) -> bool:
        return account in self._by_name or account in self._by_name.values()

    def __repr__(self) -> str:
        return f"<Accounts {', '.join(self._by_name) or 'none'}>"
