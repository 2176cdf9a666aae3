"""A real, headless Gerrit on loopback, for as long as a `with` block lasts.

Set up like a small installation: one project, an administrator, the bot among the "Service Users", an author,
a reviewer, and a label `Verified` on which the bot may vote. Ready in about six seconds.
"""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tests.fakes.gerrit import jars

READY_SECONDS = 180
MAGIC = ")]}'"
BOT, AUTHOR, REVIEWER, STRANGER = "touchline", "author", "reviewer", "stranger"
PASSWORD = "secret"
PROJECT = "shop/web"

GERRIT_CONFIG = """\
[gerrit]
	basePath = git
	canonicalWebUrl = {url}/
	serverId = 00000000-0000-4000-8000-000000000000
[index]
	type = LUCENE
[auth]
	type = DEVELOPMENT_BECOME_ANY_ACCOUNT
	gitBasicAuthPolicy = HTTP
[sendemail]
	enable = false
[container]
	user = nobody
[sshd]
	listenAddress = 127.0.0.1:{ssh_port}
[httpd]
	listenUrl = {url}/
[cache]
	directory = cache
[experiments]
	{experiments}
"""
SUGGESTED_FIXES = "enabled = GerritBackendFeature__allow_fix_suggestions_in_comments"


class GerritAnswered(Exception):
    """The server said no to a step of a test."""


@dataclass(frozen=True)
class GerritServer:
    """One running server: where it listens, and its REST interface for the steps of a test."""

    version: str
    url: str
    ssh_port: int
    site: Path
    sessions: dict[str, requests.Session] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, *, user: str = "admin", text: str | None = None) -> Any:
        """One authenticated request as `user`; the decoded answer, None when empty. Raises GerritAnswered."""
        session = self.sessions.setdefault(user, requests.Session())
        session.auth = (user, PASSWORD)
        headers = {"Content-Type": "text/plain" if text is not None else "application/json; charset=UTF-8"}
        data = text.encode() if text is not None else (json.dumps(body).encode() if body is not None else None)
        answer = session.request(method, f"{self.url}/a{path}", data=data, headers=headers, timeout=60)
        if answer.status_code >= 400:
            raise GerritAnswered(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return _decoded(answer)

    def has_account(self, name: str) -> bool:
        """Whether somebody has this user name."""
        return bool(self.call("GET", f"/accounts/?q=username:{name}"))

    @property
    def key_file(self) -> Path:
        """The private SSH key of the bot."""
        return self.site / "bot_key"

    @property
    def known_hosts(self) -> Path:
        """The server's SSH host keys, in ssh's own format."""
        return self.site / "known_hosts"


def _decoded(answer: requests.Response) -> Any:
    text = answer.text.removeprefix(MAGIC).strip()
    return json.loads(text) if text and "json" in answer.headers.get("content-type", "") else text or None


@contextmanager
def running(version: str = jars.NEW, *, suggested_fixes: bool = False, bare: bool = False) -> Iterator[GerritServer]:
    """Start a Gerrit of `version`, set it up unless it is to be `bare`, and stop it at the end.

    Raises jars.MissingPart when it cannot be had.
    """
    java, path = jars.java(), jars.class_path(version)
    site = Path(tempfile.mkdtemp(prefix="touchline-gerrit-"))
    server = GerritServer(version, f"http://127.0.0.1:{_free_port()}", _free_port(), site)
    daemon = None
    try:
        _prepare(java, path, server, SUGGESTED_FIXES if suggested_fixes else "")
        daemon = _launch(java, path, server)
        _wait_until_ready(daemon, server)
        if not bare:
            set_up(server)
        yield server
    finally:
        if daemon is not None:
            _stop(daemon)
        shutil.rmtree(site, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _prepare(java: str, path: str, server: GerritServer, experiments: str) -> None:
    """Copy an empty site, which takes as long to make as all the rest, and tell it its ports."""
    name = f"site-{server.version}-{jars.digest(GERRIT_CONFIG)}"
    empty = jars.kept(name, lambda folder: _initialise(java, path, folder, server.version))
    shutil.copytree(empty, server.site, dirs_exist_ok=True)
    config = GERRIT_CONFIG.format(url=server.url, ssh_port=server.ssh_port, experiments=experiments)
    (server.site / "etc" / "gerrit.config").write_text(config)


def _initialise(java: str, path: str, site: Path, version: str) -> None:
    (site / "etc").mkdir()
    config = GERRIT_CONFIG.format(url="http://127.0.0.1:8080", ssh_port=29418, experiments="")
    (site / "etc" / "gerrit.config").write_text(config)
    options = ["--batch", "--dev", "--no-auto-start", "--skip-all-downloads", "--skip-plugins"]
    done = subprocess.run(
        [java, *JAVA_OPTIONS, "-cp", path, "Launch", "Init", "-d", str(site), *options],
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        check=False,
    )
    if done.returncode:
        raise jars.MissingPart(f"Gerrit {version} could not be initialised: {done.stderr[-2000:]}")


JAVA_OPTIONS = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")


def _launch(java: str, path: str, server: GerritServer) -> subprocess.Popen[bytes]:
    log = (server.site / "daemon.log").open("wb")
    command = [
        java,
        *JAVA_OPTIONS,
        "-cp",
        path,
        "Launch",
        "Daemon",
        "-d",
        str(server.site),
        "--console-log",
        "--headless",
    ]
    with log:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)


def _wait_until_ready(daemon: subprocess.Popen[bytes], server: GerritServer) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if daemon.poll() is not None:
            break
        try:
            server.call("GET", "/config/server/version")
        except (requests.ConnectionError, GerritAnswered):
            time.sleep(0.1)
        else:
            return
    raise jars.MissingPart(f"Gerrit {server.version} did not start: {(server.site / 'daemon.log').read_text()[-3000:]}")


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    """End it at once: its site is thrown away, there is nothing to save."""
    daemon.kill()
    daemon.communicate()


def set_up(server: GerritServer) -> None:
    """The accounts, the project, the label and the SSH key that every test may count on."""
    for name, groups in {BOT: ["Service Users"], AUTHOR: [], REVIEWER: [], STRANGER: []}.items():
        account = {"name": name.title(), "email": f"{name}@example.com", "http_password": PASSWORD, "groups": groups}
        server.call("PUT", f"/accounts/{name}", account)
    create_project(server, PROJECT)
    create_label(server, "Verified")
    grant(server)
    _add_ssh_key(server)


def create_project(server: GerritServer, name: str) -> None:
    """A project with one empty commit."""
    server.call("PUT", f"/projects/{quote(name, safe='')}", {"create_empty_commit": True, "branches": ["main"]})


def create_label(server: GerritServer, name: str) -> None:
    """A label from -1 to +1."""
    values = {"-1": "Fails", "0": "No score", "+1": "Verified"}
    server.call("PUT", f"/projects/All-Projects/labels/{name}", {"values": values, "commit_message": "label"})


def grant(server: GerritServer) -> None:
    """On all projects: administrators push past review, everybody may propose merges, service users vote."""
    administrators, robots = _group(server, "Administrators"), _group(server, "Service Users")
    everybody = {"global:Registered-Users": {"action": "ALLOW"}}
    verify = {robots: {"action": "ALLOW", "min": -1, "max": 1}}
    judge = {"global:Registered-Users": {"action": "ALLOW", "min": -1, "max": 1}}
    heads = {
        "push": {"rules": {administrators: {"action": "ALLOW", "force": True}}},
        "pushMerge": {"rules": everybody},
        "label-Verified": {"label": "Verified", "rules": verify},
        "label-Code-Review": {"label": "Code-Review", "rules": judge},
    }
    proposals = {"pushMerge": {"rules": everybody}}
    add = {"refs/heads/*": {"permissions": heads}, "refs/for/refs/heads/*": {"permissions": proposals}}
    server.call("POST", "/projects/All-Projects/access", {"add": add})


def _group(server: GerritServer, name: str) -> str:
    identity: str = server.call("GET", f"/groups/{quote(name, safe='')}")["id"]
    return identity


def _add_ssh_key(server: GerritServer) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(server.key_file)], check=True)
    public = server.key_file.with_suffix(".pub").read_text()
    server.call("POST", "/accounts/self/sshkeys", user=BOT, text=public)
    scan = ["ssh-keyscan", "-p", str(server.ssh_port), "127.0.0.1"]
    keys = subprocess.run(scan, capture_output=True, text=True, check=True, timeout=60).stdout
    server.known_hosts.write_text(keys)
