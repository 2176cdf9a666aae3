"""The fake is as strict as GitHub: what its description forbids is refused, and what GitHub does, it does."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.fakes.github.description import Misuse
from tests.fakes.github.repository import Repository
from tests.fakes.github.server import FakeGitHub

TEXT = "".join(f"line {number}\n" for number in range(1, 31)).encode()


class Scene:
    """A pull request that changes line 10 of a.py, on a fake whose misuses are looked at here."""

    def __init__(self, fake: FakeGitHub, folder: Path) -> None:
        git = Repository.create(folder / "project.git")
        self.fake, self.hosted = fake, fake.add_repository(git.folder)
        self.base = git.commit({"a.py": TEXT})
        self.pull = fake.open_pull(self.hosted, self.base, git.commit({"a.py": changed(10)}, self.base))

    def send(self, verb: str, road: str, body: Any = None) -> tuple[int, Any]:
        """The status and the answer."""
        address = f"{self.fake.url}/{road}".replace("/api/v3/graphql", "/api/graphql")
        headers = {"Authorization": f"token {self.fake.token}"}
        data = json.dumps(body).encode() if body is not None else None
        try:
            with urllib.request.urlopen(urllib.request.Request(address, data, headers, method=verb)) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def review(self, *comments: dict[str, Any], **more: Any) -> int:
        """The status of a review with these comments."""
        body = {"event": "COMMENT", "comments": list(comments), **more}
        return self.send("POST", "repos/owner/project/pulls/1/reviews", body)[0]

    def move(self, content: bytes) -> None:
        """Force-push one commit with this content."""
        self.pull.head = self.hosted.git.commit({"a.py": content}, self.base)


def changed(*numbers: int) -> bytes:
    """The text with these lines changed."""
    lines = TEXT.splitlines(keepends=True)
    return b"".join(b"new " + line if number in numbers else line for number, line in enumerate(lines, 1))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A fake with one pull request."""
    with FakeGitHub(validate=True) as fake:
        yield Scene(fake, tmp_path)


def on(line: int, **more: Any) -> dict[str, Any]:
    """A comment on a line of a.py."""
    return {"path": "a.py", "line": line, "side": "RIGHT", "body": "Words.", **more}


def test_a_misspelt_key_is_refused(scene: Scene) -> None:
    assert scene.review(on(10, startline=9)) == 418
    assert scene.review(on(10), commit="x") == 418
    assert scene.send("GET", "repos/owner/project/pulls/1/files?perpage=3")[0] == 418
    assert len(scene.fake.misuses) == 3


def test_an_operation_that_github_does_not_have_is_refused(scene: Scene) -> None:
    assert scene.send("GET", "repos/owner/project/pull/1")[0] == 418


def test_a_query_that_the_schema_does_not_know_is_refused(scene: Scene) -> None:
    query = "query { viewer { name } }"
    assert scene.send("POST", "graphql", {"query": query, "variables": {}})[0] == 418


@pytest.mark.parametrize(
    "bad",
    [
        on(1),
        on(30),
        on(10, path="b.py"),
        on(10, start_line=10),
        on(10, start_line=1),
        on(10, body=" "),
        on(10, body="x" * 65_537),
    ],
)
def test_one_bad_anchor_refuses_the_whole_review(scene: Scene, bad: dict[str, Any]) -> None:
    assert scene.review(on(10), bad) == 422
    assert scene.pull.reviewed == []


def test_a_review_that_says_nothing_is_refused(scene: Scene) -> None:
    assert scene.review() == 422
    assert scene.review(body="Words.") == 200


def test_context_lines_of_a_hunk_carry_comments(scene: Scene) -> None:
    assert scene.review(on(7), on(13), on(12, start_line=8)) == 200
    assert len(scene.pull.reviewed) == 3


def test_a_review_of_a_commit_that_was_pushed_away_is_refused(scene: Scene) -> None:
    gone = scene.pull.head
    scene.move(changed(11))
    assert scene.review(on(10), commit_id=gone) == 422


def test_after_a_force_push_comments_follow_their_line_or_are_outdated(scene: Scene) -> None:
    scene.review(on(10), on(12))
    first = scene.pull.head
    scene.move(b"top\n" + changed(10).replace(b"line 12\n", b"other 12\n"))
    assert [shown.line for shown in scene.fake.standing(scene.hosted, scene.pull).threads] == [None, 11]
    assert {one.commit for one in scene.pull.reviewed} == {first}


def test_without_the_token_nothing_is_answered(scene: Scene) -> None:
    scene.fake.token = "another"
    request = urllib.request.Request(
        f"{scene.fake.url}/repos/owner/project/pulls/1", headers={"Authorization": "token x"}
    )
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request)


def test_a_webhook_is_delivered_signed_and_redelivered_with_the_same_id(scene: Scene) -> None:
    came: list[tuple[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.headers["X-GitHub-Delivery"], self.headers["X-Hub-Signature-256"]))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        delivery = scene.fake.pull_event(scene.hosted, scene.pull, "opened")
        address = f"http://127.0.0.1:{server.server_port}/"
        assert [scene.fake.deliver(address, delivery, "secret") for _ in range(2)] == [202, 202]
        server.shutdown()
    assert came[0] == came[1]
    assert came[0][1].startswith("sha256=")


def test_without_the_tools_of_the_tests_the_fake_says_so(caplog: pytest.LogCaptureFixture, monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jsonschema_rs", None)
    with FakeGitHub() as fake:
        assert fake.url.endswith("/api/v3")
    assert "does not hold what is said to it against GitHub's description" in caplog.text
    with pytest.raises(Misuse):
        FakeGitHub(validate=True)
