"""A bot's listen key service: one key kept alive for as long as the bot runs.

Written as a bot's author would, with plain requests and without a word about the tests. The bot's
main loop calls `tick()` every few seconds and connects its WebSocket with `key`; when `key`
changes, it connects again.
"""

import logging
import time
from collections.abc import Callable

import requests

# s; a key lives 60 minutes, so a renewal can fail for half an hour before the key is lost
RENEW_EVERY = 30 * 60
RETRY_AFTER = 10  # s
NO_SUCH_KEY = -1125

log = logging.getLogger(__name__)


class ListenKeyRefused(Exception):
    """The exchange says no for good: a wrong API key, an endpoint that has moved. Trying again
    won't help."""


class KeepaliveService:
    def __init__(
        self,
        api_key: str,
        *,
        base: str = "https://eapi.binance.com",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.key: str | None = None
        self._now = now
        self._due = 0.0
        self._url = f"{base}/eapi/v1/listenKey"
        self._session = requests.Session()
        self._session.headers["X-MBX-APIKEY"] = api_key

    def tick(self) -> None:
        """Create, renew or recreate the key if that is due. Raises ListenKeyRefused where that
        can't work any more."""
        if self._now() < self._due:
            return
        try:
            if self.key is None:
                self._create()
            else:
                self._renew()
        except requests.RequestException as error:
            status = error.response.status_code if error.response is not None else None
            if status in range(400, 500) and status not in (418, 429):
                raise ListenKeyRefused(f"listen key: HTTP {status}") from error
            # A time-out or a 5xx says nothing about the key: it is kept, and renewed as soon as
            # that works.
            log.warning("listen key: %s, trying again", status or type(error).__name__)
            self._due = self._now() + self._wait(error.response)

    def stop(self) -> None:
        """Close the key at shutdown. It expires by itself: that it is gone, or can't be closed now,
        is no error."""
        if self.key is not None:
            try:
                self._session.delete(self._url, timeout=10)
            except requests.RequestException as error:
                log.warning("listen key: not closed, %s", type(error).__name__)
            self.key = None
        self._session.close()

    def _create(self) -> None:
        response = self._session.post(self._url, timeout=10)
        response.raise_for_status()
        self.key = response.json()["listenKey"]
        self._due = self._now() + RENEW_EVERY

    def _renew(self) -> None:
        response = self._session.put(self._url, timeout=10)
        if response.status_code == 400 and response.json()["code"] == NO_SUCH_KEY:
            log.warning("listen key: lost, making a new one")
            self.key = None
            self._create()
            return
        response.raise_for_status()
        self._due = self._now() + RENEW_EVERY

    def _wait(self, response: requests.Response | None) -> float:
        if response is None or "Retry-After" not in response.headers:
            return RETRY_AFTER
        return float(response.headers["Retry-After"])
