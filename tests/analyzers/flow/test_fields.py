"""What the methods of forms, serializers and data classes make of the values that their objects hold."""

import pytest

from tests.analyzers.flow.asking import traces

MORE = """
from dataclasses import dataclass
from typing import NamedTuple
from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.http import require_POST
from rest_framework import serializers

class BaseForm(forms.Form):
    def clean_inherited(self):
        if not self.cleaned_data["inherited"].isalnum():
            raise ValidationError("no")
        return self.cleaned_data["inherited"]

class WantedForm(BaseForm):
    count = forms.IntegerField()
    fitted = forms.RegexField(regex=r"^[a-z]+\\Z")
    loose = forms.RegexField(regex=r"^[a-z]+")
    def clean_host(self):
        host = self.cleaned_data["host"]
        if not re.fullmatch(r"[a-z.]+", host):
            raise ValidationError("no")
        return host
    def clean_word(self):
        return self.cleaned_data["word"].strip()

class SentSerializer(serializers.Serializer):
    def validate_host(self, value):
        if value not in ALLOWED:
            raise serializers.ValidationError("no")
        return value
    def validate_word(self, value):
        return value.strip()

@dataclass
class Query:
    name: str
    word: str
    size: str
    def __post_init__(self):
        if not self.name.isidentifier():
            raise ValueError(self.name)
        self.size = int(self.size)

@dataclass
class Run:
    command: str
    def __post_init__(self):
        os.system(self.command)

class Job(NamedTuple):
    name: str
    host: str

class among:
    def __init__(self, names):
        self.names = names
    def __call__(self, func):
        def inner(name, word):
            if name not in self.names:
                abort(404)
            return func(name, word)
        return inner
"""
FORM = "@require_POST\ndef view(request):\n    form = WantedForm(request.POST)\n    data = form.cleaned_data\n    "
SENT = "@require_POST\ndef view(request):\n    data = SentSerializer(data=request.POST).validated_data\n    "
MADE = "def view():\n    a, b = request.args['a'], request.args['b']\n    "
MARKED = "@app.route('/<name>/<word>')\n@among({'a'})\ndef view(name, word):\n    "
SAFE = {
    "a field that a method looks at": FORM + "os.system(data['host'])",
    "a field that the class above looks at": FORM + "os.system(data['inherited'])",
    "a number": FORM + "os.system('%s' % data['count'])",
    "a field with a pattern": FORM + "os.system(data['fitted'])",
    "a field that a serializer looks at": SENT + "os.system(data['host'])",
    "what an object looks at when it is made": MADE + "os.system(Query(a, b, a).name)",
    "what an object changes when it is made": MADE + "q = Query('n', b, a)\n    os.system(f'{q.size}')",
    "another part of a named tuple": MADE + "name, host = Job('n', a)\n    os.system(name)",
    "what an object that decorates looks at": MARKED + "os.system(name)",
}
TOLD = {
    "a field that a method gives as it is": FORM + "os.system(data['word'])",
    "a field that nobody looks at": FORM + "os.system(data['other'])",
    "a field with a pattern for its beginning": FORM + "os.system(data['loose'])",
    "what nobody has looked at yet": FORM + "os.system(form.data['host'])",
    "a field that a serializer gives as it is": SENT + "os.system(data['word'])",
    "what an object does not look at": MADE + "os.system(Query(a, b, a).word)",
    "what an object runs when it is made": MADE + "Run(a)",
    "a part of a named tuple": MADE + "name, host = Job('n', a)\n    os.system(host)",
    "what an object that decorates does not look at": MARKED + "os.system(word)",
}


@pytest.mark.parametrize("code", SAFE.values(), ids=SAFE)
def test_what_was_looked_at_is_safe(code: str) -> None:
    assert traces(f"{MORE}\n{code}\n", "shell") == []


@pytest.mark.parametrize("code", TOLD.values(), ids=TOLD)
def test_what_was_not_is_told(code: str) -> None:
    assert len(traces(f"{MORE}\n{code}\n", "shell")) == 1


PAGES = """
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
api = FastAPI()
@api.get("/", response_class={})
def view(word: str):
    return "<b>" + word
"""


@pytest.mark.parametrize(("sent", "count"), [("HTMLResponse", 1), ("PlainTextResponse", 0)])
def test_what_a_handler_returns_is_a_page_where_its_decorator_says_so(sent: str, count: int) -> None:
    assert len(traces(PAGES.replace("{}", sent), "html")) == count


def test_the_parts_of_a_form_that_is_read_piece_by_piece_come_from_the_client() -> None:
    code = """
    from aiohttp import web
    async def view(request: web.Request):
        async for chunk in request.content:
            os.system(chunk)
        async for part in await request.multipart():
            os.system(part.filename)
    """
    assert len(traces(code, "shell")) == 2
