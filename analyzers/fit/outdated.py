"""Calls that a change leaves as they were while it changes what they call, in its other files too."""

from collections.abc import Iterator, Set

from analyzers.fit.unfit import INIT, may_not_fit
from analyzers.glimpse import Glimpse
from analyzers.outline import FUNCTIONS, Unit
from analyzers.source import SourceFile
from analyzers.whereabouts import units_calling


def outdated(file: SourceFile) -> tuple[Unit, ...]:
    """The units that the change leaves alone and that may call what it changed with what that takes no more."""
    names = frozenset(name for other in _at_hand(file) for name in _changed(other))
    if not names or not file.readable:
        return ()
    return tuple(unit for unit in units_calling(file, names) if _is_outdated(unit, file, names))


def _is_outdated(unit: Unit, file: SourceFile, names: Set[str]) -> bool:
    return not _is_touched(unit, file) and may_not_fit(unit, Glimpse(file, unit).nodes, file, names)


def _at_hand(file: SourceFile) -> Iterator[SourceFile]:
    """The file, and those of the change that it names; a file that another one hands on is not looked for."""
    yield file
    for other in file.project.files.values():
        module = other.module.rpartition(".")[2]
        if other is not file and not other.untouched and module in file.words:
            yield other


def _changed(file: SourceFile) -> frozenset[str]:
    """The names by which the functions and classes of a file are called of which the change touches what they take."""
    known: frozenset[str] | None = file.cache.get(_changed)
    if known is None:
        units = file.outline.units if file.readable else ()
        known = file.cache[_changed] = frozenset(name for unit in units for name in _names(unit, file))
    return known


def _names(unit: Unit, file: SourceFile) -> tuple[str, ...]:
    own = file.outline.by_name.get(unit.qualname) if _is_touched(unit, file) else None
    if own is None or not any(file.project.touches(file.path, *lines) for lines in _taking(unit, file)):
        return ()
    return (own.name, own.parent.rpartition(".")[2]) if own.name == INIT and own.parent else (own.name,)


def _taking(unit: Unit, file: SourceFile) -> Iterator[tuple[int, int]]:
    """The lines that say what a unit takes: the head of a function; of a class all but its methods, for its fields."""
    first = unit.line
    for node in file.outline.statements(unit)[:1]:
        if isinstance(node, FUNCTIONS):
            yield first, max(node.lineno, node.body[0].lineno - 1)
            return
    for begin, end in (*sorted(unit.holes), (unit.end_line + 1, unit.end_line)):
        if first < begin:
            yield first, begin - 1
        first = end + 1


def _is_touched(unit: Unit, file: SourceFile) -> bool:
    return file.project.touches(file.path, unit.line, unit.end_line)
