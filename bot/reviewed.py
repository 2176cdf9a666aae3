"""A finished local review, with all that a format may show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyzers.model import Finding, Report
from bot.model import Change, Review

Lines = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`findings` are those worth saying, gravest first; `lines` gives the lines of a head file, or none."""

    change: Change
    report: Report
    review: Review
    findings: tuple[Finding, ...]
    lines: Lines
