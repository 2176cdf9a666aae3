"""What a forge writes: once, where it belongs, and never over what people said."""

import pytest

from bot.errors import Superseded
from bot.model import Change, ChangeRef, Event, Fold, Happened, Posted, Summary
from tests.forges.contract.plans import CLEAN, FOUND, comment, fixing, plan
from tests.forges.contract.world import Files, World

BASE = {"app.py": "".join(f"value_{number} = {number}\n" for number in range(1, 41)).encode()}
HEAD = {"app.py": BASE["app.py"].replace(b"value_2 = 2\n", b"value_2 = run()\n")}


def opened(world: World, files: Files | None = None, base: Files | None = None) -> Change:
    """A change that touches line 2 of app.py, as it stands."""
    return world.forge().change(world.new_change(files or HEAD, base or BASE))


def marks(posted: Posted) -> list[str]:
    """The marks that stand."""
    return [thread.mark for thread in posted.threads]


def everything(world: World, ref: ChangeRef) -> tuple[object, ...]:
    """All that people see of us."""
    return world.comments(ref), world.messages(ref, world.bot)


def test_a_comment_stands_on_its_line_and_the_summary_stands_once(world: World) -> None:
    change = opened(world)
    receipt = world.forge().publish(change, plan(change, comment(1, "app.py", 2, "Runs a thing.")))
    (seen,) = world.comments(change.ref)
    assert (seen.path, seen.line, seen.author) == ("app.py", 2, world.bot)
    assert "Runs a thing." in seen.body
    (summary,) = world.messages(change.ref, world.bot)
    assert "One defect to look at." in summary
    assert "Receipt" in summary
    assert (receipt.patchset, [standing.mark for standing in receipt.posted]) == (
        change.head.id,
        [comment(1, "", 1).mark],
    )
    assert receipt.summary_id


def test_what_stands_is_read_back(world: World) -> None:
    change = opened(world)
    wanted = plan(change, comment(1, "app.py", 2))
    assert world.forge().posted(change) == Posted()
    world.forge().publish(change, wanted)
    posted = world.forge().posted(change)
    (thread,) = posted.threads
    assert (thread.mark, thread.path, thread.line, thread.patchset) == (
        comment(1, "", 1).mark,
        "app.py",
        2,
        change.head.id,
    )
    assert (thread.resolved, thread.answered) == (False, False)
    assert posted.summary is not None
    assert (posted.summary.digest, posted.summary.patchset) == (wanted.digest, change.head.id)


def test_the_same_plan_twice_posts_nothing_twice(world: World) -> None:
    change = opened(world)
    wanted = plan(change, comment(1, "app.py", 2), comment(2, "app.py", 3))
    first = world.forge().publish(change, wanted)
    before = everything(world, change.ref)
    assert world.forge().publish(change, wanted).posted == first.posted
    assert everything(world, change.ref) == before


def test_many_comments_on_one_line_all_stand(world: World) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, *(comment(number, "app.py", 2) for number in range(5))))
    assert len(set(marks(world.forge().posted(change)))) == 5


def test_a_comment_far_from_the_touched_lines_is_not_lost(world: World) -> None:
    change = opened(world)
    far = comment(7, "app.py", 35, "Far below.")
    receipt = world.forge().publish(change, plan(change, comment(1, "app.py", 2), far))
    assert {standing.mark for standing in receipt.posted} == {comment(1, "", 1).mark, far.mark}
    shown = [seen.body for seen in world.comments(change.ref)] + list(world.messages(change.ref, world.bot))
    assert sum("Far below." in text for text in shown) == 1


@pytest.mark.parametrize("line", [0, 41, 100_000])
def test_a_line_that_does_not_exist_loses_no_comment(world: World, line: int) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", line, "Nowhere to stand.")))
    shown = [seen.body for seen in world.comments(change.ref)] + list(world.messages(change.ref, world.bot))
    assert sum("Nowhere to stand." in text for text in shown) == 1
    assert all(seen.line is None or seen.line <= 40 for seen in world.comments(change.ref))


def test_a_change_that_moved_on_gets_nothing(world: World) -> None:
    change = opened(world)
    world.push_patchset(change.ref, {"app.py": b"value_1 = 2\n"})
    with pytest.raises(Superseded):
        world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    assert everything(world, change.ref) == ((), ())


def test_the_summary_of_the_next_patchset_takes_the_place_of_the_last(world: World) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    world.push_patchset(change.ref, {"app.py": BASE["app.py"] + b"more = 1\n"})
    change = world.forge().change(change.ref)
    wanted = plan(change, summary=CLEAN, posted=world.forge().posted(change))
    world.forge().publish(change, wanted)
    posted = world.forge().posted(change)
    assert posted.summary is not None
    assert (posted.summary.digest, posted.summary.patchset) == (wanted.digest, change.head.id)
    assert "Nothing to report." in world.messages(change.ref, world.bot)[-1]


def test_a_thread_keeps_the_patchset_it_was_written_on(world: World) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    world.rewrite(change.ref, {"app.py": b"# top\n" + HEAD["app.py"]})
    (thread,) = world.forge().posted(world.forge().change(change.ref)).threads
    assert thread.patchset == change.head.id


def test_a_thread_whose_defect_is_gone_is_answered_and_resolved_once(world: World) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    world.push_patchset(change.ref, {"app.py": BASE["app.py"] + b"more = 1\n"})
    change = world.forge().change(change.ref)
    posted = world.forge().posted(change)
    wanted = fixing(plan(change, summary=CLEAN, posted=posted), posted, "Gone, thank you.")
    receipt = world.forge().publish(change, wanted)
    assert receipt.resolved == tuple(thread.id for thread in posted.threads)
    world.forge().publish(change, wanted)
    (seen,) = world.comments(change.ref)
    assert seen.resolved
    assert [("Gone, thank you." in reply) for reply in seen.replies] == [True]
    (thread,) = world.forge().posted(change).threads
    assert (thread.resolved, thread.answered) == (True, False)


def test_an_answer_by_a_person_is_seen(world: World) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2), comment(2, "app.py", 3)))
    first = next(thread for thread in world.forge().posted(change).threads if thread.line == 2)
    world.answer_as(change.ref, world.maintainer, first, "We know, it is fine.")
    assert {thread.line: thread.answered for thread in world.forge().posted(change).threads} == {2: True, 3: False}


def test_a_copy_of_our_words_by_somebody_else_is_not_ours(world: World) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    (ours,) = world.comments(change.ref)
    (summary,) = world.messages(change.ref, world.bot)
    other = opened(world)
    world.comment_inline_as(other.ref, world.outsider, "app.py", 2, ours.body)
    world.comment_as(other.ref, world.outsider, summary)
    assert world.forge().posted(other) == Posted()


def test_text_beyond_every_limit_is_cut_and_not_refused(world: World) -> None:
    change = opened(world)
    long = Summary("**Many.**\n\n" + "one more line of words\n" * 20_000, (Fold("All", "detail " * 20_000),))
    world.forge().publish(change, plan(change, comment(1, "app.py", 2, "word " * 40_000), summary=long))
    assert marks(world.forge().posted(change)) == [comment(1, "", 1).mark]
    assert "**Many.**" in world.messages(change.ref, world.bot)[-1]
    assert world.forge().posted(change).summary is not None


def test_a_command_is_answered_once(world: World) -> None:
    change = opened(world)
    event = Event(change.ref, "d-1", Happened.COMMAND, world.maintainer, "", "review", "17")
    world.forge().reply(change, event, "Reviewing again.")
    world.forge().reply(change, event, "Reviewing again.")
    assert sum("Reviewing again." in text for text in world.messages(change.ref, world.bot)) == 1


def test_an_answer_to_a_command_is_no_summary(world: World) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, summary=FOUND))
    world.forge().reply(
        change, Event(change.ref, "d-1", Happened.COMMAND, world.maintainer, "", "review", "17"), "Reviewing."
    )
    posted = world.forge().posted(change)
    assert posted.summary is not None
    assert posted.threads == ()
