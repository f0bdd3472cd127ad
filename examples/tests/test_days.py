"""The day that nobody has thought of: the bot lives through days on which anything goes wrong, and
the one that breaks it is told as a test."""

from bot import Bot
from hypothesis import given, settings

from pytest_binance_options.bad_days import BadDay, Scenario, bad_days


async def bot(world):
    await Bot(world.auth.api_key).run()


@settings(max_examples=20)  # 200 before a release
@given(day=bad_days())
def test_the_bot_gets_over_any_day(binance_options, day):
    binance_options.live(day, bot).check()


async def forgetful(world):
    """Renews its key, and takes whatever that answers."""

    class Forgetful(Bot):
        async def _on_key_lost(self):
            pass

    await Forgetful(world.auth.api_key).run()


def test_what_a_search_has_found_stays_as_a_test(binance_options):
    day = BadDay(Scenario("03:14", "key_lost"), hours=8, orders_every=20)

    binance_options.live(day, bot).check()
    (broken,) = binance_options.live(day, forgetful).broken
    assert broken.name == "LiveKey"
