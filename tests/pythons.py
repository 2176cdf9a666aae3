"""The analysis under every Python that can be had: `python -m tests.pythons [3.12 ...]`.

The tests of the analysis run under each version from 3.11 but the running one: an installed Python where there is one
(on PATH, or of pyenv), else that of Debian's next release, unpacked into a folder of its own. A version that cannot be
had is named; where the variable CI is set, that is a failure.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".pythons"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
TESTS = ("tests/analyzers", "tests/rules", "tests/bot/test_sandbox.py")
COPIED = ("analyzers", "bot", "config", "docs", "tests", "pyproject.toml")
LOCKS = ("requirements.lock", "requirements-dev.lock")
# Python 3.14 and newer; https://wiki.debian.org/DebianForky
SUITE = "forky"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--only-binary", ":all:", "--require-hashes")
PYTEST = ("-W", "ignore::SyntaxWarning", "-m", "pytest", "-p", "no:cacheprovider", "--numprocesses", "auto")


@dataclass(frozen=True)
class Python:
    """A Python with all that the tests need; `root` is the folder that it takes for the whole system, or none."""

    version: str
    program: str
    root: Path | None = None

    def test(self, paths: Sequence[str]) -> bool:
        """Whether the tests pass."""
        command = [self.program, *PYTEST, *paths]
        if self.root:
            command = ["env", "--chdir=/src", "PATH=/usr/bin:/bin", *command]
            inside = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
            command = ["unshare", "--mount", "sh", "-c", inside, str(self.root), *command]
        return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def installed(version: str) -> Python | None:
    """An environment of an installed Python, made in .pythons/ when there is none yet."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [*sorted(pyenv.glob(f"{version}.*/bin/python{version}")), shutil.which(f"python{version}")]
    working = [place for place in places if place and runs(str(place))]
    if not working:
        return None
    program = HOME / version / "bin" / "python"
    if not program.exists():
        subprocess.run([working[0], "-m", "venv", HOME / version], check=True)
    for lock in LOCKS:
        subprocess.run([program, *PIP, "-r", ROOT / lock], check=True)
    found = subprocess.run(
        [program, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    (Path(found.stdout.strip()) / "touchline.pth").write_text(f"{ROOT}\n")
    return Python(version, str(program))


def runs(program: str) -> bool:
    """Whether a program is a Python that starts: pyenv puts names on PATH that are switched off."""
    return subprocess.run([program, "-c", "import venv"], check=False, capture_output=True).returncode == 0


def unpacked(version: str) -> Python | None:
    """The Python of Debian's next release, in a folder that holds a small system of its own."""
    root = HOME / f"debian-{version}"
    if os.geteuid() or not shutil.which("apt-get"):
        return None
    if not shutil.which("mmdebstrap"):
        subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "mmdebstrap"], check=True)
    if not (root / "usr/bin" / f"python{version}").exists():
        shutil.rmtree(root, ignore_errors=True)
        HOME.mkdir(exist_ok=True)
        # A mirror may be frozen, and so older than its lists say that they hold.
        options = ["--quiet", "--variant=essential", '--aptopt=Acquire::Check-Valid-Until "false"']
        command = ["mmdebstrap", *options, f"--include=python{version}-venv", SUITE, str(root), mirror()]
        if subprocess.run(command, check=False).returncode:
            return None
    short = version.replace(".", "")
    wanted = [f"--python-version={version}", "--implementation=cp", f"--abi=cp{short}", "--abi=abi3", "--abi=none"]
    wanted += [f"--platform={platform}" for platform in PLATFORMS]
    locks = [word for lock in LOCKS for word in ("-r", str(ROOT / lock))]
    shutil.rmtree(root / "venv", ignore_errors=True)
    subprocess.run(["chroot", root, f"python{version}", "-m", "venv", "--without-pip", "/venv"], check=True)
    packages = root / f"venv/lib/python{version}/site-packages"
    subprocess.run([sys.executable, *PIP, "--target", packages, *wanted, *locks], check=True)
    (packages / "touchline.pth").write_text("/src\n")
    copy(root / "src")
    return Python(version, "/venv/bin/python", root)


def mirror() -> str:
    """The address that this system takes its own packages from."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"], check=True, capture_output=True, text=True
    )
    return listed.stdout.split()[0]


def copy(target: Path) -> None:
    """The files that the tests read, into another system."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)


def main(wanted: Sequence[str]) -> int:
    """Run the tests under each; 1 when they fail or, in CI, when a version cannot be had."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    failed, missing = [], []
    for version in wanted or [version for version in VERSIONS if version != running]:
        print(f"Python {version}", flush=True)
        python = installed(version) or unpacked(version)
        if python is None:
            missing.append(version)
        elif not python.test(TESTS):
            failed.append(version)
    if missing:
        print(f"not to be had here: Python {', '.join(missing)}")
    if failed:
        print(f"failed under Python {', '.join(failed)}")
    return bool(failed or (missing and os.environ.get("CI")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
