"""Installs the programs that the tests need beside Python packages: `python -m tests.system`.

As root with apt-get it installs what is missing; elsewhere it names the one command. Exit 1: something is missing.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """A program, where it is looked for besides PATH, and the Debian package that brings it."""

    name: str
    package: str
    why: str
    places: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether it is there."""
        return bool(shutil.which(self.name)) or any(next(Path("/").glob(p.lstrip("/")), None) for p in self.places)


PROGRAMS = (
    Program("git", "git", "changes are made and read with it"),
    Program("ssh", "openssh-client", "Gerrit's event stream is read through it"),
    Program("mvn", "maven", "fetches Gerrit"),
    Program("javac", "default-jdk-headless", "starts Gerrit"),
    Program("chromium", "chromium", "looks at the demo's page"),
    Program("postgres", "postgresql", "the database of many workers", ("/usr/lib/postgresql/*/bin/postgres",)),
)


def main() -> int:
    """Install what is missing, or say how."""
    missing = [program for program in PROGRAMS if not program.found]
    if not missing:
        return 0
    command = ["apt-get", "install", "-y", "--no-install-recommends", *(p.package for p in missing)]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing " + ", ".join(f"{p.package} ({p.why})" for p in missing), flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet, stdout=subprocess.DEVNULL)
        subprocess.run([command[0], "-qq", *command[1:]], check=False, env=quiet, stdout=subprocess.DEVNULL)
        missing = [program for program in PROGRAMS if not program.found]
    if missing:
        needs = "; ".join(f"{p.name}: {p.why}" for p in missing)
        print(f"The tests need more programs ({needs}). One command installs them:\n  sudo {' '.join(command)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
