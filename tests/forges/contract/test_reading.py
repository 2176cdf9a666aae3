"""What a forge tells: the change, its files and their exact bytes, who may command, and what happened."""

import pytest

from bot.errors import Refused
from bot.model import ChangedFile, ChangeRef, Event, FileStatus, Happened, Permission, Side
from tests.forges.contract.world import World

LINES = "".join(f"value_{number} = {number}\n" for number in range(1, 41)).encode()
LIMIT = 1_000_000


def changed(text: bytes, *numbers: int) -> bytes:
    """The text with these 1-based lines changed."""
    lines = text.split(b"\n")
    for number in numbers:
        lines[number - 1] += b"  # changed"
    return b"\n".join(lines)


def files_of(world: World, ref: ChangeRef) -> dict[str, ChangedFile]:
    """The files of the change by path."""
    forge = world.forge()
    return {file.path: file for file in forge.diff(forge.change(ref))}


def test_a_change_is_told_as_it_stands(world: World) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    change = world.forge().change(ref)
    assert (change.ref, change.head.id) == (ref, world.head_id(ref))
    assert (change.open, change.draft, change.private) == (True, False, False)
    assert change.title
    assert change.target
    assert change.author == world.maintainer


def test_a_further_patchset_is_the_head(world: World) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    first = world.forge().change(ref).head
    assert world.push_patchset(ref, {"app.py": b"a = 2\n"}) == world.forge().change(ref).head.id != first.id


def test_a_closed_change_is_not_open(world: World) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    world.close(ref)
    assert not world.forge().change(ref).open


def test_a_change_that_is_not_there_is_refused(world: World) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    with pytest.raises(Refused):
        world.forge().change(ChangeRef(ref.forge, ref.project, 999_999))


def test_the_diff_names_every_file_and_its_touched_lines(world: World) -> None:
    base = {"edited.py": LINES, "gone.py": LINES[:200], "cut.py": LINES}
    head = {
        "edited.py": changed(LINES, 3, 30),
        "gone.py": None,
        "new.py": b"a = 1\nb = 2\n",
        "cut.py": LINES.replace(b"value_20 = 20\n", b""),
    }
    files = files_of(world, world.new_change(head, base))
    assert list(files) == sorted(head)
    assert [files[path].status for path in ("edited.py", "gone.py", "new.py")] == [
        FileStatus.MODIFIED,
        FileStatus.DELETED,
        FileStatus.ADDED,
    ]
    edited, new, cut = files["edited.py"].touched, files["new.py"].touched, files["cut.py"].touched
    assert edited is not None
    assert new is not None
    assert cut is not None
    assert (edited.added, edited.gaps) == ({3, 30}, frozenset())
    assert new.added == {1, 2}
    assert (cut.added, cut.gaps) == (frozenset(), {19})


def test_a_renamed_file_is_read_at_its_old_path_in_base(world: World) -> None:
    ref = world.new_change({"new name.py": changed(LINES, 5)}, {"old.py": LINES}, {"old.py": "new name.py"})
    forge = world.forge()
    change = forge.change(ref)
    (file,) = forge.diff(change)
    assert (file.path, file.base_path, file.status) == ("new name.py", "old.py", FileStatus.RENAMED)
    assert forge.read(change, file, Side.BASE, LIMIT) == LINES
    assert forge.read(change, file, Side.HEAD, LIMIT) == changed(LINES, 5)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("plain.py", b"a = 1\n"),
        ("no newline.py", b"a = 1"),
        ("crlf.py", b"a = 1\r\nb = 2\r\n"),
        ("f\u00e9e + co/na\u00efve (1).py", "# \u00fc \U0001f40d\n".encode()),
        ("latin.py", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"),
        ("nul.py", b"a = 1\0\n"),
        ("big.py", b"x = 1  # " + b"padding " * 150_000 + b"\n"),
    ],
)
def test_files_are_read_byte_for_byte(world: World, path: str, content: bytes) -> None:
    ref = world.new_change({path: content + b"# more\n"}, {path: content})
    forge = world.forge()
    change = forge.change(ref)
    (file,) = forge.diff(change)
    assert forge.read(change, file, Side.BASE, 2_000_000) == content
    assert forge.read(change, file, Side.HEAD, 2_000_000) == content + b"# more\n"


def test_a_file_over_the_limit_is_refused(world: World) -> None:
    forge = world.forge()
    change = forge.change(world.new_change({"app.py": LINES}))
    (file,) = forge.diff(change)
    assert forge.read(change, file, Side.HEAD, len(LINES)) == LINES
    with pytest.raises(Refused):
        forge.read(change, file, Side.HEAD, len(LINES) - 1)


def test_a_file_that_the_change_does_not_touch_is_read_as_it_is_at_head(world: World) -> None:
    near = {"shop/db.py": LINES, "shop/f\u00e9e + co.py": b"a = 1\r\n", "shop/big.py": b"x = 1\n"}
    ref = world.new_change({"shop/views.py": b"b = 2\n", "shop/big.py": None}, {"shop/views.py": b"b = 1\n", **near})
    forge = world.forge()
    change = forge.change(ref)
    for path in ("shop/db.py", "shop/f\u00e9e + co.py"):
        assert forge.read(change, ChangedFile(path, FileStatus.MODIFIED, None), Side.HEAD, LIMIT) == near[path]
    for path in ("shop/nowhere.py", "nowhere/db.py", "shop", "shop/big.py"):
        with pytest.raises(Refused):
            forge.read(change, ChangedFile(path, FileStatus.MODIFIED, None), Side.HEAD, LIMIT)
    with pytest.raises(Refused):
        forge.read(change, ChangedFile("shop/db.py", FileStatus.MODIFIED, None), Side.HEAD, 10)


def test_an_added_file_has_no_base_and_a_deleted_one_no_head(world: World) -> None:
    forge = world.forge()
    change = forge.change(world.new_change({"new.py": b"a = 1\n", "gone.py": None}, {"gone.py": b"b = 2\n"}))
    gone, new = forge.diff(change)
    with pytest.raises(Refused):
        forge.read(change, new, Side.BASE, LIMIT)
    with pytest.raises(Refused):
        forge.read(change, gone, Side.HEAD, LIMIT)


def test_only_people_of_the_project_may_command(world: World) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    forge = world.forge()
    assert forge.permission(ref, world.maintainer).rank >= Permission.WRITE.rank
    assert forge.permission(ref, world.outsider).rank < Permission.WRITE.rank
    assert forge.permission(ref, "nobody-of-this-name") is Permission.NONE
    assert forge.permission(ref, world.bot) is Permission.NONE


def read(world: World, ref: ChangeRef, body: str = "") -> Event | None:
    """What our side makes of the delivery."""
    sent = world.delivery_of_comment(ref, world.maintainer, body) if body else world.delivery_of_patchset(ref)
    return world.forge().read_event(sent.headers, sent.body)


def test_a_new_patchset_is_an_event(world: World) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    event = read(world, ref)
    assert event is not None
    assert (event.ref, event.what, event.patchset) == (ref, Happened.PATCHSET, world.head_id(ref))
    assert event.delivery


def test_a_command_is_an_event_with_its_author(world: World) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    event = read(world, ref, "Once more, please.\n\n/touchline review")
    assert event is not None
    assert (event.ref, event.what, event.command) == (ref, Happened.COMMAND, "review")
    assert event.actor == world.maintainer


def test_talk_is_no_event(world: World) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    assert read(world, ref, "I like /touchline review a lot") is None


def test_an_unreadable_delivery_is_refused(world: World) -> None:
    sent = world.delivery_of_patchset(world.new_change({"app.py": b"a = 1\n"}))
    with pytest.raises(Refused):
        world.forge().read_event(sent.headers, b"[" * 100_000)
