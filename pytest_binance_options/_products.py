"""The table of products: what is true of Binance's Options and not of the exchange as a whole.

One row more is one product more: its hosts, its listen key calls and its streams are known
everywhere, and everything that needs one of these facts takes it from here.

Source: Binance's Options pages "General Info", "User Data Streams" and "WebSocket Connect", and the
constants of the official SDK and python-binance.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

__all__ = ["OPTIONS", "PRODUCTS", "Environment", "Product"]


@dataclass(frozen=True, slots=True)
class Environment:
    """One place where a product can be reached. ``rest`` and ``stream`` are bases without a
    trailing slash; empty where there is none."""

    name: str
    rest: str
    stream: str
    _: KW_ONLY
    production: bool = False


# Rows are told apart by which they are: compared by value, a listen key's would be slow to find.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Product:
    """One of Binance's products.

    Paths are given whole, prefixes of the stream's addresses without a trailing slash: "" means
    /ws and /stream at the root.
    """

    name: str
    #: Where users are sent to today.
    production: Environment
    testnet: Environment
    #: Where clients still go.
    former: tuple[Environment, ...] = ()
    #: What the path of each of its REST requests begins with.
    rest_prefix: str
    #: Started by POST, kept alive by PUT, closed by DELETE.
    listen_key_path: str
    listen_key_validity_ms: int = 3_600_000
    #: The fields in the answers to POST and PUT, of "listenKey" and "expiration".
    start_fields: tuple[str, ...] = ("listenKey",)
    keep_alive_fields: tuple[str, ...] = ()
    #: Where user data is sent.
    private_streams: tuple[str, ...]
    #: Where it was once: what becomes of these is for the setting ``streams.legacy`` to say.
    former_private_streams: tuple[str, ...] = ()
    #: Where it was on a host that is gone: nobody answers there.
    gone_private_streams: tuple[str, ...] = ()
    #: Where everything else is.
    public_streams: tuple[str, ...] = ("/public", "/market")

    @property
    def environments(self) -> tuple[Environment, ...]:
        """All of them, today's first."""
        return (self.production, self.testnet, *self.former)

    @property
    def streams(self) -> tuple[str, ...]:
        """The prefixes of all of its streams' addresses."""
        return (
            *self.private_streams,
            *self.former_private_streams,
            *self.gone_private_streams,
            *self.public_streams,
        )

    def __repr__(self) -> str:
        return f"<Product {self.name}>"


OPTIONS = Product(
    name="Options",
    production=Environment(
        "production", "https://eapi.binance.com", "wss://fstream.binance.com", production=True
    ),
    testnet=Environment(
        "testnet", "https://demo-fapi.binance.com", "wss://demo-fstream.binance.com"
    ),
    former=(
        # still in clients' constants
        Environment(
            "testnet until early 2026",
            "https://testnet.binancefuture.com",
            "wss://fstream.binancefuture.com",
        ),
        # gone, but python-binance 1.0 still uses it
        Environment(
            "first testnet", "https://testnet.binanceops.com", "wss://testnetws.binanceops.com"
        ),
        Environment(
            "production streams until late 2025",
            "",
            "wss://nbstream.binance.com/eoptions",
            production=True,
        ),
    ),
    rest_prefix="/eapi/",
    listen_key_path="/eapi/v1/listenKey",
    start_fields=("listenKey", "expiration"),
    private_streams=("/private",),
    # before the streams were routed
    former_private_streams=("",),
    # nbstream.binance.com, until late 2025
    gone_private_streams=("/eoptions",),
)

PRODUCTS: tuple[Product, ...] = (OPTIONS,)
