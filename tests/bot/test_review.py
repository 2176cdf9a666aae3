"""The judgement: what is said, in which order, and what is written when something stands already."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.model import Confidence, Edit, FileReport, Fix, Report, Safety, Severity, Status, Trace
from bot.model import Posted, PostedSummary, Thread, Verdict
from bot.review import compose, digest, plan
from config.settings import ReviewSettings
from tests.bot.stories import CHANGE, CLEAN, PARTIAL, TWO_DEFECTS, analysed, no_timeout, span, sql

SETTINGS = ReviewSettings()


def posted_of(review):
    """What a forge would show after the review was published."""
    threads = tuple(Thread(f"t{n}", c.mark, c.path, c.span.line, "h1") for n, c in enumerate(review.comments))
    return Posted(threads, PostedSummary("s", digest(review.summary), review.patchset.id))


def test_the_gravest_stands_first():
    review = compose(TWO_DEFECTS, CHANGE, SETTINGS)
    assert [c.rule for c in review.comments] == ["sql-from-user-input", "request-without-timeout"]
    assert review.verdict is Verdict.FINDINGS


def test_a_partial_review_is_never_green():
    assert compose(PARTIAL, CHANGE, SETTINGS).verdict is Verdict.PARTIAL


def test_a_clean_report_has_no_comments():
    review = compose(CLEAN, CHANGE, SETTINGS)
    assert (review.verdict, review.comments) == (Verdict.CLEAN, ())


def test_one_comment_tells_of_the_same_in_one_file():
    one, other = no_timeout(), replace(no_timeout(), span=span(41), mark="other")
    elsewhere = replace(no_timeout(), path="other.py", mark="elsewhere")
    review = compose(Report((analysed("a.py", one, other), analysed("other.py", elsewhere))), CHANGE, SETTINGS)
    bodies = {c.mark: c.body for c in review.comments}
    assert bodies.keys() == {one.mark, "elsewhere"}
    assert "The same at line 41 of this file." in bodies[one.mark]
    assert "same at" not in bodies["elsewhere"]
    assert f"{one.path}:41" in review.summary.text
    assert set(review.live) == {one.mark, "other", "elsewhere"}


def test_what_has_a_way_of_its_own_is_told_alone():
    pair = [sql(), by_another_way(sql(), 100, 100)]
    assert len(compose(Report((analysed("a.py", *pair),)), CHANGE, SETTINGS).comments) == 2


def by_another_way(finding, first, last):
    """The same finding elsewhere, its way moved by lines at its beginning and at its end."""
    begin, *between, end = finding.trace.steps
    steps = (replace(begin, span=span(begin.line + first)), *between, replace(end, span=span(end.line + last)))
    return replace(finding, span=span(41), path="zoo.py", mark="other", trace=Trace(steps))


@pytest.mark.parametrize(("first", "last"), [(0, 100), (100, 0)])
def test_one_comment_tells_of_what_comes_from_one_place_or_ends_at_one(first, last):
    pair = [sql(), by_another_way(sql(), first, last)]
    (only,) = compose(Report((analysed("a.py", *pair),)), CHANGE, SETTINGS).comments
    assert "The same at `zoo.py:41`." in only.body


def test_of_many_fixes_to_click_the_first_is_offered():
    fix = Fix("Give it a timeout", Safety.SAFE, (Edit(span(4), "timeout=10"),))
    many = [replace(no_timeout(), fix=fix, span=span(line), mark=f"mark {line}") for line in range(1, 11)]
    (only,) = compose(Report((analysed("a.py", *many),)), CHANGE, SETTINGS).comments
    assert (only.span.line, only.fix) == (1, fix)
    assert (
        "The same at lines 2, 3, 4, 5, 6, 7, 8 and 9 of this file, and at 1 more place, which the summary names."
        in only.body
    )


def test_the_cap_keeps_the_gravest():
    (only,) = compose(TWO_DEFECTS, CHANGE, ReviewSettings(max_comments=1)).comments
    assert only.severity is Severity.CRITICAL


def test_a_finding_below_the_wanted_confidence_is_not_said():
    report = Report((analysed("shop/db.py", sql(confidence=Confidence.LOW)),))
    assert compose(report, CHANGE, SETTINGS).comments == ()


def test_a_finding_that_is_not_sure_is_in_the_summary_alone_and_costs_no_vote():
    unsure = sql(confidence=Confidence.MEDIUM)
    review = compose(Report((analysed("shop/db.py", unsure),)), CHANGE, SETTINGS)
    assert (review.comments, review.verdict, review.live) == ((), Verdict.CLEAN, (unsure.mark,))
    assert "shop/db.py:41" in review.summary.text
    wanted = compose(Report((analysed("shop/db.py", unsure),)), CHANGE, ReviewSettings(inline_confidence="medium"))
    assert [c.mark for c in wanted.comments] == [unsure.mark]
    assert wanted.verdict is Verdict.FINDINGS


def test_the_thread_of_a_finding_that_is_no_longer_sure_is_left_alone():
    standing = posted_of(compose(TWO_DEFECTS, CHANGE, SETTINGS))
    less = Report((analysed("shop/db.py", sql(confidence=Confidence.MEDIUM)), analysed("shop/net.py", no_timeout())))
    wanted = plan(compose(less, CHANGE, SETTINGS), standing)
    assert (wanted.add, wanted.resolve) == ((), ())


def test_only_a_safe_fix_becomes_one_click():
    safe = Fix("bind", Safety.SAFE, (Edit(span(41), "x"),))
    report = Report((analysed("shop/db.py", sql(fix=safe)), analysed("shop/net.py", no_timeout())))
    assert [c.fix for c in compose(report, CHANGE, SETTINGS).comments] == [safe, None]


def test_a_rerun_writes_nothing():
    review = compose(TWO_DEFECTS, CHANGE, SETTINGS)
    assert plan(review, posted_of(review)).empty


def test_nothing_standing_means_everything_is_added():
    wanted = plan(compose(TWO_DEFECTS, CHANGE, SETTINGS), Posted())
    assert len(wanted.add) == 2
    assert wanted.summary is not None


def test_a_fixed_defect_is_answered_and_resolved():
    before = compose(TWO_DEFECTS, CHANGE, SETTINGS)
    wanted = plan(compose(CLEAN, CHANGE, SETTINGS), posted_of(before))
    assert {r.thread.id for r in wanted.resolve} == {"t0", "t1"}


def test_a_thread_that_a_person_answered_or_closed_is_left_alone():
    standing = posted_of(compose(TWO_DEFECTS, CHANGE, SETTINGS))
    first, second = standing.threads
    touched = replace(standing, threads=(replace(first, answered=True), replace(second, resolved=True)))
    assert plan(compose(CLEAN, CHANGE, SETTINGS), touched).resolve == ()


def test_a_thread_a_person_closed_is_not_opened_again():
    review = compose(TWO_DEFECTS, CHANGE, SETTINGS)
    standing = posted_of(review)
    closed = replace(standing, threads=tuple(replace(t, resolved=True) for t in standing.threads))
    assert plan(review, closed).add == ()


def test_a_file_that_could_not_be_analysed_does_not_make_its_threads_gone():
    standing = posted_of(compose(TWO_DEFECTS, CHANGE, SETTINGS))
    unreadable = Report((FileReport("shop/db.py", Status.UNREADABLE, "took too long"),))
    assert [r.thread.path for r in plan(compose(unreadable, CHANGE, SETTINGS), standing).resolve] == ["shop/net.py"]


def test_a_finding_cut_by_the_cap_is_not_called_gone():
    standing = posted_of(compose(TWO_DEFECTS, CHANGE, SETTINGS))
    assert plan(compose(TWO_DEFECTS, CHANGE, ReviewSettings(max_comments=1)), standing).resolve == ()


def test_a_new_patchset_brings_the_summary_up_to_date():
    review = compose(TWO_DEFECTS, CHANGE, SETTINGS)
    later = replace(review, patchset=replace(review.patchset, id="h2"))
    assert plan(later, posted_of(review)).summary is not None


def test_a_patchset_that_only_repeats_the_code_says_nothing():
    review = compose(TWO_DEFECTS, CHANGE, SETTINGS)
    rebased = replace(review, patchset=replace(review.patchset, id="h2", echoes=("h1",)))
    assert plan(rebased, posted_of(review)).empty


findings = st.lists(
    st.builds(
        sql,
        line=st.integers(1, 99),
        mark=st.text("0123456789abcdef", min_size=16, max_size=16),
        severity=st.sampled_from(Severity),
        confidence=st.sampled_from(Confidence),
    ),
    max_size=12,
    unique_by=lambda f: f.mark,
)


@given(findings, st.integers(1, 5), st.randoms())
def test_order_of_findings_never_changes_the_review_and_a_rerun_is_empty(found, cap, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    settings = ReviewSettings(max_comments=cap)
    one, other = (compose(Report((analysed("shop/db.py", *some),)), CHANGE, settings) for some in (found, shuffled))
    assert one.comments == other.comments
    assert one.summary == other.summary
    assert plan(one, posted_of(one)).empty
