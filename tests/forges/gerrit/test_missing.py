"""Without a real Gerrit the tests say so; where everything must be there, they fail."""

from typing import NoReturn

import pytest

from tests.fakes.gerrit.jars import MissingPart
from tests.forges.gerrit import world


def absent(*_: object, **__: object) -> NoReturn:
    """A machine without Java."""
    raise MissingPart("no Java 21 or newer")


def test_a_missing_server_is_a_failure_in_ci_and_said_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "running", absent)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(MissingPart), world.open_world("0.0.1"):
        pass
    monkeypatch.delenv("CI")
    with (
        pytest.raises(pytest.skip.Exception, match=r"no real Gerrit 0\.0\.1 here.*no Java 21"),
        world.open_world("0.0.1"),
    ):
        pass
