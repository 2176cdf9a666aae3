"""A request of the server whose address a client chose.

Why it matters: The server can reach what the client cannot: the metadata service of the cloud, databases, machines
behind the firewall. The client reads them through it.

What to do: Take the host from a fixed set. Where any host must be possible, resolve it, refuse private addresses,
connect to the address that was checked, and follow no redirects.

What it does not see: Hosts that the client chooses through a database; names that resolve to private addresses. Where
the function makes or checks a signature, which may be that of the address, or passes a request on to the host that it
came to (`request.url`), the finding has low confidence.
"""

import re

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="url-from-user-input",
    title="A client chooses where the server connects",
    weakness="CWE-918",
    severity=Severity.HIGH,
    doubts=re.compile(r"\bhmac\b|\bhashlib\b|signature|unsign|request\.url\b"),
    flow=("user-input", "url"),
    message=(
        "What the client sends as `{source}` decides where `{sink}` connects: the client reaches what only "
        "this server can reach."
    ),
    advice="Take the host from a fixed set, or look at the host of `{source}` before `{sink}` gets it.",
    topic="outgoing requests",
    clean="to a host that no client chooses",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            import requests
            from flask import request
            def preview():
                url = request.args["url"]  # step
                return requests.get(url, timeout=5).text  # finding
            """
        ),
        Bad(
            """
            import httpx
            from fastapi import APIRouter
            router = APIRouter()
            @router.post("/fetch")
            async def fetch(host: str):  # step
                address = f"https://{host}/status"  # step
                async with httpx.AsyncClient() as client:
                    return await client.get(address)  # finding
            """
        ),
    ),
    good=(
        Good(
            "the host is fixed",
            """
            import requests
            from flask import request
            def user():
                return requests.get(f"https://api.example.com/users/{request.args['name']}", timeout=5).json()
            """,
        ),
        Good(
            "the host is one of a fixed set",
            """
            from urllib.parse import urlparse
            import requests
            from flask import abort, request
            HOSTS = {"a.example.com", "b.example.com"}
            def preview():
                url = request.args["url"]
                if urlparse(url).hostname not in HOSTS:
                    abort(400)
                return requests.get(url, timeout=5).text
            """,
        ),
    ),
)
