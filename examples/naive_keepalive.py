"""The same service as most bots have it at first. Each mistake here is one that public bots were
reported for."""

import logging
import time
from collections.abc import Callable

import requests

# s; as the documentation seems to recommend, and too late: the key is gone by then
RENEW_EVERY = 60 * 60

log = logging.getLogger(__name__)


class NaiveKeepaliveService:
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
        self._headers = {"X-MBX-APIKEY": api_key}

    def tick(self) -> None:
        if self._now() < self._due:
            return
        try:
            if self.key is None:
                self.key = requests.post(self._url, headers=self._headers, timeout=10).json()[
                    "listenKey"
                ]
            else:
                requests.put(self._url, headers=self._headers, timeout=10)  # whatever it answers
        except Exception as error:  # noqa: BLE001
            log.warning("listen key: %s", type(error).__name__)
        self._due = self._now() + RENEW_EVERY

    def stop(self) -> None:
        requests.delete(self._url, headers=self._headers, timeout=10).raise_for_status()
