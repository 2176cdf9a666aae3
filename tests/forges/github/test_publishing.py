"""Publishing under everything that can go wrong on GitHub's side or on the way: nothing lost, nothing doubled."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from analyzers.model import Edit, Fix, Safety, Span
from bot.errors import Refused, Superseded, Unavailable
from bot.model import Change, Comment, Placement, Plan, Receipt, Resolution
from tests.fakes.github.server import Fault
from tests.forges.contract.plans import CLEAN, FOUND, comment, plan
from tests.forges.github.world import GitHubWorld, delivered

BASE = {"app.py": "".join(f"value_{number} = {number}\n" for number in range(1, 41)).encode()}
HEAD = {"app.py": BASE["app.py"].replace(b"value_2 = 2\n", b"value_2 = run()\n")}
MANY = [comment(number, "app.py", line) for number, line in enumerate((1, 2, 3, 4, 30, 99), 1)]
POINTLESS = {"message": "Resource not accessible by integration"}


def opened(world: GitHubWorld) -> Change:
    """A change that touches line 2 of app.py."""
    return world.forge().change(world.new_change(HEAD, BASE))


def everything(world: GitHubWorld, change: Change) -> object:
    """All that people see of us, without the ids, which depend on how often something was tried."""
    return world.comments(change.ref), world.messages(change.ref, world.bot)


def second_patchset(world: GitHubWorld) -> tuple[Change, Plan]:
    """A change whose first defect is gone and whose second patchset brings new ones: every kind of write is due."""
    change = opened(world)
    world.forge().publish(change, plan(change, comment(40, "app.py", 2), comment(41, "app.py", 3)))
    world.push_patchset(change.ref, {"app.py": HEAD["app.py"] + b"more = 1\n"})
    change = world.forge().change(change.ref)
    posted = world.forge().posted(change)
    resolve = tuple(Resolution(thread, "Gone.") for thread in posted.threads)
    return change, replace(plan(change, *MANY, summary=CLEAN, posted=posted), resolve=resolve)


def published_in_spite_of_crashes(world: GitHubWorld, change: Change, wanted: Plan, faults: Sequence[Fault]) -> Receipt:
    """The plan, published again until it goes through, as the job engine does."""
    world.fake.faults = list(faults)
    for _ in range(5):
        try:
            return world.forge().publish(change, wanted)
        except Unavailable:
            continue
    pytest.fail("it never goes through")


def requests_of(world: GitHubWorld, change: Change, wanted: Plan) -> int:
    """How many requests publishing takes."""
    before = len(world.fake.requests)
    world.forge().publish(change, wanted)
    return len(world.fake.requests) - before


@pytest.mark.parametrize("done", [False, True], ids=["before it", "after it"])
def test_a_crash_at_any_request_leaves_exactly_the_same(world: GitHubWorld, done: bool) -> None:
    change, wanted = second_patchset(world)
    number = requests_of(world, change, wanted)
    right = everything(world, change)
    assert number >= 8
    for place in range(number):
        change, wanted = second_patchset(world)
        published_in_spite_of_crashes(world, change, wanted, [Fault("", 0, skip=place, done=done)])
        assert shape(everything(world, change), change) == shape(right, change), f"request {place}"


def shape(seen: object, change: Change) -> str:
    """What is seen, without the number of the pull request and the commits in it."""
    text = repr(seen)
    return (
        text if change.head.id not in text else text.replace(change.head.id, "HEAD").replace(change.head.base, "BASE")
    )


def test_a_write_is_never_repeated_by_the_client(world: GitHubWorld) -> None:
    change = opened(world)
    world.fake.faults = [Fault("POST /api/v3", 503, done=True)]
    with pytest.raises(Unavailable):
        world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    assert sum(request.endswith("/reviews") for request in world.fake.requests) == 1
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    assert len(world.comments(change.ref)) == 1


def test_a_read_is_repeated_at_once(world: GitHubWorld) -> None:
    ref = world.new_change(HEAD, BASE)
    world.fake.faults = [Fault("GET", 503)]
    assert world.forge().change(ref).open


@pytest.mark.parametrize("verb", ["GET /api", "POST /api/v3", "graphql"])
def test_a_limit_goes_up_with_its_time(world: GitHubWorld, verb: str) -> None:
    change = opened(world)
    said = {"message": "You have exceeded a secondary rate limit."}
    world.fake.faults = [Fault(verb, 403, said, {"Retry-After": "120"})]
    with pytest.raises(Unavailable) as limited:
        world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    assert limited.value.retry_after == 120
    assert len([request for request in world.fake.requests if verb.split()[-1] in request]) >= 1


def test_a_review_that_github_refuses_is_narrowed_down(world: GitHubWorld) -> None:
    change = opened(world)
    world.fake.faults = [Fault("/reviews", 422, {"message": "Unprocessable Entity"}, times=1)]
    receipt = world.forge().publish(change, plan(change, *MANY[:4]))
    assert {standing.placement for standing in receipt.posted} == {Placement.LINE}
    assert len(world.comments(change.ref)) == 4


def test_what_no_line_takes_goes_down_the_ladder(world: GitHubWorld) -> None:
    change = opened(world)
    world.fake.faults = [Fault("/reviews", 422, {"message": "Unprocessable Entity"}, times=99)]
    receipt = world.forge().publish(change, plan(change, *MANY[:2]))
    assert {standing.placement for standing in receipt.posted} == {Placement.FILE}
    assert [seen.line for seen in world.comments(change.ref)] == [None, None]
    assert "[`app.py:1`](" in world.comments(change.ref)[0].body
    assert receipt.notes


def test_what_no_file_takes_is_carried_by_the_summary_once(world: GitHubWorld) -> None:
    change = opened(world)
    world.fake.faults = [Fault("/pulls/1/comments", 422, {"message": "Unprocessable Entity"}, times=99)]
    far = comment(9, "app.py", 35, "Far below.")
    wanted = plan(change, far, summary=FOUND)
    receipt = world.forge().publish(change, wanted)
    assert [(one.placement, one.id) for one in receipt.posted] == [(Placement.SUMMARY, receipt.summary_id)]
    before = world.messages(change.ref, world.bot)
    assert before[0].count("Far below.") == 1
    again = replace(wanted, summary=None, standing_summary=world.forge().posted(change).summary)
    world.forge().publish(change, again)
    assert world.messages(change.ref, world.bot) == before
    world.forge().publish(change, plan(change, summary=CLEAN))
    assert "Far below." not in world.messages(change.ref, world.bot)[0]


def test_another_refusal_than_of_anchors_is_not_bisected(world: GitHubWorld) -> None:
    change = opened(world)
    world.fake.faults = [Fault("/reviews", 403, {"message": "Must have write access"})]
    with pytest.raises(Refused, match="Must have write access"):
        world.forge().publish(change, plan(change, *MANY))
    assert sum(request.endswith("/reviews") for request in world.fake.requests) == 1


def test_a_head_that_moves_during_the_review_supersedes_it(world: GitHubWorld) -> None:
    change = opened(world)
    wanted = plan(change, comment(1, "app.py", 2))
    forge = world.forge()
    forge.diff(change)
    world.rewrite(change.ref, {"app.py": b"other = 1\n"})
    with pytest.raises(Superseded):
        forge.publish(change, wanted)
    assert everything(world, change) == ((), ())


def test_where_resolving_is_not_granted_the_reply_says_it_once(world: GitHubWorld) -> None:
    change, wanted = second_patchset(world)
    refusal = {"data": None, "errors": [{"type": "FORBIDDEN", **POINTLESS}]}
    world.fake.faults = [Fault("graphql", 200, refusal, skip=1, times=2)]
    receipt = world.forge().publish(change, wanted)
    assert [("Gone." in seen.replies[0], seen.resolved) for seen in world.comments(change.ref) if seen.replies] == [
        (True, False),
        (True, False),
    ]
    assert len(receipt.resolved) == 2
    assert any("not accessible" in note for note in receipt.notes)
    assert [
        thread.resolved for thread in world.forge().posted(change).threads if thread.mark.endswith(("28", "29"))
    ] == [
        True,
        True,
    ]


def test_a_closed_thread_without_its_last_word_is_still_to_be_resolved(world: GitHubWorld) -> None:
    change, wanted = second_patchset(world)
    world.fake.faults = [Fault("/replies", 503)]
    with pytest.raises(Unavailable):
        world.forge().publish(change, wanted)
    assert [thread.resolved for thread in world.forge().posted(change).threads[:2]] == [False, False]
    world.forge().publish(change, wanted)
    assert [thread.resolved for thread in world.forge().posted(change).threads[:2]] == [True, True]
    assert [len(seen.replies) for seen in world.comments(change.ref) if seen.resolved] == [1, 1]


def test_a_thread_that_a_person_resolved_stays_so(world: GitHubWorld) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    world.pull(change.ref).threads()[0].resolved_by = world.maintainer
    assert [thread.resolved for thread in world.forge().posted(change).threads] == [True]


def test_threads_and_comments_beyond_the_first_page_are_seen(world: GitHubWorld) -> None:
    change = opened(world)
    for number in range(130):
        world.comment_inline_as(change.ref, world.outsider, "app.py", 2, f"Thread {number}")
        world.comment_as(change.ref, world.outsider, f"Comment {number}")
    wanted = plan(change, *(comment(number, "app.py", 2) for number in range(110)))
    world.forge().publish(change, wanted)
    world.forge().publish(change, wanted)
    posted = world.forge().posted(change)
    assert len(posted.threads) == 110
    assert posted.summary is not None
    assert len(world.messages(change.ref, world.bot)) == 1


def test_a_safe_fix_is_one_click(world: GitHubWorld) -> None:
    change = opened(world)
    fix = Fix("Use walk", Safety.SAFE, (Edit(Span(2, 11, 2, 14), "walk"),))
    wanted: Comment = replace(comment(1, "app.py", 2), fix=fix)
    world.forge().publish(change, plan(change, wanted))
    (seen,) = world.comments(change.ref)
    assert seen.body.endswith("```suggestion\nvalue_2 = walk()\n```")
    assert seen.line == 2


def test_hostile_words_reach_nobody(world: GitHubWorld) -> None:
    change = opened(world)
    world.forge().publish(
        change, plan(change, comment(1, "app.py", 2, "@everyone <img src=x> [x](https://evil.test) #1"))
    )
    (seen,) = world.comments(change.ref)
    assert "@everyone" not in seen.body
    assert "<img" not in seen.body
    assert "](https://evil.test)" not in seen.body


def test_a_command_in_a_thread_is_read_and_answered_there_once(world: GitHubWorld) -> None:
    change = opened(world)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    pull = world.pull(change.ref)
    said = world.hosted.answer(pull, world.maintainer, pull.threads()[0], "/touchline ignore because it is a test")
    sent = delivered(world.fake.answer_event(world.hosted, pull, said))
    event = world.forge().read_event(sent.headers, sent.body)
    assert event is not None
    assert (event.ref, event.command) == (change.ref, "ignore because it is a test")
    assert [event.thread] == [thread.id for thread in world.forge().posted(change).threads]
    for _ in range(2):
        world.forge().reply(change, event, "Here.")
    (seen,) = world.comments(change.ref)
    assert len(seen.replies) == 2
    assert "Here." in seen.replies[1]
    assert len(world.messages(change.ref, world.bot)) == 1
