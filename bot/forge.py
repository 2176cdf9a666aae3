"""What the bot asks of a forge: few verbs, none optional, the same for GitHub, Gerrit and a local work tree."""

from collections.abc import Mapping
from typing import Protocol

from bot.model import Change, ChangedFile, ChangeRef, Event, Patchset, Permission, Plan, Posted, Receipt, Side


class Forge(Protocol):
    """A forge. Every verb raises Refused (final), Unavailable (later) or Broken (ours), and nothing else.

    An instance serves one job in one thread; making one costs no request.
    """

    @property
    def name(self) -> str:
        """Which forge it is: "github", "gerrit" or "local"."""
        ...

    def read_event(self, headers: Mapping[str, str], body: bytes) -> Event | None:
        """Pure: check authenticity over the raw body, then read the hint. None: genuine, and not our business.

        Raises Refused(401) when the signature is wrong, Refused(400 or 413) when the body is unusable.
        Header names are lower case.
        """
        ...

    def hear(self, event: Event) -> Event | None:
        """The event with what its delivery left out, read from the forge: a TALK becomes a COMMAND, or None."""
        ...

    def change(self, ref: ChangeRef) -> Change:
        """The change as it stands now."""
        ...

    def diff(self, change: Change, since: Patchset | None = None) -> tuple[ChangedFile, ...]:
        """Every file that head changes against its base, or against an earlier patchset: complete, in path order.

        Never partial: what the forge cuts off is asked for again in smaller pages, or raises.
        """
        ...

    def read(self, change: Change, file: ChangedFile, side: Side, limit: int) -> bytes:
        """The exact bytes of a file, in one request where it is short; also of one that the change does not touch.

        Refused when it is longer than `limit` bytes or not there.
        """
        ...

    def posted(self, change: Change) -> Posted:
        """What of ours stands on the change, on all its patchsets."""
        ...

    def publish(self, change: Change, plan: Plan) -> Receipt:
        """Write the plan. Looks for our marker first: a repeated call posts nothing twice. Reads back afterwards.

        Raises Superseded when the head is no longer `plan.patchset`.
        """
        ...

    def permission(self, ref: ChangeRef, actor: str) -> Permission:
        """What an account may do. The bot itself and other bots have NONE."""
        ...

    def reply(self, change: Change, event: Event, body: str) -> None:
        """Answer a command in place, once: repeated with the same event it writes nothing."""
        ...
