"""docs/gerrit.md, followed to the letter on a server that knows nothing of the bot."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.gerrit.jars import NEW, OLD
from tests.fakes.gerrit.server import GerritServer, create_project
from tests.forges.gerrit.world import real

CHAPTER = Path(__file__).parents[3] / "docs" / "gerrit.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SETTINGS = {"events": '"stream"', "ssh_key_file": '"touchline_key"', "ssh_known_hosts_file": '"gerrit_hosts"'}


def follow(server: GerritServer, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run commands as a reader would, who has the environment's `touchline` on the path."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "SSH_PORT": str(server.ssh_port),
        "GIT_AUTHOR_NAME": "Admin",
        "GIT_AUTHOR_EMAIL": "admin@example.com",
        "GIT_COMMITTER_NAME": "Admin",
        "GIT_COMMITTER_EMAIL": "admin@example.com",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("version", [NEW, OLD])
def test_the_chapter_can_be_followed(version: str, tmp_path: Path) -> None:
    blocks = BLOCK.findall(CHAPTER.read_text())
    if version == OLD:
        blocks = [block for block in blocks if "/tokens/" not in block]
    with real(version, bare=True) as server:
        create_project(server, "shop")
        steps = "\n".join(blocks).replace("https://gerrit.example.com", server.url)
        done = follow(server, tmp_path, steps)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert "gerrit stream" not in done.stdout
        streaming = "\n".join(f"{key} = {value}" for key, value in SETTINGS.items())
        follow(server, tmp_path, f"sed -i 's/^url/{streaming.splitlines()[0]}\\nurl/' touchline.toml")
        with (tmp_path / "touchline.toml").open("a") as settings:
            settings.write(f"ssh_port = {server.ssh_port}\n" + "\n".join(streaming.splitlines()[1:]) + "\n")
        again = follow(server, tmp_path, "touchline --config touchline.toml doctor")
        assert again.returncode == 0, again.stdout + again.stderr
        assert "ssh lets the account in" in again.stdout
