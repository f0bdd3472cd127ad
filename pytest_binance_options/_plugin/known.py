"""What a run knows to be secret, a real account's credentials and the user's own: hidden from when
it is known to the run's end, as reports are made after their tests.

What the settings name is known when the run begins, and is hidden in what is said of any test.
"""

from __future__ import annotations

import linecache
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from .._cassette.hiding import hiding
from .._masking import hide_known, know, mask
from .._modes import Mode
from ..errors import UsageError
from ..settings import Config, Credentials
from .hidden_ids import NAMED, hide_ids
from .masked_output import live_handlers, mask_report, mask_trace, masked_lines, masked_value
from .reports import remarks_of

__all__ = ["hide_from", "hide_from_the_start"]


@dataclass(slots=True, eq=False)
class _Known:
    config: pytest.Config = field(repr=False)
    # --trace-config and --debug show the plugins that there are.
    values: set[str] = field(default_factory=set, repr=False)
    hide: Callable[[str], str] = hide_known

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """What pytest shows while the run goes on."""
        lines = ExitStack()
        lines.enter_context(masked_lines(live_handlers(session.config), self.hide))
        session.config.add_cleanup(lines.close)

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """The ids of a test that isn't ours, and has no cassette that is named after it; of those
        that are, the plugin itself sees to it."""
        if "binance_options" not in metafunc.fixturenames:
            hide_ids(metafunc, looks=False, known=hide_known)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """A module that can't be loaded is shown with its error."""
        report = yield
        mask_report(report, self.hide)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Here is all of a report, a subtest's too, and it is not yet on its way."""
        remarks = remarks_of(report)
        mode = remarks.mode if remarks is not None else ""
        looks = mode and Mode.parse(mode, setting="mode").masks
        mask_report(report, mask if looks else hide_known)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """A plugin's mistake may have a test's values in it."""
        mask_trace(excrepr, self.hide)

    @pytest.hookimpl(trylast=True)
    def pytest_keyboard_interrupt(self) -> None:
        """pytest.exit() takes a reason, and Ctrl-C comes in the midst of a test."""
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        # Shown at the very end, and there is no hook for it.
        trace = getattr(terminal, "_keyboardinterrupt_memo", None)
        if trace is not None:
            mask_trace(trace, self.hide)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Change the text before anybody shows it or sends it to another process, with the line of
        source and the file's name that are shown with it."""
        text = str(warning_message.message)
        hidden = self.hide(text)
        if hidden != text:
            warning_message.message = hidden
        place, number = warning_message.filename, warning_message.lineno
        line = warning_message.line or linecache.getline(place, number).strip()
        if self.hide(line) != line:
            warning_message.line = self.hide(line)
        warning_message.filename = self.hide(place)

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, object]) -> None:
        """pytest-json-report gathers log records by itself."""
        json_report.update(masked_value(json_report, self.hide))


_KNOWN = pytest.StashKey[_Known]()


def hide_from_the_start(
    config: pytest.Config, settings: Config, environ: Mapping[str, str]
) -> None:
    """Have hidden what ``settings`` name, and in a network mode the account's credentials: before
    the first test, and in what is said of those that don't use us."""
    if settings.secrets:
        config.stash[NAMED] = hiding(settings.secrets)
        hide_from(config, settings.secrets, looks=False)
    if Mode.parse(settings.mode, setting="mode").needs_account:
        credentials = settings.credentials or _credentials(environ)
        if credentials is not None:
            given = (
                credentials.api_key,
                credentials.secret_key,
                credentials.private_key_passphrase,
            )
            hide_from(config, filter(None, given), looks=False)


def _credentials(environ: Mapping[str, str]) -> Credentials | None:
    try:
        return Credentials.from_environment(environ)
    except UsageError:
        return None  # the fixture will say it


def hide_from(
    config: pytest.Config, secrets: Iterable[str], *, looks: bool
) -> Callable[[str], str]:
    """Have ``secrets`` hidden in what is said of this run; and with ``looks`` what looks like one,
    in warnings too. What is returned does it to a text."""
    known = _known(config)
    new = set(secrets) - known.values
    if new:
        known.values |= new
        config.add_cleanup(know(hiding(new)))
    if looks:
        known.hide = mask
    return mask if looks else hide_known


def _known(config: pytest.Config) -> _Known:
    known = config.stash.get(_KNOWN, None)
    if known is None:
        known = config.stash[_KNOWN] = _Known(config)
        config.pluginmanager.register(known)
    return known
