"""The table of worlds in which the contract is held."""

from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.forges.contract.world import World

# name of the world -> the module with `open_world()`; a name may be listed with arguments for it
WORLDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "github": ("tests.forges.github.world", ()),
    "gerrit": ("tests.forges.gerrit.world", ("3.13.5",)),
    "gerrit-3.10": ("tests.forges.gerrit.world", ("3.10.2",)),
    "gerrit-fake": ("tests.forges.gerrit.fake_world", ("3.13.5",)),
    "gerrit-fake-3.10": ("tests.forges.gerrit.fake_world", ("3.10.2",)),
}


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A project of its own on the forge that the parameter names."""
    module, arguments = WORLDS[request.param]
    with import_module(module).open_world(*arguments) as opened:
        yield opened
