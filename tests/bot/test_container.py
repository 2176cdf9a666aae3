"""The container's files say what they mean, and agree with the settings and with each other."""

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.alive import alive
from bot.store import Store
from config.loading import keys
from config.settings import ServerSettings, Settings
from tests.bot.test_web import Door

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE)


def test_the_dockerfile_passes_its_linter() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_every_variable_of_the_container_is_a_setting() -> None:
    known = {f"TOUCHLINE_{section}__{key}".upper() for section, key, _ in keys()}
    named = re.findall(r"TOUCHLINE_[A-Z]+__[A-Z_]+?(?=_FILE\b|\b)", DOCKERFILE + COMPOSE)
    assert len(named) >= 5
    assert set(named) <= known


def test_what_is_copied_is_not_ignored() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]
    copied = [word for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()]
    assert {"requirements.lock", "bot", "config"} <= set(copied)
    assert [word for word in copied if not any(fnmatch(word, pattern) for pattern in kept)] == []
    assert [word for word in copied if not (ROOT / word).exists()] == []


def test_the_program_runs_as_nobody_in_particular_and_by_itself() -> None:
    last = DOCKERFILE.rsplit("FROM", 1)[1]
    assert "USER 10001:10001" in last
    assert 'ENTRYPOINT ["touchline"]' in last
    assert re.search(r"HEALTHCHECK .*CMD \[", last)


def test_every_service_of_ours_is_locked_down_and_every_secret_is_there(compose: dict[str, Any]) -> None:
    ours = {name: service for name, service in compose["services"].items() if service["image"] == "touchline"}
    assert set(ours) == {"touchline", "worker"}
    for service in ours.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    named = {secret for service in compose["services"].values() for secret in service["secrets"]}
    assert named == set(compose["secrets"])


def test_without_a_profile_there_is_one_service_and_no_database_server(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if not service.get("profiles")] == ["touchline"]


def test_the_wheel_holds_all_that_is_read_at_run_time(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    listed = subprocess.run([sys.executable, "-m", "zipfile", "-l", wheel], check=True, capture_output=True, text=True)
    names = {line.split()[0] for line in listed.stdout.splitlines()}
    data = [*ROOT.glob("config/**/*.toml"), *ROOT.glob("analyzers/**/*.py"), *ROOT.glob("bot/**/*.py")]
    assert [str(path.relative_to(ROOT)) for path in data if str(path.relative_to(ROOT)) not in names] == []
    assert not any(name.startswith("tests/") for name in names)


def test_the_health_check_believes_the_listener_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.sqlite'}")
    with Door(Settings(), store) as door:
        assert alive(ServerSettings("0.0.0.0", door.port))
        port = door.port
    assert not alive(ServerSettings("0.0.0.0", port))
    store.close()
