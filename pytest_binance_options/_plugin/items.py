"""Between pytest and the modes: reads items, markers and options, and runs one test's handle.

The decisions are in :mod:`.choice`; this module gathers what they need from pytest and says the
outcome in pytest's terms (skip, usage error). Light on import: pytest loads it in every run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .._modes import Mode
from ..errors import BinanceOptionsError, BinanceOptionsWarning, UsageError
from .options import MODE_VARIABLE, any_set, block_network, from_pytest

if TYPE_CHECKING:
    from .._backends.base import Backend
    from .._backends.remarks import Remarks
    from .._transports.server.server import LoopbackServer
    from .._world.handle import Handle
    from ..settings import Config
    from .choice import Test
    from .marker import MarkerArguments

__all__ = [
    "HANDLE",
    "WATCH",
    "check_settings",
    "config_of",
    "describe",
    "expect",
    "marker_problems",
    "no_exchange",
    "note_outcome",
    "open_listen_key",
    "reported",
    "run_is_a_part",
    "running",
    "server_of",
    "settings_of",
]

HANDLE = pytest.StashKey["Handle"]()
#: Wraps the backend of a test that keeps no journal, where somebody makes a report.
WATCH: pytest.StashKey[Callable[[pytest.Item, Backend], Backend]] = pytest.StashKey()
_REMARKS: pytest.StashKey[Remarks] = pytest.StashKey()
#: What hides secrets in a test's reports.
_HIDE: pytest.StashKey[Callable[[str], str]] = pytest.StashKey()
_PART = pytest.StashKey[bool]()
_PASSED = pytest.StashKey[bool]()
_SERVER = pytest.StashKey["LoopbackServer"]()
_ARGUMENTS: pytest.StashKey[tuple[list[pytest.Mark], MarkerArguments]] = pytest.StashKey()
_SETTINGS = pytest.StashKey["tuple[object, Config]"]()


def check_settings(config: pytest.Config) -> None:
    """End the run at a setting that can't work; a run that sets nothing is not looked at."""
    if any_set(config, os.environ):
        settings = settings_of(config)
        if settings.secrets or Mode.parse(settings.mode, setting="mode").needs_account:
            from .known import hide_from_the_start

            hide_from_the_start(config, settings, os.environ)
    blocked = config.getoption("binance_options_block_network") or config.getini(
        "binance_options_block_network"
    )
    if blocked:
        try:
            everything = block_network(config) == "all"
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        if everything:
            from .blocking import block_everything

            block_everything(config)
    ours = [name for name in os.environ if name.startswith("BINANCE_OPT") and name != MODE_VARIABLE]
    if ours and not hasattr(config, "workerinput"):  # once a run, with pytest-xdist too
        from .misspelt import warn_of_variables

        warn_of_variables(config, ours)


def settings_of(config: pytest.Config) -> Config:
    """The settings on the command line, in the environment and in the ini file."""
    try:
        return from_pytest(config, os.environ)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def run_is_a_part(config: pytest.Config) -> None:
    """Note that tests were deselected."""
    config.stash[_PART] = True


def marker_problems(items: Iterable[pytest.Item]) -> str:
    """What is wrong with the markers of ``items``, a line each; nothing where all of them can
    work."""
    return "\n".join(filter(None, map(_marker_problem, items)))


def _marker_problem(item: pytest.Item) -> str:
    from .._cassette.naming import named_cassette_path
    from .marker import MARKER, MarkerArguments

    try:
        arguments = MarkerArguments.of(item.iter_markers(MARKER))
        if arguments.cassette is not None:
            named_cassette_path(Path(), arguments.cassette)
    except UsageError as error:
        return f"{item.nodeid}: {error}"
    return ""


def reported(item: pytest.Item, call: pytest.CallInfo[None]) -> AbstractContextManager[object]:
    """What pytest says in here of a failure of a test of ours is what its user can use."""
    if call.excinfo is None:
        return nullcontext()
    if "pytest_binance_options._world.witness" in sys.modules:
        from .._world.witness import tidy_up

        tidy_up()
    if item.stash.get(HANDLE, None) is None or item.config.getoption("fulltrace", default=False):
        return nullcontext()
    from .tracebacks import ending_in_the_users_code

    return ending_in_the_users_code(call.excinfo)


def note_outcome(
    item: pytest.Item, report: pytest.TestReport, error: BaseException | None = None
) -> None:
    """Keep whether the test itself has passed, for the teardown; a failure, with ``error``, gets
    the conversation as a section.

    A test is one of ours when a handle was opened for it, by whatever way it came to the fixture.
    """
    remarks = item.stash.get(_REMARKS, None)
    if report.when == "teardown" and "pytest_binance_options._days.coverage" in sys.modules:
        remarks = _with_days(remarks)
    if remarks is not None:
        from .reports import attach

        attach(report, remarks)
        if report.when == "teardown" and _REMARKS in item.stash:
            # What a plugin runs again may not get as far.
            del item.stash[_REMARKS]
    handle = item.stash.get(HANDLE, None)
    if handle is None:
        return
    if report.when == "call":
        item.stash[_PASSED] = report.passed and not hasattr(report, "wasxfail")
    # Where there were lives, what happened is in theirs.
    if report.failed and (handle.requests or not handle.has_lived):
        from .conversation import TITLE, conversation

        report.sections.append((f"{TITLE}{handle.mode}", conversation(handle, error)))
    hide = item.stash.get(_HIDE, None)
    if hide is not None:
        from .masked_output import mask_report

        mask_report(report, hide)


def _with_days(remarks: Remarks | None) -> Remarks | None:
    """``remarks`` and the bad days that the test has lived, though it may not be one of ours."""
    from .._backends.remarks import Remarks
    from .._days.coverage import lived

    taken = lived.take()
    if taken.days:
        remarks = remarks or Remarks()
        remarks.days, remarks.met = taken.days, taken.met
    return remarks


def expect(item: pytest.Item) -> None:
    """Have the exchange's hosts refused from here on, before any fixture of ``item`` is set up."""
    from .blocking import stand

    known = item.config.stash.get(_SETTINGS, None)
    try:
        settings = settings_of(item.config) if known is None else known[1]
        mode = _arguments(item).mode
        stand(item.config, settings, mode or Mode.parse(settings.mode, setting="mode"))
    except (UsageError, pytest.UsageError):
        pass  # the fixture will say it


def describe(item: pytest.Item) -> Test:
    """What the modes need to know of a test."""
    from .choice import Test

    root = item.config.rootpath
    in_module = item.nodeid.split("::")[1:] or [item.name]
    return Test(
        nodeid=item.nodeid,
        module=_module(item.path, root),
        name=".".join([*in_module[:-1], item.name]),
        arguments=_arguments(item),
        wants_exchange="binance_options_exchange" in getattr(item, "fixturenames", ()),
        one_time="binance_options_time" in getattr(item, "fixturenames", ()),
        root=root,
    )


# A module's tests come one after the other.
@lru_cache(maxsize=16)
def _module(path: Path, root: Path) -> str:
    module = path.relative_to(root) if path.is_relative_to(root) else Path(*path.parts[1:])
    return module.with_suffix("").as_posix()


def _arguments(item: pytest.Item) -> MarkerArguments:
    """What the markers of ``item`` say; a fixture may have given it others by now."""
    from .marker import MARKER, MarkerArguments

    marks = list(item.iter_markers(MARKER))
    known = item.stash.get(_ARGUMENTS, None)
    if known is None or known[0] != marks:
        known = item.stash[_ARGUMENTS] = marks, MarkerArguments.of(marks)
    return known[1]


def config_of(request: pytest.FixtureRequest, given: object) -> Config:
    """What ``binance_options_config`` has given, checked."""
    from ..settings import Config

    known = request.config.stash.get(_SETTINGS, None)
    if known is None or known[0] is not given:
        known = (given, Config.coerced(given))
        request.config.stash[_SETTINGS] = known
    return known[1]


@contextmanager
def running(request: pytest.FixtureRequest, given: object) -> Iterator[Handle]:
    """The handle of one test, from its settings to its cassette."""
    from .._backends.remarks import Remarks
    from . import late
    from .blocking import stand
    from .choice import CredentialsMissing, ExchangeUnavailable
    from .world import Runner, opened

    item = request.node
    # What a plugin runs again has a past.
    item.stash[_PASSED] = False
    remarks = item.stash[_REMARKS] = Remarks(part=request.config.stash.get(_PART, False))
    watch = request.config.stash.get(WATCH, None)
    runner = Runner(
        passed=lambda: item.stash.get(_PASSED, False),
        server=lambda: server_of(request.config),
        warn=item.warn,
        remarks=remarks,
        account=lambda api_key: _account(item, api_key),
        watch=None if watch is None else partial(watch, item),
        overhear=partial(_overhear, item),
        late=late.listener(item),
        hidden=partial(_hidden, item),
    )
    try:
        config = config_of(request, given)
        test = describe(item)
        with opened(config, test, runner) as handle:
            item.stash[HANDLE] = handle
            stand(request.config, config, handle.mode)
            yield handle
        late.tell(item)
        if handle.backend.copies_have_asked and _is_told(config, test):
            late.tell_of_copies(item)
    except (CredentialsMissing, ExchangeUnavailable) as reason:
        remarks.lacks_account = isinstance(reason, CredentialsMissing)
        pytest.skip(str(reason))
    except (BinanceOptionsError, BinanceOptionsWarning) as error:  # where warnings are errors
        # Our own frames would tell the user nothing, and their arguments are better not shown.
        raise pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False) from None


def _is_told(config: Config, test: Test) -> bool:
    return (test.arguments.unanswered or config.unanswered) != "ignore"


def _account(item: pytest.Item, api_key: str) -> AbstractContextManager[None]:
    from .._locking import account_lock
    from .waiting import name_of, teller

    return account_lock(api_key, holder=name_of(item), waiting=teller(item))


def _hidden(
    item: pytest.Item, secrets: Iterable[str], *, looks: bool
) -> AbstractContextManager[None]:
    if not (looks or secrets):
        return nullcontext()
    from .known import hide_from
    from .masked_output import live_handlers, masked_logs

    hide = item.stash[_HIDE] = hide_from(item.config, secrets, looks=looks)
    return masked_logs(live_handlers(item.config), hide)


def _overhear(item: pytest.Item, backend: Backend) -> Backend:
    from .overheard import overhearing

    return overhearing(item, backend)


def server_of(config: pytest.Config) -> LoopbackServer:
    """The session's loopback server, started when the first test needs it and stopped with the
    session."""
    server = config.stash.get(_SERVER, None)
    if server is None:
        from .._world.servers import started

        server = started()
        config.stash[_SERVER] = server
        config.add_cleanup(server.stop)
    return server


def no_exchange(handle: Handle) -> BaseException:
    """Why a test that asks for the simulated exchange late can't have it."""
    if handle.mode.leaves_machine:
        return pytest.skip.Exception(
            f"needs the simulated exchange; mode {handle.mode} asks the testnet"
        )
    return UsageError(
        "binance_options_exchange asks for the simulated exchange, and this test replays"
        f" {handle.cassette}. Name the fixture in the test's arguments rather than through"
        " getfixturevalue, or drop mode='replay' from its marker."
    )


@contextmanager
def open_listen_key(handle: Handle) -> Iterator[str]:
    """A listen key, closed in the end; that the test has closed it itself, or let it expire, is no
    error."""
    from requests import RequestException

    from ..client.rest import ApiException

    streams = handle.user_data_streams
    yield streams.options_create_listen_key_v1().listen_key
    try:
        streams.options_delete_listen_key_v1()
    except (ApiException, RequestException) as error:
        # The simulated exchange ends with the test, with whatever fault the test has armed.
        gone = isinstance(error, ApiException) and error.code == -1125
        if not gone and handle.exchange is None:
            raise
