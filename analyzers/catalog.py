"""The rules there are, found by walking `analyzers.rules`, and the page of each: documentation and examples are one."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType

from analyzers import rules as package
from analyzers.rule import Bad, Good, Rule

SECTIONS = ("Why it matters", "What to do", "What it does not see")
WEAKNESS_PAGE = "https://cwe.mitre.org/data/definitions/{number}.html"


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by name. Raises ValueError for a file without a rule of its own name, or a name given twice."""
    found: dict[str, Rule] = {}
    for module in _modules():
        rule = _rule_of(module)
        if rule.name in found:
            raise ValueError(f"two rules are called {rule.name}")
        found[rule.name] = rule
    return tuple(found[name] for name in sorted(found))


def find(name: str) -> Rule:
    """The rule of that name. Raises LookupError that names the nearest ones."""
    for rule in all_rules():
        if rule.name == name:
            return rule
    words = set(name.split("-"))
    near = [rule.name for rule in all_rules() if words & set(rule.name.split("-"))]
    raise LookupError(f"no rule is called {name}" + (f"; did you mean {', '.join(near[:5])}?" if near else ""))


def page(rule: Rule) -> str:
    """The documentation of one rule as markdown."""
    title, sections = _words(rule)
    link = WEAKNESS_PAGE.format(number=rule.weakness.removeprefix("CWE-"))
    parts = [
        f"# {rule.name}",
        title,
        f"{rule.severity.capitalize()} severity, {rule.confidence} confidence, [{rule.weakness}]({link}).",
        *(f"## {name}\n\n{text}" for name, text in sections),
        "## Reported",
        *(_bad(example) for example in rule.bad),
        "## Not reported",
        *(_good(example) for example in rule.good),
        f"Suppress with `# touchline: ignore[{rule.name}] because ...`.",
    ]
    return "\n\n".join(parts) + "\n"


def index(rules: Sequence[Rule]) -> str:
    """The table of all rules as markdown."""
    rows = [
        f"| [{rule.name}]({rule.name}.md) | {rule.weakness} | {rule.severity} | {_words(rule)[0]} |" for rule in rules
    ]
    return "\n".join(
        ["# Rules", "", "| rule | weakness | severity | what it reports |", "|---|---|---|---|", *rows, ""]
    )


def _modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not info.ispkg:
            yield importlib.import_module(info.name)


def _rule_of(module: ModuleType) -> Rule:
    rule = getattr(module, "RULE", None)
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    if not isinstance(rule, Rule) or rule.name != name:
        raise ValueError(f"{module.__name__} must hold a RULE named {name}")
    return rule


@cache
def _docstrings() -> dict[str, str]:
    return {_rule_of(module).name: inspect.getdoc(module) or "" for module in _modules()}


def _words(rule: Rule) -> tuple[str, list[tuple[str, str]]]:
    """The title line of a rule's docstring, and its sections in order, each a paragraph or more."""
    title, _, rest = _docstrings().get(rule.name, "").partition("\n")
    found = []
    for name, following in zip(SECTIONS, [*SECTIONS[1:], ""], strict=True):
        _, _, after = rest.partition(f"{name}:")
        text = after.partition(f"\n{following}:")[0] if following else after
        found.append((name, inspect.cleandoc(text).strip()))
    return title, found


def _bad(example: Bad) -> str:
    shown = [_code(path, code) for path, code in example.files.items()]
    if example.base is not None:
        shown.append("Before:\n\n" + _code("", example.base) + "\n\nAfter:")
    shown.append(_code("", example.code))
    if example.fixed is not None:
        shown.append("Fixed:\n\n" + _code("", example.fixed))
    return "\n\n".join(shown)


def _good(example: Good) -> str:
    shown = [_code(path, code) for path, code in example.files.items()]
    return "\n\n".join([example.why[:1].upper() + example.why[1:] + ":", *shown, _code("", example.code)])


def _code(path: str, code: str) -> str:
    return (f"`{path}`:\n\n" if path else "") + f"```python\n{code.strip()}\n```"
