"""No secret in anything that ``serve`` and ``explore`` say: on the terminal, in their logs, and in
the control interface's answers."""

from __future__ import annotations

import http.client
import json
import logging
import random
import sys
from urllib.parse import quote, urlsplit

import pytest
import websocket

from pytest_binance_options._cli import main
from pytest_binance_options._cli.hidden import hide_for_good
from pytest_binance_options._cli.serve import serving
from pytest_binance_options.exchange import Account, Exchange
from tests.support.leaky import NIGHTLY, forms_of, found, made_up_key, rounds

CONTROL = (
    "/clock/advance", "/events", "/faults", "/streams", "/streams/close", "/streams/refuse",
    "/positions", "/scenarios", "/orders", "/symbols", "/balances", "/no/such",
)  # fmt: skip
FIELDS = ("name", "fault", "e", "how", "reason", "account", "seconds")


@pytest.fixture(autouse=True)
def nothing_else_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests have hidden is not for others to be measured by."""
    monkeypatch.setattr("pytest_binance_options._masking._KNOWN", [])
    monkeypatch.setattr("pytest_binance_options._cassette.hiding._HIDDEN_FOR_GOOD", set())


def ask(url: str, method: str, path: str, headers: dict[str, str], body: str | None) -> str:
    """A request as nobody's library would let it through; what came back."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    connection._validate_path = lambda _path: None  # type: ignore[attr-defined]
    try:
        connection.request(method, path, None if body is None else body.encode(), headers)
        answer = connection.getresponse()
        return f"{answer.getheaders()} {answer.read().decode()}"
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}"
    finally:
        connection.close()


def listen(stream_url: str, target: str, said: str) -> None:
    stream = websocket.WebSocket()
    try:
        stream.connect(stream_url + target, timeout=10, cookie=f"s={quote(said, safe='')}")
        stream.send(json.dumps({"method": said, "params": [said], "id": 1}))
        stream.send(said)
        stream.send_binary(said.encode())
        stream.close(timeout=10)  # which is answered when all that has been read
    except (OSError, websocket.WebSocketException, ValueError):
        stream.shutdown()


@pytest.mark.parametrize("seed", range(rounds(20)))
def test_no_secret_is_in_what_serve_says(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rng = random.Random(seed)
    own, token = f"pässwörd {made_up_key(rng)[:9]} 'x' & \\", made_up_key(rng)
    api_key = rng.choice([made_up_key(rng), f"my-{rng.randrange(10**9)}"])
    secret_key = rng.choice([made_up_key(rng), f"not so secret {rng.randrange(10**9)}"])
    hide_for_good([own])
    heard = []
    with serving(
        api_key=api_key, secret_key=secret_key, control_token=token, clock="frozen", seed=seed
    ) as (addresses, _pace):
        url, control = addresses["url"], addresses["control_url"]
        started = ask(url, "POST", "/eapi/v1/listenKey", {"X-MBX-APIKEY": api_key}, None)
        listen_key = json.loads(started.partition("] ")[2])["listenKey"]
        secrets = [own, api_key, secret_key, token, listen_key]
        bearer = {"Authorization": f"Bearer {token}"}
        for secret in secrets:
            form = rng.choice(
                [each for each in forms_of(secret) if each.isascii() and "\n" not in each]
            )
            in_url = quote(form, safe="%/+=")
            headers = {
                "X-MBX-APIKEY": quote(form), "X-Own": form.strip(), "Cookie": form.strip()
            }  # fmt: skip
            for method, path in (
                ("POST", "/eapi/v1/order"), ("GET", f"/eapi/v1/{in_url}"), (in_url, "/eapi/v1/time"),
                ("PUT", f"/eapi/v1/listenKey?listenKey={in_url}&{in_url}={in_url}"),
                ("POST", f"/eapi/v1/order?symbol={in_url}&side={in_url}&timestamp={in_url}"),
            ):  # fmt: skip
                ask(url, method, path, headers, f"{form}={form}&symbol={form}")
                ask(url, method, path, {"X-MBX-APIKEY": api_key}, json.dumps({form: form}))
            targets = (f"/ws/{in_url}", f"/stream?streams={in_url}", f"/{in_url}", f"/ws?{in_url}")
            for target in targets:
                listen(addresses["stream_url"], f"/private{target}", form)
            for path in CONTROL:
                for name in (*rng.sample(FIELDS, len(FIELDS) if NIGHTLY else 1), form):
                    body = json.dumps({name: form, "method": form, "path": form})
                    heard.append(ask(control, "POST", path, bearer, body))
            for_path = json.dumps({"fault": "timeout", "path": f"/{form}", "client": form})
            heard += [
                ask(control, "POST", "/faults", bearer, for_path),
                ask(control, "DELETE", "/faults", bearer, None),
                ask(control, "GET", f"/{in_url}", bearer, form),
                ask(control, in_url, "/state", bearer, form),
                ask(control, "GET", "/state", {"Authorization": f"Bearer {form}x".strip()}, None),
                ask(control, "GET", "/state", {**headers, "Authorization": form.strip()}, None),
            ]
        heard += [ask(control, "GET", path, bearer, None) for path in ("/state", "/journal", "/")]

    assert "<hidden>" in heard[-2]
    said = {str(n): text for n, text in enumerate(heard)} | {"log": caplog.text}
    assert found(said.items(), secrets) == []


BOT = """
import http.client, json, os, sys
own, key, secret = (os.environ[n] for n in ("WEBHOOK_TOKEN", "BINANCE_API_KEY", "BINANCE_SECRET_KEY"))
connection = http.client.HTTPConnection(sys.argv[1].removeprefix("http://"), timeout=10)
connection.request("POST", f"/eapi/v1/listenKey?{own.encode().hex()}={secret}", headers={"X-MBX-APIKEY": key})
listen_key = json.load(connection.getresponse())["listenKey"]
print(*sys.argv, own, json.dumps([own]), own.encode().hex(), key, secret, repr(key[:20]) + "...", listen_key, sep="\\n")
raise ValueError(f"{own} at {key}")
"""


def test_no_secret_is_in_what_explore_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "correct horse, battery 'staple' & co"
    monkeypatch.setenv("WEBHOOK_TOKEN", own)
    command = [sys.executable, "-I", "-S", "-c", BOT, "{url}", "{api_key}", "{secret_key}"]
    handed_out = []
    opened = Exchange.open_account

    def opening(exchange: Exchange) -> Account:
        account = opened(exchange)
        handed_out.append(account.api_keys[0])
        return account

    monkeypatch.setattr(Exchange, "open_account", opening)

    # A day is over when its bot is: it has time to begin, however busy the machine.
    status = main(["explore", "--secrets", "NOT_SET WEBHOOK_TOKEN", "--days", "1", "--speed",
        "1000", "--hours", "8", "--", *command])  # fmt: skip

    said = capsys.readouterr()
    assert status == 1
    assert "ValueError: <hidden> at <hidden>" in said.out
    keys = {key.api_key for key in handed_out} | {key.secret_key or "" for key in handed_out}
    assert found({"out": said.out, "err": said.err}.items(), [own, *keys]) == []


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (["serve", "--apikey", "hunter2"], "unrecognized arguments: --apikey <hidden>"),
        (["serve", "--api_key=hunter2", "8080"], "unrecognized arguments: --api_key=<hidden> 8080"),
        (
            ["serve", "--secret=hunter 2"],
            "ambiguous option: --secret=<hidden> could match --secret-key, --secrets",
        ),
        (
            ["serve", "--secrets", "hunter-2"],
            (
                "argument --secrets: secrets takes names of environment variables, with blanks"
                " between them, and one of these is none."
            ),
        ),
        (
            ["serve", "--secrets", "SHORT"],
            (
                "argument --secrets: secrets, number 1 is shorter than 8 bytes: it would be found in"
                " other text by chance. Give a longer secret, or leave it out."
            ),
        ),
    ],
)
def test_an_error_of_the_command_line_shows_no_secret(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    given: list[str],
    error: str,
) -> None:
    monkeypatch.setenv("SHORT", "hunter2")
    with pytest.raises(SystemExit):
        main(given)

    said = capsys.readouterr().err
    assert said.endswith(f": error: {error}\n")
    assert "hunter" not in said


def test_a_secret_before_the_command_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--secret-key", "hunter2", "serve"])

    assert "invalid choice: '<hidden>'" in capsys.readouterr().err
