"""Somebody at a terminal: the installed command, its two streams and its exit code."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).with_name("touchline")
SAFE = "import requests\n\n\ndef get(url):\n    return requests.get(url, timeout=3)\n"
UNSAFE = "import requests\n\n\ndef get(url):\n    return requests.get(url, timeout=3, verify=False)\n"
BROKEN = "def get(:\n"


@dataclass(frozen=True)
class Said:
    """What the command printed, and how it ended."""

    code: int
    out: str
    err: str


def touchline(*words: str | Path, at: Path, **environment: str) -> Said:
    """Run the command in a folder, with pipes for its streams and no settings but these."""
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith(("TOUCHLINE_", "NO_COLOR", "FORCE_"))
    }
    done = subprocess.run(
        [COMMAND, *words],
        cwd=at,
        env=clean | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)
