"""What is GitHub's own in reading: withheld patches, caps, blobs, Enterprise addresses, tokens, bots."""

import pytest

from bot.errors import BadSettings, Refused, Unavailable
from bot.forges.github import api
from bot.forges.github.forge import GitHubForge
from bot.model import ChangeRef, FileStatus, Patchset, Permission, Side
from config.settings import GitHubSettings, Secret
from tests.fakes.github import repository
from tests.fakes.github.server import Fault
from tests.forges.contract.plans import comment, plan
from tests.forges.github.world import GitHubWorld

TEXT = "".join(f"value_{number} = {number}\n" for number in range(1, 41)).encode()
BASE = {"app.py": TEXT}
HEAD = {"app.py": TEXT.replace(b"value_2 = 2\n", b"value_2 = run()\n")}


def test_a_withheld_patch_is_no_empty_change(world: GitHubWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "DIFF_LINES_LIMIT", 3)
    forge = world.forge()
    change = forge.change(world.new_change(HEAD, BASE))
    (file,) = forge.diff(change)
    assert (file.status, file.touched) == (FileStatus.MODIFIED, None)


def test_a_comment_on_a_withheld_patch_stands_on_the_file(world: GitHubWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "DIFF_LINES_LIMIT", 3)
    change = world.forge().change(world.new_change(HEAD, BASE))
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    assert [seen.line for seen in world.comments(change.ref)] == [None]


def test_a_moved_file_without_a_patch_is_compared_by_us(world: GitHubWorld) -> None:
    forge = world.forge()
    change = forge.change(world.new_change({"new.py": TEXT}, {"old.py": TEXT}, {"old.py": "new.py"}))
    (file,) = forge.diff(change)
    assert (file.status, file.base_path, file.touched) == (FileStatus.RENAMED, "old.py", None)


def test_hundreds_of_files_come_in_pages(world: GitHubWorld) -> None:
    forge = world.forge()
    change = forge.change(world.new_change({f"file_{number:03}.py": b"a = 1\n" for number in range(230)}))
    assert len(forge.diff(change)) == 230
    assert sum(request.endswith("/files") for request in world.fake.requests) == 3


def test_more_files_than_github_lists_are_refused(world: GitHubWorld) -> None:
    forge = world.forge()
    change = forge.change(world.new_change({f"file_{number:04}.py": b"" for number in range(3001)}))
    with pytest.raises(Refused, match="3000 files"):
        forge.diff(change)


def test_the_base_is_where_the_branch_parted(world: GitHubWorld) -> None:
    ref = world.new_change(HEAD, BASE)
    change = world.forge().change(ref)
    assert change.head.base == world.hosted.merge_base(world.pull(ref)) != world.pull(ref).base


def test_a_repository_of_another_name_is_refused(world: GitHubWorld) -> None:
    ref = world.new_change(HEAD, BASE)
    world.hosted.name = "owner/renamed"
    with pytest.raises(Refused, match="called owner/renamed by now"):
        world.forge().change(ref)


def test_since_a_patchset_only_its_commits_count(world: GitHubWorld) -> None:
    ref = world.new_change(HEAD, BASE)
    first = world.forge().change(ref).head
    world.push_patchset(ref, {"more.py": b"a = 1\n"})
    forge = world.forge()
    change = forge.change(ref)
    assert [file.path for file in forge.diff(change, first)] == ["more.py"]
    assert [file.path for file in forge.diff(change)] == ["app.py", "more.py"]


@pytest.mark.parametrize("since", ["", "0" * 40], ids=["rewritten", "unknown"])
def test_since_a_patchset_that_is_not_below_the_head_everything_counts(world: GitHubWorld, since: str) -> None:
    ref = world.new_change(HEAD, BASE)
    first = world.forge().change(ref).head
    world.rewrite(ref, {**HEAD, "more.py": b"a = 1\n"})
    forge = world.forge()
    change = forge.change(ref)
    earlier = Patchset(since or first.id, first.base)
    assert [file.path for file in forge.diff(change, earlier)] == ["app.py", "more.py"]


def test_a_folder_or_submodule_is_no_file(world: GitHubWorld) -> None:
    forge = world.forge()
    change = forge.change(world.new_change(HEAD, BASE))
    (file,) = forge.diff(change)
    answer = {"type": "submodule", "size": 0, "sha": "0" * 40}
    world.fake.faults = [Fault("/contents/", 200, answer)]
    with pytest.raises(Refused, match="no file"):
        forge.read(change, file, Side.HEAD, 1000)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"type": "file"},
        {"type": "file", "size": "3"},
        {"type": "file", "size": 3, "encoding": "base64", "content": "?"},
    ],
)
def test_an_odd_answer_is_no_content(world: GitHubWorld, answer: dict[str, object]) -> None:
    forge = world.forge()
    change = forge.change(world.new_change(HEAD, BASE))
    (file,) = forge.diff(change)
    world.fake.faults = [Fault("/contents/", 200, answer)]
    with pytest.raises((Refused, Unavailable)):
        forge.read(change, file, Side.HEAD, 1000)


def test_a_review_of_one_file_takes_ten_requests(world: GitHubWorld) -> None:
    ref = world.new_change(HEAD, BASE)
    forge = world.forge()
    change = forge.change(ref)
    (file,) = forge.diff(change)
    forge.read(change, file, Side.BASE, 9999)
    forge.read(change, file, Side.HEAD, 9999)
    forge.posted(change)
    forge.publish(change, plan(change, comment(1, "app.py", 2)))
    assert [request.split("/")[-1].split("?")[0] for request in world.fake.requests] == [
        "1",
        f"{world.pull(ref).base}...{change.head.id}",
        "files",
        "app.py",
        "app.py",
        "graphql",
        "graphql",
        "reviews",
        "comments",
        "graphql",
    ]


def test_both_addresses_of_github_work(world: GitHubWorld) -> None:
    ref = world.new_change(HEAD, BASE)
    for address in (world.fake.url, world.fake.web, f"{world.fake.url}/"):
        forge = GitHubForge(GitHubSettings(address, Secret(world.fake.token)))
        change = forge.change(ref)
        assert forge.posted(change).threads == ()


def test_a_wrong_token_is_refused_and_not_shown(world: GitHubWorld) -> None:
    ref = world.new_change(HEAD, BASE)
    forge = GitHubForge(GitHubSettings(world.fake.url, Secret("ghp_wrong")))
    world.fake.faults = [Fault("GET", 401, {"message": "Bad credentials for ghp_wrong"})]
    with pytest.raises(Refused) as refused:
        forge.change(ref)
    assert refused.value.status == 401
    assert "Bad credentials" in str(refused.value)
    assert "ghp_wrong" not in str(refused.value) + repr(refused.value)


def test_a_server_that_is_not_there_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "READ_RETRY", api.READ_RETRY.new(total=1))
    forge = GitHubForge(GitHubSettings("http://127.0.0.1:9", Secret("ghp_secret")))
    with pytest.raises(Unavailable) as missing:
        forge.permission(ref_of("owner/project"), "somebody")
    assert "ghp_secret" not in str(missing.value)


def ref_of(project: str) -> ChangeRef:
    """A change of a project."""
    return ChangeRef("github", project, 1)


def test_permissions_are_githubs_own(world: GitHubWorld) -> None:
    ref = world.new_change(HEAD, BASE)
    forge = world.forge()
    assert forge.permission(ref, "maintainer") is Permission.ADMIN
    assert forge.permission(ref, "reader") is Permission.READ
    for nobody in ("other[bot]", "", "../../user", "Touchline-Bot", "a b", "x" * 200):
        assert forge.permission(ref, nobody) is Permission.NONE
    assert not any(".." in request for request in world.fake.requests)


@pytest.mark.parametrize("answer", ["<html>", "[1", '"text"', "null", "[]", "3"])
def test_an_answer_that_is_not_what_github_says_may_pass(world: GitHubWorld, answer: str) -> None:
    ref = world.new_change(HEAD, BASE)
    world.fake.faults = [Fault("GET", 200, answer, times=9)]
    with pytest.raises(Unavailable):
        world.forge().change(ref)


def test_many_writes_pause_as_github_asks_and_few_do_not(world: GitHubWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("bot.forges.github.api.time.sleep", pauses.append)
    change = world.forge().change(world.new_change(HEAD, BASE))
    forge = GitHubForge(world.settings, seconds_between_writes=900.0)
    forge.publish(change, plan(change, *(comment(number, "app.py", 30 + number) for number in range(3))))
    assert pauses == []
    forge.publish(change, plan(change, *(comment(number, "app.py", 30 + number) for number in range(3, 6))))
    assert len(pauses) == 3
    assert all(899 < pause <= 900 for pause in pauses)


@pytest.mark.parametrize("token", ["ghp_a\nb", "ghp_a b", "ghp_\u20ac"])
def test_a_token_that_is_none_is_named_by_its_setting_and_not_shown(token: str) -> None:
    with pytest.raises(BadSettings, match=r"github\.token") as wrong:
        GitHubForge(GitHubSettings(token=Secret(token)))
    assert "ghp" not in str(wrong.value)


def test_an_address_that_is_none_is_named_by_its_setting() -> None:
    with pytest.raises(BadSettings, match=r"github\.api_url"):
        GitHubForge(GitHubSettings("api.github.com"))
