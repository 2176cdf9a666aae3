"""The cheap way against libcst's own, counted: `python -m tests.analyzers.exact [--every N] [--jobs N]`.

It compares the standard library, the installed packages (every Nth file of these) and the torturing code. Each unit,
cut and parsed alone, must have exactly the nodes that the file read whole has there, each where libcst's
`PositionProvider` says it is, also when only its line or its text is asked for; and all rules, asked about every line,
must say the same both ways. It prints how many files, definitions, units, nodes and findings were compared, what was
left out and why, and every difference: with one, the exit code is 1. A file that takes too long counts as one.

libcst's own positions are wrong after a line that holds only a backslash, and after a form feed that begins a
statement: it forgets those characters, and all that follows stands too early. In such a file calls, attributes and
lambdas are compared with `ast` of the running Python instead.
(It also forgets the last line end of a file whose lines end in a lone carriage return, which moves nothing.)
"""

import argparse
import ast
import platform
import signal
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import TypeVar

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from analyzers.catalog import all_rules
from analyzers.cuts import Cut
from analyzers.engine import RECURSION
from analyzers.model import Finding
from analyzers.models import load
from analyzers.outline import DEPTH_LIMIT, Kind, Unit
from analyzers.positions import written
from analyzers.rule import Rule, nothing_told
from analyzers.source import Project, SourceFile
from analyzers.text import Unreadable, decode, split_lines
from analyzers.walk import look
from config.library import model_texts
from tests.analyzers.torture import FORGETTING, NEWER, TORTURE

Place = tuple[str, int, int, int, int]
# What a child keeps of the files it read is given back when it ends.
FILES_OF_A_CHILD = 50
# A path at which every rule speaks.
PATH = "app/program.py"
MODELS = load(model_texts())
TELLING = [rule for rule in all_rules() if rule.told is not nothing_told]


class WholeFile(SourceFile):
    """A file whose units are taken from one parse of all of it."""

    def _read(self, unit: Unit) -> Cut:
        return self._whole.part(unit)

    @property
    def possible(self) -> bool:
        """Whether libcst reads all of it."""
        try:
            return bool(self._whole.positions)
        except Unreadable:
            return False


S = TypeVar("S", bound=SourceFile)


@dataclass
class Count:
    """What was compared, and what was not."""

    files: int = 0
    by_ast: int = 0
    definitions: int = 0
    units: int = 0
    nodes: int = 0
    findings: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: "Count") -> None:
        """Count what was compared elsewhere, too."""
        for part in fields(self):
            mine, theirs = getattr(self, part.name), getattr(other, part.name)
            setattr(self, part.name, mine + theirs)

    def __str__(self) -> str:
        said = (
            f"{self.files:,} files ({self.by_ast:,} of them by ast), {self.definitions:,} definitions, "
            f"{self.units:,} units, {self.nodes:,} nodes, {self.findings:,} findings; "
            f"{len(self.differences)} differences"
        )
        return "\n".join([said, *(f"  left out: {count:,} {why}" for why, count in sorted(self.left_out.items()))])


def sources() -> list[Path]:
    """The standard library and the installed packages, in a fixed order."""
    library, packages = Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))
    own = (path for path in library.rglob("*.py") if "site-packages" not in path.relative_to(library).parts)
    return sorted({*own, *packages.rglob("*.py")})


def torturing() -> Iterator[tuple[str, str]]:
    """The torturing code, by name."""
    yield from (TORTURE | FORGETTING | NEWER).items()
    yield from examples()


def examples() -> Iterator[tuple[str, str]]:
    """The bad examples of all rules."""
    for rule in all_rules():
        yield from ((f"{rule.name} {number}", bad.code) for number, bad in enumerate(rule.bad))


def text_of(path: Path, count: Count | None = None) -> str | None:
    """The text of a file; None, and a reason counted, when it is none that can be read both ways."""
    try:
        text = decode(path.read_bytes())
        deepest = SourceFile("x.py", text).outline.deepest
    except Unreadable as error:
        why = "that this Python cannot read" if "line " in str(error) else "in no encoding of Python source"
    else:
        if deepest <= DEPTH_LIMIT:
            return text
        why = "nested too deeply to be read whole"
    if count is not None:
        count.left_out[why] += 1
    return None


def compare(text: str, count: Count) -> None:
    """Assert that every unit, cut alone, has its nodes where the file read whole has them, and no node is lost."""
    file = SourceFile("x.py", text)
    cuts = file.scopes()
    unplaced = [(node, file.line(node), written(node)) for cut in cuts for node in cut.nodes]
    ours = Counter(place for cut in cuts for place in _places(file, cut))
    module = cst.parse_module(text)
    if module.code.rstrip("\r\n") == text.rstrip("\r\n"):
        theirs = Counter(_by_libcst(module))
    else:
        ours, theirs = Counter(_alike(file, cuts)), Counter(_by_ast(text))
        count.by_ast += 1
    assert ours == theirs, _difference(file, ours, theirs)
    for node, line, code in unplaced:
        place = file.span(node)
        assert line == place.line, f"{line} instead of {place}"
        assert code in (None, file.text_of(place)), f"{code!r} instead of {place}"
    count.files += 1
    count.units += len(cuts)
    count.definitions += sum(cut.unit.kind is not Kind.STATEMENT for cut in cuts)
    count.nodes += ours.total()


def _places(file: SourceFile, cut: Cut) -> Iterator[Place]:
    for node in _compared(cut):
        span = file.span(node)
        yield type(node).__name__, span.line, span.column, span.end_line, span.end_column


def _compared(cut: Cut) -> Iterator[cst.CSTNode]:
    """All nodes but classes with methods and their bodies: cut without its methods, a class may end elsewhere."""
    around: set[cst.CSTNode] = set()
    for node in cut.nodes:
        if isinstance(node, cst.ClassDef) and ((cut.unit.holes and node is cut.roots[0]) or _has_methods(node)):
            around |= {node, node.body}
        elif node not in around:
            yield node


def _has_methods(node: cst.ClassDef) -> bool:
    return any(isinstance(part, (cst.FunctionDef, cst.ClassDef)) for part in node.body.body)


def compare_findings(text: str, count: Count) -> None:
    """Assert that all rules say the same of every line: of cuts, after a glance at each, and of the whole file."""
    ours = findings(_file(SourceFile, text), glancing=False)
    assert ours == (theirs := findings(_file(SourceFile, text), glancing=True)), _unlike("a glance", ours, theirs)
    told, seen = examined(text, TELLING), examined(text, [replace(rule, told=nothing_told) for rule in TELLING])
    assert told == seen, f"{sorted(told ^ seen)[:3]} is only told, or only seen"
    whole = _file(WholeFile, text)
    if whole.possible:
        assert ours == (theirs := findings(whole, glancing=False)), _unlike("the whole", ours, theirs)
    else:
        count.left_out["asked all rules of the cuts alone, since libcst misreads them whole"] += 1
    count.findings += len(ours)


def findings(file: SourceFile, *, glancing: bool) -> list[Finding]:
    """What all rules find in all units."""
    found = look(file, file.outline.units, all_rules(), glancing=glancing)
    assert not found.troubles, found.troubles
    return sorted(found.findings, key=lambda finding: (finding.span, finding.rule, finding.message))


def examined(text: str, rules: Sequence[Rule]) -> set[tuple[str, int]]:
    """The lines of what rules examine in all units and find clean."""
    file = _file(SourceFile, text)
    return {(one.rule, one.line) for one in look(file, file.outline.units, rules).examined}


def _file(kind: type[S], text: str) -> S:
    file = kind(PATH, text)
    Project([file], MODELS)
    return file


def _unlike(what: str, ours: list[Finding], theirs: list[Finding]) -> str:
    lost = [f"{one.rule} in line {one.line}" for one in ours if one not in theirs]
    strange = [f"{one.rule} in line {one.line}" for one in theirs if one not in ours]
    return f"{what} loses {lost[:3]} and adds {strange[:3]}"


def _by_libcst(module: cst.Module) -> Iterator[Place]:
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    for node in _compared(Cut(Unit(Kind.STATEMENT, 1, 1), module, "", 1, module.body)):
        start, end = positions[node].start, positions[node].end
        yield type(node).__name__, start.line, start.column + 1, end.line, end.column + 1


def _by_ast(text: str) -> Iterator[Place]:
    """Where `ast` puts what both mean alike. It knows no places inside f-strings before 3.12."""
    lines = [line.encode() for line in split_lines(text)]
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Call, ast.Attribute, ast.Lambda)):
            start = len(lines[node.lineno - 1][: node.col_offset].decode())
            end = len(lines[(node.end_lineno or 0) - 1][: node.end_col_offset].decode())
            yield type(node).__name__, node.lineno, start + 1, node.end_lineno or 0, end + 1
        if not isinstance(node, ast.JoinedStr):
            waiting.extend(ast.iter_child_nodes(node))


def _alike(file: SourceFile, cuts: Iterable[Cut]) -> Iterator[Place]:
    for cut in cuts:
        for node in cut.nodes:
            within = any(isinstance(part, cst.FormattedString) for part in file.ancestors(node))
            if type(node) in (cst.Call, cst.Attribute, cst.Lambda) and not within and not _is_name(file, node):
                span = file.span(node)
                yield type(node).__name__, span.line, span.column, span.end_line, span.end_column


def _is_name(file: SourceFile, node: cst.CSTNode) -> bool:
    """Whether an attribute is the dotted name of an import, which is text to `ast`."""
    return any(isinstance(part, (cst.Import, cst.ImportFrom)) for part in file.ancestors(node))


def _difference(file: SourceFile, ours: Counter[Place], theirs: Counter[Place]) -> str:
    strange = [("ours", place) for place in (ours - theirs).elements()]
    lost = [("theirs", place) for place in (theirs - ours).elements()]
    found = sorted(strange + lost, key=lambda one: one[1][1:])[:4]
    return "; ".join(f"{whose} {place} in {file.line_text(place[1])!r}" for whose, place in found)


def examine(name: str, text: str, count: Count, with_findings: bool = True) -> None:
    """Compare one file, keeping the difference."""
    try:
        cst.parse_module(text)
    except cst.ParserSyntaxError:
        count.left_out["that libcst cannot read whole"] += 1
        return
    try:
        compare(text, count)
        if with_findings:
            compare_findings(text, count)
    except Exception as difference:  # noqa: BLE001 - whatever it is, it is a difference
        if isinstance(difference, Unreadable) and not _can_be_written(text):
            count.left_out["that libcst cannot write whole"] += 1
            return
        count.differences.append(f"{name}: {type(difference).__name__} {difference}")


def _can_be_written(text: str) -> bool:
    """Whether libcst can write out what it has read: it recurses for each part of a text in many parts."""
    try:
        return bool(cst.parse_module(text).code)
    except RecursionError:
        return False


class TooLong(Exception):
    """A comparison did not end in time."""


def examine_file(path: Path, seconds: int, with_findings: bool) -> Count:
    """Compare the file of a path, for so long at most."""

    def stop(*_: object) -> None:
        raise TooLong(f"{seconds} seconds were not enough")

    sys.setrecursionlimit(RECURSION)
    count = Count()
    text = text_of(path, count)
    if text is not None:
        signal.signal(signal.SIGALRM, stop)
        signal.alarm(seconds)
        examine(str(path), text, count, with_findings)
        signal.alarm(0)
    return count


def main() -> int:
    """Compare, print the counts, and fail when there is a difference."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--every", type=int, default=1, help="take every Nth file")
    asked.add_argument("--jobs", type=int, default=1, help="compare so many files at the same time")
    asked.add_argument("--seconds", type=int, default=300, help="a file that takes longer counts as a difference")
    asked.add_argument("--no-findings", action="store_true", help="compare the positions alone")
    wanted = asked.parse_args()
    sys.setrecursionlimit(RECURSION)
    count = Count()
    for name, text in torturing():
        examine(name, text, count, not wanted.no_findings)
    compared = partial(examine_file, seconds=wanted.seconds, with_findings=not wanted.no_findings)
    with Pool(wanted.jobs, maxtasksperchild=FILES_OF_A_CHILD) as pool:
        for one in pool.imap(compared, sources()[:: wanted.every]):
            count.add(one)
    print(f"Python {platform.python_version()}, libcst {cst.LIBCST_VERSION}: {count}", *count.differences, sep="\n")
    return bool(count.differences)


if __name__ == "__main__":
    sys.exit(main())
