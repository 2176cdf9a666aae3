"""The cheap way against libcst's own, counted: `python -m tests.analyzers.exact [every nth file]`.

Known errors of libcst's positions, where we differ on purpose: after a line that holds only a backslash, and after a
form feed that begins a statement, libcst forgets those characters and everything behind them stands too early.
(It also forgets the last line end of a file whose lines end in a lone carriage return, which moves nothing.)
"""

import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from analyzers.cuts import Cut
from analyzers.source import SourceFile
from analyzers.text import Unreadable, decode

LARGEST = 200_000
Place = tuple[str, int, int, int, int]


@dataclass
class Count:
    """What was compared."""

    files: int = 0
    units: int = 0
    nodes: int = 0
    skipped: int = 0


def sources() -> list[Path]:
    """The standard library and the installed packages, in a fixed order."""
    folders = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
    found = {path for folder in folders for path in Path(folder).rglob("*.py") if path.stat().st_size < LARGEST}
    return sorted(found)


def text_of(path: Path) -> str | None:
    """The text of a file, None when it is none that libcst and this Python can both read exactly."""
    try:
        text = decode(path.read_bytes())
    except Unreadable:
        return None
    return text if "\f" not in text and SourceFile("x.py", text).readable else None


def compare(text: str, count: Count) -> None:
    """Assert that every unit, cut alone, has its nodes where the file read whole has them."""
    file = SourceFile("x.py", text)
    module = cst.parse_module(text)
    if module.code.rstrip() != text.rstrip():
        count.skipped += 1
        return
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    truth = {place_of(node, positions[node]) for node in positions}
    names = {place for place in truth if place[0] == "Name"}
    for cut in file.scopes():
        for place in places(file, cut):
            assert place in truth, (file.line_text(place[1]), place)
            names.discard(place)
            count.nodes += 1
        count.units += 1
    assert not names, names
    count.files += 1


def places(file: SourceFile, cut: Cut) -> Iterator[Place]:
    """Where the cut's nodes stand. A class without its methods ends elsewhere, and its holes are no code."""
    for node in cut.nodes:
        if cut.unit.holes and node in (cut.roots[0], getattr(cut.roots[0], "body", None)):
            continue
        span = file.span(node)
        yield type(node).__name__, span.line, span.column, span.end_line, span.end_column


def place_of(node: cst.CSTNode, where: "cst.metadata.CodeRange") -> Place:
    """libcst's position in our terms: columns from 1."""
    start, end = where.start, where.end
    return type(node).__name__, start.line, start.column + 1, end.line, end.column + 1


def main(step: int) -> None:
    """Compare every `step`-th file and print the counts."""
    count = Count()
    for path in sources()[::step]:
        text = text_of(path)
        if text is not None:
            try:
                compare(text, count)
            except (AssertionError, Unreadable) as error:
                print(f"{path.name}: {error}")
                raise SystemExit(1) from None
    print(f"{count.files} files, {count.units} units, {count.nodes} nodes equal; {count.skipped} with libcst's errors")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
