"""A real change to review: two consecutive published releases of a web application, fetched by name, as two commits."""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.github.repository import Repository

WHEEL_BYTES = 64 * 1024 * 1024
TEXT_ENDINGS = (".py", ".pyi", ".pyx", ".pxd", ".txt", ".md", ".rst", ".toml", ".cfg", ".html", ".js", ".css")


@dataclass(frozen=True)
class Release:
    """A package and one of its versions."""

    package: str
    version: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


BASE, HEAD = Release("archivy", "0.5.0"), Release("archivy", "0.6.0")


def fetch(release: Release, folder: Path) -> dict[str, bytes]:
    """The source files of a release, path -> content. Nothing of it is built, installed or run."""
    target = folder / release.version
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--only-binary", ":all:", "--dest", str(target)),
            f"{release.package}=={release.version}",
        ],
        check=True,
    )
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return dict(_sources(archive))


def _sources(archive: zipfile.ZipFile) -> list[tuple[str, bytes]]:
    if sum(entry.file_size for entry in archive.infolist()) > WHEEL_BYTES:
        raise ValueError(f"the wheel holds more than {WHEEL_BYTES:,} bytes")
    names = [entry.filename for entry in archive.infolist() if entry.filename.endswith(TEXT_ENDINGS)]
    return [(name, archive.read(name)) for name in sorted(names) if not _is_metadata(name)]


def _is_metadata(name: str) -> bool:
    return name.split("/")[0].endswith((".dist-info", ".data")) or ".." in name.split("/") or name.startswith("/")


def as_branch(repository: Repository, old: dict[str, bytes], new: dict[str, bytes]) -> None:
    """The old release on `main`, the new one on the branch `release`."""
    base = repository.commit(dict(old), message=str(BASE))
    changes: dict[str, bytes | None] = {path: text for path, text in new.items() if old.get(path) != text}
    changes |= dict.fromkeys(old.keys() - new.keys())
    head = repository.commit(changes, parent=base, message=str(HEAD))
    repository.git("update-ref", "refs/heads/main", base)
    repository.git("update-ref", "refs/heads/release", head)
