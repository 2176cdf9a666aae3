"""The command line: it translates words into calls and results into words, and decides nothing.

Exit codes: 0 clean, 1 findings, 2 usage or settings, 3 something could not be analysed.
Parts that only one command needs are imported there: a review of a local change loads no forge and no job engine.
"""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.markdown import Markdown
from rich.table import Table

from analyzers import catalog
from analyzers.model import Severity
from bot import console, pipeline
from bot.dry_run import examine, reviewed, together
from bot.errors import BadSettings, Refused, TouchlineError
from bot.forge import Forge
from bot.forges.local.forge import LocalForge
from bot.forges.local.git import Repository
from bot.forges.local.sources import Commits, Folders, Paths, Source, Staged, WorkTree, parts_of
from bot.log import log_to_stderr
from bot.model import ChangeRef, Plan
from bot.review import plan
from bot.wording import count, listed
from config import loading
from config.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

RANGE = re.compile(r"(?P<base>.*?)\.\.\.?(?P<head>[^.].*|)")
PULL_REQUEST = re.compile(r"(?P<project>[\w.-]+/[\w.-]+)#(?P<number>\d{1,9})")
GERRIT_CHANGE = re.compile(
    r"(?:(?P<project>[^~]+)~(?=\d))?(?P<change>\d{1,9}|I[0-9a-f]{8,40})(?:/(?P<patchset>\d{1,5}))?"
)


class Group(click.Group):
    """Commands whose errors are told with the road, and by whose fault they are."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except loading.WrongSettings as wrong:
            raise console.Told("\n".join(wrong.problems)) from None
        except (BadSettings, Refused) as refused:
            raise console.Told(str(refused)) from None
        except TouchlineError as failed:
            raise console.Failed(str(failed)) from None


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="touchline")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Settings file. Default: $TOUCHLINE_CONFIG, else ./touchline.toml.",
)
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Review Python changes: only what the touched lines cause, every claim with its trace.

    Exit codes: 0 clean, 1 findings, 2 usage or settings, 3 something could not be analysed.
    """
    context.obj = config


def settings_of(context: click.Context) -> Settings:
    """The settings that the command line, the environment and the file give."""
    return loading.load(context.obj, os.environ)


def output_options(command: F) -> F:
    """--format and --fail-on."""
    command = click.option(
        "--format",
        "wanted",
        type=click.Choice(console.FORMATS),
        default="text",
        show_default=True,
        help="How the review is printed.",
    )(command)
    return click.option(
        "--fail-on",
        type=click.Choice([severity.value for severity in Severity]),
        default=Severity.LOW.value,
        show_default=True,
        help="Milder findings are printed, and the exit code stays 0.",
    )(command)


@main.command()
@click.argument("target", nargs=-1)
@click.option(
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The repository of a range or of --staged. Default: the working directory's.",
)
@click.option("--staged", is_flag=True, help="What the next commit would record.")
@click.option("--base", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The older folder.")
@click.option("--head", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The newer folder.")
@click.option("--dry-run", is_flag=True, help="Print what would be posted on the forge, and post nothing.")
@output_options
@click.pass_context
def review(
    context: click.Context,
    target: tuple[str, ...],
    repo: Path,
    staged: bool,
    base: Path | None,
    head: Path | None,
    dry_run: bool,
    wanted: str,
    fail_on: str,
) -> None:
    """Review one change.

    \b
    touchline review                          the tracked files as they are on the disk, against HEAD
    touchline review main..HEAD               what HEAD brings since it left main
    touchline review --staged                 what the next commit would record
    touchline review --base OLD --head NEW    two folders
    touchline review github OWNER/REPO#N      a pull request; posts unless --dry-run is given
    touchline review gerrit CHANGE[/PATCHSET] a Gerrit change; posts unless --dry-run is given
    """  # noqa: D301 (the backspace tells click to keep these lines as they are)
    settings = settings_of(context)
    if target[:1] in (("github",), ("gerrit",)):
        sys.exit(review_remote(target, settings, dry_run, wanted, Severity(fail_on)))
    if dry_run:
        raise click.UsageError("--dry-run is for github and gerrit; a local review posts nothing anyhow")
    local = LocalForge(local_source(target, repo, staged, base, head))
    sys.exit(review_printed(local, local.ref, settings, wanted, Severity(fail_on)))


def local_source(target: tuple[str, ...], repo: Path, staged: bool, base: Path | None, head: Path | None) -> Source:
    """Which two versions are meant. Raises UsageError when the words do not name one pair."""
    if (base is None) != (head is None):
        raise click.UsageError("--base and --head go together: the older and the newer folder")
    if bool(target) + staged + bool(base and head) > 1:
        raise click.UsageError("give one of: a range, --staged, or --base with --head")
    if base and head:
        return Folders(base, head)
    repository = Repository(repo)
    if target:
        return range_source(repository, " ".join(target))
    if staged:
        return Staged(repository, repository.head_or_nothing())
    return WorkTree(repository, repository.head_or_nothing(), repository.top())


def range_source(repository: Repository, words: str) -> Source:
    """`A..B` or `A...B`: what B brings since it left A, as a pull request shows it. An empty end is HEAD."""
    base, head = range_ends(repository, words)
    return Commits(repository, repository.merge_base(base, head), head)


def range_ends(repository: Repository, words: str) -> tuple[str, str]:
    """The commits at both ends of a range, by their ids."""
    match = RANGE.fullmatch(words)
    if match is None:
        raise click.UsageError(f"{words!r} is not a range: write BASE..HEAD, such as main..HEAD or HEAD~3..")
    return repository.commit(match["base"] or "HEAD"), repository.commit(match["head"] or "HEAD")


def remote_change(target: tuple[str, ...], settings: Settings) -> tuple[Forge, ChangeRef, int]:
    """The forge, the change and the patchset (0: the current one) that the words after `review` name."""
    from bot.app import forge_named

    name, words = target[0], " ".join(target[1:])
    if name == "github" and (match := PULL_REQUEST.fullmatch(words)):
        return forge_named(name, settings), ChangeRef(name, match["project"], int(match["number"])), 0
    if name == "gerrit" and (match := GERRIT_CHANGE.fullmatch(words)):
        from bot.forges.gerrit.lookup import find

        forge = forge_named(name, settings)
        project, change = match["project"], match["change"]
        ref = ChangeRef(name, project, int(change)) if project else find(settings.gerrit, change)
        return forge, ref, int(match["patchset"] or 0)
    raise click.UsageError("write: review github OWNER/REPO#NUMBER, or: review gerrit CHANGE[/PATCHSET]")


def review_printed(forge: Forge, ref: ChangeRef, settings: Settings, wanted: str, fail_on: Severity) -> int:
    """Review, print, and give the exit code."""
    with console.analysis(settings) as analyst:
        found = reviewed(examine(ref, forge, analyst, settings), forge, settings)
    console.show(found, wanted)
    return console.exit_code(found, fail_on)


def review_remote(target: tuple[str, ...], settings: Settings, dry: bool, wanted: str, fail_on: Severity) -> int:
    """Review a change of a forge; post it unless this is dry."""
    forge, ref, patchset = remote_change(target, settings)
    with console.analysis(settings) as analyst:
        examination = examine(ref, forge, analyst, settings)
    if patchset not in (0, examination.change.head.number):
        raise Refused(f"patchset {patchset} of {ref} is not the current one, {examination.change.head.number}")
    found = reviewed(examination, forge, settings)
    console.show(found, wanted)
    if dry:
        console.note(what_is_due(plan(found.review, forge.posted(found.change))))
    else:
        receipt = pipeline.publish(examination, forge, settings)
        console.note("; ".join([f"stands at {receipt.url or ref}", *receipt.notes]))
    return console.exit_code(found, fail_on)


def what_is_due(due: Plan) -> str:
    """What a plan would write, in a sentence."""
    parts = [count(len(due.add), "comment")] if due.add else []
    parts += [count(len(due.resolve), "answer") + " to what is gone"] if due.resolve else []
    parts += ["the summary"] if due.summary else []
    return f"would post {listed(parts)}" if parts else "nothing would be posted: all of it stands already"


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@output_options
@click.pass_context
def scan(context: click.Context, paths: tuple[Path, ...], wanted: str, fail_on: str) -> None:
    """Read Python files, and those below folders, as if every line had just been written.

    As many at a time as one change may have (limits.files): a tree of any size is read to its end.
    """
    settings, whole = settings_of(context), Paths(Path.cwd(), paths)
    forges = [LocalForge(part) for part in parts_of(whole, settings.limits.files)]
    with console.analysis(settings) as analyst:
        parts = [examine(forge.ref, forge, analyst, settings) for forge in forges]
        found = reviewed(together(parts), LocalForge(whole), settings)
    console.show(found, wanted)
    sys.exit(console.exit_code(found, Severity(fail_on)))


@main.command()
@click.argument("name", required=False)
def rules(name: str | None) -> None:
    """The catalogue; with NAME one rule: why it matters, what to do, what it does not see."""
    if name is None:
        console.terminal().print(catalogue())
        return
    try:
        page = catalog.page(catalog.find(name))
    except LookupError as unknown:
        raise click.UsageError(f"{unknown}; `touchline rules` lists all") from None
    if sys.stdout.isatty():
        console.terminal().print(Markdown(page))
    else:
        console.write(page.rstrip("\n") + "\n")


def catalogue() -> Table:
    """One line for each rule."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("rule", "weakness", "severity", "what it reports"):
        table.add_column(heading, no_wrap=heading != "what it reports")
    for rule in catalog.all_rules():
        table.add_row(rule.name, rule.weakness, rule.severity.value, rule.title)
    return table


@main.command()
@click.argument("span", metavar="RANGE")
@click.option("--repo", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path())
@click.option("--format", "wanted", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def replay(context: click.Context, span: str, repo: Path, wanted: str) -> None:
    """What would have been said on every commit of RANGE, and what it would have cost.

    Each commit is reviewed against its parent, oldest first; merges are left out. Nothing is posted.
    """
    from bot import replay as replaying
    from bot.formats import history

    settings, repository = settings_of(context), Repository(repo)
    base, head = range_ends(repository, span)
    done = []
    with console.analysis(settings) as analyst:
        for one in replaying.replay(repository, f"{base}..{head}", analyst, settings):
            done.append(one)
            if wanted == "text":
                history.show(one, console.terminal())
    totals = replaying.totals(done)
    if wanted == "text":
        click.echo("\n" + history.closing(totals))
    else:
        console.write(json.dumps(history.document(done, totals), indent=2, ensure_ascii=False) + "\n")


@main.command()
@click.pass_context
def serve(context: click.Context) -> None:
    """Receive webhooks and review, until told to end. A worker runs beside the listener."""
    from bot import serving

    log_to_stderr()
    serving.serve(settings_of(context))


@main.command()
@click.pass_context
def worker(context: click.Context) -> None:
    """Be one more worker on the same database, until told to end."""
    from bot import app

    log_to_stderr()
    app.work(settings_of(context))


@main.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Is everything set up? What is missing, and the road to it. Exit code 2 when something is."""
    from bot import doctor as examining

    settings = settings_of(context)
    healthy = True
    for check in examining.diagnose(settings):
        healthy &= check.ok
        console.tell(check.ok, check.name, check.said)
    sys.exit(console.CLEAN if healthy else console.USAGE)
