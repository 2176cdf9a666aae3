"""Two folders, or plain paths, read without leaving them."""

import os
from pathlib import Path

import pytest

from bot.errors import Refused
from bot.forges.local.files import read_inside
from bot.forges.local.forge import LocalForge
from bot.forges.local.sources import Folders, Paths
from bot.model import Posted, Side


def fill(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_two_folders_differ_where_their_bytes_differ(tmp_path: Path) -> None:
    base = fill(tmp_path / "a", {"same.py": "x\n", "changed.py": "1\n", "gone/x.py": "1\n", "to_link.py": "1\n"})
    head = fill(tmp_path / "b", {"same.py": "x\n", "changed.py": "2\n", "new.py": "1\n"})
    (head / "to_link.py").symlink_to("new.py")
    forge = LocalForge(Folders(base, head))
    files = forge.diff(forge.change(forge.ref))
    assert [(file.path, file.status.value, file.skip) for file in files] == [
        ("changed.py", "modified", ""),
        ("gone/x.py", "deleted", ""),
        ("new.py", "added", ""),
        ("to_link.py", "modified", "a symbolic link"),
    ]


def test_a_local_forge_has_nothing_standing_and_reads_both_sides(tmp_path: Path) -> None:
    base = fill(tmp_path / "a", {"x.py": "1\n"})
    head = fill(tmp_path / "b", {"x.py": "2\n"})
    forge = LocalForge(Folders(base, head))
    change = forge.change(forge.ref)
    (file,) = forge.diff(change)
    assert forge.posted(change) == Posted()
    assert [forge.read(change, file, side, 10) for side in (Side.BASE, Side.HEAD)] == [b"1\n", b"2\n"]


def test_pipes_and_links_in_a_folder_are_named_and_never_opened(tmp_path: Path) -> None:
    head = fill(tmp_path / "b", {"x.py": "1\n"})
    os.mkfifo(head / "pipe.py")
    (head / "up").symlink_to("..")
    skipped = {file.path: file.skip for file in Folders(fill(tmp_path / "a", {".keep": ""}), head).files()}
    assert skipped == {".keep": "", "pipe.py": "a special file", "up": "a symbolic link", "x.py": ""}


def test_a_path_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in", {"x.py": "1\n"})
    fill(tmp_path, {"secret.py": "1\n"})
    (folder / "out").symlink_to(tmp_path)
    for path in ("../secret.py", "out/secret.py"):
        with pytest.raises(Refused, match="outside"):
            read_inside(folder, path, 100)


def test_a_scan_takes_the_python_files_and_leaves_environments_alone(tmp_path: Path) -> None:
    fill(
        tmp_path,
        {
            "src/a.py": "1\n",
            "src/deep/b.py": "1\n",
            "src/notes.txt": "",
            "src/env/pyvenv.cfg": "",
            "src/env/lib/c.py": "1\n",
            "src/.git/d.py": "1\n",
            "alone.py": "1\n",
        },
    )
    source = Paths(tmp_path, (tmp_path / "src", tmp_path / "alone.py", tmp_path / "src/a.py"))
    assert [file.path for file in source.files()] == ["alone.py", "src/a.py", "src/deep/b.py"]
    assert source.read(source.files()[1], Side.HEAD, 10) == b"1\n"
