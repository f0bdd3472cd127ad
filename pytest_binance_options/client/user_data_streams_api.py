"""The three operations on a listen key. Binance: Options, User Data Streams; security type
USER_STREAM, which takes the API key alone, without a signature.

Each comes in three forms: the data; the data with status, headers and bytes; the raw response.
"""

from __future__ import annotations

from collections.abc import Mapping

import requests

from .._products import OPTIONS
from ._answers import json_object, listen_key
from ._arguments import Timeout
from .api_client import ApiClient
from .api_response import ApiResponse
from .models import OptionsCreateListenKeyV1Resp

__all__ = ["UserDataStreamsApi"]


class UserDataStreamsApi:
    """Starts, keeps alive and closes the account's user data stream.

    All operations take ``_request_timeout`` (s, or a pair: to connect, to wait for the answer;
    None: 30 s) and ``_headers`` (added to the request's own, or in place of those of the same
    name). They raise ApiException where the request fails, and UsageError where it can't be made,
    as without an API key; the forms ``..._without_preload_content`` return the
    :class:`requests.Response` whatever its status, body unread, and raise for want of an answer
    only.
    """

    def __init__(self, api_client: ApiClient) -> None:
        self.api_client = api_client

    def options_create_listen_key_v1(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> OptionsCreateListenKeyV1Resp:
        """Start: a listen key, valid for 60 minutes from now; the account's active one where there
        is one."""
        return self.options_create_listen_key_v1_with_http_info(
            _request_timeout=_request_timeout, _headers=_headers
        ).data

    def options_create_listen_key_v1_with_http_info(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> ApiResponse[OptionsCreateListenKeyV1Resp]:
        """:meth:`options_create_listen_key_v1`, with the answer's status, headers and bytes."""
        return self.api_client.call(self._prepared("POST", _headers), listen_key, _request_timeout)

    def options_create_listen_key_v1_without_preload_content(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """:meth:`options_create_listen_key_v1`, as the response itself."""
        return self.api_client.send(self._prepared("POST", _headers), _request_timeout)

    def options_update_listen_key_v1(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> dict[str, object]:
        """Keep alive: the account's listen key is valid for 60 minutes from now. Returns the
        answer's JSON object."""
        return self.options_update_listen_key_v1_with_http_info(
            _request_timeout=_request_timeout, _headers=_headers
        ).data

    def options_update_listen_key_v1_with_http_info(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> ApiResponse[dict[str, object]]:
        """:meth:`options_update_listen_key_v1`, with the answer's status, headers and bytes."""
        return self.api_client.call(self._prepared("PUT", _headers), json_object, _request_timeout)

    def options_update_listen_key_v1_without_preload_content(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """:meth:`options_update_listen_key_v1`, as the response itself."""
        return self.api_client.send(self._prepared("PUT", _headers), _request_timeout)

    def options_delete_listen_key_v1(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> dict[str, object]:
        """Close: the account's listen key is no longer valid. Returns the answer's JSON object."""
        return self.options_delete_listen_key_v1_with_http_info(
            _request_timeout=_request_timeout, _headers=_headers
        ).data

    def options_delete_listen_key_v1_with_http_info(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> ApiResponse[dict[str, object]]:
        """:meth:`options_delete_listen_key_v1`, with the answer's status, headers and bytes."""
        return self.api_client.call(
            self._prepared("DELETE", _headers), json_object, _request_timeout
        )

    def options_delete_listen_key_v1_without_preload_content(
        self, *, _request_timeout: Timeout = None, _headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """:meth:`options_delete_listen_key_v1`, as the response itself."""
        return self.api_client.send(self._prepared("DELETE", _headers), _request_timeout)

    def _prepared(self, method: str, headers: Mapping[str, str] | None) -> requests.PreparedRequest:
        return self.api_client.prepare(
            method, OPTIONS.listen_key_path, key_required=True, headers=headers
        )
