"""What is assigned to a response: its page, and where it sends the browser."""

import pytest

from tests.analyzers.flow.asking import flows, reached, traces

MORE = """
import json
from django.http import HttpRequest, HttpResponse
from flask import Response
from fastapi import Response as Answer
"""
TOLD = {
    "the page": ("html", "r = make_response()\n    r.data = '<b>' + name"),
    "the page of a response that is made": ("html", "r = Response()\n    r.data = name"),
    "the page, by a method": ("html", "r = Response()\n    r.set_data(name)"),
    "the address": ("redirect", "r = make_response('', 302)\n    r.headers['Location'] = name"),
    "the address, by its own name": ("redirect", "r = make_response('', 302)\n    r.location = name"),
    "a page of Django": ("html", "r = HttpResponse()\n    r.content = name"),
    "what is written to a page of Django": ("html", "r = HttpResponse()\n    r.write('<b>%s</b>' % name)"),
    "the address of Django": ("redirect", "r = HttpResponse(status=302)\n    r['Location'] = name"),
    "an address in small letters": ("redirect", "r = Answer()\n    r.headers['location'] = name"),
}
SILENT = {
    "a page that is none": ("html", "r = make_response()\n    r.mimetype = 'text/plain'\n    r.data = name"),
    "a table": ("html", "r = HttpResponse(content_type='text/csv')\n    r.write(name)"),
    "another header": ("redirect", "r = make_response('')\n    r.headers['X-Name'] = name"),
    "the data of something else": ("html", "r = made()\n    r.data = name"),
    "a location of something else": ("redirect", "r = {}\n    r['Location'] = name"),
    "an address of this site": ("redirect", "r = make_response('', 302)\n    r.headers['Location'] = '/a/' + name"),
    "escaped": ("html", "import html\n    r = make_response()\n    r.data = html.escape(name)"),
}


def _view(body: str) -> str:
    return f"{MORE}\ndef view():\n    name = request.args['name']\n    {body}\n    return r\n"


@pytest.mark.parametrize(("sink", "body"), TOLD.values(), ids=TOLD)
def test_what_a_response_becomes_is_told(sink: str, body: str) -> None:
    assert len(traces(_view(body), sink)) == 1


@pytest.mark.parametrize(("sink", "body"), SILENT.values(), ids=SILENT)
def test_what_is_no_page_or_address_is_not(sink: str, body: str) -> None:
    assert traces(_view(body), sink) == []


def test_the_finding_stands_where_it_is_assigned_and_names_it() -> None:
    code = _view("r = make_response()\n    r.data = name")
    (flow,) = flows(code, "html").flows
    assert flow.sink == "r.data"
    assert flow.steps[-1].what == "becomes `r.data`, which is sent as HTML"
    assert reached(code, "html") == [code.lstrip("\n").split("\n").index("    r.data = name") + 1]


def test_a_helper_may_assign_it() -> None:
    code = "def fill(text):\n    r = make_response()\n    r.data = text\n    return r\n"
    assert len(traces(f"{code}def view():\n    return fill(request.args['a'])\n", "html")) == 1
