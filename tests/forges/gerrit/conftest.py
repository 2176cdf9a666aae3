"""A world on each version of the real server."""

from collections.abc import Iterator

import pytest

from tests.fakes.gerrit.jars import NEW, OLD
from tests.forges.gerrit.world import GerritWorld, open_world


@pytest.fixture(params=[NEW, OLD])
def world(request: pytest.FixtureRequest) -> Iterator[GerritWorld]:
    """A project of its own on a real Gerrit."""
    with open_world(request.param) as opened:
        yield opened
