"""A repository is asked without running anything that it names, and the answers are read exactly."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.forges.local.git import Repository, parse_raw_diff
from bot.forges.local.sources import Commits, Staged, WorkTree
from bot.model import ChangedFile, FileStatus, Side
from tests.forges.local.repository import Author

LIMIT = 1_000_000
OLD = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author.begin(tmp_path / "shop")


def commits(author: Author, base: str, head: str) -> Commits:
    return Commits(Repository(author.folder), base, head)


def statuses(files: tuple[ChangedFile, ...]) -> dict[str, str]:
    return {file.path: file.status.value for file in files}


def test_a_range_lists_what_became_of_every_file(author: Author) -> None:
    base = author.commit({"kept.py": "x = 1\n", "gone.py": "y = 1\n", "old.py": OLD, "changed.py": "a = 1\n"})
    (author.folder / "gone.py").unlink()
    (author.folder / "old.py").rename(author.folder / "new.py")
    head = author.commit({"added.py": "z = 1\n", "changed.py": "a = 2\n"})
    files = commits(author, base, head).files()
    assert statuses(files) == {
        "added.py": "added",
        "changed.py": "modified",
        "gone.py": "deleted",
        "new.py": "renamed",
    }
    assert [file.base_path for file in files if file.status is FileStatus.RENAMED] == ["old.py"]


@pytest.mark.parametrize(
    "name", ["a b.py", "ü/é.py", "tab\there.py", "line\nbreak.py", "-dash.py", 'quo"te.py', "*.py", ":0:x.py", "文.py"]
)
def test_names_of_any_shape_are_listed_and_read_exactly(author: Author, name: str) -> None:
    base = author.commit({name: b"x = 1\r\n"})
    head = author.commit({name: b"x = 2\r\n"})
    source = commits(author, base, head)
    (file,) = source.files()
    assert file.path == name
    assert source.read(file, Side.BASE, LIMIT) == b"x = 1\r\n"
    assert source.read(file, Side.HEAD, LIMIT) == b"x = 2\r\n"


def test_a_renamed_file_is_read_where_it_stood(author: Author) -> None:
    base = author.commit({"old.py": OLD})
    (author.folder / "old.py").unlink()
    head = author.commit({"new.py": OLD + "three = 3\n"})
    source = commits(author, base, head)
    (file,) = source.files()
    assert source.read(file, Side.BASE, LIMIT).decode() == OLD


def test_staged_is_what_the_next_commit_would_record(author: Author) -> None:
    author.commit({"a.py": "x = 1\n"})
    author.write("a.py", "x = 2\n")
    author.git("add", "a.py")
    author.write("a.py", "x = 3\n")
    repository = Repository(author.folder)
    source = Staged(repository, repository.head_or_nothing())
    (file,) = source.files()
    assert source.read(file, Side.HEAD, LIMIT) == b"x = 2\n"


def test_staged_before_the_first_commit_is_all_new(author: Author) -> None:
    author.write("a.py", "x = 1\n")
    author.git("add", "a.py")
    repository = Repository(author.folder)
    assert statuses(Staged(repository, repository.head_or_nothing()).files()) == {"a.py": "added"}


def test_the_work_tree_counts_as_it_lies_on_the_disk(author: Author) -> None:
    author.commit({"a.py": "x = 1\n", "same.py": "y = 1\n"})
    author.write("a.py", "x = 3\n")
    author.write("same.py", "y = 1\n")
    repository = Repository(author.folder)
    source = WorkTree(repository, repository.head_or_nothing(), repository.top())
    (file,) = source.files()
    assert source.read(file, Side.HEAD, LIMIT) == b"x = 3\n"
    assert source.read(file, Side.BASE, LIMIT) == b"x = 1\n"


def test_links_and_submodules_are_named_and_not_followed(author: Author, tmp_path: Path) -> None:
    base = author.commit({"a.py": "x = 1\n"})
    inner = Author.begin(tmp_path / "inner")
    inner.commit({"b.py": "y = 1\n"})
    (author.folder / "link.py").symlink_to("/etc/passwd")
    author.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.folder), "inner")
    head = author.commit()
    skipped = {file.path: file.skip for file in commits(author, base, head).files()}
    assert skipped == {".gitmodules": "", "inner": "a submodule", "link.py": "a symbolic link"}


def test_a_link_in_the_work_tree_is_never_read_through(author: Author) -> None:
    author.commit({"a.py": "x = 1\n"})
    (author.folder / "a.py").unlink()
    (author.folder / "a.py").symlink_to("/etc/passwd")
    repository = Repository(author.folder)
    source = WorkTree(repository, repository.head_or_nothing(), repository.top())
    (file,) = source.files()
    assert file.skip == "a symbolic link"
    with pytest.raises(Refused):
        source.read(file, Side.HEAD, LIMIT)


def test_nothing_that_the_repository_configures_is_run(author: Author, tmp_path: Path) -> None:
    sign = tmp_path / "was-run"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {sign}\ncat\n")
    trap.chmod(0o755)
    author.commit({"a.py": "x = 1\n", ".gitattributes": "*.py filter=trap diff=trap\n"})
    author.write("a.py", "x = 22\n")
    for key in ("core.fsmonitor", "diff.external", "diff.trap.command", "diff.trap.textconv", "core.pager"):
        author.git("config", key, str(trap))
    for key in ("filter.trap.clean", "filter.trap.smudge"):
        author.git("config", key, str(trap))
    author.git("config", "core.hooksPath", str(tmp_path))
    repository = Repository(author.folder)
    head = repository.commit("HEAD")
    sign.unlink(missing_ok=True)
    for source in (
        WorkTree(repository, head, repository.top()),
        Staged(repository, head),
        Commits(repository, repository.empty_tree(), head),
    ):
        for file in source.files():
            source.read(file, Side.HEAD, LIMIT)
    assert not sign.exists()


def test_a_file_over_the_limit_is_refused_with_both_figures(author: Author) -> None:
    base = author.commit({})
    head = author.commit({"big.py": b"x" * 1001})
    source = commits(author, base, head)
    with pytest.raises(Refused, match="1,001 bytes; the limit is 1,000"):
        source.read(source.files()[0], Side.HEAD, 1000)


def test_a_missing_commit_in_a_shallow_clone_says_how_to_get_it(author: Author, tmp_path: Path) -> None:
    first = author.commit({"a.py": "x = 1\n"})
    author.commit({"a.py": "x = 2\n"})
    clone = tmp_path / "clone"
    author.git("clone", "--quiet", "--depth=1", f"file://{author.folder}", str(clone))
    with pytest.raises(Refused, match="git fetch --unshallow"):
        Repository(clone).commit(first)


def test_commits_without_a_common_past_in_a_shallow_clone_say_how_to_get_it(author: Author, tmp_path: Path) -> None:
    author.commit({"a.py": "x = 1\n"})
    author.git("branch", "side")
    author.commit({"a.py": "x = 2\n"})
    author.git("checkout", "--quiet", "side")
    author.commit({"b.py": "y = 2\n"})
    clone = tmp_path / "clone"
    author.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{author.folder}", str(clone))
    repository = Repository(clone)
    with pytest.raises(Refused, match="git fetch --unshallow"):
        repository.merge_base(repository.commit("origin/main"), repository.commit("origin/side"))


def test_a_partial_clone_lists_every_file_and_says_how_to_get_the_rest(author: Author, tmp_path: Path) -> None:
    base = author.commit({"old.py": "x = 1\n"})
    (author.folder / "old.py").unlink()
    head = author.commit({"new.py": "x = 1\ny = 2\n"})
    author.commit({"new.py": "x = 3\n"})
    author.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    author.git("clone", "--quiet", "--filter=blob:none", "--no-local", f"file://{author.folder}", str(clone))
    source = Commits(Repository(clone), base, head)
    assert statuses(source.files()) == {"new.py": FileStatus.ADDED, "old.py": FileStatus.DELETED}
    with pytest.raises(Refused, match="git fetch --refetch --no-filter"):
        source.read(source.files()[0], Side.HEAD, LIMIT)


@pytest.mark.parametrize("revision", ["", "--output=/dev/null", "-h", "no-such-branch", "HEAD:a.py"])
def test_what_names_no_commit_is_refused(author: Author, revision: str) -> None:
    author.commit({"a.py": "x = 1\n"})
    with pytest.raises(Refused):
        Repository(author.folder).commit(revision)


def test_a_folder_without_a_repository_shows_the_road(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="name one with --repo"):
        Repository(tmp_path).top()


def test_history_is_told_oldest_first_without_merges(author: Author) -> None:
    first = author.commit({"a.py": "x = 1\n"}, "first")
    author.commit({"a.py": "x = 2\n"}, "second: ü")
    author.git("checkout", "--quiet", "-b", "side", first)
    author.commit({"b.py": "x = 2\n"}, "on the side")
    author.git("checkout", "--quiet", "main")
    author.git("merge", "--quiet", "--no-edit", "side")
    told = Repository(author.folder).history("HEAD")
    assert {commit.subject for commit in told} == {"first", "second: ü", "on the side"}
    assert told[0].parent == ""
    assert {commit.parent for commit in told[1:]} == {first}


@given(st.binary(max_size=200).map(lambda tail: b":100644 100644 1 2 M" + tail))
def test_any_bytes_are_read_whole_or_refused(raw: bytes) -> None:
    try:
        files = parse_raw_diff(raw)
    except Refused:
        return
    assert raw.count(b"\0") == sum(2 + bool(file.old_path) for file in files)


names = st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name)


@given(st.dictionaries(names, st.sampled_from("ADMT"), max_size=6))
def test_every_listed_file_comes_out_once(files: dict[bytes, str]) -> None:
    head = b":100644 100644 " + b"1" * 40 + b" " + b"2" * 40 + b" "
    raw = b"".join(head + letter.encode() + b"\0" + name + b"\0" for name, letter in files.items())
    read = parse_raw_diff(raw)
    assert sorted(file.path for file in read) == sorted(name.decode("utf-8", "replace") for name in files)
    for file in read:
        assert bool(file.skip) == ("\ufffd" in file.path and file.path.encode() not in files)
