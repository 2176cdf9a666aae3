"""What the outline alone tells of a unit is told without parsing it, and what it does not tell is looked at."""

import pytest

from analyzers.catalog import all_rules
from analyzers.outline import Unit
from analyzers.source import Project, SourceFile
from analyzers.walk import look
from tests.rules.running import models

CLEAN = {
    "exception-swallowed": """
def load(file, log):
    try:
        return file.read()
    except OSError:
        return ""
    except Exception as error:  # examined
        log.warning("not read: %s", error)
        raise
""",
    "exception-hides-error": """
def name(row):
    try:
        return str(row["name"])
    except KeyError:  # examined
        return ""
""",
    "sql-from-text": """
def count(cursor, name):
    cursor.execute("SELECT count(*) FROM orders WHERE name = ?", (name,))  # examined
    return cursor.fetchone()
""",
}
DOUBTED = {
    "exception-swallowed": [
        CLEAN["exception-swallowed"].replace("        raise\n", "").replace("        log.", "        return None\n#"),
        "from shop import Exception\n" + CLEAN["exception-swallowed"],
        "from shop import *\n" + CLEAN["exception-swallowed"],
        CLEAN["exception-swallowed"].replace("    try", "    OSError = Exception\n    try"),
    ],
    "exception-hides-error": [CLEAN["exception-hides-error"].replace("str(row", "row['a'](row")],
    "sql-from-text": [CLEAN["sql-from-text"].replace('?"', '" + name').replace("(name,)", "()")],
}


class Unread(SourceFile):
    """A file of which nothing may be parsed."""

    def _read(self, unit: Unit) -> None:  # type: ignore[override]
        raise AssertionError(f"line {unit.line} was parsed")


def examined(name: str, code: str, kind: type[SourceFile]) -> list[int]:
    file = kind("app/orders.py", code)
    Project([file], models())
    seen = look(file, file.outline.units, [rule for rule in all_rules() if rule.name == name])
    assert not seen.troubles
    return [one.line for one in seen.examined]


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_unit_is_not_parsed(name: str) -> None:
    lines = CLEAN[name].splitlines()
    assert examined(name, CLEAN[name], Unread) == [n for n, line in enumerate(lines, 1) if "# examined" in line]


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, some in DOUBTED.items() for code in some])
def test_where_the_outline_is_not_certain_the_unit_is_parsed(name: str, code: str) -> None:
    with pytest.raises(AssertionError, match="was parsed"):
        examined(name, code, Unread)
