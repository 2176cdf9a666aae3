"""Text and environment become `Settings`; what is wrong with them becomes the road to its key.

Files are TOML (https://toml.io/en/v1.0.0). The environment wins over the file: TOUCHLINE_<SECTION>__<KEY>, or the same
with `_FILE` for a file that holds the value, as container secrets are mounted. The double underscore keeps clear of
the variables that orchestrators add by themselves, such as TOUCHLINE_PORT.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from config.reading import Wrong, read_value, value_of_text, what_would_do
from config.settings import Secret, Settings

PREFIX = "TOUCHLINE_"
CONFIG_VARIABLE = "TOUCHLINE_CONFIG"
IMPLICIT_FILE = "touchline.toml"
LONGEST_FILE = 1_000_000


class WrongSettings(ValueError):
    """Everything that is wrong with the settings, one line each, each with the road to its key."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Given:
    """A value as somebody wrote it. `origin` is the file or variable; `text` is true when it came as bare text."""

    section: str
    key: str
    value: Any
    origin: str
    text: bool = False

    @property
    def road(self) -> str:
        """Where it was read, and its full key."""
        return f"{self.origin}: {self.section}.{self.key}"


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a file and the environment over the defaults.

    The file is `path`, else the one that TOUCHLINE_CONFIG names, else ./touchline.toml when it is there.
    Raises WrongSettings.
    """
    return compose([*_of_file(_chosen_file(path, environ)), *of_environment(environ)])


def compose(given: list[Given]) -> Settings:
    """Settings of what was given, later over earlier. Raises WrongSettings with all that is wrong at once."""
    sections = get_type_hints(Settings)
    values: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for one in given:
        try:
            values.setdefault(one.section, {})[one.key] = _read(one, sections)
        except Wrong as problem:
            problems.append(f"{one.road}: {problem}")
    if problems:
        raise WrongSettings(tuple(problems))
    return Settings(**{name: sections[name](**keys) for name, keys in values.items()})


def of_toml(text: str, origin: str) -> list[Given]:
    """The values of a TOML text. Raises WrongSettings when it is none, or has a key outside of a section."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise WrongSettings((f"{origin}: not TOML: {problem}",)) from None
    loose = [key for key, value in document.items() if not isinstance(value, dict)]
    if loose:
        raise WrongSettings(tuple(f"{origin}: {key} stands outside of a section{_nearest_key(key)}" for key in loose))
    return [Given(section, key, value, origin) for section, keys in document.items() for key, value in keys.items()]


def of_environment(environ: Mapping[str, str]) -> list[Given]:
    """The values of the TOUCHLINE_<SECTION>__<KEY> variables. Raises WrongSettings for an unreadable `_FILE`."""
    return [
        _of_variable(name, value)
        for name, value in sorted(environ.items())
        if name.startswith(PREFIX) and "__" in name.removeprefix(PREFIX)
    ]


def keys() -> Iterator[tuple[str, str, Any]]:
    """Every setting: section, key and type."""
    for section, kind in get_type_hints(Settings).items():
        hints = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            yield section, field.name, hints[field.name]


def _chosen_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    if path is not None:
        return path
    if named := environ.get(CONFIG_VARIABLE):
        return Path(named)
    implicit = Path(IMPLICIT_FILE)
    return implicit if implicit.is_file() else None


def _of_file(path: Path | None) -> list[Given]:
    return [] if path is None else of_toml(_text_of(path, str(path)), str(path))


def _text_of(path: Path, origin: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
        if len(data) > LONGEST_FILE:
            raise WrongSettings((f"{origin}: longer than {LONGEST_FILE} bytes",))
        return data.decode("utf-8")
    except OSError as problem:
        raise WrongSettings((f"{origin}: cannot read it: {problem.strerror}",)) from None
    except UnicodeDecodeError:
        raise WrongSettings((f"{origin}: not UTF-8",)) from None


def _of_variable(name: str, value: str) -> Given:
    section, _, key = name.removeprefix(PREFIX).lower().partition("__")
    known = {f"{section}.{key}" for section, key, _ in keys()}
    if f"{section}.{key}" not in known and key.endswith("_file"):
        held = _text_of(Path(value), f"{name}={value}").strip()
        return Given(section, key.removesuffix("_file"), held, name, text=True)
    return Given(section, key, value, name, text=True)


def _read(one: Given, sections: Mapping[str, Any]) -> Any:
    if one.section not in sections:
        raise Wrong(f"there is no section {one.section}{_nearest(one.section, list(sections))}")
    hints = get_type_hints(sections[one.section], include_extras=True)
    if one.key not in hints:
        raise Wrong(f"there is no such key{_nearest_key(one.key, one.section)}")
    kind = hints[one.key]
    try:
        return read_value(value_of_text(one.value, kind) if one.text else one.value, kind)
    except Wrong:
        raise Wrong(f"found {_shown(one.value, kind)}; {what_would_do(kind)} would do") from None


def _shown(value: object, kind: object) -> str:
    if kind is Secret or kind == tuple[Secret, ...]:
        return f"{type(value).__name__} (not shown)"
    return repr(value)[:60]


def _nearest(wrong: str, known: list[str]) -> str:
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def _nearest_key(wrong: str, section: str = "") -> str:
    near = difflib.get_close_matches(f"{section}.{wrong}", [f"{s}.{k}" for s, k, _ in keys()], n=1, cutoff=0.5)
    elsewhere = [f"{s}.{k}" for s, k, _ in keys() if k == wrong]
    guess = (elsewhere or near)[:1]
    return f"; did you mean {guess[0]}?" if guess else ""
