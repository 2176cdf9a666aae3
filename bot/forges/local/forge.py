"""A local change as a forge: what the command line reviews."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.forges.local.sources import Source
from bot.model import Change, ChangedFile, ChangeRef, Event, Patchset, Permission, Plan, Posted, Receipt, Side


@dataclass(frozen=True, slots=True)
class LocalForge:
    """A source with the verbs of a forge. Nothing is ever posted: the command line prints the review."""

    source: Source

    @property
    def name(self) -> str:
        """Local, as in a ChangeRef."""
        return "local"

    @property
    def ref(self) -> ChangeRef:
        """The only change there is."""
        return ChangeRef("local", self.source.project, 0)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> Event | None:
        """No events come from a folder."""
        return None

    def hear(self, event: Event) -> Event | None:
        """The event itself: nobody talks here."""
        return event

    def change(self, ref: ChangeRef) -> Change:
        """The change as it stands now."""
        return Change(ref, title=ref.project, author="", target="", head=self.source.patchset)

    def diff(self, change: Change, since: Patchset | None = None) -> tuple[ChangedFile, ...]:
        """Every file that differs; which lines, base and head tell."""
        return self.source.files()

    def read(self, change: Change, file: ChangedFile, side: Side, limit: int) -> bytes:
        """The exact bytes; Refused when longer than `limit` or not there."""
        return self.source.read(file, side, limit)

    def posted(self, change: Change) -> Posted:
        """Nothing stands anywhere."""
        return Posted()

    def publish(self, change: Change, plan: Plan) -> Receipt:
        """Posts nothing."""
        return Receipt(plan.patchset.id)

    def permission(self, ref: ChangeRef, actor: str) -> Permission:
        """Whoever runs the command may do all."""
        return Permission.ADMIN

    def reply(self, change: Change, event: Event, body: str) -> None:
        """Nobody asked."""
