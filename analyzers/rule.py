"""What a rule is: words, examples and a stateless check. One rule is one file; the file name is the rule's name.

A check is a generator over one node: it yields a `Finding` for a defect and an `Examined` for a place it looked at and
found clean, and keeps nothing between calls. A flow rule has no check at all: `flow=("user-input", "sql")`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from textwrap import dedent
from typing import Any, TypeVar

import libcst as cst

from analyzers.flow.api import module_taints, taints
from analyzers.flow.leads import may_flow
from analyzers.flow.results import Flow, Flows
from analyzers.glimpse import Glimpse, Sight
from analyzers.model import Confidence, Examined, Finding, Fix, Severity, Step, Trace
from analyzers.outline import Unit
from analyzers.purpose import SAMPLE_PATH, TEST_PATH, TOOL_PATH
from analyzers.source import SourceFile
from analyzers.whereabouts import function_at

Check = Callable[[Any, SourceFile], Iterator[Finding | Examined]]
C = TypeVar("C", bound=Check)


WORD_LIMIT = 80
# Every step takes something for granted: after so many, too much.
LONGEST_WAY = 8


def inert(word: str) -> str:
    """Code fit to stand between backticks on one line of markdown: printable, at most 80 characters.

    A backtick would end the code span; the letter that looks like it (U+02CB) does not.
    """
    plain = "".join(c if c.isprintable() else " " for c in word.replace("`", "\u02cb"))
    line = " ".join(plain.split())
    return line if len(line) <= WORD_LIMIT else line[: WORD_LIMIT - 1] + "…"


def quoted(word: str) -> str:
    """Code as a span of its own, for the words of a step."""
    return f"`{inert(word)}`"


@dataclass(frozen=True, slots=True)
class Bad:
    """Code the rule must report: `# finding` ends each reported line, `# step` each line of a trace.

    `fixed` is the code after the rule's fix. `base` is what stood there before: then the example shows a removed guard.
    `files` are further files of the change, path -> code. Code may be indented as its surroundings are.
    """

    code: str
    fixed: str | None = None
    base: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _straighten(self)


@dataclass(frozen=True, slots=True)
class Good:
    """Code the rule must be silent about, and the reason in words, which is the sentence in the docs."""

    why: str
    code: str
    files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _straighten(self)


def _straighten(example: Bad | Good) -> None:
    """Take the indentation of the rule file out of an example's code."""
    for name in ("code", "fixed", "base"):
        code = getattr(example, name, None)
        if code is not None:
            object.__setattr__(example, name, straight(code))
    object.__setattr__(example, "files", {path: straight(code) for path, code in example.files.items()})


def straight(code: str) -> str:
    """Code without common indentation and surrounding blank lines, one line end at its end."""
    return dedent(code).strip("\n").rstrip() + "\n"


def nothing_told(glimpse: Glimpse) -> Sequence[int] | None:
    """Nothing is known of a unit before it is parsed."""
    return None


def nothing_further(file: SourceFile) -> Sequence[Unit]:
    """No units beside those that a change reaches."""
    return ()


@lru_cache(maxsize=1_000)
def _purpose(path: str) -> tuple[bool, bool, bool]:
    """Whether the file of this path is a sample that tests read, a test, a script of the project's own people."""
    return bool(SAMPLE_PATH.search(path)), bool(TEST_PATH.search(path)), bool(TOOL_PATH.search(path))


@dataclass(frozen=True)
class Rule:
    """One kind of defect.

    `message` and `advice` are templates for `str.format`; the check fills their words: they speak of the code at hand.
    `topic` is the plural noun of what the rule examines ("SQL statements") and `clean` what is true of a clean one
    ("with bound parameters"): the summary counts them. `flow` joins a source kind to a sink kind;
    its words are {source} and {sink}; where `doubts` fits the text of a function on the way, it is not sure.
    Where this rule speaks, the rules it `covers` are silent about the same place; where an author has told another tool
    to be silent about the defect by one of the names in `known_as`, this rule is.
    Without `in_tests` the rule is silent in test code, where the defect harms nobody; without `in_tools` also in the
    scripts of the project's own people. All of `needs` must be seen in the text of a unit before the rule is asked
    about it: that spares the parsing of most units. So does `told`: where the outline alone says that all that the rule
    would examine in a unit is clean, it gives the lines of that; else None. `further` gives the units of a file that
    the change leaves alone and that the rule looks at all the same.
    Where the rule is about something that is decided once, such as a protection that is off, `decided` fits statements
    that say the same: what only says it anew is not new (see `causes`). What is `common` to a file, such as a name that
    nothing defines, is not new at one more place.
    """

    name: str
    weakness: str
    severity: Severity
    message: str
    advice: str
    bad: tuple[Bad, ...]
    good: tuple[Good, ...]
    topic: str = ""
    clean: str = ""
    title: str = ""
    confidence: Confidence = Confidence.HIGH
    flow: tuple[str, str] | None = None
    doubts: re.Pattern[str] | None = None
    covers: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    in_tests: bool = True
    in_tools: bool = True
    needs: tuple[Sight, ...] = ()
    told: Callable[[Glimpse], Sequence[int] | None] = nothing_told
    further: Callable[[SourceFile], Sequence[Unit]] = nothing_further
    decided: re.Pattern[str] | None = None
    common: bool = False
    checks: dict[type[cst.CSTNode], list[Check]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.flow:
            kinds = self.flow
            object.__setattr__(self, "needs", (*self.needs, lambda glimpse: may_flow(glimpse, *kinds)))
            self.on(cst.FunctionDef)(self._follow)
            self.on(cst.Module)(self._follow_module)

    def _follow(self, function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding | Examined]:
        """The check of a flow rule. A function defined inside another is followed together with it."""
        if self.flow is None or any(isinstance(around, cst.FunctionDef) for around in file.ancestors(function)):
            return
        answer = taints(file, function, *self.flow)
        yield from (self._flowing(file, function, flow) for flow in answer.flows)
        yield from (self.examined(file, call) for call in answer.clean)

    def _follow_module(self, statement: cst.CSTNode, file: SourceFile) -> Iterator[Finding | Examined]:
        """The check of a flow rule for the code outside functions, asked about one of its statements."""
        answer = module_taints(file, *self.flow) if self.flow else Flows()
        yield from (self._flowing(file, statement, flow) for flow in answer.flows)
        yield from (self.examined(file, call) for call in answer.clean)

    def _flowing(self, file: SourceFile, function: cst.CSTNode, flow: Flow) -> Finding:
        confidence = Confidence.MEDIUM if flow.assumed else self.confidence
        if len(flow.steps) > LONGEST_WAY or self._doubted(file, flow):
            confidence = Confidence.LOW
        found = self.finding(
            file,
            flow.node or function,
            steps=flow.steps,
            assumed=flow.assumed,
            confidence=confidence,
            source=flow.source,
            sink=flow.sink,
        )
        return replace(found, span=flow.span, definition=flow.definition)

    def _doubted(self, file: SourceFile, flow: Flow) -> bool:
        places = {(step.path, step.line) for step in flow.steps}
        return self.doubts is not None and any(self._fits(self.doubts, file, *place) for place in places)

    def _fits(self, doubts: re.Pattern[str], file: SourceFile, path: str, line: int) -> bool:
        """Whether a doubt is found in the function around a line of a file at hand."""
        other = next((one for one in (file, *file.project.files.values()) if one.path == path), None)
        around = function_at(other, line) if other else None
        return bool(other and around and any(map(doubts.search, other.lines[around.head - 1 : around.end_line])))

    def on(self, *types: type[cst.CSTNode]) -> Callable[[C], C]:
        """Register the decorated generator for nodes of exactly these types.

        `cst.Module` stands for the code outside functions and classes: the check gets the first node of each stretch.
        """

        def register(check: C) -> C:
            for kind in types:
                self.checks.setdefault(kind, []).append(check)
            return check

        return register

    def wanted(self, glimpse: Glimpse) -> bool:
        """Whether the rule has anything to look for in a unit."""
        return all(see(glimpse) for see in self.needs)

    def speaks_in(self, path: str) -> bool:
        """Whether the rule looks at the file of this path; no rule looks at what tests read."""
        is_sample, is_test, is_tool = _purpose(path)
        return not is_sample and (self.in_tests or not is_test) and (self.in_tools or not is_tool)

    def finding(
        self,
        file: SourceFile,
        node: cst.CSTNode,
        *,
        steps: tuple[Step, ...] = (),
        assumed: tuple[str, ...] = (),
        fix: Fix | None = None,
        confidence: Confidence | None = None,
        **words: str,
    ) -> Finding:
        """A finding at `node`; the engine adds its mark. The words may come from hostile code: they are made inert."""
        plain = {key: inert(value) for key, value in words.items()}
        return Finding(
            rule=self.name,
            cwe=(self.weakness,),
            path=file.path,
            span=file.head_span(node),
            severity=self.severity,
            confidence=confidence or self.confidence,
            message=self.message.format(**plain),
            advice=self.advice.format(**plain),
            mark="",
            definition=file.definition_name(node),
            title=self.title or self.name.replace("-", " "),
            trace=Trace(steps, assumed),
            fix=fix,
        )

    def examined(self, file: SourceFile, node: cst.CSTNode) -> Examined:
        """A place that was looked at and is clean."""
        return self.examined_at(file, file.line(node))

    def examined_at(self, file: SourceFile, line: int) -> Examined:
        """The same, by its line."""
        return Examined(self.name, file.path, line, self.topic, self.clean)
