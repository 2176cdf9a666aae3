"""A change is found by what a person calls it."""

import pytest

from bot.errors import Refused
from bot.forges.gerrit.lookup import find
from tests.forges.gerrit.world import GerritWorld


def test_a_number_and_a_change_id_name_the_same_change(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    assert find(world.settings, str(ref.number)) == ref
    assert find(world.settings, world.call(ref)["change_id"]) == ref


def test_a_change_that_is_not_there_is_refused(world: GerritWorld) -> None:
    with pytest.raises(Refused):
        find(world.settings, "99999999")
