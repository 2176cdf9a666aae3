"""The sandbox: a file can end its child, and nothing else."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analyzers.model import ContextFile, FilePair, FileReport, Status
from analyzers.touched import TouchedLines
from bot.errors import Broken
from bot.sandbox import Sandbox, neighbours
from config.settings import LimitSettings

LIMITS = LimitSettings(seconds_per_file=20)
HASTY = replace(LIMITS, seconds_per_file=0.5)
BEHAVES = "tests.bot.sandbox_targets:analyzer"


def pair(text: str, path: str = "a.py") -> FilePair:
    return FilePair(path, text.encode(), None, None)


@pytest.fixture
def sandbox() -> Iterator[Callable[..., Sandbox]]:
    opened: list[Sandbox] = []

    def open_one(limits: LimitSettings = LIMITS, children: int = 1, target: str = BEHAVES) -> Sandbox:
        opened.append(Sandbox(limits, children, target))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def reports(sandbox: Sandbox, *texts: str) -> list[FileReport]:
    return list(sandbox.analyze([pair(text, f"{number}.py") for number, text in enumerate(texts)]).files)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("segfault", "crashed (SIGSEGV)"),
        ("exit", "crashed (exit 7)"),
        ("hang", "takes longer than 0.5 s"),
        ("memory", "needs more than 1024 MB of memory"),
        ("bug", "a mistake of ours"),
    ],
)
def test_whatever_a_file_does_costs_its_own_receipt_only(
    sandbox: Callable[..., Sandbox], text: str, reason: str
) -> None:
    before, bad, after = reports(sandbox(HASTY), "fine", text, "fine")
    assert (before.status, before.reason) == (after.status, after.reason) == (Status.ANALYSED, "fine")
    assert bad.status is Status.UNREADABLE
    assert reason in bad.reason


def test_a_mistake_of_ours_is_in_the_log_with_its_place(
    sandbox: Callable[..., Sandbox], caplog: pytest.LogCaptureFixture
) -> None:
    reports(sandbox(), "bug")
    assert "ZeroDivisionError" in caplog.text
    assert "sandbox_targets.py" in caplog.text


def test_a_crash_caused_by_another_file_of_the_change_does_not_spread(sandbox: Callable[..., Sandbox]) -> None:
    assert [one.reason for one in reports(sandbox(), "fine", "poison", "neighbours")] == ["fine", "poison", "1"]


def test_files_of_one_change_are_analysed_together(sandbox: Callable[..., Sandbox]) -> None:
    assert reports(sandbox(), "neighbours", "x", "y")[0].reason == "3"


def test_a_change_gets_nothing_of_the_one_before(sandbox: Callable[..., Sandbox]) -> None:
    one = sandbox()
    reports(one, "x", "y", "z")
    assert reports(one, "neighbours", "x")[0].reason == "2"


def near(text: str, path: str = "near.py") -> ContextFile:
    return ContextFile(path, text.encode())


def test_the_context_of_a_change_is_shown_to_its_files_and_has_no_report(sandbox: Callable[..., Sandbox]) -> None:
    one = sandbox()
    pairs = [pair("context", "a.py"), pair("context", "b.py")]
    assert [file.reason for file in one.analyze(pairs).files] == ["", ""]
    assert [file.reason for file in one.analyze(pairs, [near("x"), near("y", "c.py")]).files] == ["near.py c.py"] * 2
    assert [file.reason for file in one.analyze(pairs).files] == ["", ""]


def test_a_context_that_crashes_is_left_out(sandbox: Callable[..., Sandbox]) -> None:
    (report,) = sandbox().analyze([pair("context")], [near("poison")]).files
    assert (report.status, report.reason) == (Status.ANALYSED, "")


def test_every_file_is_asked_what_it_wishes_for_and_one_that_crashes_wishes_for_nothing(
    sandbox: Callable[..., Sandbox],
) -> None:
    one = sandbox(HASTY)
    pairs = [pair("fine", "b.py"), pair("segfault", "c.py"), pair("fine", "a.py"), FilePair("gone.py", None, b"", None)]
    assert [(wish.by, wish.paths) for wish in one.wishes(pairs)] == [("a.py", ("0.py",)), ("b.py", ("0.py",))]
    assert [wish.paths for wish in one.wishes([pair("fine")], [near("x")])] == [("1.py",)]


def test_a_child_is_kept_warm(sandbox: Callable[..., Sandbox]) -> None:
    one = sandbox()
    first, second = reports(one, "pid", "pid")
    assert first.reason == second.reason == reports(one, "pid")[0].reason
    assert int(first.reason) != os.getpid()


def test_several_children_share_the_files_and_the_order_stays(sandbox: Callable[..., Sandbox]) -> None:
    found = sandbox(children=3).analyze([pair(str(number), f"{number:02}.py") for number in reversed(range(20))])
    assert [one.reason for one in found.files] == [str(number) for number in range(20)]


def test_a_child_sees_no_environment_no_open_file_and_no_folder_of_ours(
    sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOUCHLINE_GITHUB__TOKEN", "s3cret")
    with Path(__file__).open() as file:
        os.set_inheritable(file.fileno(), True)
        names, opened, places = reports(sandbox(), "environment", "files", "path")
    assert set(names.reason.split()) <= {"LANG", "PATH", "LC_CTYPE"}
    # in, answers, and one for both what is printed and what is complained
    kinds, pipes = {name.partition(":")[0] for name in opened.reason.split()}, set(opened.reason.split())
    assert (kinds, len(pipes)) == ({"pipe"}, 3)
    folder, first = places.reason.split()
    assert folder == "/"
    assert first not in ("", "/", str(Path.cwd()))


def test_a_child_can_write_no_file_and_what_it_prints_is_no_answer(sandbox: Callable[..., Sandbox]) -> None:
    write, noise, after = reports(sandbox(), "write", "noise", "fine")
    assert write.reason == "OSError"
    assert (noise.reason, after.reason) == ("quiet", "fine")


def test_what_a_child_prints_without_end_does_not_stop_it(sandbox: Callable[..., Sandbox]) -> None:
    assert [one.reason for one in reports(sandbox(), "much noise", "fine")] == ["quiet", "fine"]


def test_a_change_has_a_time_of_its_own_and_says_what_it_left(sandbox: Callable[..., Sandbox]) -> None:
    limits = replace(HASTY, seconds_per_change=0.6)
    found = reports(sandbox(limits), "hang", "hang", "fine", "fine")
    assert "limits.seconds_per_change" in found[-1].reason
    assert found[-1].status is Status.UNREADABLE


def test_a_file_over_the_limit_is_not_even_sent(sandbox: Callable[..., Sandbox]) -> None:
    (report,) = reports(sandbox(replace(LIMITS, file_bytes=3)), "fine")
    assert report.status is Status.UNREADABLE
    assert "limits.file_bytes" in report.reason


def test_progress_is_told_after_every_file(sandbox: Callable[..., Sandbox]) -> None:
    told: list[tuple[int, int, str]] = []
    sandbox().analyze([pair("x", "b.py"), pair("y", "a.py")], progress=lambda *what: told.append(what))
    assert told == [(1, 2, "a.py"), (2, 2, "b.py")]


def test_an_analysis_that_does_not_start_is_our_mistake(sandbox: Callable[..., Sandbox]) -> None:
    with pytest.raises(Broken, match="does not start"):
        reports(sandbox(target="tests.bot.sandbox_targets:missing"), "x")


def test_only_as_many_files_are_shown_to_each_other_as_fit() -> None:
    small, big = pair("x", "small.py"), pair("x" * 20_000_000, "big.py")
    assert neighbours([big, small]) == (small,)


GOOD = "import yaml\n\n\ndef read(text):\n    return yaml.load(text, yaml.Loader)\n"
HOSTILE = {
    "parentheses": "x = " + "(" * 5_000 + ")" * 5_000 + "\n",
    "elifs": "if a:\n    pass\n" + "elif a:\n    pass\n" * 20_000,
    "chain": "x = a" + ".b" * 5_000 + "\n",
    "calls": "x = a" + "()" * 5_000 + "\n",
    "nesting": "".join(" " * depth + "if x:\n" for depth in range(99)) + " " * 99 + "pass\n",
    "long line": "x = [" + "1," * 400_000 + "]\n",
    "big": "x = 1\n" * 3_400_000,
    "no Python": "\x00\x01 def ((",
    "many strings": "x = " + " + ".join(["'a'"] * 20_000) + "\n",
    "lambdas": "x = " + "lambda: " * 3_000 + "0\n",
    "f-strings": 'x = f"' + "{a}" * 20_000 + '"\n',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_real_analysis_of_a_hostile_file_leaves_its_neighbour_alone(
    sandbox: Callable[..., Sandbox], name: str
) -> None:
    limits = replace(LIMITS, seconds_per_file=3)
    everything = TouchedLines(frozenset(range(1, 60)), frozenset(), ((1, 60),))
    files = [
        FilePair("a.py", GOOD.encode(), None, everything),
        FilePair("b.py", HOSTILE[name].encode(), None, None),
        FilePair("c.py", GOOD.encode(), None, everything),
    ]
    one = Sandbox(limits, 2)
    try:
        before, hostile, after = one.analyze(files).files
    finally:
        one.close()
    assert (before.status, after.status) == (Status.ANALYSED, Status.ANALYSED)
    assert hostile.status in Status
    assert hostile.status is Status.ANALYSED or hostile.reason


def test_the_real_analysis_finds_the_same_through_the_sandbox(sandbox: Callable[..., Sandbox]) -> None:
    one = Sandbox(LIMITS, 1)
    try:
        (report,) = one.analyze([pair(GOOD)]).files
    finally:
        one.close()
    assert [finding.line for finding in report.findings] == [5]
