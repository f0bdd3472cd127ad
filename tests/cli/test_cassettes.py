from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pytest_binance_options._backends.record import Record
from pytest_binance_options._cassette.model import Cassette, Facts, Interaction
from pytest_binance_options._cassette.store import save
from pytest_binance_options._cli import main
from pytest_binance_options._messages import Request, Response

from ..backends.flow import API_KEY, FLOW, LISTEN_KEY, run
from ..picture.reading import Page

DIRTY = (
    "version: 1\ninteractions:\n- request:\n    method: POST\n    uri:"
    " https://demo-fapi.binance.com/eapi/v1/listenKey\n"
    f"    headers:\n      X-MBX-APIKEY: {API_KEY}\n  response:\n    status: 200\n"
    "    headers: {content-type: application/json}\n"
    f'    body:\n      string: \'{{"listenKey":"{LISTEN_KEY}"}}\'\n'
)


def clean(path: Path) -> Path:
    record = Record("http://127.0.0.1:9", "ws://127.0.0.1:9")
    run(record, FLOW)
    record.save(path, test="t")
    return path


@pytest.fixture
def outcome(capsys: pytest.CaptureFixture[str]) -> object:
    def call(*argv: object) -> tuple[int, str, str]:
        status = main([str(arg) for arg in argv])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


# -- check


def test_clean_cassettes_pass(outcome, tmp_path: Path) -> None:
    clean(tmp_path / "a.yaml")
    clean(tmp_path / "deep" / "b.yml")
    (tmp_path / "notes.txt").write_text("no cassette")
    assert outcome("cassettes", "check", tmp_path) == (
        0,
        "2 cassettes checked, no problems found.\n",
        "",
    )


def test_secrets_damage_and_wrong_shapes_are_found_and_never_shown(outcome, tmp_path: Path) -> None:
    dirty, damaged, wrong = (
        tmp_path / "a_dirty.yaml",
        tmp_path / "b_damaged.yaml",
        tmp_path / "c_wrong.json",
    )
    dirty.write_text(DIRTY)
    damaged.write_text(clean(damaged).read_text().replace("expiration", "expired"))
    wrong.write_text(
        '{"interactions": [{"request": {"method": "POST", "uri": "/eapi/v1/listenKey"}, "response":'
        ' {"status": 200}}]}'
    )
    status, out, err = outcome("cassettes", "check", tmp_path)
    assert (status, err) == (1, "")
    assert (
        out == f"{dirty}: interaction 1, request headers: an API key. Revoke it if it was real, and"
        f" record the cassette again.\n{dirty}: interaction 1, response body: a listen key."
        f" Revoke it if it was real, and record the cassette again.\n{damaged}, line 8: the"
        " content does not fit the digest: the file was changed after it was recorded, or"
        " damaged. Restore the file from version control, or record it again. If you edited it"
        f" on purpose, delete the line that begins with 'digest:'.\n{wrong}: interaction 1, POST"
        " /eapi/v1/listenKey: the answer is 200, and no JSON.\n3 cassettes checked, 4 problems"
        " found.\n"
    )


def test_what_is_no_file_is_found_and_not_waited_for(outcome, tmp_path: Path) -> None:
    pipe, link = tmp_path / "a.yaml", tmp_path / "b.yaml"
    os.mkfifo(pipe)
    link.symlink_to("nowhere")
    status, out, err = outcome("cassettes", "check", tmp_path)
    assert (status, err) == (1, "")
    assert out.splitlines() == [
        f"{pipe} is no file but a pipe, a socket or a device, where a cassette's file is expected.",
        (
            f"{link} is a link to nowhere, where nothing is. Fetch what it leads to, or remove the"
            " link and record the cassette again."
        ),
        "2 cassettes checked, 2 problems found.",
    ]


def test_age_is_looked_at_when_asked(outcome, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    save(
        path,
        Cassette(
            (Interaction(Request("GET", "/eapi/v1/ping"), Response(200)),),
            (),
            Facts(recorded_at="2020-01-01T00:00:00Z"),
        ),
    )
    assert outcome("cassettes", "check", path)[0] == 0
    status, out, _ = outcome("cassettes", "check", "--max-age", "30", path)
    assert status == 1
    finding, summary = out.splitlines()
    assert re.fullmatch(
        rf"{re.escape(str(path))}: it is \d+ days old, and 30 are allowed\. Record it again\.",
        finding,
    )
    assert summary == "1 cassette checked, 1 problem found."
    clean(path)
    assert outcome("cassettes", "check", "--max-age", "30", path)[0] == 0


@pytest.mark.parametrize("value", ["x", "-1", "nan", "inf"])
def test_an_age_is_a_number_of_days(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["cassettes", "check", f"--max-age={value}", "."])
    assert caught.value.code == 2
    assert (
        f"argument --max-age: the age is '{value}'. Give a number of days from 0 up.\n"
        in capsys.readouterr().err
    )


def test_where_it_can_not_look_it_says_so(outcome, tmp_path: Path) -> None:
    missing, empty = tmp_path / "missing.yaml", tmp_path / "empty"
    empty.mkdir()
    status, out, err = outcome("cassettes", "check", missing, empty, clean(tmp_path / "a.yaml"))
    assert status == 2
    assert out == "1 cassette checked, no problems found.\n"
    assert (
        err == f"{missing}: no such file or directory\n"
        f"{empty}: no cassettes in this directory (files that end in .yaml, .yml, .json)\n"
    )


def test_a_file_that_may_not_be_read_is_not_looked_at(
    outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clean(tmp_path / "a.yaml")
    monkeypatch.setattr("os.access", lambda *_: False)
    assert outcome("cassettes", "check", path) == (
        2,
        "no cassettes checked, no problems found.\n",
        f"{path}: no permission to read it\n",
    )


# -- show


def test_a_cassette_is_shown_as_an_exchange(outcome, tmp_path: Path) -> None:
    path = clean(tmp_path / "a.yaml")
    status, out, err = outcome("cassettes", "show", path)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == str(path)
    assert [re.sub(r"^ *(\d+ ms)? *", "", line) for line in lines[3:]] == [
        "-> POST /eapi/v1/listenKey",
        '<- 200 {"listenKey":"ALIASlistenKey1","expiration":1700003600000}',
        "-> PUT /eapi/v1/listenKey",
        "<- 200 {}",
        "-> DELETE /eapi/v1/listenKey",
        "<- 200 {}",
        "-> PUT /eapi/v1/listenKey",
        '<- 400 {"code":-1125,"msg":"This listenKey does not exist."}',
    ]


def test_showing_a_dirty_cassette_shows_no_secret(outcome, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(DIRTY)
    status, out, _ = outcome("cassettes", "show", tmp_path)
    assert status == 0
    assert LISTEN_KEY not in out
    assert "ALIASlistenKey1" in out


def test_what_can_not_be_shown_does_not_hide_the_others(outcome, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    clean(tmp_path / "b.yaml")
    unreadable = {
        "interactions": [
            {
                "request": {"method": "GET", "uri": "/x"},
                "response": {"status": 200, "headers": {"content-encoding": "br"}, "body": "..."},
            }
        ]
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(unreadable))
    status, out, err = outcome("cassettes", "show", tmp_path)
    assert status == 2
    assert "POST /eapi/v1/listenKey" in out
    assert err.startswith(f"{tmp_path / 'a.yaml'} is empty;")
    assert (
        f"{tmp_path / 'c.yaml'}: the response of interaction 1 is in Content-Encoding 'br'" in err
    )


def test_cassettes_are_shown_as_a_page(outcome, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(DIRTY)
    (tmp_path / "b.yaml").write_text("")
    clean(tmp_path / "deep" / "c.yaml")
    status, out, err = outcome("cassettes", "show", "--html", tmp_path)
    assert (status, err.startswith(f"{tmp_path / 'b.yaml'} is empty;")) == (2, True)
    assert out.isascii()
    assert LISTEN_KEY not in out
    page = Page(out)
    assert [Path(record["name"]).name for record in page.records] == ["a.yaml", "c.yaml"]
    labels = [moment["label"] for moment in page.records[1]["picture"]["moments"]]
    assert labels[:2] == ["POST listenKey", "made"]


def test_a_page_of_no_cassette_says_so(outcome, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    status, out, _ = outcome("cassettes", "show", "--html", tmp_path)
    assert (status, Page(out).records) == (2, [])
    assert "There is no cassette that can be shown." in out


def test_text_that_the_terminal_can_not_show_is_escaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    save(
        path,
        Cassette((Interaction(Request("GET", "/eapi/v1/x"), Response(200, {}, "€".encode())),)),
    )
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, "ascii"))
    assert main(["cassettes", "show", str(path)]) == 0
    sys.stdout.flush()
    assert b"<- 200 \\u20ac" in buffer.getvalue()


# -- prune


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite with a test that uses a cassette of its own, and one that uses a named one."""
    monkeypatch.chdir(tmp_path)
    for name in ("BINANCE_OPTIONS_MODE", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    # An inner run has our plugin and the one whose workers it must not be led astray by.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin,xdist.plugin")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_bot.py").write_text(
        "import pytest\n\ndef test_it(binance_options_client):"
        " pass\n\n@pytest.mark.binance_options(cassette='flows/shared')\ndef"
        " test_other(binance_options): pass\n\ndef test_none(): pass\n"
    )
    for name in ("test_bot/test_it", "flows/shared", "test_bot/test_gone", "old"):
        clean(tmp_path / "cassettes" / f"{name}.yaml")
    return tmp_path


def cassettes(project: Path) -> list[str]:
    return sorted(
        path.relative_to(project / "cassettes").as_posix()
        for path in (project / "cassettes").rglob("*.yaml")
    )


def test_cassettes_that_no_test_uses_are_listed(outcome, project: Path) -> None:
    status, out, err = outcome("cassettes", "prune", "cassettes")
    assert err == ""
    assert status == 1
    assert (
        out == "unused: cassettes/old.yaml\nunused: cassettes/test_bot/test_gone.yaml\nNo test uses"
        " them. Add --yes to remove.\n"
    )
    assert len(cassettes(project)) == 4


def test_they_are_taken_away_when_that_is_said(outcome, project: Path) -> None:
    status, out, _ = outcome("cassettes", "prune", "cassettes", "--yes")
    assert status == 0
    assert (
        out == "moved: cassettes/old.yaml to cassettes/.binance-options-trash/old.yaml\nmoved:"
        " cassettes/test_bot/test_gone.yaml to"
        " cassettes/test_bot/.binance-options-trash/test_gone.yaml\n"
    )
    trash = [path for path in cassettes(project) if ".binance-options-trash" in path]
    assert trash == [
        ".binance-options-trash/old.yaml",
        "test_bot/.binance-options-trash/test_gone.yaml",
    ]
    assert sorted({*cassettes(project)} - {*trash}) == [
        "flows/shared.yaml",
        "test_bot/test_it.yaml",
    ]
    assert outcome("cassettes", "prune", "cassettes") == (
        0,
        "Every one of 2 cassettes is used, or left alone.\n",
        "",
    )


def test_what_lies_in_the_trash_stays_there(outcome, project: Path) -> None:
    for _ in range(2):
        clean(project / "cassettes" / "old.yaml")
        assert outcome("cassettes", "prune", "cassettes", "--yes")[0] == 0
    trash = project / "cassettes" / ".binance-options-trash"
    assert sorted(path.name for path in trash.iterdir()) == ["old.yaml", "old~2.yaml"]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_git_has_as_it_is_is_removed(outcome, project: Path) -> None:
    def git(*arguments: str) -> None:
        name = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        subprocess.run(["git", *name, *arguments], check=True, capture_output=True, cwd=project)

    git("init")
    git("add", "cassettes")
    git("commit", "-m", "recordings")
    old = project / "cassettes" / "old.yaml"
    old.write_text(old.read_text() + "# changed since\n")
    _, out, _ = outcome("cassettes", "prune", "cassettes", "--yes")
    assert "removed: cassettes/test_bot/test_gone.yaml (git has it)\n" in out
    assert "moved: cassettes/old.yaml to cassettes/.binance-options-trash/old.yaml\n" in out


def test_a_directory_that_is_set_in_code_is_where_cassettes_are(outcome, project: Path) -> None:
    (project / "conftest.py").write_text(
        "import dataclasses, pytest\n\n@pytest.fixture(scope='session')\ndef"
        " binance_options_config(binance_options_config):\n    return"
        " dataclasses.replace(binance_options_config, cassette_dir='recordings')\n"
    )
    (project / "cassettes").rename(project / "recordings")
    status, out, err = outcome("cassettes", "prune", "recordings")
    assert err == ""
    assert (status, out.splitlines()[:-1]) == (
        1,
        ["unused: recordings/old.yaml", "unused: recordings/test_bot/test_gone.yaml"],
    )


def test_settings_that_can_t_be_had_leave_everything_alone(outcome, project: Path) -> None:
    (project / "conftest.py").write_text(
        "import pytest\n\n@pytest.fixture(scope='session')\ndef"
        " binance_options_config():\n    raise RuntimeError('no vault here')\n"
    )
    status, out, err = outcome("cassettes", "prune", "cassettes", "--yes")
    assert (status, out) == (2, "")
    assert err == (
        "What some tests use can't be known, so nothing is unused for certain:\n"
        "  test_bot.py::test_it: the fixture binance_options_config fails\n"
        "  test_bot.py::test_other: the fixture binance_options_config fails\n"
    )
    assert len(cassettes(project)) == 4


def test_a_directory_that_is_set_in_a_class_leaves_everything_alone(outcome, project: Path) -> None:
    with (project / "test_bot.py").open("a") as file:
        file.write(
            "\nclass TestElsewhere:\n    @pytest.fixture(scope='class')\n    def"
            " binance_options_config(self):\n        return {'cassette_dir': 'old'}\n\n    def"
            " test_it(self, binance_options): pass\n"
        )
    status, out, err = outcome("cassettes", "prune", "cassettes", "--yes")
    assert (status, out) == (2, "")
    assert err == (
        "What some tests use can't be known, so nothing is unused for certain:\n"
        "  test_bot.py::TestElsewhere::test_it: the fixture binance_options_config is overridden in"
        " test_bot.py::TestElsewhere, where it can't be asked for\n"
    )
    assert len(cassettes(project)) == 4


@pytest.mark.parametrize(
    "options",
    [
        "-k other",
        "-m nothing",
        "--deselect test_bot.py::test_it",
        "--last-failed",
        "-n 2",
        "--collect-only",
    ],
)
def test_whatever_deselects_tests_makes_no_cassette_unused(
    outcome, project: Path, options: str
) -> None:
    (project / "pytest.ini").write_text(f"[pytest]\naddopts = {options}\n")
    # Something has failed before.
    cache = project / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text('{"test_bot.py::test_none": true}')
    status, out, err = outcome("cassettes", "prune", "cassettes")
    assert (status, err) == (1, "")
    assert out.splitlines()[:-1] == [
        "unused: cassettes/old.yaml",
        "unused: cassettes/test_bot/test_gone.yaml",
    ]


def test_what_tests_outside_testpaths_use_is_left_alone(outcome, project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\ntestpaths = test_bot.py\n")
    (project / "live").mkdir()
    (project / "live" / "test_live.py").write_text(
        "import pytest\n\ndef test_it(binance_options): pass\n\n"
        "@pytest.mark.binance_options(cassette='named')\ndef test_named(binance_options): pass\n"
    )
    clean(project / "cassettes" / "live" / "test_live" / "test_it.yaml")
    clean(project / "cassettes" / "named.yaml")
    recorded = Record("http://127.0.0.1:9", "ws://127.0.0.1:9")
    recorded.observe(Request("GET", "/eapi/v1/ping"), Response(200, {}, b"{}"))
    recorded.save(project / "cassettes" / "by-fact.yaml", test="live/test_live.py::test_named")

    status, out, err = outcome("cassettes", "prune", "cassettes", "--yes")

    assert status == 0
    assert [line.partition(" to ")[0] for line in out.splitlines()] == [
        "moved: cassettes/old.yaml",
        "moved: cassettes/test_bot/test_gone.yaml",
    ]
    for name, why in (
        ("by-fact", "belongs to"),
        ("live/test_live/test_it", "belongs to"),
        ("named", "may be used by"),
    ):
        assert (
            f"left alone: cassettes/{name}.yaml {why} live/test_live.py, which was not collected."
            " Name it with --tests\n"
        ) in err
    status, out, _ = outcome(
        "cassettes", "prune", "cassettes", "--tests", "test_bot.py", "--tests", "live"
    )
    assert (status, out) == (
        1,
        "unused: cassettes/by-fact.yaml\nNo test uses it. Add --yes to remove.\n",
    )


KEPT = {
    "checks/check_live/check_it": (
        "belongs to checks/check_live.py, which was not collected. Name it with --tests"
    ),
    "by_hand/test_it": "belongs to by_hand.py, which was not collected. Name it with --tests",
    "test_bot/test_elsewhere": (
        "belongs to test_elsewhere of test_bot.py, which was not collected: it may be elsewhere, on"
        " another machine or with other settings"
    ),
    "test_bot/test_of_none[a]": (
        "belongs to test_of_none of test_bot.py, which was not collected: it may be elsewhere, on"
        " another machine or with other settings"
    ),
    "by-fixture": "may be used by test_bot.py, which names it",
    "checked": "may be used by checks/check_live.py, which was not collected. Name it with --tests",
}


def test_what_may_be_used_elsewhere_or_in_another_way_is_left_alone(outcome, project: Path) -> None:
    (project / "pytest.ini").write_text(
        "[pytest]\ntestpaths = test_bot.py\npython_files = test_*.py check_*.py\n"
        "python_functions = test_* check_*\n"
    )
    (project / "checks").mkdir()
    (project / "checks" / "check_live.py").write_text(
        "import pytest\n\ndef check_it(binance_options): pass\n\n"
        "@pytest.mark.binance_options(cassette='checked')\n"
        "def check_that(binance_options): pass\n"
    )
    (project / "by_hand.py").write_text("def test_it(binance_options): pass\n")
    with (project / "test_bot.py").open("a") as file:
        file.write(
            "\nif False:\n    def test_elsewhere(binance_options): pass\n\n"
            "@pytest.mark.parametrize('of', [])\ndef test_of_none(of, binance_options): pass\n\n"
            "@pytest.fixture\ndef late(request):\n"
            "    request.node.add_marker(pytest.mark.binance_options(cassette='by-fixture'))\n"
        )
    for name in KEPT:
        clean(project / "cassettes" / f"{name}.yaml")
    # A suite of its own, whose tests are not this one's.
    within = project / "within"
    clean(within / "cassettes" / "flow.yaml")
    (within / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")

    status, out, err = outcome("cassettes", "prune", "cassettes", "within", "--yes")

    assert status == 0
    assert [line.partition(" to ")[0] for line in out.splitlines()] == [
        "moved: cassettes/old.yaml",
        "moved: cassettes/test_bot/test_gone.yaml",
    ]
    own = (
        "left alone: within/cassettes/flow.yaml may belong to a suite of its own, in"
        f" {within}. Run this there"
    )
    left = [f"left alone: cassettes/{name}.yaml {why}" for name, why in KEPT.items()]
    assert sorted(err.splitlines()) == sorted([own, *left])


def test_what_is_no_cassette_is_left_alone(outcome, project: Path) -> None:
    other = project / "cassettes" / "config.yaml"
    other.write_text("a: 1\n")
    status, out, err = outcome("cassettes", "prune", "cassettes", "--yes")
    assert status == 0
    assert "config" not in out
    assert err.startswith(
        "left alone: cassettes/config.yaml, line 1: there is no 'interactions' in it"
    )
    assert other.exists()


def test_nothing_is_removed_where_the_tests_can_not_be_collected(outcome, project: Path) -> None:
    (project / "test_broken.py").write_text("import nothing_of_this_name\n")
    status, out, err = outcome("cassettes", "prune", "cassettes", "--yes")
    assert (status, out) == (2, "")
    assert err.startswith(
        "the tests can't be collected, so what they use is not known; pytest says:\n"
    )
    assert "nothing_of_this_name" in err
    assert len(cassettes(project)) == 4
    assert outcome("cassettes", "prune", "cassettes", "--tests", "test_bot.py")[0] == 1


def test_nothing_is_removed_where_one_of_the_places_is_missing(outcome, project: Path) -> None:
    status, _, err = outcome("cassettes", "prune", "cassettes", "elsewhere", "--yes")
    assert status == 2
    assert err == "elsewhere: no such file or directory\n"
    assert len(cassettes(project)) == 4


# -- the command line itself


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    clean(tmp_path / "a.yaml")
    command = [sys.executable, "-m", "pytest_binance_options", "cassettes", "check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "1 cassette checked, no problems found.\n",
        "",
    )


def test_looking_at_cassettes_needs_no_server(tmp_path: Path) -> None:
    clean(tmp_path / "a.yaml")
    code = (
        "import sys; sys.modules['aiohttp'] = None\nfrom pytest_binance_options._cli import"
        f" main\nassert main(['cassettes', 'check', {str(tmp_path)!r}]) == 0\nassert 'pytest' not"
        " in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


@pytest.mark.parametrize(
    "argv", [["--help"], ["cassettes", "--help"], ["cassettes", "prune", "--help"]]
)
def test_help_is_there(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("usage: pytest-binance-options")


@pytest.mark.parametrize(
    "argv", [[], ["nothing"], ["cassettes"], ["cassettes", "check"], ["cassettes", "burn", "."]]
)
def test_a_wrong_command_is_status_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert "usage: pytest-binance-options" in capsys.readouterr().err


def test_the_pre_commit_hook_looks_at_cassettes_only() -> None:
    [hook] = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "pytest-binance-options cassettes check"
    for path, expected in {
        "cassettes/a.yaml": True,
        "tests/cassettes/test_a/test_b[1].yml": True,
        "cassettes/a.json": True,
        "cassettes/README.md": False,
        "src/cassettes.yaml": False,
        "config.yaml": False,
    }.items():
        assert bool(re.search(hook["files"], path)) is expected


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [
        sys.executable,
        "-m",
        "pytest_binance_options",
        "cassettes",
        "show",
        str(clean(tmp_path / "a.yaml")),
    ]
    try:
        ended = subprocess.run(
            command, stdout=write, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (141, "")
