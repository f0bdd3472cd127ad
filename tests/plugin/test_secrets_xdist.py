"""No secret in what pytest-xdist says of a run: its workers' reports, lines, warnings and ends."""

from __future__ import annotations

import random

import pytest

from pytest_binance_options._transports.server.server import LoopbackServer
from tests.support.leaky import NIGHTLY, Leaky, rounds
from tests.support.secret_runs import EVERYTHING_SAID, account, leaks, set_up

SUITE = r"""
import faulthandler, logging, os, sys, threading, warnings
import pytest, requests
from tests.support.leaky import forms_of

OWN = os.environ["WEBHOOK_TOKEN"]
KNOWN = {name: os.environ[name] for name in os.environ["SECRETS"].split()}

def say(form):
    print(form)
    print(form, file=sys.stderr)
    logging.getLogger("urllib3.connectionpool").debug("say %s", form)
    warnings.warn(form)

@pytest.mark.parametrize("ends", ["passes", "fails"])
@pytest.mark.parametrize("secret", KNOWN.values(), ids=KNOWN)
def test_of_what_is_known(binance_options, binance_options_listen_key, secret, ends, record_property):
    known = [*forms_of(secret), binance_options_listen_key, {secret: secret.encode()}]
    for form in known[:-1]:
        say(form)
    record_property("said", known)
    assert ends == "passes", known

@pytest.mark.parametrize("token", [OWN, OWN.encode()])
@pytest.mark.xdist_group(OWN)
def test_named_by_it(token):
    say(OWN)
    assert 0, token

@pytest.mark.parametrize("how", ["abort", "exit", "thread"])
def test_that_ends_its_worker(binance_options, how, token=OWN):
    say(OWN)
    if how == "thread":
        thread = threading.Thread(target=lambda: 1 / 0, name=OWN)
        thread.start()
        return thread.join()
    os.write(2, f"{OWN}\n".encode())
    faulthandler.dump_traceback(file=sys.__stderr__)
    os.abort() if how == "abort" else os._exit(3)
"""

DISTRIBUTIONS = ("load", "worksteal", "each", "loadscope", "loadfile", "loadgroup")


@pytest.mark.skipif(not NIGHTLY, reason="ten seconds; make nightly has it")
@pytest.mark.parametrize("seed", range(rounds(200)))
@pytest.mark.parametrize("dist", DISTRIBUTIONS)
def test_no_secret_is_in_what_workers_say(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    server: LoopbackServer,
    dist: str,
    seed: int,
) -> None:
    secrets = set_up(
        pytester, monkeypatch, account(random.Random(seed), pytester.path), SUITE, "xdist.plugin"
    )
    leaky = Leaky(secrets, seed)
    # xdist itself may hang where a worker ends and tests are handed out in groups.
    crashes = not dist.startswith("load") or dist == "load"
    with server.attach(leaky) as upstream:
        result = pytester.runpytest_subprocess(
            "--binance-options=testnet", f"--binance-options-host={upstream.url}",
            f"--binance-options-stream-host={upstream.stream_url}", *EVERYTHING_SAID,
            "-n", "2", "--dist", dist, "-k", "test" if crashes else "not ends_its_worker",
            timeout=140,
        )  # fmt: skip

    assert leaks(pytester, result, [*secrets, *leaky.listen_keys]) == []
    assert result.parseoutcomes()["failed"] >= 2 + len(secrets) + crashes
    if crashes:
        result.stdout.fnmatch_lines(["*worker 'gw?' crashed while running *"])
