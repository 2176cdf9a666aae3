"""Which change a person means (io)."""

from bot.errors import Unavailable
from bot.forges.gerrit.client import Gerrit
from bot.model import ChangeRef
from config.settings import GerritSettings


def find(settings: GerritSettings, name: str) -> ChangeRef:
    """The change of a number or a Change-Id. Raises Refused when there is none, or several, of that name.

    https://gerrit-review.googlesource.com/Documentation/rest-api-changes.html#change-id
    """
    told = Gerrit(settings).get("changes", name)
    try:
        return ChangeRef("gerrit", str(told["project"]), int(told["_number"]))
    except (KeyError, TypeError, ValueError) as odd:
        raise Unavailable(f"Gerrit describes {name} without {odd}") from odd
