"""The doctor, on a server that is set up and on one that is not."""

from dataclasses import replace

import pytest

from bot.forges.gerrit.doctor import diagnose
from config.settings import GerritSettings, Secret
from tests.fakes.gerrit.jars import NEW
from tests.fakes.gerrit.server import AUTHOR, PASSWORD
from tests.forges.gerrit.world import GerritWorld

SECRET = (Secret("a-long-and-secret-path"),)


def failing(settings: GerritSettings) -> dict[str, str]:
    """The checks that failed, with their roads."""
    return {what: road for what, ok, road in diagnose(settings) if not ok}


def test_all_is_well_where_all_is_set_up(world: GerritWorld) -> None:
    world.new_change({"app.py": b"a = 1\n"})
    assert failing(replace(world.settings, webhook_secrets=SECRET, vote_label="Verified")) == {}
    assert failing(world.streaming()) == {}


def test_what_is_missing_names_its_road(world: GerritWorld) -> None:
    world.new_change({"app.py": b"a = 1\n"})
    settings = world.settings
    assert "gerrit.password" in failing(replace(settings, password=Secret("wrong")))["account"]
    assert "Service Users" in failing(replace(settings, user=AUTHOR, password=Secret(PASSWORD)))["group"]
    assert "gerrit.webhook_secrets" in failing(settings)["webhook"]
    assert "may not vote" in failing(replace(settings, webhook_secrets=SECRET, vote_label="Unheard-Of"))["label"]
    assert "visible" in failing(replace(settings, webhook_secrets=SECRET, command_groups=("Nobody",)))["group Nobody"]
    assert "regular expression" in failing(replace(settings, recheck_patterns=("(",)))["recheck patterns"]
    assert "ssh_key_file" in failing(replace(world.streaming(), ssh_key_file="/nowhere/key"))["stream"]


def test_a_token_that_ends_takes_the_place_of_the_password(world: GerritWorld) -> None:
    if world.server.version != NEW:
        pytest.skip("tokens came with 3.13")
    name = f"t{world.project[5:]}"
    told = world.server.call("PUT", f"/accounts/{world.bot}/tokens/{name}", {"lifetime": "1d"})
    settings = replace(world.settings, password=Secret(told["token"]), webhook_secrets=SECRET)
    assert failing(settings) == {}
