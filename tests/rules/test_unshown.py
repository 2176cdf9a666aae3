"""What is found and not shown by default: the sentence is true, and nobody there is helped by it."""

import pytest

from analyzers.catalog import all_rules
from analyzers.model import Confidence
from analyzers.vocabulary import names_secret
from tests.rules.running import PATH, report

SCRIPT = "import requests\n\ndef load(at):\n    return requests.get(at)\n\nif __name__ == '__main__':\n    load('https://x')\n"
FIELD = (
    "import base64, pickle\nclass Kept:\n    def load(self, {0}):\n        return pickle.loads(base64.b64decode({1}))\n"
)
ANSWER = "from pickle import {0}loads\ndef answer({1}):\n    return {2}(loads({1}).run())\n"
SHARED = "def mark(name, at={{}}):\n    {0}\n    return at\n"
ANSWERED = "import requests\ndef names(request):\n    {0}.get('rows').keys()\n"
LOCK = "import logging\nclass {0}:\n    def take(self, token):\n        logging.warning('no %s', token)\n"
CHECK = "def has(cursor, of):\n    cursor.execute(\"SELECT 1 FROM pg_tables WHERE tablename = '%s'\" % {0})\n"
DIAL = (
    "import socket\ndef dial(at):\n    door = socket.socket()\n    try:\n        door.connect(at)\n"
    "    except OSError:\n        {0}\n        raise\n    door.close()\n"
)
TEMPORARY = "import tempfile\ndef fill(data):\n    file = tempfile.{0}()\n    file.write(data)\n"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (SCRIPT, True),
        ("#!/usr/bin/env python3\n" + SCRIPT, False),
        ("#!/usr/bin/env python3\n" + SCRIPT.partition("if __name__")[0], True),
        (FIELD.format("cookie", "cookie"), True),
        (FIELD.format("", "self.pickled"), False),
        (ANSWER.format("", "message", "str"), True),
        (ANSWER.format("dumps, ", "message", "dumps"), False),
        (ANSWER.format("dumps, ", "upload", "dumps"), True),
        (CHECK.format("of.title"), True),
        (CHECK.format("of.table_name"), False),
        (CHECK.format("of.table"), False),
        (CHECK.format("of.user_input_table"), True),
        (LOCK.format("Session"), True),
        (LOCK.format("Session").replace("no %s', token", "%s %s', self.page, token"), True),
        (SHARED.format("at[name] = 1"), True),
        (SHARED.format("at['name'] = name"), False),
        (ANSWERED.format("return request.get_json()"), True),
        (ANSWERED.format("return request.json()"), True),
        (ANSWERED.format("r = requests.get(request, timeout=9).json()\n    return r"), False),
        (DIAL.format("print(at)"), True),
        (DIAL.format("door.close()"), False),
        (TEMPORARY.format("NamedTemporaryFile"), False),
        ("def fill(path, data):\n    file = open(path, 'w')\n    file.write(data)\n", True),
    ],
)
def test_what_helps_nobody_is_not_shown(code: str, shown: bool) -> None:
    (finding,) = report(all_rules(), {PATH: code}).findings
    assert (finding.confidence is not Confidence.LOW) == shown


@pytest.mark.parametrize(
    "code",
    [
        LOCK.format("CacheLock"),
        LOCK.format("Stream").replace("no %s', token", "%s %s', self.prev_token, self.new_token"),
        "import hashlib\nclass FakeHasher:\n    def fits(self, password, hashed):\n        return password == hashed\n",
    ],
)
def test_what_is_no_secret_there_is_not_found(code: str) -> None:
    assert not report(all_rules(), {PATH: code}).findings


@pytest.mark.parametrize(("others", "timeout", "shown"), [(14, "", True), (15, "", False), (15, ", timeout=9", True)])
def test_one_more_request_in_a_file_that_has_many_like_it_is_not_shown(others: int, timeout: str, shown: bool) -> None:
    asks = "def ask{0}(at):\n    return requests.get(at{1})\n"
    standing = "import requests\n" + "".join(asks.format(number, timeout) for number in range(others))
    head = standing + asks.format("", "")
    touched = {PATH: frozenset({head.count("\n")})}
    (finding,) = report(all_rules(), {PATH: head}, {PATH: standing}, touched).findings
    assert (finding.confidence is not Confidence.LOW) == shown


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("api_key", True),
        ("user_password", True),
        ("issue_token", True),
        ("password_field", False),
        ("permit_create_token", False),
        ("permissions_create_token", False),
        ("has_password", False),
        ("path_to_private_key", False),
        ("encryption_key_href", False),
        ("page_token", False),
        ("prev_token", False),
        ("previous_password", True),
    ],
)
def test_which_names_are_those_of_secrets(name: str, secret: bool) -> None:
    assert names_secret(name) is secret
