"""Names that a unit uses and that nothing binds: not the unit, nor its class, nor the module, nor Python."""

import ast
import builtins
import re
import sys
from collections.abc import Iterator, Sequence, Set

from analyzers import trees
from analyzers.fit.definite import bound_globally
from analyzers.glimpse import Glimpse
from analyzers.outline import FUNCTIONS, Bound, Unit
from analyzers.source import SourceFile
from analyzers.text import places
from analyzers.whereabouts import units_saying

# Of Python 2, of the tools that run a file with names of their own, and of type checkers.
GIVEN = frozenset(
    "unicode long xrange raw_input basestring unichr file cmp reload reduce execfile apply intern buffer coerce "
    "WindowsError get_ipython get_config display profile reveal_type reveal_locals exit quit copyright credits license "
    "ngettext gettext lazy_gettext pgettext npgettext N_ P_".split()
)
KNOWN = frozenset(dir(builtins)) | GIVEN
# A file may bind names that it does not write, where behind one of these words stands this.
BINDING = tuple(
    (word, re.compile(pattern))
    for words, pattern in (
        ("globals", r"globals\("),
        ("exec execfile", r"(?<![.\w])(?<!def )exec(?:file)?[ \t]*\("),
        ("exec", r"(?<=builtins\.)exec|(?:(?<=[(,=])|(?<=[(,=] ))exec[ \t]*(?=[,)\r\n])"),
        ("locals vars", r"(?:locals|vars)\(\)[ \t]*(?:\[|\.update)"),
        ("setattr", r"setattr\([ \t]*(?:sys\.modules|mod|module|builtins)\b"),
        ("builtins", r"builtins\.__dict__\.update"),
        ("import_module __import__", r"(?:import_module|__import__)\([ \t]*__name__[ \t]*\)"),
    )
    for word in words.split()
)
# Who has the object of the own module may bind names in it, unless it is only asked, or put in its place.
OWN_MODULE = re.compile(
    r"(?<!getattr\()(?<!hasattr\()(?<!getmembers\()(?<!dir\()(?<!FromModule\()(?<![.\w])"
    r"(?:\w+\.)?modules(?:\[__name__\]|\.get\(__name__\))(?!\.__(?:doc|file|name|path|package)__|[ \t]*=(?!=))"
)
# What installs names for every module: `gettext.install` and the like, and assignments to the module of the builtins.
INSTALLED = re.compile(
    r"\b(?:builtins|__builtins__|__builtin__|builtin)(?:\.|(?:\.__dict__)?\[['\"])(\w+)(?:['\"]\])?[ \t]*="
)
# In a file of settings that a program runs: it gives what is configured: `c.Server.port = 1`, `c['port'] = 1`.
CONFIGURED = re.compile(r"^(\w+)(?:\.[A-Z]\w*\.\w+|(?:\[['\"]\w+['\"]\])+)[ \t]*=(?!=)", re.MULTILINE)
# A package that loads its modules itself may give them names: `engine.logger = ...`, `setattr(engine, name, value)`.
LOADING = re.compile(r"\b(?:import_module|load_module|load_source|exec_module|__import__)\b")
GIVING = re.compile(r"\bsetattr\(|\b(?!(?:self|cls)\.)\w+\.(\w+)[ \t]*=(?!=)")
# With more of them in what the change touches, the names come from somewhere else, or it is no program but a sample.
MOST = 3
MOST_IN_NEW = 1
# https://docs.python.org/3/library/typing.html#typing.TYPE_CHECKING: true for nobody who runs the code.
CHECKING = "TYPE_CHECKING"
UNBOUND = frozenset({"NameError", "UnboundLocalError"})
TYPES = tuple(kind for name in ("TypeVar", "ParamSpec", "TypeVarTuple") if (kind := getattr(ast, name, None)))
# Of these, Python looks at what stands in them when it is asked for.
LAZY = (*TYPES, *filter(None, (getattr(ast, "TypeAlias", None),)))
# What bound a name of the module, in a line that is gone; a line of an import that goes over several.
GONE = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)"
    r"|^[ \t]+(?:\w+[ \t]+as[ \t]+)?(\w+),?[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
IMPORT = re.compile(r"^(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+\(?([\w., \t]+)", re.MULTILINE)


def slips(unit: Unit, file: SourceFile) -> frozenset[str]:
    """The unknown names of a unit that nobody can mean, where there are few in all that the change touches."""
    known: dict[Unit, frozenset[str]] = file.cache.setdefault(slips, {})
    if unit not in known:
        found = unknown(Glimpse(file, unit))
        others, is_new = _touched_unknown(file) if found else (found, False)
        few = len(found | others) <= (MOST_IN_NEW if is_new else MOST)
        known[unit] = frozenset(name for name in found if few and not _is_habit(name, unit, file))
    return known[unit]


def unknown(glimpse: Glimpse) -> frozenset[str]:
    """The names that a unit uses and that nothing binds, as far as the outline tells; annotations do not count.

    A name that the unit binds anywhere counts as bound everywhere in it.
    """
    known: dict[Unit, frozenset[str]] = glimpse.file.cache.setdefault(unknown, {})
    if glimpse.unit not in known:
        known[glimpse.unit] = _unknown(glimpse)
    return known[glimpse.unit]


def _touched_unknown(file: SourceFile) -> tuple[frozenset[str], bool]:
    """The unknown names of all units that the change touches, and whether those are all that the file has."""
    known: tuple[frozenset[str], bool] | None = file.cache.get(_touched_unknown)
    if known is None:
        every = file.outline.units
        units = [one for one in every if file.project.touches(file.path, one.line, one.end_line)]
        found = (unknown(Glimpse(file, unit)) for unit in units)
        known = file.cache[_touched_unknown] = frozenset[str]().union(*found), len(units) == len(every)
    return known


def _unknown(glimpse: Glimpse) -> frozenset[str]:
    file = glimpse.file
    used = {one.id for one in glimpse.nodes if isinstance(one, ast.Name)} - KNOWN
    if not file.readable or used <= file.outline.names[""].keys():
        return frozenset()
    rest = used - file.outline.names[""].keys() - glimpse.bound
    if not rest or _is_open(file):
        return frozenset()
    rest -= _of_class(glimpse, file) | bound_globally(file) | set(_rarely_bound(glimpse.nodes)) | _installed(file)
    rest &= {one.id for one in _evaluated(glimpse.nodes) if isinstance(one, ast.Name)}
    rest -= _walruses(file) | _configured(file)
    if rest and (given := _given(file)):
        rest &= sys.stdlib_module_names if "" in given else rest - given
    return frozenset(name for name in rest if name.strip("_") and not name.startswith("__"))


def hinted(glimpse: Glimpse) -> frozenset[str]:
    """The names that a unit uses where it runs, and that the module imports for type checkers alone."""
    file = glimpse.file
    names, blocks = _for_checkers(file)
    if names.isdisjoint(glimpse.words) or any(first <= glimpse.unit.line <= last for first, last in blocks):
        return frozenset()
    used = names & {one.id for one in _evaluated(glimpse.nodes) if isinstance(one, ast.Name)} - glimpse.bound
    return used - (_of_class(glimpse, file) | set(_rarely_bound(glimpse.nodes)) | _walruses(file)) if used else used


def hints(unit: Unit, file: SourceFile) -> frozenset[str]:
    """The same of a unit, where it is rare enough to be a slip: what is used all over the module is given to it."""
    known: dict[Unit, frozenset[str]] = file.cache.setdefault(hints, {})
    if unit not in known:
        found = _hinted(unit, file)
        given = {name for name in found if _is_given_anew(name, unit, file)} if found else found
        known[unit] = found - given if found and _touched_hints(file) <= MOST else frozenset()
    return known[unit]


def _hinted(unit: Unit, file: SourceFile) -> frozenset[str]:
    known: dict[Unit, frozenset[str]] = file.cache.setdefault(_hinted, {})
    if unit not in known:
        known[unit] = hinted(Glimpse(file, unit))
    return known[unit]


def _touched_hints(file: SourceFile) -> int:
    """How many uses of names for type checkers there are in the units that the change touches."""
    known: int | None = file.cache.get(_touched_hints)
    if known is None:
        touched = (one for one in file.outline.units if file.project.touches(file.path, one.line, one.end_line))
        known = file.cache[_touched_hints] = sum(len(_hinted(unit, file)) for unit in touched)
    return known


def _is_given_anew(name: str, own: Unit, file: SourceFile) -> bool:
    """Whether a file at hand gives a module the name (`types.NULL = ...`), or code that stays has used it before."""
    gives = re.compile(rf"\w\.{re.escape(name)}[ \t]*=(?!=)")
    if any(name in other.words and gives.search(other.text) for other in file.project.files.values()):
        return True
    left = _left(file, frozenset({name})) if name not in _gone(file) else ()
    return any(name in _hinted(unit, file) for unit in left if unit != own)


def _for_checkers(file: SourceFile) -> tuple[frozenset[str], tuple[tuple[int, int], ...]]:
    """What the module imports under `if TYPE_CHECKING:` and binds nowhere else, and the lines of these blocks."""
    known: tuple[frozenset[str], tuple[tuple[int, int], ...]] | None = file.cache.get(_for_checkers)
    if known is None:
        ranges: tuple[tuple[int, int], ...] = ()
        if CHECKING in file.words and file.readable and not _is_open(file):
            blocks = [
                one
                for one in file.outline.tree.body
                if isinstance(one, ast.If) and trees.last_name(one.test) == CHECKING
            ]
            ranges = tuple((one.body[0].lineno, one.body[-1].end_lineno or one.lineno) for one in blocks)
        lines = {line for first, last in ranges for line in range(first, last + 1)}
        bound = file.outline.names[""].items() if lines else ()
        names = (name for name, all_of in bound if all(one.how is Bound.IMPORT and one.line in lines for one in all_of))
        known = file.cache[_for_checkers] = frozenset(names) - (bound_globally(file) if lines else set()), ranges
    return known


def bereft(file: SourceFile) -> tuple[Unit, ...]:
    """The units that the change leaves alone and that use a name of which it takes away what bound it."""
    if not file.readable:
        return ()
    gone = _gone(file)
    names = gone - file.outline.names[""].keys() - KNOWN
    checked = gone & _for_checkers(file)[0] if gone else gone
    left = tuple(unit for unit in _left(file, names) if not names.isdisjoint(unknown(Glimpse(file, unit))))
    return (*left, *(unit for unit in _left(file, checked) if not checked.isdisjoint(hints(unit, file))))


def _is_habit(name: str, own: Unit, file: SourceFile) -> bool:
    """Whether another unit, which the change leaves alone, used the unknown name before: then something gives it."""
    if name in _gone(file):
        return False
    others = (unit for unit in _left(file, frozenset({name})) if unit != own)
    return any(name in unknown(Glimpse(file, unit)) for unit in others)


def _left(file: SourceFile, names: Set[str]) -> Iterator[Unit]:
    """The units that say one of these words and that the change leaves alone."""
    units = units_saying(file, names & file.words) if names else ()
    return (unit for unit in units if not file.project.touches(file.path, unit.line, unit.end_line))


def _gone(file: SourceFile) -> frozenset[str]:
    """The names that the module may have bound in the lines that the change took away."""
    known: frozenset[str] | None = file.cache.get(_gone)
    if known is None:
        taken = file.project.taken(file.path)
        names = {name for found in GONE.findall(taken) for name in found if name}
        names |= {part.split()[-1] for found in IMPORT.findall(taken) for part in found.split(",") if part.strip()}
        known = file.cache[_gone] = frozenset(name.partition(".")[0] for name in names)
    return known


def _is_open(file: SourceFile) -> bool:
    """Whether names may come into the module that its text does not bind."""
    known: bool | None = file.cache.get(_is_open)
    if known is None:
        known = file.cache[_is_open] = bool(file.outline.stars) or _may_bind(file)
    return known


def _may_bind(file: SourceFile) -> bool:
    own = "modules" in file.words and any(one in file.text for one in ("[__name__]", "(__name__)"))
    said = ((word, pattern) for word, pattern in BINDING if word in file.words)
    return any(pattern.match(file.text, place) for word, pattern in said for place in places(file.text, word)) or (
        own and OWN_MODULE.search(file.text) is not None
    )


def _of_class(glimpse: Glimpse, file: SourceFile) -> Set[str]:
    """What the class of a unit binds for it: names for its own code, for the heads in it; type parameters."""
    parts = glimpse.unit.qualname.split(".")
    around = [file.outline.classes.get(".".join(parts[:count])) for count in range(1, len(parts) + 1)]
    given = {one.name for node in around if node is not None for one in getattr(node, "type_params", ())}
    own = file.outline.names.get(glimpse.unit.qualname, {}).keys()
    outer = file.outline.names.get(".".join(parts[:-1]), {}).keys() if len(parts) > 1 else frozenset()
    heads = (part for one in glimpse.nodes[:1] for root in _head(one) for part in trees.nodes(root))
    return given | own | {one.id for one in heads if isinstance(one, ast.Name) and one.id in outer}


def _head(node: ast.AST) -> Iterator[ast.AST]:
    """What of a function or a class is looked at where it is defined."""
    if isinstance(node, FUNCTIONS):
        yield from (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults))
    elif isinstance(node, ast.ClassDef):
        yield from (*node.decorator_list, *node.bases, *node.keywords)


def _walruses(file: SourceFile) -> Set[str]:
    """What an expression binds somewhere in the file, as `(found := ...)`: the outline does not look into values."""
    known: frozenset[str] | None = file.cache.get(_walruses)
    if known is None:
        turned = file.text[::-1] if ":=" in file.text else ""
        known = file.cache[_walruses] = frozenset(name[::-1] for name in re.findall(r"=:[ \t]*(\w+)", turned))
    return known


def _configured(file: SourceFile) -> Set[str]:
    """What a file of settings gives attributes to: whoever runs it gives the name."""
    known: frozenset[str] | None = file.cache.get(_configured)
    if known is None:
        known = file.cache[_configured] = frozenset(CONFIGURED.findall(file.text))
    return known


def _installed(file: SourceFile) -> Set[str]:
    """What a file of the project puts among the builtins."""
    known: frozenset[str] | None = file.project.cache.get(_installed)
    if known is None:
        files = (other for other in file.project.files.values() if "builtin" in other.text)
        found = (name for other in files for name in INSTALLED.findall(other.text))
        known = file.project.cache[_installed] = frozenset(found)
    return known


def _given(file: SourceFile) -> Set[str]:
    """What a package gives to the modules that it loads; "" where that may be anything but a module of the library."""
    if file.project.module(file.package) in (None, file):
        return frozenset()
    known: dict[str, frozenset[str]] = file.project.cache.setdefault(_given, {})
    if file.package not in known:
        own = [other for other in file.project.files.values() if other.package == file.package and other is not file]
        found = (name for other in own if LOADING.search(other.text) for name in GIVING.findall(other.text))
        known[file.package] = frozenset(found)
    return known[file.package]


def _rarely_bound(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """What handlers, patterns and type parameters bind, and what is tried and may not be there."""
    for node in nodes:
        if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        elif isinstance(node, TYPES):
            yield str(getattr(node, "name", ""))
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from node.names
        elif isinstance(node, ast.Try) and any(map(_expects_none, node.handlers)):
            yield from (one.id for part in node.body for one in trees.nodes(part) if isinstance(one, ast.Name))


def _expects_none(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(one, ast.Name) and one.id in UNBOUND for one in trees.nodes(handler.type))


def _evaluated(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The nodes without those of annotations and other types, which may never be looked at."""
    types: list[ast.AST] = [one for one in nodes if isinstance(one, LAZY)]
    types += [one.annotation for one in nodes if isinstance(one, (ast.arg, ast.AnnAssign)) and one.annotation]
    types += [one.returns for one in nodes if isinstance(one, FUNCTIONS) and one.returns]
    inside = {id(part) for kind in types for part in trees.nodes(kind)}
    return (one for one in nodes if id(one) not in inside)
