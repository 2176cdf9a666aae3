"""What is read beside a change, what that may cost, and what happens when it cannot be had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pytest

from analyzers.model import ContextFile, FilePair, FileReport, Report, Status, Wish
from analyzers.touched import TouchedLines
from bot import pipeline, review
from bot.context import Context, surround
from bot.errors import Broken, Refused, TouchlineError, Unavailable
from bot.forge import Forge
from bot.model import Change, ChangedFile, Event, FileStatus, Happened, Side
from bot.pipeline import Examination
from config.settings import LimitSettings, ReviewSettings, Settings
from tests.bot.stories import CHANGE

LIMITS = LimitSettings()
PAIR = FilePair("shop/views.py", b"x", None, None)
HERE = (PAIR,)


def wish(module: str, *paths: str, sure: bool = True, by: str = "shop/views.py") -> Wish:
    return Wish(by, module, paths or (f"{module.replace('.', '/')}.py",), sure)


@dataclass
class Repository:
    """Files, or the errors that reading them gives; keeps what was asked for."""

    files: dict[str, bytes | TouchlineError]
    asked: list[str] = field(default_factory=list)

    def change(self, _ref: object) -> Change:
        return CHANGE

    def hear(self, event: Event) -> Event:
        return event

    def diff(self, _change: Change) -> tuple[ChangedFile, ...]:
        touched = TouchedLines(frozenset({1}), frozenset(), ((1, 1),))
        return (ChangedFile("shop/views.py", FileStatus.ADDED, touched),)

    def read(self, change: Change, file: ChangedFile, side: Side, limit: int) -> bytes:
        assert (change, side) == (CHANGE, Side.HEAD)
        self.asked.append(file.path)
        found = self.files.get(file.path, Refused("not there", 404))
        if isinstance(found, TouchlineError):
            raise found
        if len(found) > limit:
            raise Refused("too long", 413)
        return found


@dataclass
class Reader:
    """Wishes in rounds: those for which the context that it was shown holds the key."""

    rounds: dict[str, Sequence[Wish]]
    shown: list[tuple[str, ...]] = field(default_factory=list)

    def wishes(self, _pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> tuple[Wish, ...]:
        paths = tuple(file.path for file in context)
        self.shown.append(paths)
        return tuple(one for key, wishes in self.rounds.items() if key in ("", *paths) for one in wishes)

    def analyze(self, pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> Report:
        said = " ".join(file.path for file in context)
        return Report(tuple(FileReport(pair.path, Status.ANALYSED, said) for pair in pairs))


def read(
    files: dict[str, bytes | TouchlineError],
    *first: Wish,
    later: Mapping[str, Sequence[Wish]] = MappingProxyType({}),
    limits: LimitSettings = LIMITS,
) -> tuple[list[str], Context]:
    """The requests, and what came of them; `later` are the wishes once a file is at hand."""
    repository = Repository(files)
    reader = Reader({"": first, **later})
    return repository.asked, surround(as_forge(repository), CHANGE, HERE, {"shop/views.py"}, reader, limits)


def as_forge(repository: Repository) -> Forge:
    return repository  # type: ignore[return-value]


def paths(context: Context) -> list[str]:
    return [file.path for file in context.files]


def test_nothing_wished_for_costs_no_request() -> None:
    assert read({"shop/db.py": b"x"}) == ([], Context())


def test_the_first_place_that_exists_is_the_module() -> None:
    wanted = wish("shop.db", "shop/db.py", "shop/db/__init__.py", "shop/__init__.py")
    asked, context = read({"shop/db/__init__.py": b"y", "shop/__init__.py": b"z"}, wanted)
    assert asked == ["shop/db.py", "shop/db/__init__.py"]
    assert context.files == (ContextFile("shop/db/__init__.py", b"y"),)


def test_a_folder_that_is_known_is_no_file() -> None:
    wanted = wish("shop", "shop.py", "shop/__init__.py")
    assert read({"shop/__init__.py": b"x"}, wanted)[0] == ["shop/__init__.py"]


def test_what_a_module_calls_is_read_up_to_so_many_hops() -> None:
    files: dict[str, bytes | TouchlineError] = {"shop/a.py": b"x", "shop/b.py": b"x", "shop/c.py": b"x"}
    chain = {"shop/a.py": [wish("shop.b")], "shop/b.py": [wish("shop.c")]}
    assert paths(read(files, wish("shop.a"), later=chain)[1]) == ["shop/a.py", "shop/b.py"]
    assert paths(read(files, wish("shop.a"), limits=replace(LIMITS, context_hops=1), later=chain)[1]) == ["shop/a.py"]
    assert paths(read(files, wish("shop.a"), limits=replace(LIMITS, context_hops=4), later=chain)[1]) == list(files)
    assert read(files, wish("shop.a"), limits=replace(LIMITS, context_hops=0))[0] == []


def test_no_path_is_asked_for_twice() -> None:
    files: dict[str, bytes | TouchlineError] = {"shop/a.py": b"x"}
    again = [wish("shop.a"), wish("shop.b"), wish("shop.c", "shop/b.py", by="shop/other.py")]
    assert read(files, *again, later={"shop/a.py": again})[0] == ["shop/a.py", "shop/b.py"]


def test_a_path_of_the_change_is_never_read_as_context() -> None:
    assert read({"shop/views.py": b"x"}, wish("shop.views"))[0] == []


def test_a_library_that_stands_nowhere_is_looked_for_once() -> None:
    guesses = [wish("weather", sure=False), wish("weather.wind", sure=False), wish("zoo", sure=False), wish("shop.db")]
    assert read({}, *guesses)[0] == ["shop/db.py", "weather.py", "zoo.py"]


@pytest.mark.parametrize(
    ("limits", "asked", "had"),
    [
        (replace(LIMITS, context_files=2), ["shop/m0.py", "shop/m1.py"], 2),
        (replace(LIMITS, context_files=0), [], 0),
        (replace(LIMITS, context_requests=3), ["shop/m0.py", "shop/m1.py", "shop/m2.py"], 3),
        (replace(LIMITS, context_bytes=25), ["shop/m0.py", "shop/m1.py", "shop/m2.py", "shop/m3.py"], 2),
    ],
)
def test_files_requests_and_bytes_have_a_limit(limits: LimitSettings, asked: list[str], had: int) -> None:
    found, context = read({f"shop/m{n}.py": b"x" * 10 for n in range(4)}, *map(wish, wishes_of(4)), limits=limits)
    assert (found, len(context.files)) == (asked, had)


def wishes_of(count: int) -> list[str]:
    return [f"shop.m{number}" for number in range(count)]


def test_the_order_of_the_wishes_does_not_matter() -> None:
    files: dict[str, bytes | TouchlineError] = {f"shop/m{n}.py": b"x" for n in range(20)}
    wishes = list(map(wish, wishes_of(20)))
    assert read(files, *wishes) == read(files, *reversed(wishes))


def test_the_nearest_of_each_file_come_first() -> None:
    near = [
        replace(wish(f"shop.{name}", by=by), rank=rank)
        for rank, by, name in [(0, "b.py", "z"), (1, "b.py", "a"), (0, "a.py", "y"), (2, "a.py", "b")]
    ]
    assert read({}, *near, replace(wish("zoo", sure=False), rank=0))[0] == [
        "shop/y.py",
        "shop/z.py",
        "shop/a.py",
        "shop/b.py",
        "zoo.py",
    ]


@pytest.mark.parametrize("trouble", [Unavailable("503"), Broken("not base64")])
def test_a_forge_in_trouble_is_not_asked_again_and_the_receipts_say_what_is_missing(trouble: TouchlineError) -> None:
    files: dict[str, bytes | TouchlineError] = {"shop/a.py": b"x", "shop/b.py": trouble, "shop/c.py": b"x"}
    asked, context = read(files, *map(wish, ["shop.a", "shop.b", "shop.c"]))
    assert asked == ["shop/a.py", "shop/b.py"]
    assert paths(context) == ["shop/a.py"]
    plain = [FileReport("shop/views.py", Status.ANALYSED), FileReport("shop/x.py", Status.ANALYSED)]
    mine, other = context.told(Report(tuple(plain))).files
    assert mine.reason == "without shop/b.py, shop/c.py, which the forge could not give"
    assert other.reason == ""


def test_what_stands_is_not_called_gone_where_something_was_missing() -> None:
    report = Report(
        (
            FileReport("a.py", Status.ANALYSED, "without db.py, which the forge could not give"),
            FileReport("b.py", Status.ANALYSED),
            FileReport("c.py", Status.SKIPPED, "deleted"),
        )
    )
    assert review.compose(report, CHANGE, ReviewSettings()).unknown == ("a.py",)


def test_a_review_without_its_context_is_still_a_review() -> None:
    repository = Repository({"shop/views.py": b"x", "shop/db.py": Unavailable("503")})
    event = Event(CHANGE.ref, "d", Happened.PATCHSET)
    done = pipeline.examine(event, as_forge(repository), Reader({"": [wish("shop.db")]}), Settings())
    assert isinstance(done, Examination)
    assert [file.reason for file in done.report.files] == ["without shop/db.py, which the forge could not give"]


def test_the_context_is_analysed_with_the_change_and_gets_no_receipt() -> None:
    repository = Repository({"shop/views.py": b"x", "shop/db.py": b"y"})
    event = Event(CHANGE.ref, "d", Happened.PATCHSET)
    done = pipeline.examine(event, as_forge(repository), Reader({"": [wish("shop.db")]}), Settings())
    assert isinstance(done, Examination)
    assert [(file.path, file.reason) for file in done.report.files] == [("shop/views.py", "shop/db.py")]
    assert repository.asked == ["shop/views.py", "shop/db.py"]
