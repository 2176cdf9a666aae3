"""`/touchline ...` in a comment: who may say it, and what each word does."""

from analyzers import catalog
from bot import wording
from bot.forge import Forge
from bot.model import Change, Event, Permission, Plan, Resolution, Verdict
from config.settings import Settings

REVIEWS = {"", "review", "full"}


def respond(event: Event, change: Change, forge: Forge, settings: Settings) -> str:
    """Do a command that is not a review and say what was done; "" when a review is asked for.

    May be repeated: the forge answers an event once.
    """
    permission = forge.permission(event.ref, event.actor)
    if permission is Permission.NONE:
        return "the command came from a bot or a stranger"  # two bots that answer each other never end
    if permission.rank < Permission(settings.review.command_permission).rank:
        forge.reply(change, event, wording.NOT_ALLOWED)
        return "the command came from somebody without the right to give it"
    word, _, rest = event.command.strip().partition(" ")
    if word in REVIEWS:
        return ""
    if word == "ignore":
        return ignore(rest, event, change, forge)
    forge.reply(change, event, answer(word, rest.strip()))
    return f"answered {word!r:.40}"


def answer(word: str, rest: str) -> str:
    """The text of a reply that needs nothing but words."""
    if word == "help":
        return wording.HELP
    if word == "explain":
        return explained(rest)
    return wording.unknown_command(word)


def explained(name: str) -> str:
    """The page of a rule, or that there is none."""
    try:
        return catalog.page(catalog.find(name))
    except LookupError:
        return wording.unknown_rule(name)


def ignore(rest: str, event: Event, change: Change, forge: Forge) -> str:
    """Close the thread that the command answers, with the reason; the plan of a review leaves closed threads alone."""
    because, _, reason = rest.strip().partition(" ")
    thread = next((t for t in forge.posted(change).threads if t.id == event.thread), None)
    if because != "because" or not reason.strip() or thread is None:
        forge.reply(change, event, wording.IGNORE_NEEDS_REASON)
        return "ignore without a reason or a thread"
    closing = Resolution(thread, wording.ignored(reason.strip()))
    forge.publish(change, Plan(change.head, Verdict.FINDINGS, resolve=(closing,)))
    return "ignored as asked"
