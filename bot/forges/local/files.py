"""Files of a folder, read without following a link out of it (io)."""

import os
import stat
from pathlib import Path

from bot.errors import Refused

ENVIRONMENT_MARK = "pyvenv.cfg"


def listing(folder: Path) -> dict[str, str]:
    """All files below, path (with `/`) -> why it is no text to analyse, or "" for a regular file.

    Hidden folders and virtual environments are left out; no link is followed.
    """
    found: dict[str, str] = {}
    for where, folders, names in os.walk(folder):
        linked = [name for name in folders if Path(where, name).is_symlink()]
        folders[:] = [name for name in folders if _is_code(Path(where, name))]
        for path in (Path(where, name) for name in (*names, *linked)):
            name = path.relative_to(folder).as_posix()
            found[name.encode("utf-8", "replace").decode()] = _why_skipped(path, name)
    return found


def _why_skipped(path: Path, name: str) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if not stat.S_ISREG(mode):
        return "a special file"
    return "" if name.encode("utf-8", "ignore").decode() == name else "a name that is not UTF-8"


def _is_code(folder: Path) -> bool:
    return not folder.name.startswith(".") and folder.name != "__pycache__" and not (folder / ENVIRONMENT_MARK).exists()


def read_inside(root: Path, path: str, limit: int) -> bytes:
    """The bytes of a file below `root`. Raises Refused when it is no regular file, or longer than `limit` bytes."""
    target = root / path
    try:
        if not target.parent.resolve().is_relative_to(root.resolve()):
            raise Refused("it lies outside of the folder")
        handle = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as failure:
        raise Refused(f"it cannot be opened: {failure.strerror}") from failure
    with os.fdopen(handle, "rb") as file:
        return _read_regular(file.fileno(), limit)


def _read_regular(handle: int, limit: int) -> bytes:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise Refused("it is not a regular file")
    if facts.st_size > limit:
        raise Refused(f"it has {facts.st_size:,} bytes; the limit is {limit:,}")
    with os.fdopen(os.dup(handle), "rb") as file:
        return file.read(limit)
