"""`touchline review github`: shown without posting, posted, and not posted twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.command_line.terminal import SAFE, UNSAFE, Said, touchline
from tests.fakes.github.repository import Repository
from tests.fakes.github.server import FakeGitHub, Standing
from tests.fakes.github.state import Hosted, Pull


class Town:
    """A pull request on the fake GitHub, and somebody at a terminal."""

    def __init__(self, fake: FakeGitHub, folder: Path) -> None:
        git = Repository.create(folder / "shop.git")
        base = git.commit({"net.py": SAFE.encode()})
        head = git.commit({"net.py": UNSAFE.encode()}, parent=base)
        self.folder, self.fake = folder, fake
        self.hosted: Hosted = fake.add_repository(git.folder, "acme/shop")
        self.pull: Pull = fake.open_pull(self.hosted, base=base, head=head)

    def review(self, *words: str) -> Said:
        """Review the pull request."""
        settings = {"TOUCHLINE_GITHUB__API_URL": self.fake.url, "TOUCHLINE_GITHUB__TOKEN": self.fake.token}
        return touchline("review", "github", f"acme/shop#{self.pull.number}", *words, at=self.folder, **settings)

    @property
    def stands(self) -> Standing:
        """What a person sees."""
        return self.fake.standing(self.hosted, self.pull)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with FakeGitHub() as fake:
        yield Town(fake, tmp_path)


def test_a_dry_run_prints_and_posts_nothing(town: Town) -> None:
    said = town.review("--dry-run")
    assert said.code == 1
    assert said.out.startswith("net.py:5:")
    assert said.err == "touchline: would post 1 comment and the summary\n"
    assert town.stands == Standing((), ())


def test_a_review_is_posted_once(town: Town) -> None:
    assert town.review().code == 1
    once = town.stands
    assert [(thread.path, thread.line) for thread in once.threads] == [("net.py", 5)]
    assert len(once.comments) == 1
    said = town.review()
    assert town.stands == once
    assert town.review("--dry-run").err == "touchline: nothing would be posted: all of it stands already\n"
    assert said.err.startswith("touchline: stands at ")


def test_a_pull_request_that_is_not_there_is_refused(town: Town) -> None:
    town.pull.number = 99
    said = town.review()
    assert (said.code, said.out) == (2, "")
    assert "acme/shop#99" in said.err
