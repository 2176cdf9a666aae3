"""Cutting the units a change reaches out of a file, and reading only those with libcst.

A cut keeps its lines unchanged: an indented one is put under `if 1:`, never dedented, so that columns stay true and
strings stay whole. A class is cut without its methods: their lines are left empty.
"""

import dataclasses
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import accumulate

import libcst as cst

from analyzers.model import Span
from analyzers.outline import Kind, Unit
from analyzers.positions import Positions
from analyzers.text import Unreadable, split_lines

PREFIX = "if 1:\n"
INDENT = re.compile(r"[ \t\f]*")
QUOTES = "\"'"
BLANKS = " \t\f\r\n"
# What begins a logical line and is lost on libcst, or taken for an indentation. Holes do not look like it.
FORGETFUL = re.compile(r"\f|(?:\A|(?<!\\)[\r\n])[ \t]*\\[\r\n]")
# Stands where a method stood, so that a class of methods alone still has a body.
HOLE_COMMENT = "# touchline: hole"
HOLE = f"pass  {HOLE_COMMENT}\n"
TOKEN = re.compile(
    r"(?P<text>\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|\"[^\"\\\r\n]*\"|'[^'\\\r\n]*')"
    r"|(?P<comment>\#[^\r\n]*)|(?P<line>[\r\n]+)|"
    r"(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<word>\w+)|(?P<other>[^\s\w])",
    re.DOTALL,
)
# Brackets inside brackets, and words and signs between two commas or line ends.
DEEPEST = 100
LONGEST = 1_000
# Texts one behind the other are one to `ast`; libcst puts each into the one before, and recurses when it writes them.
MOST_PARTS = 1_500
BEGINNINGS = (cst.BaseCompoundStatement, cst.SimpleStatementLine)
Definition = (cst.FunctionDef, cst.ClassDef)
# Tokens and whitespace: rules are never asked about them, and leaving them out makes the walk three times shorter.
TOKENS = frozenset(
    {
        *("asynchronous", "colon", "comma", "dot", "equal", "first_colon", "footer", "header", "indicator", "lbrace"),
        *("lbracket", "leading_lines", "lines_after_decorators", "lpar", "operator", "posonly_ind", "rbrace"),
        *("rbracket", "relative", "rpar", "second_colon", "semicolon", "separator", "star"),
    }
)


class Cut:
    """One parsed unit: its roots, their nodes in source order of statements, and where each stands in the file."""

    def __init__(
        self, unit: Unit, module: cst.Module, text: str, first_line: int, roots: Sequence[cst.CSTNode]
    ) -> None:
        self.unit = unit
        self.roots = tuple(roots)
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self.nodes = tuple(_index(self.roots, self.parents, _left_out(unit, roots)))
        self._module = module
        self.text = text
        self._first_line = first_line

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands in the file. Raises KeyError for a node of another cut."""
        start, end = self.positions[node]
        return Span(*self._place(start), *self._place(end))

    def part(self, unit: Unit) -> "Cut":
        """One unit of a file read whole. Raises Unreadable when nothing begins on the unit's line."""
        found = [node for node in self.nodes if isinstance(node, BEGINNINGS) and self._first_line_of(node) == unit.line]
        wanted = [node for node in found if isinstance(node, Definition) == (unit.kind is not Kind.STATEMENT)]
        if not wanted:
            raise Unreadable(f"line {unit.line}: not where a statement begins")
        made = Cut(unit, self._module, self.text, 1, wanted[:1])
        made.__dict__["positions"] = self.positions
        return made

    def _first_line_of(self, node: cst.CSTNode) -> int:
        # Where `ast` has it: a decorator begins with its expression.
        inner = node.decorators[0].decorator if isinstance(node, Definition) and node.decorators else node
        return self.span(inner).line

    def head_span(self, node: cst.CSTNode) -> Span:
        """Like `span`, but of a compound statement only what stands before its block, without decorators."""
        start, end = self.positions[node]
        body = getattr(node, "body", None)
        if isinstance(body, cst.IndentedBlock):
            end = self.positions[body.header][0]
        elif isinstance(body, cst.SimpleStatementSuite):
            end = self.positions[body.leading_whitespace][0]
        return Span(*self._place(start), *self._place(end))

    @cached_property
    def positions(self) -> Positions:
        """Offsets in the cut text, made when first asked for."""
        return Positions(self._module, self.text)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *accumulate(map(len, split_lines(self.text)))]

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        if line > 1 and offset == len(self.text) and not self.text.endswith(("\n", "\r")):
            line = min(line, len(self._line_starts) - 1)
        return line - 1 + self._first_line, offset - self._line_starts[line - 1] + 1


def whole(text: str, unit: Unit) -> Cut:
    """A file read whole. Raises Unreadable when libcst cannot."""
    text = _ended(text)
    module = _parse(text)
    return _placed(Cut(unit, module, text, 1, module.body))


def cut(lines: Sequence[str], unit: Unit) -> Cut:
    """The unit, parsed alone. Raises Unreadable when these lines do not stand for themselves."""
    kept = _lines(lines, unit)
    indented = bool(_indent(kept[0]))
    text = _ended((PREFIX if indented else "") + "".join(kept))
    module = _parse(text)
    body: Sequence[cst.CSTNode] = module.body
    if indented:
        block = body[0]
        if len(body) != 1 or not isinstance(block, cst.If):
            raise Unreadable("the cut ends its own block")
        body = block.body.body
    if unit.kind is not Kind.STATEMENT and (len(body) != 1 or not isinstance(body[0], Definition)):
        raise Unreadable("the cut is not one definition")
    return _placed(Cut(unit, module, text, unit.line - indented, body))


def _ended(text: str) -> str:
    """The text without blank lines at its end, where libcst loses some of them and comments before them."""
    kept = text.rstrip(BLANKS)
    return kept + ("\n\n" if kept.endswith("\\") else "\n") if kept else text


def _placed(made: Cut) -> Cut:
    """The cut. Raises Unreadable where libcst reads another text than Python does, or cannot write it."""
    if sum(map(made.text.count, QUOTES)) > 2 * MOST_PARTS and _most_parts(made.nodes) > MOST_PARTS:
        raise Unreadable(f"a text of more than {MOST_PARTS:,} parts")
    if ("\\" in made.text or "\f" in made.text) and FORGETFUL.search(made.text):
        try:
            made.positions  # noqa: B018 - made now, for it tells
        except Unreadable:
            raise Unreadable("a backslash alone on its line, or a form feed, hides how it is indented") from None
    return made


def _most_parts(nodes: Sequence[cst.CSTNode]) -> int:
    """How many texts stand one behind the other at most; a node comes after the one that it is in."""
    parts: dict[cst.CSTNode, int] = {}
    for node in nodes:
        if isinstance(node, cst.ConcatenatedString):
            parts[node.right] = parts.get(node, 1) + 1
    return max(parts.values(), default=0)


def risky(text: str) -> bool:
    """Whether libcst could crash or take minutes on a text that `ast` has refused, and so not measured."""
    depth = run = branches = 0
    for token in TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        depth += (kind == "open") - (kind == "close")
        run = 0 if word == "," or (kind == "line" and depth <= 0) else run + 1
        branches += word == "elif"
        if depth > DEEPEST or run > LONGEST or branches > LONGEST:
            return True
    return False


def _lines(lines: Sequence[str], unit: Unit) -> list[str]:
    kept = list(lines[unit.line - 1 : unit.end_line])
    for start, end in unit.holes:
        # One statement that goes on over all lines: libcst takes its time for every blank one.
        filled = HOLE.replace("  ", " " + "\\\n" * (end - start) + " ", 1)
        kept[start - unit.line : end - unit.line + 1] = (_indent(lines[start - 1]) + filled).splitlines(keepends=True)
    return kept


def _indent(line: str) -> str:
    found = INDENT.match(line)
    return found[0] if found else ""


def _parse(text: str) -> cst.Module:
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise Unreadable(f"line {error.raw_line}: not Python that can be read") from None
    except Exception as error:  # noqa: BLE001 - the native parser raises what it likes on hostile text
        raise Unreadable(f"cannot be read: {type(error).__name__}") from None


def _left_out(unit: Unit, roots: Sequence[cst.CSTNode]) -> frozenset[cst.CSTNode]:
    """The methods of a class unit, which are units themselves, and the statement that stands for them in a cut."""
    root = roots[0] if roots else None
    if not unit.holes or not isinstance(root, cst.ClassDef):
        return frozenset()
    return frozenset(part for part in root.body.body if isinstance(part, Definition) or _is_hole(part))


def _is_hole(part: cst.CSTNode) -> bool:
    if not isinstance(part, cst.SimpleStatementLine) or [type(small) for small in part.body] != [cst.Pass]:
        return False
    comment = part.trailing_whitespace.comment
    return comment is not None and comment.value == HOLE_COMMENT


def _index(
    roots: Sequence[cst.CSTNode], parents: dict[cst.CSTNode, cst.CSTNode], left_out: frozenset[cst.CSTNode]
) -> Iterator[cst.CSTNode]:
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        if node in left_out:
            continue
        yield node
        below: list[cst.CSTNode] = []
        for name in child_fields(type(node)):
            value = getattr(node, name)
            if value.__class__ in (tuple, list):
                below.extend(value)
            elif is_node(value.__class__):
                below.append(value)
        for child in below:
            parents[child] = node
        waiting.extend(reversed(below))


@cache
def is_node(kind: type) -> bool:
    """Whether a class is one of nodes: `isinstance` is slow to say no for the abstract classes of libcst."""
    return issubclass(kind, cst.CSTNode)


@cache
def child_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node type that can hold nodes a rule may be asked about."""
    names = (field.name for field in dataclasses.fields(kind))
    return tuple(name for name in names if name not in TOKENS and "whitespace" not in name)
