"""Our exceptions.

BinanceOptionsError
├── UsageError                 a setting, marker or argument that can't work (also a ValueError)
│   └── KeyMaterialError       an API key, secret or private key that can't be used
├── CassetteError
│   ├── CassetteFormatError    a file that is not a cassette, or a damaged one
│   ├── CassetteMissingError   replay was asked for and there is no cassette
│   ├── RequestNotRecordedError  the cassette has no answer for this request
│   └── UnplayedError          a test has left recorded interactions unplayed
├── ForkedProcessError         a request in a process that was forked from the test's
├── InvariantError             what holds for a sound bot did not, on a day (also an AssertionError)
├── NetworkRefusedError        a connection off this machine was asked for in a mode without network
├── NotAtRestError             time can't go on: somebody never comes to rest, or nothing is due
├── LockTimeoutError           another process holds the account, or the cassettes, for too long
├── StreamError
│   ├── StreamClosedError      a stream was refused or has ended (also a ConnectionError)
│   └── StreamTimeoutError     no event came in time (also a TimeoutError)
├── TestOverError              a request from a thread or task whose test has ended
└── VerificationError          what the testnet says differs in shape from the cassette

BinanceOptionsWarning          (a UserWarning)
├── HostUnreachableWarning     a network mode: nobody answered where it asked
├── IncompleteJournalWarning   requests are read from a journal that has dropped some
├── LateRequestWarning         what a test has left behind asks on when it is over
├── MisspeltVariableWarning    an environment variable that looks like ours and sets nothing
├── NotComparedWarning         verify: some of what streams said was heard only once
├── NothingRecordedWarning     record: the test asked the exchange nothing that was seen
├── OnlyErrorsRecordedWarning  record: the exchange refused the account each time
├── StaleCassetteWarning       a cassette is older than ``binance_options_max_cassette_age``
├── StillRunningWarning        what was started in a ``simulated()`` goes on after its end
├── UnansweredWarning          a test asked for what its cassette doesn't have, and went on
├── UnplayedWarning            a test has left recorded interactions unplayed
└── UnwatchedClientWarning     a client is loaded whose connections nobody sees

The client's own ``ApiException`` lives in :mod:`pytest_binance_options.client.rest`: it mirrors the
generated clients of this family and derives from none of these.
"""

from __future__ import annotations

__all__ = [
    "BinanceOptionsError",
    "BinanceOptionsWarning",
    "CassetteError",
    "CassetteFormatError",
    "CassetteMissingError",
    "ForkedProcessError",
    "HostUnreachableWarning",
    "IncompleteJournalWarning",
    "InvariantError",
    "KeyMaterialError",
    "LateRequestWarning",
    "LockTimeoutError",
    "MisspeltVariableWarning",
    "NetworkRefusedError",
    "NotAtRestError",
    "NotComparedWarning",
    "NothingRecordedWarning",
    "OnlyErrorsRecordedWarning",
    "RequestNotRecordedError",
    "StaleCassetteWarning",
    "StillRunningWarning",
    "StreamClosedError",
    "StreamError",
    "StreamTimeoutError",
    "TestOverError",
    "UnansweredWarning",
    "UnplayedError",
    "UnplayedWarning",
    "UnwatchedClientWarning",
    "UsageError",
    "VerificationError",
]


class BinanceOptionsError(Exception):
    """The base of every exception this package raises on its own account."""


class UsageError(BinanceOptionsError, ValueError):
    """A setting, marker, key or argument that can't work as given."""


class KeyMaterialError(UsageError):
    """An API key, a secret or a private key that can't be used; the text never holds any of it."""


class CassetteError(BinanceOptionsError):
    """The base of what can be wrong with a cassette."""


class CassetteFormatError(CassetteError):
    """A file that is not a cassette, or a damaged one. Names the file and the place in it."""


class CassetteMissingError(CassetteError):
    """Replay was asked for and there is no cassette."""


class RequestNotRecordedError(CassetteError):
    """The cassette has no answer, or none left, for this request."""


class UnplayedError(CassetteError):
    """A test has passed and left recorded interactions unplayed, where
    ``binance_options_unplayed`` is fail."""


class ForkedProcessError(BinanceOptionsError):
    """A request was made in a process that was forked from the test's: nobody would see it."""


class InvariantError(BinanceOptionsError, AssertionError):
    """What holds for a sound bot on any day did not hold; see
    :mod:`pytest_binance_options.bad_days`."""


class NetworkRefusedError(BinanceOptionsError):
    """A connection off this machine was asked for in a mode without network.

    Not an OSError on purpose: HTTP clients retry, wrap or swallow those.
    """


class NotAtRestError(BinanceOptionsError):
    """Time can't go on by ``binance_options_time``: somebody in the test never comes to rest, or
    all of them wait for what can't come. Says who, and where."""


class LockTimeoutError(BinanceOptionsError):
    """Another process holds the account, or the directory of cassettes, for longer than was
    waited."""


class StreamError(BinanceOptionsError):
    """The base of what can go wrong with a user data stream that a test listens to."""


class StreamClosedError(StreamError, ConnectionError):
    """The stream was refused, or has ended and everything that came was handed out."""


class StreamTimeoutError(StreamError, TimeoutError):
    """No event came in time."""


class TestOverError(BinanceOptionsError):
    """A request came from a thread or task whose test has ended."""

    __test__ = False  # pytest would try to collect the class by its name


class VerificationError(BinanceOptionsError):
    """What the testnet says differs in shape from what the cassette holds."""


class BinanceOptionsWarning(UserWarning):
    """The base of all of our warnings: for ``filterwarnings``, for example."""


class HostUnreachableWarning(BinanceOptionsWarning):
    """None of a test's requests got an answer from the host that a network mode asks."""


class IncompleteJournalWarning(BinanceOptionsWarning):
    """Requests are read from a journal that has dropped earlier ones: see ``journal.limit``."""


class LateRequestWarning(BinanceOptionsWarning):
    """Something asked where no test of ours runs, nobody answered, and nobody would hear of it: a
    thread or task of a test that is over, or a wider fixture that has swallowed the refusal."""


class MisspeltVariableWarning(BinanceOptionsWarning):
    """An environment variable that looks like one of ours, and sets nothing."""


class NotComparedWarning(BinanceOptionsWarning):
    """What a stream said in the recording was not heard in a verify run, or the other way round."""


class NothingRecordedWarning(BinanceOptionsWarning):
    """A test in record mode has asked nothing, or nothing that was seen: its recording is empty."""


class OnlyErrorsRecordedWarning(BinanceOptionsWarning):
    """A recording in which the exchange refused the account, by key or signature, each time."""


class StaleCassetteWarning(BinanceOptionsWarning):
    """A cassette is older than ``binance_options_max_cassette_age``."""


class StillRunningWarning(BinanceOptionsWarning):
    """A thread or task that was started in a ``simulated()`` goes on after its end, when the
    network is the real one again."""


class UnansweredWarning(BinanceOptionsWarning):
    """A test asked for what its cassette doesn't have, and passed: somebody swallowed the error."""


class UnplayedWarning(BinanceOptionsWarning):
    """A test has passed and left recorded interactions unplayed."""


class UnwatchedClientWarning(BinanceOptionsWarning):
    """A client is loaded that opens connections of its own, where they are not seen."""
