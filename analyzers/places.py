"""Where a module stands in a repository, and what module a path is. Pure: nobody is asked whether a file exists."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

SOURCE_ROOTS = ("src", "lib")
ROOTS_TRIED = 2

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a module may stand, likeliest first; not `sure` when nothing says that it is of this repository."""

    module: str
    paths: tuple[str, ...]
    sure: bool


def module_name(path: str) -> str:
    """`src/pkg/mod.py` -> "pkg.mod"; `pkg/__init__.py` -> "pkg"."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if len(parts) > 1 and parts[0] in SOURCE_ROOTS:
        parts = parts[1:]
    if parts and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(part for part in parts if part not in ("/", "..", "."))


def folders_of(paths: Iterable[str]) -> dict[str, str]:
    """The names of the folders around some paths, each with the first path that lies in such a folder."""
    found: dict[str, str] = {}
    for path in sorted(paths):
        for folder in PurePosixPath(path).parts[:-1]:
            found.setdefault(folder, path)
    return found


def place_of(name: str, importer: str, folders: Mapping[str, str], libraries: Collection[str]) -> Place | None:
    """Where the module stands that defines `name`, an absolute dotted name that the file `importer` uses.

    A folder of the importer, or one of `folders` (see folders_of), that begins the name makes it sure. Otherwise it may
    stand beside the importer or at the top, unless it is known as one of the `libraries`. None when it can be nowhere.
    See `is_of_folder` for when such a guess is worth a look.
    """
    parts = module_parts(name)
    if not parts:
        return None
    roots = _roots(parts, importer, libraries)
    if not roots and parts[0] in folders:
        roots = _roots(parts, folders[parts[0]], libraries)
    if roots:
        paths = [path for root in roots[:ROOTS_TRIED] for path in _under(root, parts)]
        return Place(".".join(parts), tuple(dict.fromkeys(paths)), True)
    return None if parts[0] in libraries else Place(".".join(parts), _guesses(parts, importer), False)


def is_of_folder(name: str, importer: str) -> bool:
    """Whether a name begins with a folder around its importer: then that is where the importer's project begins."""
    return name.partition(".")[0] in PurePosixPath(importer).parts[:-1]


def module_parts(name: str) -> Parts:
    """The parts of a dotted name that can be a module: what stands before a class, without the function at the end."""
    parts = name.split(".")
    classes = [place for place, part in enumerate(parts) if place and part.lstrip("_")[:1].isupper()]
    module = tuple(parts[: classes[0]] if classes else parts[:-1])
    return module if all(part.isidentifier() for part in module) else ()


def _roots(parts: Parts, path: str, libraries: Collection[str]) -> list[Parts]:
    """The folders around a path below which the module would stand: the longest agreement first, then the nearest."""
    folders = PurePosixPath(path).parts[:-1]
    found = [(_agreement(folders[start:], parts), start) for start in range(len(folders))]
    known = parts[0] in libraries
    return [folders[:start] for length, start in sorted(found, reverse=True) if length > known]


def _agreement(folders: Parts, parts: Parts) -> int:
    """How many folders, to the last one, are the beginning of the module's name."""
    length = 0
    for folder, part in zip(folders, parts, strict=False):
        if folder != part:
            break
        length += 1
    return length


def _under(root: Parts, parts: Parts) -> tuple[str, str]:
    return _path(root, parts, ".py"), _path(root, parts, "/__init__.py")


def _guesses(parts: Parts, importer: str) -> tuple[str, ...]:
    """Beside the importer, as in a folder of scripts, or at the top."""
    folders = PurePosixPath(importer).parts[:-1]
    beside = _under(folders, parts)
    return (*beside, _path((), parts, ".py")) if folders else beside


def _path(root: Parts, parts: Parts, end: str) -> str:
    return "/".join((*root, *parts)) + end
