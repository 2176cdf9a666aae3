"""A GitHub for each test."""

from collections.abc import Iterator

import pytest

from tests.forges.github.world import GitHubWorld, open_world


@pytest.fixture
def world() -> Iterator[GitHubWorld]:
    """A repository on a fake that holds every exchange against GitHub's own description."""
    with open_world() as opened:
        yield opened
