"""What a Gerrit change can be: a merge, a chain, a rebase, private, in any spelling."""

from bot.model import ChangeRef, Permission, Review, Side, Verdict
from bot.review import plan as plan_of
from tests.fakes.gerrit.checkout import message_of
from tests.fakes.gerrit.server import REVIEWER
from tests.forges.contract.plans import FOUND, comment, plan
from tests.forges.gerrit.world import GerritWorld

LINES = "".join(f"value_{number} = {number}\n" for number in range(1, 41)).encode()


def with_line(text: bytes, number: int, new: bytes) -> bytes:
    """The text with one line replaced."""
    lines = text.split(b"\n")
    lines[number - 1] = new
    return b"\n".join(lines)


def test_a_merge_is_compared_with_the_servers_own_merge(world: GerritWorld) -> None:
    git = world.checkout.git
    start = world.checkout.base({"app.py": LINES, "other.py": b"a = 1\n"})
    left = world.checkout.base({"app.py": with_line(LINES, 5, b"left = 5"), "left.py": b"l = 1\n"})
    git("checkout", "-q", "--detach", start)
    right = world.checkout.base({"app.py": with_line(LINES, 30, b"right = 30")}, branch="side")
    git("checkout", "-q", "--detach", left)
    git("merge", "-q", "--no-ff", "-m", "merge", right)
    world.checkout.commit(
        {"app.py": with_line(world.read("app.py"), 20, b"evil = 20")}, message_of("Merge it"), amend=True
    )
    ref = ChangeRef("gerrit", world.project, world.checkout.push("Merge it"))
    forge = world.forge()
    change = forge.change(ref)
    (file,) = forge.diff(change)
    assert file.touched is not None
    assert (file.path, set(file.touched.added)) == ("app.py", {20})
    merged = with_line(with_line(LINES, 5, b"left = 5"), 30, b"right = 30")
    assert forge.read(change, file, Side.BASE, 10_000) == merged
    assert forge.read(change, file, Side.HEAD, 10_000) == with_line(merged, 20, b"evil = 20")


def test_each_change_of_a_chain_speaks_for_itself(world: GerritWorld) -> None:
    first = world.new_change({"one.py": b"a = 1\n"})
    world.checkout.commit({"two.py": b"b = 2\n"}, message_of("Second", world.project))
    second = ChangeRef("gerrit", world.project, world.checkout.push("Second"))
    forge = world.forge()
    assert [file.path for file in forge.diff(forge.change(first))] == ["one.py"]
    assert [file.path for file in forge.diff(forge.change(second))] == ["two.py"]
    assert forge.change(second).head.base == forge.change(first).head.id


def test_a_new_message_or_a_trivial_rebase_repeats_what_was_reviewed(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": with_line(LINES, 2, b"run = 2")}, {"app.py": LINES})
    first = world.forge().change(ref)
    world.forge().publish(first, plan(first, comment(1, "app.py", 2)))
    world.checkout.amend({}, "Edit some files", "With a reason.")
    reworded = world.forge().change(ref)
    assert reworded.head.echoes == (first.head.id,)
    rebase(world, ref)
    rebased = world.forge().change(ref)
    assert rebased.head.echoes == (reworded.head.id, first.head.id)
    review = Review(rebased.head, Verdict.FINDINGS, (comment(1, "app.py", 3),), FOUND)
    assert plan_of(review, world.forge().posted(rebased)).empty


def rebase(world: GerritWorld, ref: ChangeRef) -> None:
    """Another change lands, and the server rebases this one onto it."""
    world.checkout.git("checkout", "-q", "main")
    world.checkout.base({"elsewhere.py": b"e = 1\n"})
    world.call(ref, "rebase", body={})


def test_work_after_a_rebase_is_no_repetition(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": with_line(LINES, 2, b"run = 2")}, {"app.py": LINES})
    world.push_patchset(ref, {"app.py": with_line(LINES, 3, b"run = 3")})
    assert world.forge().change(ref).head.echoes == ()


def test_lines_that_a_rebase_brought_are_not_touched(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": with_line(LINES, 2, b"run = 2")}, {"app.py": LINES})
    first = world.forge().change(ref)
    world.checkout.git("checkout", "-q", "main")
    world.checkout.base({"app.py": with_line(LINES, 38, b"landed = 38")})
    world.call(ref, "rebase", body={})
    world.push_patchset(
        ref, {"app.py": with_line(with_line(with_line(LINES, 2, b"run = 2"), 38, b"landed = 38"), 20, b"new = 20")}
    )
    change = world.forge().change(ref)
    (file,) = world.forge().diff(change, first.head)
    assert file.touched is not None
    assert file.touched.added == {20}
    (whole,) = world.forge().diff(change)
    assert whole.touched is not None
    assert whole.touched.added == {2, 20}


def test_a_thread_is_told_where_it_stands_now(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": with_line(LINES, 20, b"run = 20")}, {"app.py": LINES})
    change = world.forge().change(ref)
    world.forge().publish(change, plan(change, comment(1, "app.py", 20)))
    world.push_patchset(ref, {"app.py": b"# one\n# two\n" + with_line(LINES, 20, b"run = 20")})
    (thread,) = world.forge().posted(world.forge().change(ref)).threads
    assert (thread.line, thread.resolved) == (22, False)


def test_work_in_progress_and_private_are_told(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    world.review(ref, world.maintainer, reviewers=[{"reviewer": world.bot}])
    world.call(ref, "wip", body={}, user=world.maintainer)
    world.call(ref, "private", body={}, user=world.maintainer)
    change = world.forge().change(ref)
    assert (change.draft, change.private, change.open) == (True, True, True)


def test_a_symbolic_link_is_no_text(world: GerritWorld) -> None:
    world.checkout.git("checkout", "-q", "--detach", "main")
    (world.checkout.folder / "link.py").symlink_to("app.py")
    ref = ChangeRef("gerrit", world.project, world.checkout.change({"app.py": b"a = 1\n"}, f"Link {world.project}"))
    assert [(file.path, file.skip) for file in world.forge().diff(world.forge().change(ref))] == [
        ("app.py", ""),
        ("link.py", "a symbolic link"),
    ]


def test_a_text_with_a_lone_carriage_return_is_not_taken_for_binary(world: GerritWorld) -> None:
    ref = world.new_change({"mac.py": b"a = 1\rb = 2\n", "image.png": b"\x89PNG\r\n\x1a\n\0\0"})
    files = {file.path: file for file in world.forge().diff(world.forge().change(ref))}
    assert (files["mac.py"].binary, files["mac.py"].touched) == (False, None)
    assert files["image.png"].binary


def test_other_robots_may_not_command_and_owners_may(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    forge = world.forge()
    assert forge.permission(ref, world.maintainer) is Permission.WRITE
    assert forge.permission(ref, REVIEWER) is Permission.READ
    assert world.forge(command_groups=("Service Users",)).permission(ref, world.bot) is Permission.NONE


def test_a_reviewer_with_a_strong_enough_vote_may_command(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    world.review(ref, REVIEWER, labels={"Code-Review": 1})
    assert world.forge(command_value=1).permission(ref, REVIEWER) is Permission.WRITE
    assert world.forge(command_value=2).permission(ref, REVIEWER) is Permission.READ


def test_a_member_of_a_commanding_group_may_command(world: GerritWorld) -> None:
    ref = world.new_change({"app.py": b"a = 1\n"})
    group = f"crew-{world.project[5:]}"
    world.server.call("PUT", f"/groups/{group}", {"visible_to_all": True, "members": [REVIEWER]})
    assert world.forge(command_groups=(group,)).permission(ref, REVIEWER) is Permission.WRITE
    assert world.forge(command_groups=(group,)).permission(ref, world.outsider) is Permission.READ
