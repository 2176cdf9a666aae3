"""The fake GitHub itself: its socket, its doors, its faults, and what its people do by hand.

with FakeGitHub() as fake:
    hosted = fake.add_repository(Path("some/repository.git"), "owner/name")
    pull = fake.open_pull(hosted, base="main", head="change")
    ... GitHubSettings(api_url=fake.url, token=Secret(fake.token)) ...
    fake.deliver("http://127.0.0.1:8080/github", fake.pull_event(hosted, pull, "opened"), "secret")
    print(fake.standing(hosted, pull))
"""

import hashlib
import hmac
import json
import logging
import threading
import urllib.request
import uuid
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.fakes.github import graph, rest
from tests.fakes.github.description import Judge, Misuse, judge
from tests.fakes.github.door import Answer, Door, Request
from tests.fakes.github.repository import Repository
from tests.fakes.github.state import Comment, Hosted, Pull, ReviewComment

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with requests whose "VERB path" holds `of`: `status` instead of an answer; 0 drops the line.

    `done` says that GitHub did what was asked before it failed to say so. `skip` requests go well before.
    """

    of: str
    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    skip: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook's delivery; the id stays the same when it is delivered again."""

    event: str
    payload: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def signed(self, secret: str) -> tuple[dict[str, str], bytes]:
        """Headers and body as GitHub sends them."""
        body = json.dumps(self.payload).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0000000",
            "X-GitHub-Event": self.event,
            "X-GitHub-Delivery": self.id,
            "X-GitHub-Hook-ID": "1",
            "X-Hub-Signature-256": f"sha256={signature}",
        }, body


@dataclass(frozen=True, slots=True)
class Shown:
    """A thread as a person sees it, its replies in order."""

    path: str
    line: int | None
    start_line: int | None
    author: str
    body: str
    resolved: bool
    replies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that stands on a pull request: threads by path and line, comments on the whole, oldest first."""

    threads: tuple[Shown, ...]
    comments: tuple[Comment, ...]


class FakeGitHub:
    """GitHub for the bot's own account. `requests` are all that came, as "VERB path"."""

    def __init__(self, bot: str = "touchline-bot", validate: bool | None = None, port: int = 0) -> None:
        """`validate` None holds exchanges against GitHub's description where the tools for it are installed."""
        self.bot, self.token = bot, f"token-of-{bot}"
        self.requests: list[str] = []
        self.faults: list[Fault] = []
        self.misuses: list[str] = []
        self.hosted: dict[str, Hosted] = {}
        self._judge = self._find_judge(validate)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), type("OwnDoor", (Door,), {"answer": self._answer}))
        self._server.daemon_threads = True
        self.web = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.web}/api/v3"

    def _find_judge(self, validate: bool | None) -> Judge | None:
        found = judge() if validate is not False else None
        if found is None and validate:
            raise Misuse("jsonschema-rs and graphql-core are needed to hold exchanges against GitHub's description")
        if found is None:
            log.warning("the fake GitHub does not hold what is said to it against GitHub's description")
        return found

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # --- what people do

    def add_repository(self, folder: Path, name: str = "owner/project", **people: str) -> Hosted:
        """Host a git repository; `people` maps logins to permissions (the bot may write)."""
        self.hosted[name] = Hosted(name, Repository(folder), people={self.bot: "write", **people})
        return self.hosted[name]

    def open_pull(
        self,
        hosted: Hosted,
        base: str,
        head: str,
        title: str = "A change",
        author: str = "author",
        base_ref: str = "main",
    ) -> Pull:
        """Open a pull request of `head` into `base`: names or ids of commits."""
        number = len(hosted.pulls) + 1
        git = hosted.git
        hosted.pulls[number] = Pull(number, title, author, base_ref, git.resolve(base), git.resolve(head))
        return hosted.pulls[number]

    def standing(self, hosted: Hosted, pull: Pull) -> Standing:
        """What a person sees on the pull request."""
        threads = [self._shown(hosted, pull, one) for one in pull.threads()]
        return Standing(tuple(sorted(threads, key=lambda one: (one.path, one.line or 0))), tuple(pull.comments))

    def _shown(self, hosted: Hosted, pull: Pull, one: ReviewComment) -> Shown:
        line = hosted.line_of(pull, one)
        start = None if one.start_line is None or line is None or one.line is None else line - one.line + one.start_line
        replies = tuple(reply.body for reply in pull.replies(one))
        return Shown(one.path, line, start, one.author, one.body, bool(one.resolved_by), replies)

    # --- webhooks

    def pull_event(self, hosted: Hosted, pull: Pull, action: str) -> Delivery:
        """A `pull_request` event."""
        payload = {"action": action, "number": pull.number, "pull_request": rest.pull_request(hosted, pull, self.web)}
        return Delivery("pull_request", payload | self._around(hosted, pull.author))

    def comment_event(self, hosted: Hosted, pull: Pull, comment: Comment, action: str = "created") -> Delivery:
        """An `issue_comment` event."""
        issue = {"number": pull.number, "title": pull.title, "pull_request": {"url": f"{self.url}/pulls/{pull.number}"}}
        payload = {"action": action, "issue": issue, "comment": rest.issue_comment(comment)}
        return Delivery("issue_comment", payload | self._around(hosted, comment.author))

    def answer_event(self, hosted: Hosted, pull: Pull, answer: ReviewComment) -> Delivery:
        """A `pull_request_review_comment` event: a new comment on a line, or an answer in a thread."""
        payload = {
            "action": "created",
            "comment": rest.review_comment(hosted, pull, answer),
            "pull_request": rest.pull_request(hosted, pull, self.web),
        }
        return Delivery("pull_request_review_comment", payload | self._around(hosted, answer.author))

    def _around(self, hosted: Hosted, sender: str) -> dict[str, Any]:
        return {"repository": rest.repository(hosted, self.web), "sender": rest.user(sender)}

    def deliver(self, webhook_url: str, delivery: Delivery, secret: str) -> int:
        """Send a delivery as GitHub does, within its 10 seconds; returns the status of the answer."""
        headers, body = delivery.signed(secret)
        request = urllib.request.Request(webhook_url, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    # --- answering

    def _answer(self, request: Request) -> Answer | None:
        """The answer to a request, with the fault that is due; None drops the line."""
        with self._lock:
            name = f"{request.verb} {request.path}"
            self.requests.append(name)
            fault = self._due(name)
            if fault and not fault.done:
                return Answer(fault.status, fault.body, fault.headers) if fault.status else None
            answer = self._judged(request)
            if fault:
                return Answer(fault.status, fault.body, fault.headers) if fault.status else None
            return answer

    def _due(self, name: str) -> Fault | None:
        for place, fault in enumerate(self.faults):
            if fault.of in name and fault.times:
                if fault.skip:
                    self.faults[place] = _with(fault, skip=fault.skip - 1)
                    return None
                self.faults[place] = _with(fault, times=fault.times - 1)
                return fault
        return None

    def _judged(self, request: Request) -> Answer:
        if request.headers.get("authorization", "").split(" ")[-1] != self.token:
            return Answer(401, {"message": "Bad credentials", "documentation_url": rest.DOCUMENTATION})
        try:
            if request.path.endswith("/graphql"):
                return self._graphql(request)
            return self._rest(request)
        except Misuse as misuse:
            self.misuses.append(str(misuse))
            return Answer(418, {"message": f"the description of GitHub forbids it: {misuse}"})

    def _rest(self, request: Request) -> Answer:
        path = request.path.removeprefix("/api/v3")
        _, repos, owner, name, *tail = [*path.split("/"), "", "", ""]
        hosted = self.hosted.get(f"{owner}/{name}")
        if repos != "repos" or hosted is None:
            return Answer(*rest.not_found())
        road = "/" + "/".join(tail).rstrip("/")
        status, body = rest.handle(
            request.verb, road, lambda parts: rest.Asked(hosted, parts, request.query, request.json, self.bot, self.web)
        )
        if self._judge:
            self._judge.rest(request.verb, path, request.query, request.json, status, body)
        return Answer(status, body)

    def _graphql(self, request: Request) -> Answer:
        query, variables = request.json["query"], request.json.get("variables") or {}
        answer = self._executed(query, variables)
        if self._judge and "errors" not in answer:
            self._judge.graphql(query, variables, answer)
        return Answer(200, answer)

    def _executed(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        if "resolveReviewThread" in query:
            every = [one for hosted in self.hosted.values() for pull in hosted.pulls.values() for one in pull.threads()]
            found = next((one for one in every if one.thread == variables.get("thread")), None)
            return graph.resolve(found, self.bot) if found else graph.error("NOT_FOUND", "Could not resolve to a node")
        if "pullRequest" not in query:
            return {"data": {"viewer": {"login": self.bot}}}
        hosted = self.hosted.get(f"{variables.get('owner')}/{variables.get('name')}")
        pull = hosted.pulls.get(variables.get("number", 0)) if hosted else None
        if hosted is None or pull is None:
            return graph.error("NOT_FOUND", "Could not resolve to a PullRequest")
        return graph.standing(hosted, pull, variables, self.bot)


def _with(fault: Fault, **changes: Any) -> Fault:
    return Fault(**{name: getattr(fault, name) for name in Fault.__slots__} | changes)
