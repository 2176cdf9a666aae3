"""Which identifiers name a secret, going by their words."""

from functools import lru_cache
from itertools import pairwise

from analyzers.syntax import words

ALWAYS = frozenset(
    "password passwd pwd passphrase passcode secret secrets token credential credentials apikey otp csrf "
    "passwords authtoken accesstoken secretkey privatekey".split()
)
PAIRS = frozenset(
    {(kind, "key") for kind in "api private secret access session auth encryption signing master ssh shared".split()}
    | {(kind, "code") for kind in "reset verification confirmation activation auth invite recovery".split()}
    | {("session", "id"), ("session", "cookie"), ("auth", "header"), ("authorization", "header")}
)
# A token of these is passed back and forth and opens nothing: `reservation_token`, `page_token`.
PASSES = frozenset(
    "reservation lease fencing continuation continue page next prev previous cursor sync since stream idempotency "
    "claim".split()
)
# What may be done with a secret is none: `permissions_create_token`.
ALLOWED = frozenset("permission permissions privilege privileges".split())
# `token_count` is a number, `password_field` a widget, `secret_name` the name under which the secret is kept.
ABOUT = frozenset(
    "id ids name names type types count counts length len url uri urls path paths file files filename dir expiry "
    "expires expiration expired age ttl lifetime timeout policy error errors field fields form valid validity "
    "validated required enabled status state index indices idx position pos kind class provider manager store prompt "
    "hint usage limit size endpoint scope scopes num number list version arn ref label labels key keys column exists "
    "changed invalid missing present strength validator validators hasher backend handler helper model serializer "
    "view method func function callback regex pattern format prefix suffix budget budgets rate per probability prob "
    "used left start end offset max min total reference title at mask masked redacted hash hashed digest fingerprint "
    "ok ttl interval info source exp user users owner href link".split()
)
# `permit_create_token` is a yes or a no, and `path_to_private_key` a path.
ASKS = frozenset(
    "num number is has have permit permits allow allows allowed enable enabled disable disabled use uses require "
    "requires required need needs should can show hide force without no skip".split()
)
# A number, or what is left of a secret when it may be seen: `max_token`, `masked_token`. Not `hashed_password`, which
# is no good in a log either.
SPARED = frozenset("max min total avg mean masked redacted censored obfuscated truncated shortened sanitized".split())
JOINING = frozenset("to of for".split())
# What begins with one of these does something: `remove_password`. `reset_token` and `verify_token` are tokens.
VERBS = frozenset(
    "get set remove delete add create make build generate update change edit clear check validate ensure fetch find "
    "load save send parse ask prompt handle list revoke rotate renew obtain retrieve lookup rename replace drop".split()
)
DOES = frozenset({("reset", "password"), ("forgot", "password"), ("verify", "password"), ("hash", "password")})


@lru_cache(10_000)
def names_secret(name: str) -> bool:
    """Whether the identifier names a secret itself, not something about one: `api_key` does, `token_count` does not.

    What may be something else (`path_or_token`) is none.
    """
    parts = words(name)
    if not parts:
        return False
    if passes(name) or not ALLOWED.isdisjoint(parts) or "or" in parts:
        return False
    if parts[0] in ASKS | SPARED or (parts[0] in ABOUT and parts[1:2] and parts[1] in JOINING):
        return False
    pairs = set(pairwise(parts))
    return parts[-2:] in PAIRS or (parts[-1] not in ABOUT and bool(pairs & PAIRS or set(parts) & ALWAYS))


def names_function(name: str) -> bool:
    """Whether the identifier says what is done: not called, it names a function (`check_password`)."""
    parts = words(name)
    return len(parts) > 1 and (parts[0] in VERBS or parts in DOES)


def passes(name: str) -> bool:
    """Whether the identifier names a token that is passed back and forth: `page_token`, not `previous_password`."""
    parts = words(name)
    return "token" in parts and not PASSES.isdisjoint(parts)


NUMBERS = frozenset(f"builtins.{name}" for name in "int float len bool ord hash round abs sum range id".split()) | {
    "uuid.UUID",
    "uuid.uuid1",
    "uuid.uuid4",
    "decimal.Decimal",
}
"""Functions whose result cannot carry text."""

NUMBER_TYPES = frozenset(
    "int float bool complex Decimal UUID UUID4 date datetime timedelta Integral Number IntEnum "
    "PositiveInt NonNegativeInt StrictInt StrictBool PositiveFloat NonNegativeFloat conint confloat".split()
)
"""Annotations of values that cannot carry text of somebody's choice."""

PROVING = frozenset("isdigit isalnum isidentifier isdecimal isnumeric isalpha".split())
"""Methods of a text that answer whether it holds nothing but letters, digits and `_`."""
