"""The door for webhooks (io): it checks who speaks, keeps the event, and answers in one line. It decides nothing else.

Nothing of a request is ever in an answer or in a log: Gerrit's secret is a part of its path.
"""

import asyncio
import hmac
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.app import forge_named, forges_on
from bot.errors import Refused, Unavailable
from bot.store import Store
from config.settings import GerritSettings, Settings

RETRY_AFTER_SECONDS = 30
BODY_SECONDS = 30.0
Answer = Callable[[Request], Awaitable[Response]]

log = logging.getLogger("touchline.web")


def listener(settings: Settings, store: Store) -> Starlette:
    """The application that receives the webhooks of every forge that is switched on."""
    routes = [Route("/healthz", _alive), Route("/readyz", _ready(store))]
    on = forges_on(settings)
    for name in on:
        forge_named(name, settings)  # its libraries load now, not while the first delivery waits
    if "github" in on:
        routes.append(Route("/webhooks/github", _told(github_door(settings, store)), methods=["POST"]))
    if "gerrit" in on:
        routes.append(Route("/webhooks/gerrit/{secret}", _told(gerrit_door(settings, store)), methods=["POST"]))
    return Starlette(routes=routes, exception_handlers={Exception: _broken})


def github_door(settings: Settings, store: Store) -> Answer:
    """Signed deliveries: the forge checks the signature over the raw body."""

    async def answer(request: Request) -> Response:
        body = await body_of(request, settings.limits.body_bytes)
        return await run_in_threadpool(_take, "github", settings, store, dict(request.headers), body)

    return answer


def gerrit_door(settings: Settings, store: Store) -> Answer:
    """Unsigned deliveries: the path holds a secret, and the sender's address may have to be a known one."""

    async def answer(request: Request) -> Response:
        check_sender(request.path_params["secret"], request.client.host if request.client else "", settings.gerrit)
        body = await body_of(request, settings.limits.body_bytes)
        return await run_in_threadpool(_take, "gerrit", settings, store, dict(request.headers), body)

    return answer


async def body_of(request: Request, limit: int) -> bytes:
    """The body, given up as soon as it is longer than `limit` bytes. Raises Refused: 413 too long, 408 too slow."""
    too_long = Refused(f"the body is longer than {limit:,} bytes (limits.body_bytes)", 413)
    told = request.headers.get("content-length", "0")
    if not told.isdecimal() or int(told[:20]) > limit:
        raise too_long
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_long
    except TimeoutError:
        raise Refused(f"the body did not come within {BODY_SECONDS:g} s", 408) from None
    return bytes(body)


def check_sender(secret: str, address: str, settings: GerritSettings) -> None:
    """Raises Refused(401) for a wrong secret, in constant time, and Refused(403) for an address that is not listed."""
    given = secret.encode()
    right = [hmac.compare_digest(given, one.reveal().encode()) for one in settings.webhook_secrets if one.reveal()]
    if not any(right):
        raise Refused("the secret in the path is not one of gerrit.webhook_secrets", 401)
    if settings.webhook_addresses and not _listed(address, settings.webhook_addresses):
        raise Refused("the sender's address is not in gerrit.webhook_addresses", 403)


def _listed(address: str, networks: tuple[str, ...]) -> bool:
    try:
        sender = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(sender in ipaddress.ip_network(network, strict=False) for network in networks)


def _take(name: str, settings: Settings, store: Store, headers: Mapping[str, str], body: bytes) -> Response:
    event = forge_named(name, settings).read_event(headers, body)
    if event is None:
        return _line(202, "ignored: nothing in this event asks for a review")
    if not store.accept(event):
        return _line(200, "already known")
    log.info("%s: %s", event.ref, event.what)
    return _line(202, "queued")


def _told(door: Answer) -> Answer:
    """The door with its errors as answers."""

    async def answer(request: Request) -> Response:
        try:
            return await door(request)
        except Refused as refused:
            return _line(refused.status, f"refused: {refused}")
        except Unavailable:
            log.exception("a delivery could not be kept")
            return _line(503, "unavailable: the delivery could not be kept, send it again", RETRY_AFTER_SECONDS)
        except ClientDisconnect:
            return _line(400, "refused: the body ended early")

    return answer


async def _alive(_request: Request) -> Response:
    return _line(200, "alive")


def _ready(store: Store) -> Answer:
    async def answer(_request: Request) -> Response:
        try:
            counts = await run_in_threadpool(store.counts)
        except Unavailable:
            return _line(503, "not ready: the database does not answer")
        return _line(200, "ready: " + ", ".join(f"{count} {state}" for state, count in counts.items()))

    return answer


async def _broken(_request: Request, problem: Exception) -> Response:
    log.error("a request failed in a way nobody foresaw", exc_info=problem)
    return _line(500, "broken: a mistake of ours, which is in the log")


def _line(status: int, text: str, retry_after: int | None = None) -> Response:
    headers = {"X-Content-Type-Options": "nosniff"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return PlainTextResponse(text + "\n", status, headers)
