"""Which regular expressions take more than their share of a hostile text: `python -m tests.benchmarks.patterns`.

Every pattern that our code makes, at import and while the rules' examples are analysed, is run over texts made to hurt
it: its own words and what commonly stands in code, alone and in pairs, repeated. A pattern that is linear takes four
times as long for four times the text. Printed are those that take far longer, worst first, each with such a text. Each
is asked as its module asks it: to find all its matches, or one at a place, or to fit a whole.
"""

import importlib
import pkgutil
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from types import FrameType
from typing import Any

LENGTH = 3_000
TIMES = 4
# A linear pattern takes TIMES as long, a quadratic one the square of it.
SUSPECT = 9.0
# A linear pattern takes less for LENGTH characters.
FLOOR_SECONDS = 0.001
TRIES = 3
# Patterns that are made of names while a file is analysed are alike: so many of each place are enough.
ALIKE = 2
WORDS = 8
FIRST = 3
ROOT = Path(__file__).parents[2]
FILLERS = (
    " ",
    "a",
    "(",
    ")",
    "[",
    "{",
    "'",
    '"',
    "\n",
    "0",
    "_",
    ".",
    ",",
    "=",
    "\\",
    "#",
    "a ",
    "a.",
    "a, ",
    "\n ",
    "(a",
)
SIGNS = (".", "(", " ", "=")
# A text that never lets the end of a pattern fit.
LAST = "\0"
OURS = ("analyzers", "bot", "config")


@dataclass(frozen=True, order=True)
class Slow:
    """A pattern that takes more than its share: how many times as long, for TIMES the text."""

    ratio: float
    how: str
    place: str
    text: str


def recorded() -> dict[re.Pattern[str], str]:
    """Every pattern of text that our code makes, and where."""
    found: dict[re.Pattern[str], str] = {}
    compiling = re._compile  # type: ignore[attr-defined]

    def recording(pattern: Any, flags: Any) -> re.Pattern[Any]:
        made: re.Pattern[Any] = compiling(pattern, flags)
        if isinstance(made.pattern, str) and (place := asked(sys._getframe(1))):
            found.setdefault(made, place)
        return made

    re._compile = recording  # type: ignore[attr-defined]
    try:
        use_all()
    finally:
        re._compile = compiling  # type: ignore[attr-defined]
    return found


def asked(frame: FrameType | None) -> str | None:
    """The place in our code that asks for a pattern."""
    while frame and frame.f_globals["__name__"] == "re":
        frame = frame.f_back
    name = frame.f_globals["__name__"] if frame else ""
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame and name.split(".")[0] in OURS else None


def ways(place: str) -> set[str]:
    """How the module that names a pattern uses it; anyhow, where it has no name."""
    path, _, line = place.rpartition(":")
    text = Path(path).read_text()
    named = re.match(r"\s*(\w+) = ", text.split("\n")[int(line) - 1])
    used = {*re.findall(rf"\b{named[1]}\.(\w+)", text)} if named else set()
    return {verb if verb in ("match", "fullmatch") else "finditer" for verb in used} or {"match", "finditer"}


def use_all() -> None:
    """Import all that is ours, and analyse every example of every rule."""
    for package in map(importlib.import_module, OURS):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    from analyzers.catalog import all_rules
    from tests.rules.running import PATH, report

    for rule in all_rules():
        for example in (*rule.bad, *rule.good):
            report((rule,), {PATH: example.code, **example.files})


def words(pattern: str) -> list[str]:
    """What a text has to hold for a pattern to look closer: its first and its longest own words, and its signs."""
    found = re.findall(r"[A-Za-z_]{2,}|[^\w\s\\]", re.sub(r"\\[a-zA-Z]", " ", pattern))
    longest = sorted(set(found), key=lambda word: (-len(word), word))
    return list(dict.fromkeys([*found[:FIRST], *longest]))[:WORDS]


def hurting(pattern: str) -> Iterator[tuple[str, str]]:
    """What a text begins with, and what is repeated behind."""
    own = words(pattern)
    pairs = (word + filler for word, filler in product(own, FILLERS))
    units = (*FILLERS, *own, *pairs, *(f"{word}{sign}a " for word, sign in product(own, SIGNS)))
    return product(("", *own[:3]), dict.fromkeys(units))


def seconds(ask: Callable[[str], object], head: str, unit: str, length: int) -> float:
    """How long it takes, for a text of about so many characters."""
    text = head + unit * (length // len(unit)) + LAST
    began = time.process_time()
    ask(text)
    return time.process_time() - began


def ratio(ask: Callable[[str], object], head: str, unit: str) -> float:
    """How many times as long TIMES the text takes, at best of a few tries; 0 when it is fast anyway."""
    best = float("inf")
    for _ in range(TRIES):
        small = seconds(ask, head, unit, LENGTH)
        if small < FLOOR_SECONDS:
            return 0.0
        best = min(best, seconds(ask, head, unit, LENGTH * TIMES) / small)
        if best < SUSPECT:
            break
    return best


def run(pattern: re.Pattern[str], how: str, text: str) -> None:
    """Ask a pattern to the end."""
    found = getattr(pattern, how)(text)
    if how == "finditer":
        for _ in found:
            pass


def slow(pattern: re.Pattern[str], place: str) -> Iterator[Slow]:
    """The ways in which a pattern takes more than its share, each with the first text that shows it."""
    for how in ways(place):
        for head, unit in hurting(pattern.pattern):
            if (times := ratio(partial(run, pattern, how), head, unit)) >= SUSPECT:
                yield Slow(times, how, place, f"{head!r} + {unit!r} * n")
                break


def main() -> int:
    """Print the slow ones."""
    patterns = recorded()
    places = Counter[str]()
    found: list[Slow] = []
    for pattern, place in patterns.items():
        places[place] += 1
        if places[place] <= ALIKE:
            found += slow(pattern, place)
    print(f"{len(patterns)} patterns of {len(places)} places; {LENGTH} and {LENGTH * TIMES} characters")
    for one in sorted(found, reverse=True):
        print(f"{one.ratio:6.1f} times  {one.how}  {Path(one.place).relative_to(ROOT)}  {one.text}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
