"""The fake against the recordings of the real servers: it invents nothing, and refuses what they refuse."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.forges.gerrit.wire import read_diff
from tests.fakes.gerrit.jars import NEW, OLD
from tests.fakes.gerrit.record import SAMPLES, story
from tests.forges.gerrit.fake_world import open_world

# Keys whose values are names of things: their own names differ from run to run.
FREE = {"revisions", "files", "labels", "permitted_labels", "values"}


def told_by_fake(version: str) -> dict[str, Any]:
    """The same story, told by the fake."""
    with open_world(version) as world:
        return json.loads(json.dumps(story(world.server.call, world.checkout)))  # type: ignore[no-any-return]


def recorded(version: str) -> dict[str, Any]:
    """What the real server answered."""
    return json.loads((SAMPLES / f"{version}.json").read_text())  # type: ignore[no-any-return]


def invented(fake: Any, real: Any, road: str) -> Iterator[str]:
    """The roads to all that the fake answers and the real server does not, or otherwise."""
    if type(fake) is not type(real):
        yield f"{road}: {type(fake).__name__} for {type(real).__name__}"
    elif isinstance(fake, dict):
        free = road.rsplit("/", 1)[-1] in FREE
        for key, value in fake.items():
            known = together(list(real.values())) if free else real.get(key)
            yield from invented(value, known, f"{road}/{key}") if known is not None else [f"{road}/{key}: invented"]
    elif isinstance(fake, list) and real:
        for one in fake:
            yield from invented(one, together(real), road)


def together(many: list[Any]) -> Any:
    """One value with all the keys of many."""
    if not all(isinstance(one, dict) for one in many):
        return many[0]
    keys = {key for one in many for key in one}
    return {key: together([one[key] for one in many if key in one]) for key in keys}


@pytest.mark.parametrize("version", [NEW, OLD])
def test_the_fake_answers_in_the_shape_of_the_real_server(version: str) -> None:
    fake, real = told_by_fake(version), recorded(version)
    assert [road for name in fake for road in invented(fake[name], real[name], name)] == []


@pytest.mark.parametrize("version", [NEW, OLD])
def test_the_fake_refuses_what_the_real_server_refuses(version: str) -> None:
    fake, real = told_by_fake(version), recorded(version)
    statuses = {name: answer["status"] for name, answer in real.items() if "status" in answer and "words" in answer}
    assert {name: fake[name].get("status") for name in statuses} == statuses
    assert len(statuses) >= 6


@pytest.mark.parametrize("version", [NEW, OLD])
def test_the_fake_and_the_real_server_touch_the_same_lines(version: str) -> None:
    fake, real = told_by_fake(version), recorded(version)
    for name in ("diff of edited", "diff of renamed", "diff of deleted"):
        assert read_diff(fake[name]) == read_diff(real[name])
    assert fake["review"]["labels"] == real["review"]["labels"]
    assert fake["unknown label"] == {"labels": {}}
    assert real["unknown label"]["labels"] == {}


@pytest.mark.parametrize("version", [NEW, OLD])
def test_a_recorded_thread_moves_as_the_fakes_does(version: str) -> None:
    fake, real = told_by_fake(version), recorded(version)
    for told in (fake, real):
        (moved, *_) = [one for one in told["ported comments"]["app.py"] if "in_reply_to" not in one]
        assert (moved["line"], moved["unresolved"]) == (3, False)
