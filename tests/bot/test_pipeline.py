"""What is due, what is read, and what one file that cannot be had costs. The whole story is told in tests/journeys."""

from dataclasses import replace

import pytest

from analyzers.model import Status
from analyzers.touched import TouchedLines
from bot import pipeline
from bot.errors import Refused, Unavailable
from bot.model import ChangedFile, Event, FileStatus, Happened, Side
from config.settings import LimitSettings, ReviewSettings, Settings
from tests.bot.stories import CHANGE

SETTINGS = Settings()
PUSHED = Event(CHANGE.ref, "d1", Happened.PATCHSET, patchset="h1")
ONE = TouchedLines(frozenset({1}), frozenset(), ((1, 3),))


def changed(path, status=FileStatus.MODIFIED, **more):
    return ChangedFile(path, status, ONE, **more)


@pytest.mark.parametrize(
    ("event", "change", "reason"),
    [
        (PUSHED, CHANGE, ""),
        (PUSHED, replace(CHANGE, open=False), "the change is closed"),
        (replace(PUSHED, what=Happened.CLOSED), CHANGE, "the change is closed"),
        (PUSHED, replace(CHANGE, draft=True), "the change is a draft"),
        (replace(PUSHED, what=Happened.COMMAND), replace(CHANGE, draft=True), ""),
        (replace(PUSHED, patchset="h0"), CHANGE, "patchset h0 is no longer the head"),
    ],
)
def test_when_a_review_is_due(event, change, reason):
    assert pipeline.not_due(event, change, SETTINGS).startswith(reason)
    assert bool(pipeline.not_due(event, change, SETTINGS)) == bool(reason)


def test_drafts_are_reviewed_where_the_operator_wants_it():
    settings = Settings(review=ReviewSettings(drafts=True))
    assert pipeline.not_due(PUSHED, replace(CHANGE, draft=True), settings) == ""


def test_every_file_that_is_not_read_gets_its_reason():
    files = [
        changed("a.py"),
        changed("notes.md"),
        changed("old.py", FileStatus.DELETED),
        changed("data.py", binary=True),
        changed("gen/x.py"),
    ]
    told, read = pipeline.sort_out(files, Settings(review=ReviewSettings(exclude=("gen/*",))))
    assert [file.path for file in read] == ["a.py"]
    assert {r.path: r.reason for r in told} == {
        "notes.md": "not Python",
        "old.py": "deleted",
        "data.py": "binary",
        "gen/x.py": "excluded by review.exclude",
    }


def test_of_deleted_files_only_those_that_would_be_reviewed_are_read():
    gone = [changed(path, FileStatus.DELETED) for path in ("old.py", "gen/x.py", "notes.md")]
    settings = Settings(review=ReviewSettings(exclude=("gen/*",)))
    assert [file.path for file in pipeline.deleted([*gone, changed("a.py")], settings)] == ["old.py"]


@pytest.mark.parametrize("path", ["vendor/six.py", "src/app/_vendor/six.py", "third_party/a/b.py"])
def test_code_of_others_is_not_reviewed_by_default(path):
    told, read = pipeline.sort_out([changed(path), changed("vendors/six.py")], Settings())
    assert [(r.path, r.status) for r in told] == [(path, Status.SKIPPED)]
    assert [file.path for file in read] == ["vendors/six.py"]


def test_files_over_the_limit_make_the_review_partial():
    files = [changed(f"f{n}.py") for n in range(3)]
    told, read = pipeline.sort_out(files, Settings(limits=LimitSettings(files=2)))
    assert len(read) == 2
    assert [r.status for r in told] == [Status.UNREADABLE]


class Shelf:
    """The one verb of a forge that gathering uses."""

    def __init__(self, **contents):
        self.contents = contents

    def read(self, change, file, side, limit):
        found = self.contents[file.path.removesuffix(".py")]
        if isinstance(found, Exception):
            raise found
        if len(found) > limit:
            raise Refused(f"longer than {limit} bytes")
        return found if side is Side.HEAD else b"base"


def test_one_file_that_cannot_be_had_does_not_hide_the_others():
    shelf = Shelf(a=b"head", b=Refused("3,000,000 bytes, more than the limit of 2,000,000"))
    pairs, failed = pipeline.gather(shelf, CHANGE, [changed("a.py"), changed("b.py")], LimitSettings())
    assert [(pair.path, pair.head, pair.base) for pair in pairs] == [("a.py", b"head", b"base")]
    assert [(f.path, f.status) for f in failed] == [("b.py", Status.UNREADABLE)]


def test_a_change_never_fills_the_memory():
    shelf = Shelf(a=b"x" * 60, b=b"x" * 60)
    pairs, failed = pipeline.gather(
        shelf, CHANGE, [changed("a.py"), changed("b.py")], LimitSettings(change_bytes=100, file_bytes=80)
    )
    assert [pair.path for pair in pairs] == ["a.py"]
    assert [(f.path, f.status) for f in failed] == [("b.py", Status.UNREADABLE)]


def test_a_new_file_has_no_base():
    pair = pipeline.pair_of(Shelf(a=b"x"), CHANGE, changed("a.py", FileStatus.ADDED), 100)
    assert pair.base is None


def test_a_forge_that_is_away_ends_the_attempt_and_not_the_file():
    with pytest.raises(Unavailable):
        pipeline.gather(Shelf(a=Unavailable("503")), CHANGE, [changed("a.py")], LimitSettings())


def test_full_counts_the_last_line_without_newline():
    assert pipeline.every_line(b"a\nb").added == {1, 2}
