"""Each limit is reached through the real sandbox: the receipt says which, and memory stays small."""

import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from analyzers.model import FilePair, FileReport, Status
from analyzers.touched import TouchedLines
from bot.sandbox import Sandbox
from bot.sandbox_child import ANALYZER
from config.settings import LimitSettings

PATIENT = LimitSettings(seconds_per_file=300)
HASTY = replace(PATIENT, seconds_per_file=2)
MEASURED = "tests.bot.sandbox_targets:measured"
MOST_MB = 250


def analysed(
    text: str | bytes, limits: LimitSettings = PATIENT, touched: TouchedLines | None = None, target: str = ANALYZER
) -> FileReport:
    one = Sandbox(limits, 1, target)
    try:
        data = text if isinstance(text, bytes) else text.encode()
        (report,) = one.analyze([FilePair("app/a.py", data, None, touched)]).files
    finally:
        one.close()
    return report


def nested(depth: int) -> str:
    text = "x"
    for _ in range(depth):
        text = "f'{" + text + "}'"
    return f"y = {text}\n"


# Something that a rule looks for, so that the statement is really read.
SEEN = "yaml.load(a)"
REFUSED = {
    "parentheses": ("x = " + "(" * 5_000 + ")" * 5_000 + "\n", "nested"),
    "parentheses after newer syntax": ("type X = int\nx = " + "(" * 5_000 + ")" * 5_000 + "\n", "line"),
    "elifs": ("if a:\n    pass\n" + "elif a:\n    pass\n" * 20_000, "nested"),
    "parts of a text": (f"import yaml\nx = {SEEN}, (\n" + "    'a'\n" * 2_000 + ")\n", "1,500 parts"),
    "attributes": (f"import yaml\nx = {SEEN}" + ".b" * 20_000 + "\n", "nested"),
    "attributes just past the limit": (f"import yaml\nx = {SEEN}" + ".b" * 500 + "\n", "400 levels"),
    "calls": (f"import yaml\nx = {SEEN}" + "()" * 5_000 + "\n", "nested"),
    "subscripts": (f"import yaml\nx = {SEEN}" + "[0]" * 5_000 + "\n", "nested"),
    "a long sum": ("x = " + " + ".join([SEEN] * 50_000) + "\n", "nested"),
    "lambdas": ("x = " + "lambda: " * 3_000 + "0\n", "nested"),
    "signs": ("x = " + "-" * 50_000 + "1\n", "nested"),
    "too many lines": ("x = 1\n" * 70_000, "60,000 lines"),
    "null bytes": ("x = 1\n\0\n", "null"),
    "half a character": (b"x = '\xed\xa0\x80'\n", "utf-8 at byte 6"),
}
READ = {
    "attributes within the limit": f"import yaml\nx = {SEEN}" + ".b" * 380 + "\n",
    "a list of 100,000 numbers": f"import yaml\nx = [{SEEN}, " + "1, " * 100_000 + "]\n",
    "a line of 2 MB": "x = '" + "a" * 1_999_000 + "'\n",
    "a comment of 2 MB": "# " + "(" * 1_999_000 + "\n",
    "f-strings in f-strings": nested(120),
    "an f-string of many parts": 'x = f"' + "{a}" * 20_000 + '"\n',
    "decorators": "@a\n" * 10_000 + "def f(): pass\n",
    "one try with 20,000 handlers": "try:\n    a()\n" + "".join(f"except E{n}:\n    pass\n" for n in range(20_000)),
    "10,000 classes, each the base of the next": "".join(f"class C{n + 1}(C{n}): pass\n" for n in range(10_000)),
    "50,000 functions": "".join(f"def f{n}(): return f{n - 1}()\n" for n in range(50_000)),
    "20,000 uses of what one function answers": "def g(a):\n    return None\n"
    "def f(a):\n" + "    x = g(a)\n    x.b()\n" * 20_000,
    "5,000 lists of one class": "class A:\n"
    + "".join(f"    def f{n}(self):\n        self.a{n} = []\n        for x in self.a{n}: pass\n" for n in range(5_000)),
    "20,000 names that nothing binds": "".join(f"d{n}()\n" for n in range(20_000)),
    "20,000 names that nothing binds, in one function": "def f():\n" + "".join(f"    d{n}()\n" for n in range(20_000)),
    "10,000 functions, each with a name that nothing binds": "".join(
        f"def f{n}():\n    return d{n}\n" for n in range(10_000)
    ),
    "a list of 20,000 findings": f"import yaml\nx = [{f'{SEEN}, ' * 20_000}]\n",
    "blocks in blocks": "".join(" " * depth + "if x:\n" for depth in range(99)) + " " * 99 + "pass\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_crash_a_parser_gets_a_receipt_that_says_why(name: str) -> None:
    text, reason = REFUSED[name]
    report = analysed(text)
    assert report.status is Status.UNREADABLE
    assert reason in report.reason


@pytest.mark.parametrize("name", READ)
def test_what_is_only_large_is_analysed(name: str) -> None:
    assert analysed(READ[name]).status is Status.ANALYSED


def test_a_long_conjunction_costs_the_file_alone() -> None:
    report = analysed("import yaml\nx = " + " and ".join([SEEN] * 60_000) + "\n")
    assert report.status is Status.UNREADABLE
    assert report.reason


def test_a_file_that_takes_too_long_says_the_limit() -> None:
    report = analysed("import yaml\n" + f"def f():\n    {SEEN}\n" * 25_000, HASTY)
    assert report.status is Status.UNREADABLE
    assert "limits.seconds_per_file" in report.reason


def test_a_file_that_needs_too_much_memory_says_the_limit_and_with_more_it_is_analysed() -> None:
    text = READ["a list of 100,000 numbers"]
    report = analysed(text, replace(PATIENT, memory_mb=256))
    assert report.status is Status.UNREADABLE
    assert report.reason == "its analysis needs more than 256 MB of memory (limits.memory_mb)"
    assert analysed(text, replace(PATIENT, memory_mb=1024)).status is Status.ANALYSED


def long_file(lines: int) -> str:
    """Real modules of the standard library, one behind the other."""
    text = ""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        own = path.read_text(encoding="utf-8")
        if "from __future__" not in own and text.count("\n") + own.count("\n") <= lines:
            text += own + "\n"
    return text


@pytest.mark.parametrize("count", [1, 10, None])
def test_a_child_takes_little_memory_for_a_file_of_12_000_lines(count: int | None) -> None:
    text = long_file(12_000)
    lines = text.count("\n")
    assert lines > 11_000
    places = range(1, lines, lines // count) if count else range(1, lines + 1)
    touched = TouchedLines(frozenset(list(places)[: count or lines]))
    report = analysed(text, PATIENT, touched, MEASURED)
    print(f"{report.touched_lines} lines touched: {report.reason} MB")
    assert report.status is Status.ANALYSED
    assert 20 < int(report.reason) < MOST_MB
