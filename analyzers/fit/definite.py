"""Which definition a name certainly stands for: bound once, never bound anew, found without a guess.

Names for whoever writes the code may stand for several things; here whatever may be two things is nothing.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from analyzers.outline import FUNCTIONS, Bound, Definition, Function, Kind, Names, dotted
from analyzers.source import SourceFile
from analyzers.text import words
from analyzers.whereabouts import line_at

HOPS = 8
# Texts are searched, not trees: what says so in a comment makes a name uncertain, too.
GLOBAL = re.compile(r"global\b((?:[^\\\n]|\\.)*)", re.DOTALL)
STAR = re.compile(r"import[ \t\\\r\n]*\*")
STANDARD = frozenset(sys.stdlib_module_names)
# These add nothing to how an instance is made, or to what its methods take.
MARKS = frozenset({"dataclass", "total_ordering", "final", "runtime_checkable"})
ROOTS = frozenset({"object", "abc.ABC", "typing.Generic"})
# Bases in the standard library that leave the making of an instance to `__init__`.
ORDINARY = frozenset(
    "Exception RuntimeError ValueError TypeError KeyError LookupError IndexError AttributeError Warning UserWarning "
    "NotImplementedError dict list set threading.Thread logging.Handler logging.Formatter logging.Filter "
    "logging.LoggerAdapter unittest.TestCase html.parser.HTMLParser json.JSONEncoder json.JSONDecoder "
    "ast.NodeVisitor ast.NodeTransformer argparse.Action argparse.ArgumentParser".split()
)


@dataclass(frozen=True, slots=True)
class Place:
    """A definition in its file, by its qualname."""

    file: SourceFile
    definition: Definition

    @property
    def qualname(self) -> str:
        """The dotted name in the file."""
        return self.definition.qualname

    @property
    def is_class(self) -> bool:
        """Whether it is a class."""
        return self.definition.kind is Kind.CLASS

    @property
    def function(self) -> Function | None:
        """The function, if it is defined once and under no condition."""
        nodes = self.file.outline.nodes.get(self.qualname, ())
        node = nodes[0] if len(nodes) == 1 else None
        return node if isinstance(node, FUNCTIONS) and node in self._around else None

    @property
    def klass(self) -> ast.ClassDef | None:
        """The class, if it is defined once and under no condition, by no metaclass and through no wrapping."""
        node = self.file.outline.classes.get(self.qualname)
        if node is None or len(self.file.outline.nodes[self.qualname]) != 1 or node not in self._around:
            return None
        keywords = all(one.arg == "metaclass" and dotted(one.value).endswith("ABCMeta") for one in node.keywords)
        marks = {dotted(mark).rpartition(".")[2] for mark in node.decorator_list}
        return node if keywords and marks <= MARKS else None

    @property
    def _around(self) -> Set[ast.stmt]:
        known: dict[str, frozenset[ast.stmt]] = self.file.cache.setdefault(Place, {})
        outline, parent = self.file.outline, self.definition.parent
        if parent not in known:
            around = outline.classes.get(parent) if parent else outline.tree
            known[parent] = frozenset(around.body if around else ())
        return known[parent]


@dataclass(frozen=True, slots=True)
class Line:
    """A class and those above it, in the order in which attributes are looked for, as far as it is certain.

    `whole`: there are no others; `ordinary`: the others leave the making of an instance to `__init__`.
    """

    classes: tuple[Place, ...]
    whole: bool
    ordinary: bool


def behind(file: SourceFile, name: str, depth: int = 0) -> Place | None:
    """The definition behind a dotted name that is said at the top level of a file."""
    return behind_name(file, file.outline.names[""], name, depth)


def behind_name(file: SourceFile, names: Names, name: str, depth: int = 0) -> Place | None:
    """The definition behind a dotted name whose first part is one of some names of the file."""
    root, _, rest = name.partition(".")
    bindings = names.get(root, [])
    if depth > HOPS or len({(one.how, one.target) for one in bindings}) != 1 or root in bound_globally(file):
        return None
    if bindings[0].how is Bound.IMPORT:
        return imported(file, ".".join(filter(None, [bindings[0].target, rest])), depth + 1)
    if bindings[0].how is not Bound.DEFINITION or len(bindings) != 1:
        return None
    own = file.outline.by_name.get(root)
    if own is None or _is_covered(file, own):
        return None
    return _inside(Place(file, own), rest)


def _inside(place: Place, rest: str) -> Place | None:
    """A class in a class; methods are asked for by `attribute`."""
    for part in filter(None, rest.split(".")):
        inner = place.file.outline.by_name.get(f"{place.qualname}.{part}")
        bound = place.file.outline.names.get(place.qualname, {}).get(part, ())
        if inner is None or len(bound) != 1 or inner.kind is not Kind.CLASS:
            return None
        place = Place(place.file, inner)
    return place


def bound_globally(file: SourceFile) -> Set[str]:
    """The names of the module that functions of the file give anew."""
    known: frozenset[str] | None = file.cache.get(bound_globally)
    if known is None:
        known = file.cache[bound_globally] = words(" ".join(GLOBAL.findall(file.text)))
    return known


def _is_covered(file: SourceFile, own: Definition) -> bool:
    """Whether an import of every name stands behind a definition."""
    if not file.outline.stars:
        return False
    last: int | None = file.cache.get(_is_covered)
    if last is None:
        places = [found.start() for found in STAR.finditer(file.text)]
        last = file.cache[_is_covered] = line_at(file, places[-1]) if places else 0
    return last > own.line


def imported(file: SourceFile, name: str, depth: int = 0) -> Place | None:
    """The definition of an absolute dotted name that a file imports."""
    parts = name.split(".")
    if parts[0] in STANDARD:
        return None
    for length in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:length])
        other = file.project.module(module)
        if other is None:
            continue
        if not _is_meant(file, other, module) or _is_hidden(file, parts[:length]):
            return None
        return behind(other, ".".join(parts[length:]), depth)
    return None


def _is_meant(file: SourceFile, other: SourceFile, module: str) -> bool:
    """Whether a module that was found below a folder is the one that an import in this file names."""
    if other.module == module:
        return True
    root = other.module.removesuffix(module)
    return f"{file.module}.".startswith(f"{root}{module.partition('.')[0]}.")


def _is_hidden(file: SourceFile, parts: list[str]) -> bool:
    """Whether a package on the way to a module gives the module's name to something else."""
    for length in range(1, len(parts)):
        package = file.project.module(".".join(parts[:length]))
        bound = package.outline.names[""].get(parts[length], ()) if package else ()
        if any(one.target != ".".join(parts[: length + 1]) for one in bound):
            return True
    return False


def line(place: Place) -> Line:
    """A class and those above it. One that is itself uncertain has none."""
    known: dict[str, Line] = place.file.cache.setdefault(line, {})
    if place.qualname not in known:
        known[place.qualname] = Line((), False, False)  # where a class stands above itself
        known[place.qualname] = _line(place)
    return known[place.qualname]


def _line(place: Place) -> Line:
    node = place.klass
    if node is None:
        return Line((), False, False)
    known = [name for name in map(dotted, node.bases) if _foreign(place.file, name) not in ROOTS]
    if not known:
        return Line((place,), True, True)
    above = [behind(place.file, name) for name in known]
    if len(known) > 1:
        return _merged(place, above)
    if above[0] is None or not above[0].is_class:
        return Line((place,), False, above[0] is None and _foreign(place.file, known[0]) in ORDINARY)
    further = line(above[0])
    if not further.classes:
        return Line((place,), False, False)
    return Line((place, *further.classes), further.whole, further.ordinary)


def _foreign(file: SourceFile, name: str) -> str:
    """The dotted name of a class that is imported, or that of a builtin one; "" for what is neither."""
    root, _, rest = name.partition(".")
    bindings = file.outline.names[""].get(root)
    if bindings is None:
        return "" if file.outline.stars else name
    one = bindings[0]
    return ".".join(filter(None, [one.target, rest])) if len(bindings) == 1 and one.how is Bound.IMPORT else ""


def _merged(place: Place, above: Sequence[Place | None]) -> Line:
    """The order for several bases, if all are known to the end.

    See https://docs.python.org/3/howto/mro.html.
    """
    lines = [line(one) for one in above if one is not None and one.is_class]
    if len(lines) != len(above) or not all(one.whole and one.classes for one in lines):
        return Line((place,), False, False)
    left = [list(one.classes) for one in lines] + [[one for one in above if one]]
    order = [place]
    while left := [one for one in left if one]:
        heads = (one[0] for one in left)
        first = next((head for head in heads if not any(head in one[1:] for one in left)), None)
        if first is None:
            return Line((place,), False, False)
        order.append(first)
        left = [[other for other in one if other != first] for one in left]
    return Line(tuple(order), True, True)


def attribute(classes: Sequence[Place], name: str) -> Place | None:
    """The method that this name is of the first class in the order that binds it; None when it is not certain."""
    for place in classes:
        outline = place.file.outline
        bound = outline.names.get(place.qualname, {}).get(name, ())
        if name in outline.attributes(place.qualname):
            return None
        if bound:
            found = outline.by_name.get(f"{place.qualname}.{name}")
            once = len(bound) == 1 and bound[0].how is Bound.DEFINITION and found is not None
            return Place(place.file, found) if once and found else None
    return None


def binds(place: Place, name: str) -> bool:
    """Whether a class itself gives a value to an attribute."""
    outline = place.file.outline
    return name in outline.names.get(place.qualname, {}) or name in outline.attributes(place.qualname)


def below(place: Place) -> Iterator[Place]:
    """The classes at hand that may stand below a class, as far as their bases tell."""
    for other in place.file.project.files.values():
        for name in other.outline.classes if other.readable else ():
            found = Place(other, other.outline.by_name[name])
            if is_below(found, place):
                yield found


def is_below(place: Place, other: Place) -> bool:
    """Whether a class may stand below another one."""
    return place != other and f"{other.file.module}.{other.qualname}" in place.file.mro(place.qualname)
