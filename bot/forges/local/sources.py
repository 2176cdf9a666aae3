"""Where a local change comes from: commits, the index, the work tree, two folders, or plain paths (io)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.errors import Refused
from bot.forges.local.files import listing, read_inside
from bot.forges.local.git import Repository, parse_raw_diff
from bot.model import ChangedFile, FileStatus, Patchset, Side

COMPARED_BYTES = 256 * 1024 * 1024
PYTHON_ENDINGS = (".py", ".pyi")


class Source(Protocol):
    """Two versions of some files."""

    @property
    def project(self) -> str:
        """What a reader calls the folder."""
        ...

    @property
    def patchset(self) -> Patchset:
        """Which two versions."""
        ...

    def files(self) -> tuple[ChangedFile, ...]:
        """The files that differ, in path order."""
        ...

    def read(self, file: ChangedFile, side: Side, limit: int) -> bytes:
        """The exact bytes; Refused when longer than `limit` or not there."""
        ...


@dataclass(frozen=True, slots=True)
class Commits:
    """Two trees of a repository, by the ids of commits or trees."""

    repository: Repository
    base: str
    head: str

    @property
    def project(self) -> str:
        """The folder's name."""
        return self.repository.folder.resolve().name

    @property
    def patchset(self) -> Patchset:
        """By their ids."""
        return Patchset(self.head, self.base)

    def files(self) -> tuple[ChangedFile, ...]:
        """With renames found by git."""
        return self.repository.changed("diff-tree", "-r", self.base, self.head)

    def read(self, file: ChangedFile, side: Side, limit: int) -> bytes:
        """From the object store."""
        return _blob(self.repository, self.base if side is Side.BASE else self.head, file, side, limit)


@dataclass(frozen=True, slots=True)
class Staged:
    """The index against a commit or tree: what `git commit` would record."""

    repository: Repository
    base: str

    @property
    def project(self) -> str:
        """The folder's name."""
        return self.repository.folder.resolve().name

    @property
    def patchset(self) -> Patchset:
        """The index has no id."""
        return Patchset("index", self.base)

    def files(self) -> tuple[ChangedFile, ...]:
        """With renames found by git."""
        return self.repository.changed("diff-index", "--cached", self.base)

    def read(self, file: ChangedFile, side: Side, limit: int) -> bytes:
        """From the object store: the work tree may already be ahead of the index."""
        return _blob(self.repository, self.base if side is Side.BASE else ":0", file, side, limit)


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The tracked files as they lie on the disk, against a commit or tree."""

    repository: Repository
    base: str
    top: Path

    @property
    def project(self) -> str:
        """The folder's name."""
        return self.top.name

    @property
    def patchset(self) -> Patchset:
        """A work tree has no id."""
        return Patchset("worktree", self.base)

    def files(self) -> tuple[ChangedFile, ...]:
        """Without renames: finding them would run the repository's clean filters."""
        raw = self.repository.ask("diff-index", "--raw", "-z", "--no-renames", "--ignore-submodules=dirty", self.base)
        return tuple(file for file in parse_raw_diff(raw) if not self._only_touched(file))

    def _only_touched(self, file: ChangedFile) -> bool:
        """The index noticed a new time on the file, and the bytes are the same."""
        if file.skip or file.status is not FileStatus.MODIFIED:
            return False
        try:
            return self.read(file, Side.BASE, COMPARED_BYTES) == self.read(file, Side.HEAD, COMPARED_BYTES)
        except Refused:
            return False

    def read(self, file: ChangedFile, side: Side, limit: int) -> bytes:
        """Head from the disk, base from the object store."""
        if side is Side.HEAD:
            return read_inside(self.top, file.path, limit)
        return _blob(self.repository, self.base, file, side, limit)


def _blob(repository: Repository, tree: str, file: ChangedFile, side: Side, limit: int) -> bytes:
    path = file.base_path if side is Side.BASE else file.path
    return repository.blob(f"{tree}:{path}", limit)


@dataclass(frozen=True, slots=True)
class Folders:
    """Two folders: an older and a newer version of the same code. Renames are not looked for."""

    base: Path
    head: Path

    @property
    def project(self) -> str:
        """The newer folder's name."""
        return self.head.resolve().name

    @property
    def patchset(self) -> Patchset:
        """By their paths."""
        return Patchset(self.head.as_posix(), self.base.as_posix())

    def files(self) -> tuple[ChangedFile, ...]:
        """Those whose bytes differ."""
        old, new = listing(self.base), listing(self.head)
        status = dict.fromkeys(old.keys() - new.keys(), FileStatus.DELETED)
        status |= dict.fromkeys(new.keys() - old.keys(), FileStatus.ADDED)
        status |= {path: FileStatus.MODIFIED for path in old.keys() & new.keys() if self._differs(path, old, new)}
        skip = old | new
        return tuple(ChangedFile(path, status[path], None, skip=skip[path]) for path in sorted(status))

    def _differs(self, path: str, old: dict[str, str], new: dict[str, str]) -> bool:
        if old[path] or new[path]:
            return old[path] != new[path]
        if (self.base / path).stat().st_size != (self.head / path).stat().st_size:
            return True
        return read_inside(self.base, path, COMPARED_BYTES) != read_inside(self.head, path, COMPARED_BYTES)

    def read(self, file: ChangedFile, side: Side, limit: int) -> bytes:
        """From the disk."""
        return read_inside(self.base if side is Side.BASE else self.head, file.path, limit)


@dataclass(frozen=True, slots=True)
class Paths:
    """Python files and the Python files below folders, as if all had just been written."""

    root: Path
    paths: tuple[Path, ...]

    @property
    def project(self) -> str:
        """The root's name."""
        return self.root.resolve().name

    @property
    def patchset(self) -> Patchset:
        """There is no older version."""
        return Patchset("scan", "")

    def files(self) -> tuple[ChangedFile, ...]:
        """Each once, with its path relative to the root where it lies below it."""
        found = {name: skip for path in self.paths for name, skip in self._below(path).items()}
        return tuple(ChangedFile(name, FileStatus.ADDED, None, skip=found[name]) for name in sorted(found))

    def _below(self, path: Path) -> dict[str, str]:
        if not path.is_dir():
            return {self._name(path): ""}
        python = {name: skip for name, skip in listing(path).items() if name.endswith(PYTHON_ENDINGS)}
        return {self._name(path / name): skip for name, skip in python.items()}

    def _name(self, path: Path) -> str:
        whole = path.absolute()
        return whole.relative_to(self.root).as_posix() if whole.is_relative_to(self.root) else whole.as_posix()

    def read(self, file: ChangedFile, side: Side, limit: int) -> bytes:
        """From the disk; base has nothing."""
        if side is Side.BASE:
            raise Refused("there is no older version")
        whole = self.root / file.path
        for given in (path.absolute() for path in self.paths):
            if whole == given:
                return read_inside(whole.parent, whole.name, limit)
            if whole.is_relative_to(given):
                return read_inside(given, whole.relative_to(given).as_posix(), limit)
        return read_inside(self.root, file.path, limit)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the files of a source, in its order; all of it can be read."""

    whole: Source
    some: tuple[ChangedFile, ...]

    @property
    def project(self) -> str:
        """As the whole is called."""
        return self.whole.project

    @property
    def patchset(self) -> Patchset:
        """Those of the whole."""
        return self.whole.patchset

    def files(self) -> tuple[ChangedFile, ...]:
        """Only those of the part."""
        return self.some

    def read(self, file: ChangedFile, side: Side, limit: int) -> bytes:
        """Any file of the whole."""
        return self.whole.read(file, side, limit)


def parts_of(whole: Source, size: int) -> tuple[Part, ...]:
    """The source in parts of at most `size` files; neighbours by path stay together. One empty part of an empty one."""
    files = whole.files()
    return tuple(Part(whole, files[first : first + size]) for first in range(0, max(len(files), 1), size))
