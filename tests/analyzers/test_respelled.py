"""A protection that was off already is not new in other words; one that goes off is."""

import pytest

from analyzers.catalog import all_rules
from tests.rules.running import PATH, report

CONTEXT = """import ssl
import urllib.request


def read(url):
    context = ssl._create_unverified_context()
    return urllib.request.urlopen(url, timeout=5, context=context).read()
"""
SPELLED = CONTEXT.replace(
    "ssl._create_unverified_context()",
    "ssl.create_default_context()\n    context.check_hostname = False\n    context.verify_mode = ssl.CERT_NONE",
)
CALLS = """import requests


class Shop:
    def __init__(self, key):
        self.key = key

    def prices(self):
        return requests.get("https://shop.example/prices", verify=False, timeout=5)
"""
SESSION = """import requests


class Shop:
    def __init__(self, key):
        self.key = key
        self.session = requests.Session()
        self.session.verify = False

    def prices(self):
        return self.session.get("https://shop.example/prices", timeout=5)
"""
MAIL = """import smtplib


def connect(host, port):
    server = smtplib.SMTP_SSL(host, timeout=10)
    return server
"""


def found(base: str, head: str) -> list[str]:
    off = ("tls-verification-off", "tls-context-missing")
    rules = tuple(rule for rule in all_rules() if rule.name in off)
    return [finding.rule for finding in report(rules, {PATH: head}, {PATH: base}).findings]


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (CONTEXT, SPELLED),
        (SPELLED, CONTEXT),
        (CALLS, SESSION),
        (SESSION, CALLS),
        (CALLS, CALLS.replace("timeout=5", "timeout=9")),
        (MAIL, MAIL.replace("(host, ", "(host, port, ")),
    ],
    ids=["context", "context back", "into a session", "out of a session", "same call", "mail"],
)
def test_what_was_off_already_is_not_new_in_other_words(base: str, head: str) -> None:
    assert found("", head)
    assert found(base, head) == []


@pytest.mark.parametrize(
    "before",
    [
        "client.get(url, verify=False)",
        "client.get(\n        url,\n        verify=False,\n    )",
        "ssl.wrap_socket(client, url)",
        "client.tls_insecure_set(True)",
    ],
)
def test_what_was_off_in_words_that_no_rule_knows_is_not_new(before: str) -> None:
    head = "import requests\n\n\ndef read(client, url):\n    return requests.get(url, verify=False)\n"
    base = head.replace("requests.get(url, verify=False)", before)
    assert found("", base) == []
    assert found(base, head) == []


def test_a_call_that_only_gets_a_known_client_is_not_new() -> None:
    base = (
        "import requests\n\n\ndef read(http, url):\n    return http.get(\n        url,\n        verify=False,\n    )\n"
    )
    assert found(base, base.replace("http.get(", "requests.get(")) == []


@pytest.mark.parametrize(
    "before",
    [
        "requests.get(url, timeout=5)",
        "requests.get(url, verify=False) if client.insecure else requests.get(url)",
        "client.get(url)  # not verify=False",
        "client.get(url, verify=True)",
    ],
)
def test_what_goes_off_is_new(before: str) -> None:
    head = "import requests\n\n\ndef read(client, url):\n    return requests.get(url, verify=False, timeout=9)\n"
    assert found(head.replace("requests.get(url, verify=False, timeout=9)", before), head) == ["tls-verification-off"]


def test_what_was_off_on_demand_is_new_when_it_always_is() -> None:
    base = "import requests\n\ndef read(client, url):\n    if client.insecure:\n        client.verify = False\n"
    head = "import requests\n\ndef read(client, url):\n    return requests.get(url, verify=False)\n"
    assert found(base, head) == ["tls-verification-off"]


def test_one_that_went_explains_one_that_came() -> None:
    more = CALLS + "\n    def stock(self):\n        return requests.get('https://shop.example/stock', verify=False)\n"
    assert found(CALLS.replace("timeout=5", "timeout=9"), more) == ["tls-verification-off"]
    assert found(CALLS, more) == ["tls-verification-off"]
