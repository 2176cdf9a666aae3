"""Further shapes of what the rules see and let pass, for which their pages have no room."""

import pytest

from analyzers.catalog import all_rules, find
from tests.rules.running import PATH, report

ROW = "def row(rows, name):\n    for at in rows:\n        if at.name == name:\n            return at\n    return None\n"
EXPIRE = "class Sessions:\n    def expire(self, now):\n        for key in self.live:\n            {}\n"
TYPED = "class Client:\n    async def close(self):\n        await self.socket.close()\n\n{}"
OWN = "class Service:\n    def __init__(self):\n        self.client = {}\n\n    async def stop(self):\n        {}\n"


def spoken(code: str, rule: str) -> list[int]:
    """The lines at which one of all rules speaks."""
    return [finding.line for finding in report(all_rules(), {PATH: code}).findings if finding.rule == find(rule).name]


@pytest.mark.parametrize(
    ("asks", "seen"),
    [
        ("    if known(name):\n", False),
        ("    if not known(rows, name):\n        return ''\n    if rows:\n", False),
        ("    if isinstance(name, str):\n", True),
        ("    if known(now):\n", True),
    ],
)
def test_who_has_asked_about_the_same_knows_of_the_answer(asks: str, seen: bool) -> None:
    code = f"{ROW}def mail(rows, name, now):\n    x = now\n{asks}        return row(rows, name).mail\n    return x\n"
    assert bool(spoken(code, "result-used-unchecked")) == seen


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("if self.live[key].ends < now:\n                self.live.pop(key)", True),
        ("if self.ends[key] < now:\n                self.live.pop(key)", False),
        ("if self.live[key].ends < now:\n                return self.live.pop(key)", False),
    ],
)
def test_what_is_read_and_popped_by_the_key_of_the_loop_is_a_mapping(body: str, seen: bool) -> None:
    assert bool(spoken(EXPIRE.format(body), "changed-while-iterated")) == seen


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        (OWN.format("Client()", "self.client.close()"), True),
        (OWN.format("Client()", "await self.client.close()"), False),
        (OWN.format("make()", "self.client.close()"), False),
        (OWN.format("Client()", "self.client = None\n        self.client.close()"), False),
        (OWN.format("Client()", "self.client.close()") + "\ndef test(service):\n    service.client = Plain()\n", False),
        ("async def stop(client: Client):\n    client.close()\n", True),
        ("async def stop(client: Client):\n    while not client.close():\n        pass\n", True),
        ("async def stop(client: Client):\n    client = client.inner\n    client.close()\n", False),
        ("async def stop(client: 'Client'):\n    client.close()\n", False),
        ("class Plain(Client):\n    def close(self): ...\n\ndef stop(client: Client):\n    client.close()\n", False),
    ],
)
def test_a_coroutine_of_what_has_a_type_is_seen(code: str, seen: bool) -> None:
    assert bool(spoken(TYPED.format(code), "coroutine-never-awaited")) == seen


@pytest.mark.parametrize(
    ("first", "second", "seen"),
    [
        ("OSError", "socket.timeout", True),
        ("socket.error", "socket.timeout", True),
        ("requests.exceptions.RequestException", "requests.Timeout", True),
        ("requests.Timeout", "requests.RequestException", False),
        ("OSError", "subprocess.TimeoutExpired", False),
        ("(KeyError, ValueError)", "json.JSONDecodeError", True),
        ("ValueError", "mine.JSONDecodeError", False),
        ("Timeout", "ReadTimeout", True),
        ("SQLAlchemyError", "IntegrityError", True),
        ("IntegrityError", "SQLAlchemyError", False),
    ],
)
def test_bases_of_well_known_errors_are_known(first: str, second: str, seen: bool) -> None:
    imports = (
        "import json, mine, requests, socket, subprocess\nfrom requests.exceptions import ReadTimeout, Timeout\n"
        "from sqlalchemy.exc import IntegrityError, SQLAlchemyError\n"
    )
    handlers = f"    except {first}:\n        return 1\n    except {second}:\n        return 2\n"
    code = f"{imports}def read(at):\n    try:\n        at.go()\n{handlers}"
    assert bool(spoken(code, "handler-never-reached")) == seen


@pytest.mark.parametrize(
    ("value", "seen"),
    [("settings.HOOK_TOKEN", True), ("settings.CACHE_KEY", False), ("tokens.HOOK_TOKEN", False), ("HOOK_TOKEN", False)],
)
def test_a_secret_in_capitals_is_one_where_it_is_configured(value: str, seen: bool) -> None:
    imports = "from shop.conf import HOOK_TOKEN, settings, tokens\n\n"
    code = f"{imports}def fits(request):\n    return request.given == {value}\n"
    assert bool(spoken(code, "secret-compared-with-equals")) == seen
