from __future__ import annotations

import sys
import threading

import aiohttp
import pytest
import requests

from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import UsageError

from ..intercepting import (
    BODY,
    URL,
    Scripted,
    intercepted,
    json_response,
    run_isolated,
)

SNAPSHOT = """
import asyncio, concurrent.futures, http.client, socket, sys, threading
import aiohttp, httpcore, requests, urllib3.connection, websocket, websockets.asyncio.client, websockets.sync.client
from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception

def attributes():
    return {
        (owner, name): value
        for owner in (
            http.client.HTTPConnection, http.client.HTTPSConnection, urllib3.connection.HTTPConnection,
            urllib3.connection.HTTPSConnection, httpcore.ConnectionPool, httpcore.AsyncConnectionPool, aiohttp.BaseConnector,
            asyncio.BaseEventLoop, threading.Thread, concurrent.futures.ThreadPoolExecutor, socket.socket,
            websocket._core, websockets.asyncio.client, websockets.sync.client, requests.Session,
        )
        for name, value in list(vars(owner).items())
    }

before, finders = attributes(), list(sys.meta_path)
"""


def test_after_the_last_interception_every_attribute_is_the_very_object_it_was() -> None:
    printed = run_isolated(
        SNAPSHOT
        + """
first, second = (Interception(None, Scope(), mode="offline", network=False) for _ in range(2))
first.install()
patched = {key for key, value in attributes().items() if before.get(key) is not value}
second.install()
print(all(attributes()[key] is attributes()[key] for key in patched))
first.uninstall()
print(all(attributes()[key] is not before.get(key) for key in patched))
second.uninstall()
after = attributes()
print(len(patched) > 12, after.keys() == before.keys(), all(after[key] is before[key] for key in before))
print(sys.meta_path == finders)
"""
    )
    assert printed.split() == ["True"] * 6


def test_no_client_library_is_imported_and_one_that_comes_later_is_intercepted() -> None:
    printed = run_isolated("""
        import sys
        from pytest_binance_options._hosts import Scope
        from pytest_binance_options._transports.interception.interception import Interception
        from pytest_binance_options._messages import Response

        class Backend:
            def respond(self, request):
                return Response(200, {}, b"us")

        with Interception(Backend(), Scope(), mode="offline", network=False):
            print(sorted({"httpx", "httpcore", "aiohttp", "websocket", "websockets", "anyio"} & set(sys.modules)))
            import httpx
            url = "https://eapi.binance.com/eapi/v1/listenKey"
            print(httpx.put(url).text)
            import aiohttp, asyncio
            async def main():
                async with aiohttp.ClientSession() as session, session.put(url) as response:
                    print(await response.text())
            asyncio.run(main())
        import httpcore
        print(httpcore.ConnectionPool.handle_request.__module__)
        """)
    assert printed.splitlines() == ["[]", "us", "us", "httpcore._sync.connection_pool"]


def test_the_innermost_interception_answers() -> None:
    with intercepted(Scripted(lambda _: json_response(b"outer"))):
        with intercepted():
            assert requests.put(URL, timeout=5).content == BODY
        assert requests.put(URL, timeout=5).content == b"outer"


def test_interceptions_may_end_in_any_order() -> None:
    outer = Interception(
        Scripted(lambda _: json_response(b"outer")), Scope(), mode="offline", network=False
    )
    inner = Interception(Scripted(), Scope(), mode="offline", network=False)
    outer.install()
    inner.install()
    outer.uninstall()
    assert requests.put(URL, timeout=5).content == BODY
    inner.uninstall()
    inner.uninstall()


def test_an_interception_is_good_for_one_time() -> None:
    interception = Interception(Scripted(), Scope(), mode="offline", network=False)
    interception.uninstall()
    with interception, pytest.raises(UsageError):
        interception.install()
    with pytest.raises(UsageError) as caught:
        interception.install()
    assert (
        str(caught.value)
        == "this interception has been installed before. Make a new one for each test."
    )


def test_a_patch_of_somebody_else_on_top_of_ours_is_left_alone() -> None:
    original = threading.Thread.__dict__["start"]
    with intercepted():
        ours = threading.Thread.start

        def theirs(self: threading.Thread) -> None:
            ours(self)

        threading.Thread.start = theirs  # type: ignore[method-assign]
    assert threading.Thread.__dict__["start"] is theirs
    with intercepted():
        pass
    threading.Thread.start = ours  # type: ignore[method-assign]
    with intercepted() as backend:
        # Put back before it was patched anew: never two layers of ours.
        assert vars(threading.Thread.start)["__wrapped__"] is original
        thread = threading.Thread(target=requests.put, args=(URL,))
        thread.start()
        thread.join()
        assert len(backend.requests) == 1
    assert threading.Thread.__dict__["start"] is original


def test_nothing_watches_imports_after_the_test() -> None:
    before = list(sys.meta_path)
    with intercepted():
        assert sys.meta_path != before
    assert sys.meta_path == before


def test_a_library_of_an_unknown_version_leaves_nothing_half_patched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = threading.Thread.__dict__["start"]
    with monkeypatch.context() as unknown:
        unknown.delattr(aiohttp.BaseConnector, "connect")
        with pytest.raises(UsageError, match=r"BaseConnector\.connect is not there"):
            Interception(Scripted(), Scope(), mode="offline", network=False).install()
        assert threading.Thread.__dict__["start"] is start
    with intercepted():
        assert requests.put(URL, timeout=5).content == BODY
