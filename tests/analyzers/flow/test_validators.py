"""What the validators of a model look at is safe in the handler that is given the model."""

import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import file_of, function

MODEL = """
import os, re
from typing import Annotated
from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, field_validator, validator
app = FastAPI()
NAMES = {{"a", "b"}}
def known(value):
    if value not in NAMES:
        raise ValueError(value)
    return value
def lower(value):
    return value.lower()
class Base(BaseModel):
    color: str
    @field_validator("color")
    @classmethod
    def known_color(cls, value):
        return known(value)
class Item(Base):
    name: str
    other: str
    free: str
    size: Annotated[str, AfterValidator(known)]
    shape: Annotated[str, AfterValidator(lower)]
    @field_validator("name", "other")
    @classmethod
    def known_name(cls, value):
        if value not in NAMES:
            raise ValueError(value)
        return value
    @field_validator("free")
    @classmethod
    def stripped(cls, value):
        return value.strip()
@app.post("/")
def view(item: Item):
    os.system("ls " + {field})
"""


@pytest.mark.parametrize(
    ("field", "count"),
    [
        ("item.name", 0),
        ("item.other", 0),
        ("item.color", 0),
        ("item.size", 0),
        ("item.free", 1),
        ("item.shape", 1),
        ("item.unknown", 1),
    ],
)
def test_a_field_is_safe_when_its_validator_refuses_what_is_not(field: str, count: int) -> None:
    file = file_of(MODEL.format(field=field))
    assert len(api.taints(file, function(file, "view"), "user-input", "shell").flows) == count
