"""What is refused here would leave the machine: those tests run where the kernel has no way out
(``run_isolated``)."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from pytest_binance_options._transports.interception import locality
from pytest_binance_options._transports.interception.belonging import forwarding
from pytest_binance_options._transports.interception.guard import check_connection, check_lookup
from pytest_binance_options.errors import NetworkRefusedError

from ..intercepting import intercepted, run_isolated

PREPARED = """
import _socket, asyncio, contextlib, socket, threading
from pytest_binance_options._hosts import Scope
from pytest_binance_options.errors import NetworkRefusedError
from pytest_binance_options._transports.interception.interception import Interception

def outcome(call):
    try:
        call()
    except BaseException as error:
        return type(error).__name__
    return "passed"

offline = Interception(None, Scope(), mode="offline", network=False)
"""

ADDRESS = '("203.0.113.1", 443)'

WAYS_OUT = {
    "connect": f"with socket.socket() as s: s.connect({ADDRESS})",
    "connect_ex": f"with socket.socket() as s: s.connect_ex({ADDRESS})",
    "connect to a name": 'with socket.socket() as s: s.connect(("eapi.binance.com", 443))',
    "connect to a number of IPv6": (
        'with socket.socket(socket.AF_INET6) as s: s.connect(("2001:db8::1", 443, 0, 0))'
    ),
    "connect to a mapped number": (
        'with socket.socket(socket.AF_INET6) as s: s.connect(("::ffff:203.0.113.1", 443, 0, 0))'
    ),
    "connect below Python's class": (
        f"with contextlib.closing(_socket.socket()) as s: s.connect({ADDRESS})"
    ),
    "create_connection": 'socket.create_connection(("eapi.binance.com", 443), 1)',
    "a datagram": (
        'with socket.socket(type=socket.SOCK_DGRAM) as s: s.sendto(b"x", ("203.0.113.1", 53))'
    ),
    "a datagram with flags": (
        'with socket.socket(type=socket.SOCK_DGRAM) as s: s.sendto(b"x", 0, ("203.0.113.1", 53))'
    ),
    "a message": (
        'with socket.socket(type=socket.SOCK_DGRAM) as s: s.sendmsg([b"x"], [], 0, ("203.0.113.1",'
        " 53))"
    ),
    "getaddrinfo": 'socket.getaddrinfo("eapi.binance.com", 443)',
    "getaddrinfo of bytes": 'socket.getaddrinfo(b"eapi.binance.com", 443)',
    "gethostbyname": 'socket.gethostbyname("eapi.binance.com")',
    "gethostbyname_ex": 'socket.gethostbyname_ex("eapi.binance.com")',
    "gethostbyaddr": 'socket.gethostbyaddr("eapi.binance.com")',
    "gethostbyaddr of a number": 'socket.gethostbyaddr("203.0.113.1")',
    "getnameinfo": f"socket.getnameinfo({ADDRESS}, 0)",
    "getnameinfo below Python's module": f"_socket.getnameinfo({ADDRESS}, 0)",
    "bind to a name": 'with socket.socket() as s: s.bind(("eapi.binance.com", 0))',
    "a source that is a name": (
        'socket.create_connection(("127.0.0.1", 9), 1, ("eapi.binance.com", 0))'
    ),
    "a message to a name": (
        'with socket.socket(type=socket.SOCK_DGRAM) as s: s.sendmsg([b"x"], [], 0,'
        ' ("eapi.binance.com", 53))'
    ),
    "a datagram to a name": (
        'with socket.socket(type=socket.SOCK_DGRAM) as s: s.sendto(b"x", ("eapi.binance.com", 53))'
    ),
    "a name that means this machine elsewhere": 'socket.getaddrinfo("ip6-loopback", 443)',
}


def test_every_way_out_is_refused_before_the_kernel_is_asked() -> None:
    calls = "".join(
        f"    def way():\n        {code}\n    print(outcome(way))\n" for code in WAYS_OUT.values()
    )
    # Debian's own hosts file has such names.
    elsewhere = (
        "from pathlib import Path\n"
        "from pytest_binance_options._transports.interception import locality\n"
        "locality._NAMES_FILE = Path('nowhere')\n"
    )
    printed = run_isolated(f"{PREPARED}\n{elsewhere}with offline:\n{calls}")
    assert dict(zip(WAYS_OUT, printed.split(), strict=True)) == dict.fromkeys(
        WAYS_OUT, "NetworkRefusedError"
    )


def test_asyncio_is_refused_too() -> None:
    printed = run_isolated(
        PREPARED
        + """
async def main():
    loop = asyncio.get_running_loop()
    async def raw():
        with socket.socket() as s:
            s.setblocking(False)
            await loop.sock_connect(s, ("203.0.113.1", 443))
    for way in (
        asyncio.open_connection("eapi.binance.com", 443),
        asyncio.open_connection("203.0.113.1", 443),
        raw(),
        loop.getaddrinfo("eapi.binance.com", 443),
        loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("203.0.113.1", 53)),
    ):
        try:
            await way
        except NetworkRefusedError:
            print("refused")
with offline:
    asyncio.run(main())
"""
    )
    assert printed.split() == ["refused"] * 5


def test_threads_started_before_and_during_the_test_are_refused() -> None:
    printed = run_isolated(
        PREPARED
        + """
go = threading.Event()
outcomes = []
def work():
    go.wait()
    outcomes.append(outcome(lambda: socket.create_connection(("203.0.113.1", 443), 1)))
before = threading.Thread(target=work); before.start()
with offline:
    during = threading.Thread(target=work); during.start()
    go.set(); before.join(); during.join()
print(*outcomes)
"""
    )
    assert printed.split() == ["NetworkRefusedError"] * 2


def test_without_an_interception_the_kernel_decides() -> None:
    printed = run_isolated(
        PREPARED
        + f"""
def way():
    with socket.socket() as s: s.connect({ADDRESS})
print(outcome(way))
with offline:
    pass
print(outcome(way))
with Interception(None, Scope(), mode="testnet", network=True):
    print(outcome(way))
"""
    )
    assert printed.split() == ["OSError"] * 3


def test_an_interception_with_network_does_not_open_the_one_around_it_for_its_threads() -> None:
    printed = run_isolated(
        PREPARED
        + f"""
go = threading.Event()
def way():
    with socket.socket() as s: s.connect({ADDRESS})
def work():
    go.wait()
    print(outcome(way))
with offline:
    thread = threading.Thread(target=work); thread.start()
    with Interception(None, Scope(), mode="testnet", network=True):
        go.set(); thread.join()
        print(outcome(way))
"""
    )
    assert printed.split() == ["NetworkRefusedError", "OSError"]


def test_a_thread_that_outlives_an_offline_test_is_refused_while_another_test_runs() -> None:
    printed = run_isolated(
        PREPARED
        + f"""
go = threading.Event()
def work():
    go.wait()
    def way():
        with socket.socket() as s: s.connect({ADDRESS})
    print(outcome(way))
with offline:
    thread = threading.Thread(target=work); thread.start()
with Interception(None, Scope(), mode="testnet", network=True):
    go.set(); thread.join()
"""
    )
    assert printed.split() == ["NetworkRefusedError"]


def test_this_machine_can_be_reached() -> None:
    with intercepted(), socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for address in ("127.0.0.1", "localhost", "0.0.0.0", "127.1", ""):  # noqa: S104
            with socket.socket() as client:
                client.connect((address, port))
            assert socket.getaddrinfo(address or None, port, socket.AF_INET)
        with socket.create_connection(("localhost", port), timeout=5):
            pass
        if hasattr(socket, "AF_UNIX"):
            with socket.socket(socket.AF_UNIX) as client, pytest.raises(FileNotFoundError):
                client.connect("/no/such/socket")
        left, right = socket.socketpair()
        left.close()
        right.close()
        assert socket.gethostbyname("localhost").startswith("127.")


@pytest.mark.parametrize(
    "host",
    [
        "::1",
        "::ffff:127.0.0.1",
        "127.255.255.254",
        "::",
        "2130706433",
        b"127.0.0.1",
    ],
)
def test_loopback_has_many_spellings(host: str | bytes) -> None:
    with intercepted():
        check_connection(socket.AF_INET6, (host, 1, 0, 0))


@pytest.mark.parametrize(
    "host",
    [
        "203.0.113.1",
        "fe80::1%eth0",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "128.1",
        "\x00",
    ],
)
def test_what_only_looks_like_loopback_is_refused(host: str) -> None:
    with intercepted(), pytest.raises(NetworkRefusedError):
        check_connection(socket.AF_INET, (host, 1))


def test_a_name_means_this_machine_where_the_machine_s_own_file_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tmp_path / "hosts"
    monkeypatch.setattr(locality, "_NAMES_FILE", names)
    with intercepted():
        for text in (None, "203.0.113.1 ip6-localhost\n", "# ::1 ip6-localhost\n", "::1 other\n\n"):
            if text is not None:
                names.write_text(text)
            with pytest.raises(NetworkRefusedError):
                check_lookup("ip6-localhost", 80)
        names.write_text("127.0.0.1 localhost\n::1  IP6-localhost ip6-loopback # here\n")
        check_lookup("ip6-localhost", 80)


def test_what_is_looked_up_without_a_name_server_is_let_through() -> None:
    with intercepted():
        assert socket.getnameinfo(
            ("203.0.113.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
        ) == ("203.0.113.1", "80")
        assert socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICSERV)
        assert socket.gethostbyaddr("127.0.0.1")
        assert socket.getfqdn()
        with (
            socket.socket(type=socket.SOCK_DGRAM) as here,
            socket.socket(type=socket.SOCK_DGRAM) as there,
        ):
            here.bind(("localhost", 0))
            there.sendmsg([b"x"], [], 0, here.getsockname())
            there.sendmsg([b"y"], [], 0, ("localhost", here.getsockname()[1]))
            assert here.recv(1) + here.recv(1) == b"xy"


def test_a_proxy_on_this_machine_does_not_lead_to_the_exchange() -> None:
    context = ssl.create_default_context()
    with intercepted(), socket.socket() as plain:
        with pytest.raises(NetworkRefusedError, match=r"a connection to eapi\.binance\.com was"):
            context.wrap_socket(plain, server_hostname="eapi.binance.com")
        context.wrap_socket(plain, server_hostname="a-server-of-the-test.example").close()


def test_a_family_that_can_leave_the_machine_is_refused() -> None:
    with (
        intercepted(),
        pytest.raises(NetworkRefusedError, match="a connection to aa:bb was asked for"),
    ):
        check_connection(-1, "aa:bb")


def test_looking_up_a_number_or_this_machines_name_asks_nobody() -> None:
    with intercepted():
        check_lookup(None, 80)
        check_lookup("203.0.113.1", 80)
        check_lookup(socket.gethostname(), 80)


def test_looking_up_a_name_is_refused_by_name_and_port() -> None:
    with intercepted():
        for host in ("eapi.binance.com", b"eapi.binance.com"):
            with pytest.raises(
                NetworkRefusedError, match=r"a connection to eapi\.binance\.com:443 was asked for"
            ):
                check_lookup(host, 443)
    check_lookup("eapi.binance.com", 443)


def test_what_the_package_forwards_itself_is_let_through() -> None:
    with intercepted(), forwarding():
        check_connection(socket.AF_INET, ("203.0.113.1", 443))


def test_the_refusal_says_what_was_asked_for_and_what_to_do() -> None:
    with intercepted(mode="replay"), pytest.raises(NetworkRefusedError) as caught:
        check_connection(socket.AF_INET, ("eapi.binance.com", 443))
    assert (
        str(caught.value)
        == "a connection to eapi.binance.com:443 was asked for, and in mode replay nothing leaves"
        " this machine. Requests for Binance Options are answered without a connection when they"
        " are made with http.client, urllib3, requests, niquests, httpx or aiohttp, and so are streams"
        " that are opened with aiohttp, websockets or websocket-client; give any other client the"
        " address of the fixture binance_options_server."
    )
