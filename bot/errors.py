"""What can go wrong, by whose fault it is.

    TouchlineError
    ├── Refused        theirs: bad input, no right, not there. Never retried; the reason is kept and shown.
    │   └── BadSettings   an operator's mistake; the message names the key and the road to it
    ├── Unavailable    the world's: a forge or network that may answer later. Retried after `retry_after` seconds.
    ├── Superseded     nobody's: the change moved on while it was reviewed. The job ends quietly.
    └── Broken         ours: a bug. Loud, never swallowed.

No message of these carries a secret; what a forge said is cut and cleaned before it is put into one.
"""


class TouchlineError(Exception):
    """Every error the bot raises on purpose."""


class Refused(TouchlineError):
    """The other side's fault, final."""

    def __init__(self, reason: str, status: int = 400) -> None:
        """`status` is the HTTP status a door answers with, or that the forge gave."""
        super().__init__(reason)
        self.status = status


class BadSettings(Refused):
    """A setting is wrong or missing; the message says which key, where it is read from, and what would do."""


class Unavailable(TouchlineError):
    """May work later."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        """`retry_after` is in seconds; None when the other side did not say."""
        super().__init__(reason)
        self.retry_after = retry_after


class Superseded(TouchlineError):
    """The head moved while the review ran."""


class Broken(TouchlineError):
    """A promise of our own code does not hold."""
