"""Votes: given where they may be, and never at the price of the review."""

from typing import Any

import pytest

from bot.model import Change
from tests.forges.contract.plans import CLEAN, comment, plan
from tests.forges.gerrit.world import GerritWorld


def opened(world: GerritWorld) -> Change:
    """A change with one file."""
    return world.forge().change(world.new_change({"app.py": b"a = 1\nb = 2\n"}))


def vote(world: GerritWorld, change: Change, label: str) -> Any:
    """The bot's vote as it stands."""
    votes = world.call(change.ref, o="DETAILED_LABELS")["labels"].get(label, {}).get("all", [])
    return next((one.get("value") for one in votes if one["_account_id"] == 1000001), None)


@pytest.mark.parametrize(("clean", "wanted"), [(True, 1), (False, -1)])
def test_the_verdict_is_a_vote(world: GerritWorld, clean: bool, wanted: int) -> None:
    change = opened(world)
    what = plan(change, summary=CLEAN) if clean else plan(change, comment(1, "app.py", 2))
    receipt = world.forge(vote_label="Verified").publish(change, what)
    assert vote(world, change, "Verified") == wanted
    assert receipt.notes == ()


@pytest.mark.parametrize("label", ["Unheard-Of", "Code-Review"])
def test_a_vote_that_may_not_be_given_costs_only_a_note(world: GerritWorld, label: str) -> None:
    change = opened(world)
    receipt = world.forge(vote_label=label, vote_findings=-2).publish(change, plan(change, comment(1, "app.py", 2)))
    assert len(receipt.posted) == 1
    assert label in receipt.notes[0]


def test_without_a_label_there_is_no_vote(world: GerritWorld) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    assert vote(world, change, "Verified") in (None, 0)
