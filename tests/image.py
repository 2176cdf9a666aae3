"""The image, built from the Dockerfile and run as compose.yaml runs it: `python -m tests.image`.

Debian's buildah and podman do both, as root and without an engine. The base is the one that the Dockerfile names; where
its registry cannot be reached, a stand-in of the same Debian and the same Python takes its place. An image that cannot
be built here is named; where the variable CI is set, that is a failure.
"""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import requests
import yaml

from tests.fakes.github.repository import Repository
from tests.fakes.github.server import FakeGitHub
from tests.journeys.bot import free_port
from tests.journeys.town import BASE as BEFORE
from tests.journeys.town import CHANGED
from tests.pythons import ROOT, SUITE, mirror

IMAGE = "localhost/touchline"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["touchline"]
TOOLS = {"buildah": "buildah", "podman": "podman", "crun": "crun", "mmdebstrap": "mmdebstrap"}
MOST_MB_OVER_BASE = 160
PATIENCE_SECONDS = 60
REVIEW_SECONDS = 60
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
# crun refuses a host that has the control groups of both versions: there, it is run without the newer.
NEWER_CGROUPS = Path("/sys/fs/cgroup/unified")
WITHOUT_CGROUPS = (
    '[containers]\ncgroups = "disabled"\npids_limit = 0\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
)


class Failed(Exception):
    """What the image does not do."""


def main() -> int:
    """Build, then check; 1 when something is wrong or, in CI, when the image cannot be built here."""
    if os.geteuid() or not shutil.which("apt-get"):
        print("the image is built here as root of a Debian only")
        return bool(os.environ.get("CI"))
    install([package for tool, package in TOOLS.items() if not shutil.which(tool)])
    if NEWER_CGROUPS.is_mount():
        again = [sys.executable, "-m", "tests.image"]
        os.execvp("unshare", ["unshare", "--mount", "sh", "-c", 'umount "$0" && exec "$@"', str(NEWER_CGROUPS), *again])
    with tempfile.TemporaryDirectory(prefix="touchline-image-") as name:
        folder = Path(name)
        os.environ["CONTAINERS_CONF"] = str(folder / "containers.conf")
        (folder / "containers.conf").write_text(WITHOUT_CGROUPS)
        try:
            examine(folder)
        except Failed as failed:
            print(f"the image: {failed}")
            return 1
    return 0


def examine(folder: Path) -> None:
    """Build the image and hold it to its promises. Raises Failed."""
    base = named_base()
    build(base)
    over = (size(IMAGE) - size(base)) / 1e6
    print(f"built on {base}: {over:.0f} MB over its base")
    expect(over < MOST_MB_OVER_BASE, f"{over:.0f} MB over its base are too many")
    for check in (diagnoses, reviews_a_change, holds_no_installer, turns_a_webhook_into_comments):
        check(folder)
        print(f"ok  {check.__name__.replace('_', ' ')}", flush=True)


def install(packages: Sequence[str]) -> None:
    """Packages of this Debian."""
    if packages:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet, stdout=subprocess.DEVNULL)
        command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
        subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL)


def named_base() -> str:
    """The base that the Dockerfile names, or its stand-in."""
    (name,) = re.findall(r"^ARG BASE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    real = f"docker.io/library/{name}"
    if not run("podman", "pull", "-q", real).returncode:
        return real
    print("its registry cannot be reached: on a stand-in for the base")
    return stand_in(name)


def stand_in(name: str) -> str:
    """A small system of the Debian and with the Python that the name of an official image says.

    It holds what Debian's own slim images hold: mmdebstrap's minbase, https://manpages.debian.org/mmdebstrap.
    """
    made = f"localhost/stand-in/{name}"
    if not run("podman", "image", "exists", made).returncode:
        return made
    found = re.fullmatch(r"python:(3\.\d+)-slim-(\w+)", name)
    expect(found is not None, f"no stand-in is known for {name}")
    python, debian = found.groups() if found else ("", "")
    # Debian's own Python of that version is of its next release, and wants the C library of that.
    packages = f"python{python}-venv,libc6/{SUITE},libc-bin/{SUITE},ca-certificates,netbase,tzdata"
    sources = [f"deb {mirror()} {suite} main" for suite in (debian, SUITE)]
    options = ['Acquire::Check-Valid-Until "false"', f'APT::Default-Release "{debian}"']
    with tempfile.TemporaryDirectory(prefix="touchline-base-") as folder:
        tar = f"{folder}/base.tar"
        needed(
            *("mmdebstrap", "--quiet", "--variant=minbase", *(f"--aptopt={option}" for option in options)),
            *(f"--include={packages}", f'--customize-hook=ln -s python{python} "$1/usr/bin/python"'),
            *(debian, tar, *sources),
        )
        needed("podman", "import", "-q", tar, made)
    return made


def build(base: str) -> None:
    """The image, as the Dockerfile says; authorities that this host trusts are trusted while packages are fetched."""
    trust = ["--secret", f"id=ca,src={AUTHORITIES}"] if AUTHORITIES.exists() else []
    options = ["--isolation", "chroot", "--network", "host", "--layers", "--format", "docker", *trust]
    needed("buildah", "bud", "-q", *options, "--build-arg", f"BASE={base}", "-t", IMAGE, str(ROOT))


def diagnoses(folder: Path) -> None:
    """Doctor finds everything but a forge."""
    done = in_container("doctor")
    missing = [line for line in done.stdout.splitlines() if not line.startswith("ok")]
    expect(len(missing) == 1 and "none is switched on" in missing[0], f"doctor says\n{done.stdout}{done.stderr}")


def reviews_a_change(folder: Path) -> None:
    """Two folders, mounted to be read, are reviewed."""
    for name, text in (("before", BEFORE), ("after", CHANGED)):
        (folder / "change" / name).mkdir(parents=True)
        (folder / "change" / name / "settings.py").write_bytes(text)
    words = ("review", "--base", "/change/before", "--head", "/change/after")
    done = in_container(*words, options=("--volume", f"{folder / 'change'}:/change:ro"))
    expect(done.returncode == 1 and "settings.py:11" in done.stdout, f"the review says\n{done.stdout}{done.stderr}")


def holds_no_installer(folder: Path) -> None:
    """No pip and no root; of what is in the image, nothing can be written."""
    code = "import os, pathlib; print(os.getuid(), os.access('/opt/touchline', os.W_OK)); import pip"
    done = in_container("-c", code, options=("--entrypoint", "/opt/touchline/bin/python"))
    expect(done.stdout.split() == ["10001", "False"], f"it is {done.stdout}")
    expect("No module named 'pip'" in done.stderr, "pip is in the image")


def turns_a_webhook_into_comments(folder: Path) -> None:
    """The listener, the worker, the database and the sandbox in the container; outside, the stand-in for GitHub."""
    with FakeGitHub() as github:
        hosted = github.add_repository(Repository.create(folder / "repository.git").folder)
        base = hosted.git.commit({"settings.py": BEFORE})
        pull = github.open_pull(hosted, base, hosted.git.commit({"settings.py": CHANGED}, base))
        port, secret, container = free_port(), secrets.token_hex(16), f"touchline-{secrets.token_hex(4)}"
        kept = {"github_token": github.token, "github_webhook_secrets": secret}
        options = ["--detach", "--name", container, "--env", f"TOUCHLINE_GITHUB__API_URL={github.url}"]
        options += ["--env", f"TOUCHLINE_SERVER__PORT={port}", *secret_files(folder / "secrets", kept)]
        try:
            needed(*command(options))
            until(lambda: healthy(container), PATIENCE_SECONDS, "the health check fails", container)
            event = github.pull_event(hosted, pull, "opened")
            status = github.deliver(f"http://127.0.0.1:{port}/webhooks/github", event, secret)
            expect(status == requests.codes.accepted, f"the webhook is answered with {status}")
            shown = github.standing
            until(lambda: bool(shown(hosted, pull).comments), REVIEW_SECONDS, "no review came", container)
            expect(len(shown(hosted, pull).threads) == 2, "the comments are others")
            needed("podman", "stop", "--time", "60", container)
            ended = needed("podman", "inspect", "--format", "{{.State.ExitCode}}", container)
            expect(ended == "0", f"told to end, it ends with {ended}")
        finally:
            run("podman", "rm", "--force", "--volumes", container)


def secret_files(folder: Path, kept: dict[str, str]) -> list[str]:
    """Options that give the secrets as files, as compose.yaml does."""
    folder.mkdir()
    values = kept | {"database_url": "sqlite:////var/lib/touchline/touchline.sqlite"}
    for name in COMPOSE["secrets"]:
        (folder / name).write_text(values[name])
    given = [word for key, value in COMPOSE["environment"].items() for word in ("--env", f"{key}={value}")]
    return ["--volume", f"{folder}:/run/secrets:ro", *given]


def healthy(container: str) -> bool:
    """What the image's own health check says."""
    return run("podman", "healthcheck", "run", container).returncode == 0


def in_container(*words: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """The image's program with other words, in a container that ends with it."""
    return run(*command(["--rm", *options]), *words)


def command(options: Sequence[str]) -> list[str]:
    """How podman starts the image: shut in as compose.yaml has it, on this host's network."""
    shut = ["--read-only"] if COMPOSE["read_only"] else []
    shut += [f"--tmpfs={place}" for place in COMPOSE["tmpfs"]]
    shut += [f"--cap-drop={capability}" for capability in COMPOSE["cap_drop"]]
    shut += [f"--security-opt={option.removesuffix(':true')}" for option in COMPOSE["security_opt"]]
    return ["podman", "run", "--network=host", "--health-interval=disable", *shut, *options, IMAGE]


def size(image: str) -> int:
    """Bytes of an image with all that is under it."""
    return int(needed("podman", "image", "inspect", "--format", "{{.Size}}", image))


def until(what: Callable[[], bool], seconds: float, otherwise: str, container: str) -> None:
    """Wait until something is so. Raises Failed with the container's log when it never is."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            log = run("podman", "logs", container)
            raise Failed(f"{otherwise}\n{log.stdout}{log.stderr}")
        time.sleep(0.5)


def expect(so: bool, otherwise: str) -> None:
    """Raises Failed unless it is so."""
    if not so:
        raise Failed(otherwise)


def needed(*command: str) -> str:
    """What a command prints. Raises Failed when it fails."""
    done = run(*command)
    expect(done.returncode == 0, f"{command[0]} {command[1]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
