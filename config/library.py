"""The library models that come with Touchline, as texts: reading package files is all that happens here (io)."""

from functools import cache
from importlib.resources import files


def model_texts() -> dict[str, str]:
    """The text of every file in `config/models`, by file name."""
    return dict(_texts())


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    folder = files("config") / "models"
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted((entry.name, entry.read_text(encoding="utf-8")) for entry in found))
