"""The same changes on GitHub and on Gerrit give the same findings on the same lines: the forge judges nothing."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import pytest

from bot import pipeline
from bot.model import Event, Happened
from bot.pipeline import Examination
from bot.sandbox import Sandbox
from config.settings import LimitSettings, Settings
from tests.fakes.gerrit.jars import NEW, OLD
from tests.forges.contract.world import Files, World
from tests.forges.gerrit import fake_world, world
from tests.forges.github import world as github

QUERY = 'def find(db, name):\n    return db.execute("SELECT * FROM t WHERE n = ?", (name,))\n'
BUILT = "def find(db, name):\n    return db.execute(f\"SELECT * FROM t WHERE n = '{name}'\")\n"
FETCH = "import requests\n\n\ndef fetch(address):\n    return requests.get(address, timeout=5)\n"
LOAD = "import yaml\n\n\ndef read(text):\n    return yaml.load(\n        text,\n        yaml.Loader,\n    )\n"
WIDE = 'import yaml\n\nFACE = "\U0001f600"; value = yaml.load(input())\n'


@dataclass(frozen=True)
class Given:
    """A change: what stands before, what it does, and which files it moves."""

    base: Files
    head: Files
    renamed: Mapping[str, str] | None = None


CHANGES = {
    "an edited statement": Given({"shop.py": QUERY.encode()}, {"shop.py": BUILT.encode()}),
    "a removed timeout": Given({"net.py": FETCH.encode()}, {"net.py": FETCH.replace(", timeout=5", "").encode()}),
    "a call over several lines in a new file": Given({}, {"new.py": LOAD.encode()}),
    "a defect in a moved file": Given(
        {"old.py": (QUERY + "\n" * 9 + FETCH).encode()},
        {"sub dir/n\u00e9w.py": (BUILT + "\n" * 9 + FETCH).encode()},
        {"old.py": "sub dir/n\u00e9w.py"},
    ),
    "wide characters and CRLF": Given({}, {"wide.py": WIDE.replace("\n", "\r\n").encode()}),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all: the analysis is the same for every forge."""
    with closing(Sandbox(LimitSettings(), 1)) as opened:
        yield opened


def reviewed(where: World, given: Given, sandbox: Sandbox) -> tuple[list[object], list[tuple[str, int | None]]]:
    """Review the change as the bot would: what was found, and where people see it."""
    ref = where.new_change(given.head, given.base, given.renamed)
    event = Event(ref, "d-1", Happened.PATCHSET)
    examined = pipeline.examine(event, where.forge(), sandbox, Settings())
    assert isinstance(examined, Examination)
    pipeline.publish(examined, where.forge(), Settings())
    found: list[object] = [(one.rule, one.path, one.span, one.mark) for one in examined.report.findings]
    return found, [(seen.path, seen.line) for seen in where.comments(ref)]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("version", [NEW, OLD, "fake"])
def test_a_change_is_judged_and_shown_alike(version: str, name: str, sandbox: Sandbox) -> None:
    with github.open_world() as one:
        expected = reviewed(one, CHANGES[name], sandbox)
    with fake_world.open_world(NEW) if version == "fake" else world.open_world(version) as other:
        told = reviewed(other, CHANGES[name], sandbox)
    assert told == expected
    assert told[0]
    assert len(told[1]) == len(told[0])
