"""No rule calls new what the change only wrote otherwise: every example, rewritten in every way."""

import pytest

from analyzers import catalog
from analyzers.rule import Rule
from tests.rules.rewriting import WAYS
from tests.rules.running import PATH, plain, report

RULES = catalog.all_rules()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.name) for rule in RULES])
def test_what_is_only_written_otherwise_is_not_new(rule: Rule, way: str) -> None:
    for bad in rule.bad:
        base = plain(bad.code)
        if way in ("under a condition", "in a try") and "from __future__" in base:
            continue
        head = WAYS[way](base)
        compile(head, PATH, "exec")
        found = report(RULES, {PATH: head, **bad.files}, {PATH: base, **bad.files}).findings
        assert [(one.rule, one.line, head) for one in found] == []
