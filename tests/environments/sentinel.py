"""A network in which the exchange's names lead to a sentinel, and so does every look-up.

`unshare -nm python -m tests.environments.sentinel COMMAND...` runs a command in it. Nothing leaves
the machine, whatever the command does; what would have is a line in the file that the environment
variable SENTINEL names.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ADDRESS = "198.51.100.7"
#: Known to /etc/hosts; every other name is asked of the sentinel, which gives no answer.
NAMES = (
    "eapi.binance.com",
    "fstream.binance.com",
    "nbstream.binance.com",
    "demo-fapi.binance.com",
    "demo-fstream.binance.com",
)
VARIABLE = "SENTINEL"


def _network() -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        lo = socket.if_nametoindex("lo")
        up = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, lo, 1, 1)
        number = socket.inet_aton(ADDRESS)
        address = struct.pack("=BBBBI", socket.AF_INET, 32, 0, 0, lo) + b"".join(
            struct.pack("=HH4s", 8, kind, number) for kind in (1, 2)
        )
        for kind, flags, body in ((16, 0x5, up), (20, 0x605, address)):
            netlink.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
            (refused,) = struct.unpack("=i", netlink.recv(4096)[16:20])
            if refused:
                raise OSError(-refused, os.strerror(-refused))


def _names(folder: Path) -> None:
    for path, text in (
        ("/etc/hosts", "127.0.0.1 localhost\n" + "".join(f"{ADDRESS} {name}\n" for name in NAMES)),
        ("/etc/resolv.conf", f"nameserver {ADDRESS}\noptions timeout:1 attempts:1\n"),
        ("/etc/nsswitch.conf", "hosts: files dns\n"),
    ):
        ours = folder / Path(path).name
        ours.write_text(text)
        if not Path(path).exists():
            continue
        subprocess.run(["mount", "--bind", ours, os.path.realpath(path)], check=True)


def _stand(log: Path) -> None:
    """Note who comes, until the command is over."""
    selector = selectors.DefaultSelector()
    for port in (80, 443, 9443):
        selector.register(socket.create_server((ADDRESS, port)), selectors.EVENT_READ, "tcp")
    for port in (53, 443):
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        datagrams.bind((ADDRESS, port))
        selector.register(datagrams, selectors.EVENT_READ, "udp")
    with log.open("a") as file:
        print("stands", file=file, flush=True)
        while True:
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                if key.data == "tcp":
                    connection, _ = key.fileobj.accept()
                    print("tcp", key.fileobj.getsockname()[1], file=file, flush=True)
                    connection.close()
                else:
                    data, sender = key.fileobj.recvfrom(2048)
                    print("udp", key.fileobj.getsockname()[1], data[12:60], file=file, flush=True)
                    # "no such name", so that nobody waits
                    key.fileobj.sendto(data[:2] + b"\x81\x83" + data[4:], sender)


def main(command: list[str]) -> int:
    """Run ``command`` in the sentinel's network; its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "sentinel")
        log.touch()
        _network()
        _names(Path(folder))
        sentinel = os.fork()
        if sentinel == 0:
            _stand(log)
        try:
            while not log.read_text():
                os.sched_yield()
            return subprocess.run(
                command, check=False, env={**os.environ, VARIABLE: str(log)}
            ).returncode
        finally:
            os.kill(sentinel, 9)
            os.waitpid(sentinel, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
