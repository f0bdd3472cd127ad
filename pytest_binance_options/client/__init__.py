"""An authenticated client for Binance Options, in the shape of the generated clients of its
family."""

from __future__ import annotations

from .api_client import ApiClient
from .api_response import ApiResponse
from .auth import BinanceAuth
from .configuration import Configuration
from .models import OptionsCreateListenKeyV1Resp
from .rest import ApiException
from .user_data_streams_api import UserDataStreamsApi

__all__ = [
    "ApiClient",
    "ApiException",
    "ApiResponse",
    "BinanceAuth",
    "Configuration",
    "OptionsCreateListenKeyV1Resp",
    "UserDataStreamsApi",
]
