"""The catalogue tests itself: every rule is documented, named by law, and has its examples."""

import importlib
import re
from types import ModuleType

import pytest

from analyzers import catalog
from analyzers.rule import Rule

RULES = catalog.all_rules()
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
NAME = re.compile(r"[a-z]+(?:-[a-z]+)+")
FORBIDDEN = ("no-", "use-", "check-", "avoid-", "do-not-")
SECTIONS = ["Why it matters", "What to do", "What it does not see"]


@EACH
def test_a_rule_is_named_for_what_it_flags(rule: Rule) -> None:
    assert NAME.fullmatch(rule.name)
    assert not rule.name.startswith(FORBIDDEN)


@EACH
def test_a_rule_names_its_weakness(rule: Rule) -> None:
    assert re.fullmatch(r"CWE-[1-9]\d{0,3}", rule.weakness)


@EACH
def test_a_rule_shows_two_defects_and_two_good_ways(rule: Rule) -> None:
    assert len(rule.bad) >= 2
    assert len(rule.good) >= 2
    assert all("# finding" in bad.code or any("# finding" in code for code in bad.files.values()) for bad in rule.bad)


@EACH
def test_a_rule_explains_itself_in_three_sections(rule: Rule) -> None:
    words = module_of(rule).__doc__ or ""
    title, *sections = words.strip().split("\n\n")
    assert title.endswith(".")
    assert "\n" not in title
    assert [section.split(":")[0] for section in sections if section.split(":")[0] in SECTIONS] == SECTIONS
    assert catalog.page(rule).startswith(f"# {rule.name}\n")


@EACH
def test_titles_are_phrases_and_messages_are_sentences(rule: Rule) -> None:
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.message.endswith(".")
    assert rule.advice.endswith(".")
    assert "{" in rule.message, "a message that names nothing would fit any change"


@EACH
def test_what_is_counted_has_a_noun_and_a_verdict(rule: Rule) -> None:
    assert bool(rule.topic) == bool(rule.clean)
    assert not rule.clean.startswith(("that ", "which ")), "it must read well after one place and after many"


@EACH
def test_the_reason_of_good_code_is_a_phrase(rule: Rule) -> None:
    for good in rule.good:
        assert good.why[0].islower() or good.why[0] == "`" or good.why.split()[0] in {"SQL", "JSON", "TLS"}
        assert not good.why.endswith(".")


def test_names_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_families_are_folders_with_one_sentence() -> None:
    for rule in RULES:
        module = module_of(rule)
        family = importlib.import_module(module.__name__.rpartition(".")[0])
        assert (family.__doc__ or "").strip().endswith(".")


def module_of(rule: Rule) -> ModuleType:
    return next(module for module in catalog._modules() if getattr(module, "RULE", None) is rule)
