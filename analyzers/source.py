"""SourceFile: one file as the rules see it, read only as far as they ask. Project: the files of one change together."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import libcst as cst

from analyzers import names
from analyzers.cuts import Cut, cut, risky, whole
from analyzers.lines import Lines, line_in, lines_of
from analyzers.memory import Memory, digest
from analyzers.model import Span
from analyzers.outline import DEPTH_LIMIT, Definition, Kind, Names, NewSyntax, Outline, Unit, outline
from analyzers.places import module_name
from analyzers.positions import written
from analyzers.scopes import tree_outline
from analyzers.text import Unreadable, smooth, split_lines, words
from analyzers.touched import TouchedLines


class SourceFile:
    """One Python file. Everything is made on demand and kept; `cache` is for facts that others hang on the file.

    `untouched` says that it is no file of the change; `asked` are the modules whose names in it were looked up.
    Raises Unreadable when it is not Python that can be read.
    """

    def __init__(self, path: str, text: str, project: "Project | None" = None) -> None:
        self.path = path
        self.text = text
        self.module = module_name(path)
        self.package = self.module if path.endswith("__init__.py") else self.module.rpartition(".")[0]
        self.cache: dict[Any, Any] = {}
        self.asked: set[str] = set()
        self.untouched = False
        self.project = project or Project([self])
        self._cuts: dict[Unit, Cut] = {}
        self._owner: dict[cst.CSTNode, Cut] = {}
        self._lines_known: dict[Cut, Lines] = {}

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends."""
        return split_lines(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the text, those of its comments and strings too."""
        return words(self.text)

    @cached_property
    def glossary(self) -> str:
        """Every word of the text once, a line each: to search for parts of words, a tenth as long as the text."""
        return "\n".join(self.words)

    @cached_property
    def smooth(self) -> str:
        """The text to search by pattern."""
        return smooth(self.text)

    @cached_property
    def outline(self) -> Outline:
        """Imports, classes, definitions, module names and units, from one `ast.parse`."""
        memory = self.project.memory
        try:
            return memory.outline(self.text, self.package) if memory else outline(self.text, self.package)
        except NewSyntax as error:
            if risky(self.text):
                raise
            try:
                return tree_outline(self._whole, self.package)
            except Unreadable:
                raise error from None

    @cached_property
    def digest(self) -> bytes:
        """What names the text."""
        return digest(self.text)

    @cached_property
    def readable(self) -> bool:
        """Whether there is an outline."""
        try:
            return bool(self.outline)
        except Unreadable:
            return False

    def scopes(self, touched: TouchedLines | None = None) -> tuple[Cut, ...]:
        """The parsed units that the touched lines reach, in line order; all of them when `touched` is None."""
        units = self.outline.units
        return tuple(self.read(one) for one in units if touched is None or touched.meet(one.line, one.end_line))

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands: 1-based, columns in characters, end exclusive. Raises KeyError for a foreign node."""
        return self._cut_of(node).span(node)

    def head_span(self, node: cst.CSTNode) -> Span:
        """Like `span`, but of a compound statement only its head: `with lock:`, `except KeyError:`, `def f(x):`."""
        return self._cut_of(node).head_span(node)

    def line(self, node: cst.CSTNode) -> int:
        """The line on which a node begins, without placing the rest of its unit where that can be helped."""
        made = self._cut_of(node)
        if made not in self._lines_known:
            self._lines_known[made] = lines_of(made.nodes, self.outline.statements(made.unit))
        return line_in(self._lines_known[made], node, self.ancestors(node)) or self.span(node).line

    def code(self, node: cst.CSTNode) -> str:
        """The text of a node, exactly as in the file."""
        text = written(node) if "positions" not in self._cut_of(node).__dict__ else None
        return text if text is not None else self.text_of(self.span(node))

    def text_of(self, span: Span) -> str:
        """The text of a stretch of the file."""
        if span.line == span.end_line:
            return self.line_text(span.line)[span.column - 1 : span.end_column - 1]
        inner = self.lines[span.line : span.end_line - 1]
        first, last = self.lines[span.line - 1][span.column - 1 :], self.line_text(span.end_line)[: span.end_column - 1]
        return "".join([first, *inner, last])

    def line_text(self, number: int) -> str:
        """A 1-based line without its end; "" outside the file."""
        return self.lines[number - 1].rstrip("\r\n") if 0 < number <= len(self.lines) else ""

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around, up to the unit: None at a function of a module or class, a class, a module's statement."""
        return self._cut_of(node).parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around, innermost first."""
        parents = self._cut_of(node).parents
        while node in parents:
            node = parents[node]
            yield node

    def definition(self, node: cst.CSTNode) -> Definition | None:
        """The innermost function or class that holds the node (a definition holds itself); None at module level."""
        name = self.definition_name(node)
        return self.outline.by_name.get(name) or self._nested(node, name) if name else None

    def definition_name(self, node: cst.CSTNode) -> str:
        """The qualname of the definition that holds the node, "" at module level."""
        unit = self._cut_of(node).unit
        around = [part.name.value for part in (node, *self.ancestors(node)) if isinstance(part, DEFINITIONS)]
        outer = unit.qualname.rpartition(".")[0] if unit.kind is not Kind.STATEMENT else ""
        return ".".join(filter(None, [outer, *reversed(around)]))

    def function(self, qualname: str) -> cst.FunctionDef | None:
        """The function or method of that qualname (the last one, as at run time), cut and parsed on demand."""
        node = self._node(qualname, Kind.FUNCTION)
        return node if isinstance(node, cst.FunctionDef) else None

    def klass(self, qualname: str) -> cst.ClassDef | None:
        """The whole class of that qualname with its methods, parsed on demand."""
        node = self._node(qualname, Kind.CLASS)
        return node if isinstance(node, cst.ClassDef) else None

    def qualified(self, node: cst.CSTNode) -> str | None:
        """The dotted name an expression stands for, through imports, aliases, re-exports, `self` and class attributes.

        "subprocess.run", "builtins.open", "<module>.<qualname>" for a local definition; None when a local name
        shadows it or nothing is known.
        """
        return names.qualified(self, node, calls=False)

    def origin(self, node: cst.CSTNode) -> str | None:
        """Like `qualified`, and through results: `s = requests.Session()` makes `s.get` "requests.Session().get"."""
        return names.qualified(self, node, calls=True)

    def local_names(self, function: cst.FunctionDef | cst.Lambda) -> Names:
        """The names that a function binds, see `scopes.local_names`."""
        return names.local(self, function)

    def mro(self, qualname: str) -> tuple[str, ...]:
        """The dotted names of a class and all its ancestors that can be known, nearest first."""
        return tuple(names.ancestry(self, qualname))

    def unit_of(self, node: cst.CSTNode) -> Unit:
        """The unit that holds a node."""
        return self._cut_of(node).unit

    def _cut_of(self, node: cst.CSTNode) -> Cut:
        found = self._owner.get(node)
        if found is None:
            raise KeyError(f"a {type(node).__name__} that is not of {self.path}, or is a token or whitespace")
        return found

    def read(self, unit: Unit) -> Cut:
        """A parsed unit. Raises Unreadable when it is nested too deeply."""
        if unit not in self._cuts:
            self._cuts[unit] = self._adopt(self._read(unit))
        return self._cuts[unit]

    def _read(self, unit: Unit) -> Cut:
        if self.outline.depth(unit) > DEPTH_LIMIT:
            raise Unreadable(f"syntax nested more than {DEPTH_LIMIT} levels deep")
        try:
            return cut(self.lines, unit)
        except Unreadable:
            if self.outline.deepest > DEPTH_LIMIT:
                raise
            return self._whole.part(unit)

    def _adopt(self, made: Cut) -> Cut:
        # Parts of a file read whole share their nodes, which stay with the part that was read first.
        shared = "_whole" in self.__dict__
        own = [node for node in made.nodes if node not in self._owner] if shared else made.nodes
        self._owner.update(dict.fromkeys(own, made))
        return made

    @cached_property
    def _whole(self) -> Cut:
        return whole(self.text, Unit(Kind.STATEMENT, 1, len(self.lines)))

    def _node(self, qualname: str, kind: Kind) -> cst.CSTNode | None:
        found = self.outline.by_name.get(qualname)
        if found is None or found.kind is not kind:
            return None
        try:
            return self.read(Unit(kind, found.line, found.end_line, qualname)).roots[0]
        except Unreadable:
            return None

    def _nested(self, node: cst.CSTNode, name: str) -> Definition | None:
        inner = next(part for part in (node, *self.ancestors(node)) if isinstance(part, DEFINITIONS))
        span = self.span(inner)
        kind = Kind.FUNCTION if isinstance(inner, cst.FunctionDef) else Kind.CLASS
        first = min([self.span(mark).line for mark in inner.decorators], default=span.line)
        return Definition(inner.name.value, name, kind, first, span.line, span.end_line, name.rpartition(".")[0])


DEFINITIONS = (cst.FunctionDef, cst.ClassDef)


class Project:
    """The files of one change, and first-party modules fetched for it, by module name.

    `models` is what is known of libraries; flow analyses and rules read it. `cache` is for facts about all files.
    `memory` remembers for the next project; every set in `listeners` gets the modules that are asked for.
    `touches` says of the lines of a path whether the change touches any, `taken` gives the text of those it took away.
    """

    def __init__(self, files: Sequence[SourceFile] = (), models: Any = None, memory: Memory | None = None) -> None:
        self.files: dict[str, SourceFile] = {}
        self.models = models
        self.memory = memory if memory and memory.models is models else None
        self.listeners: list[set[str]] = []
        self.touches: Callable[[str, int, int], bool] = lambda _path, _first, _last: False
        self.taken: Callable[[str], str] = lambda _path: ""
        self.cache: dict[Any, Any] = {}
        self._endings: dict[str, set[str]] = {}
        for file in files:
            self.add(file)

    def add(self, file: SourceFile) -> None:
        """Let the other files see this one."""
        file.project = self
        self.files[file.module] = file
        self.cache.clear()
        _, *rest = file.module.split(".")
        for place in range(len(rest)):
            self._endings.setdefault(".".join(rest[place:]), set()).add(file.module)

    def module(self, name: str) -> SourceFile | None:
        """The file of a module, also when the repository keeps it in a folder that the import does not name."""
        for listener in self.listeners:
            listener.add(name)
        found = self.named(name)
        return found if found is not None and found.readable else None

    def named(self, name: str) -> SourceFile | None:
        """The same, though it may not be readable."""
        found = self.files.get(name)
        if found is None:
            modules = self._endings.get(name, ())
            found = self.files[next(iter(modules))] if len(modules) == 1 else None
        return found

    def locate(self, dotted: str) -> tuple[SourceFile, Definition] | None:
        """The file and definition behind an absolute dotted name, through re-exports."""
        return names.locate(self, dotted)

    def find(self, dotted: str) -> tuple[SourceFile, cst.FunctionDef] | None:
        """The file and function behind an absolute dotted name, through re-exports and inheritance."""
        found = self.locate(dotted)
        node = found[0].function(found[1].qualname) if found else None
        return (found[0], node) if found and node else None
