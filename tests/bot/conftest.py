"""A store for the tests of the bot."""

from collections.abc import Iterator

import pytest

from bot.store import Store


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store of each kind."""
    store = Store(database)
    yield store
    store.close()
