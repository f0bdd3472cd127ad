"""Accounts, their API keys, and the listen keys they have: one of each product."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from decimal import Decimal

from .._products import PRODUCTS, Product
from ..errors import UsageError
from ._clock import Clock
from ._event_fields import Amount, amount
from ._listen_key import ListenKey
from ._rejections import UNKNOWN_KEY_CODES, key_code
from ._signatures import ApiKey, check_key_material

__all__ = ["Account", "Accounts"]

_ALPHABET = string.ascii_letters + string.digits


def _token(rng: random.Random) -> str:
    return "".join(rng.choices(_ALPHABET, k=64))


class Account:
    """One account. Its listen keys belong to it and not to an API key: all API keys share them.

    What is said of *the* listen key is said of that of the exchange's first product, Options; those
    of others are under :attr:`listen_keys`.
    """

    def __init__(self, name: str, owner: Accounts) -> None:
        self.name = name
        self.api_keys: list[ApiKey] = []
        #: Whether it may trade Options: else signed requests get -1130.
        self.options_enabled = True
        #: What it has at first, in USDT.
        self.opening_balance = Decimal(0)
        #: The listen keys, alive or not, by product.
        self.listen_keys: dict[Product, ListenKey] = {
            product: ListenKey(name, product, owner.label(product), owner)
            for product in owner.products
        }
        self._owner = owner
        self._own = self.listen_keys[owner.products[0]]

    @property
    def listen_key(self) -> str | None:
        """The active listen key, or None."""
        return self._own.value

    @property
    def expires_ms(self) -> int | None:
        """The first millisecond, since the epoch, at which the active listen key is dead; None
        where there is none."""
        return self._own.expires_ms

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

    def revoke_api_keys(self, code: int = UNKNOWN_KEY_CODES[0]) -> None:
        """The API keys that there are now are answered with ``code``, -2008 or -2015, until there
        is a reset. The listen key and its streams stay. Raises UsageError for another code."""
        self._owner.revoke(self, code)

    def start_listen_key(self) -> tuple[str, int]:
        """POST: the active listen key or a new one, valid for 60 minutes from now; and when it
        ends, in ms since the epoch."""
        return self._own.start()

    def keep_alive(self) -> bool:
        """PUT: 60 minutes from now for the active listen key; False where there is none."""
        return self._own.keep_alive() is not None

    def close_listen_key(self) -> bool:
        """DELETE: the active listen key is no more; False where there is none."""
        return self._own.close()

    def expire_listen_key(self) -> bool:
        """The active listen key ends now as when its time is over; False where there is none."""
        return self._own.expire()

    def reset(self) -> None:
        """Without a listen key, and nobody is told. The API keys stay, and Options is enabled."""
        self.options_enabled = True
        for listen_key in self.listen_keys.values():
            listen_key.reset()

    def state(self) -> dict[str, object]:
        """What is the case now, as JSON, without secrets; times in ms since the epoch. Listen keys
        of other products are there while they are active."""
        return {
            "name": self.name,
            "apiKeys": len(self.api_keys),
            "listenKey": None if self.expires_ms is None else {"expires": self.expires_ms},
            **{
                f"listenKey {key.product.name}": {"expires": key.expires_ms}
                for key in self._others_active()
            },
        }

    def _others_active(self) -> list[ListenKey]:
        return [
            key
            for key in self.listen_keys.values()
            if key is not self._own and key.value is not None
        ]

    def __repr__(self) -> str:
        own = "active" if self.listen_key else "none"
        others = "".join(f", {key.label}: active" for key in self._others_active())
        return f"<Account {self.name}, API keys: {len(self.api_keys)}, listen key: {own}{others}>"


class Accounts:
    """The exchange's accounts, in the order in which they were opened; ``accounts[name]`` finds one
    by name."""

    def __init__(self, clock: Clock, seed: int, products: tuple[Product, ...] = PRODUCTS) -> None:
        self.clock = clock
        self.products = products
        #: Called when a listen key has ended, with it and the value that it had.
        self.on_expired: list[Callable[[ListenKey, str], object]] = []
        self.on_closed: list[Callable[[ListenKey, str], object]] = []
        #: Called when one is made, with it and when it ends if nobody renews it.
        self.on_made: list[Callable[[ListenKey, int], object]] = []
        self._seed = seed
        # A source for each, so that opening one more account leaves the listen keys as they were.
        self._credentials = random.Random(f"{seed}/credentials")  # noqa: S311 - made up, and the same every time
        self._listen_keys: dict[Product, random.Random] = {}
        self._by_name: dict[str, Account] = {}
        self._by_api_key: dict[str, tuple[Account, ApiKey]] = {}
        self._revoked: dict[str, int] = {}
        self._by_listen_key: dict[str, ListenKey] = {}
        self.unknown_key = UNKNOWN_KEY_CODES[0]

    @property
    def unknown_key(self) -> int:
        """The error code that a request gets whose API key has the right form and isn't known:
        -2008, or -2015 as a setting. Raises UsageError for another."""
        return self._unknown_key

    @unknown_key.setter
    def unknown_key(self, code: int) -> None:
        self._unknown_key = key_code("unknown_key", code)

    def open(
        self,
        name: str | None = None,
        *,
        api_key: str | None = None,
        secret_key: str | None = None,
        public_key: str | None = None,
        balance: Amount = "10000",
    ) -> Account:
        """Open an account with one API key: see :meth:`Account.add_api_key`."""
        opening_balance = Decimal(amount("balance", balance))
        if name is None:
            name = f"account-{len(self._by_name) + 1}"
        if name in self._by_name:
            raise UsageError(
                f"There is an account {name!r} already. Choose another name, or use"
                f" exchange.accounts[{name!r}]."
            )
        account = Account(name, self)
        account.opening_balance = opening_balance
        self.add_api_key(account, api_key, secret_key, public_key)
        self._by_name[name] = account
        return account

    def add_api_key(
        self, account: Account, api_key: str | None, secret_key: str | None, public_key: str | None
    ) -> ApiKey:
        """What :meth:`Account.add_api_key` does."""
        check_key_material(api_key, secret_key, public_key)
        if api_key in self._by_api_key:
            raise UsageError(
                "This api_key is registered already. Give another one, or leave it out and one is"
                " made."
            )
        made_key, made_secret = _token(self._credentials), _token(self._credentials)
        if api_key is None:
            api_key = made_key
        if secret_key is None and public_key is None:
            secret_key = made_secret
        key = ApiKey(api_key, secret_key, public_key)
        account.api_keys.append(key)
        self._by_api_key[api_key] = (account, key)
        return key

    def revoke(self, account: Account, code: int) -> None:
        """What :meth:`Account.revoke_api_keys` does."""
        key_code("code", code)
        for key in account.api_keys:
            self._revoked[key.api_key] = code

    def revoked(self, api_key: str) -> int | None:
        """The error code that a revoked API key is answered with; None for one that isn't."""
        return self._revoked.get(api_key)

    def by_api_key(self, api_key: str) -> tuple[Account, ApiKey] | None:
        """Whose API key this is; None for one that is unknown or revoked."""
        return None if api_key in self._revoked else self._by_api_key.get(api_key)

    def by_listen_key(self, value: str) -> ListenKey | None:
        """The listen key that has this value now; None for a value that is dead, or never was."""
        listen_key = self._by_listen_key.get(value)
        return listen_key if listen_key is not None and listen_key.value == value else None

    def resolve(self, account: Account | str | None = None) -> Account:
        """The account meant: itself, by name, or where there is only one, that one. Raises
        UsageError otherwise."""
        if isinstance(account, Account):
            return account
        if account is None and len(self._by_name) == 1:
            return next(iter(self._by_name.values()))
        found = None if account is None else self._by_name.get(account)
        if found is not None:
            return found
        names = ", ".join(self._by_name) or "none"
        if account is None:
            raise UsageError(
                f"Which account? There are: {names}. Name one, or open one with"
                " exchange.open_account()."
            )
        raise UsageError(f"There is no account {account!r}. There are: {names}.")

    def label(self, product: Product) -> str:
        """What a listen key of ``product`` is called: that of the first goes without saying."""
        return "listen key" if product is self.products[0] else f"{product.name} listen key"

    # What the listen keys ask and tell (ListenKey's Issuer)

    def issue(self, listen_key: ListenKey, expires_ms: int) -> str:
        """A new value for ``listen_key``, from its product's seeded source."""
        source = self._listen_keys.get(listen_key.product)
        if source is None:
            source = random.Random(f"{self._seed}/{listen_key.label}s")  # noqa: S311
            self._listen_keys[listen_key.product] = source
        value = _token(source)
        self._by_listen_key[value] = listen_key
        for told in self.on_made:
            told(listen_key, expires_ms)
        return value

    def expired(self, listen_key: ListenKey, value: str) -> None:
        """Tell those who want to know."""
        for told in self.on_expired:
            told(listen_key, value)

    def closed(self, listen_key: ListenKey, value: str) -> None:
        """Tell those who want to know."""
        for told in self.on_closed:
            told(listen_key, value)

    def reset(self) -> None:
        """Every account stays, with its API keys and no listen key; the same listen keys come
        again. No API key is revoked, and an unknown one is answered as at first."""
        self._revoked.clear()
        self.unknown_key = UNKNOWN_KEY_CODES[0]
        for account in self:
            account.reset()
        self._by_listen_key.clear()
        self._listen_keys.clear()

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
