"""Bots for days: a sound one as its author would write it, and what they have in common."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from pytest_binance_options import World

REST = "https://eapi.binance.com/eapi/v1/listenKey"
STREAM = "wss://fstream.binance.com/private/ws?listenKey={key}"


async def sound(world: World) -> None:
    """Renews its key each half an hour, and has a new stream whenever something is wrong."""
    headers = {"X-MBX-APIKEY": world.auth.api_key}
    async with aiohttp.ClientSession(headers=headers) as session:
        while True:
            try:
                await _connection(session)
            except (aiohttp.ClientError, asyncio.TimeoutError):
                await asyncio.sleep(60)
            await asyncio.sleep(1)


async def _connection(session: aiohttp.ClientSession) -> None:
    key = (await _ask(session, "POST"))["listenKey"]
    async with session.ws_connect(STREAM.format(key=key)) as stream:
        while True:
            try:
                message = await asyncio.wait_for(stream.receive(), 30 * 60)
            except asyncio.TimeoutError:
                await _ask(session, "PUT")
                return
            if message.type is not aiohttp.WSMsgType.TEXT or "listenKeyExpired" in message.data:
                return


async def _ask(session: aiohttp.ClientSession, method: str) -> Any:
    async with session.request(method, REST, timeout=aiohttp.ClientTimeout(10)) as response:
        response.raise_for_status()
        return await response.json()
