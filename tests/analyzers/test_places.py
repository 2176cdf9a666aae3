"""Where a module is looked for, going by names and paths alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.places import folders_of, module_name, place_of

LIBRARIES = frozenset({"flask", "os"})


def paths(name: str, importer: str, *at_hand: str) -> tuple[str, ...]:
    place = place_of(name, importer, folders_of(at_hand), LIBRARIES)
    return place.paths if place else ()


@pytest.mark.parametrize(
    ("name", "importer", "first"),
    [
        ("shop.db.run", "shop/views.py", "shop/db.py"),
        ("shop.db.run", "src/shop/views.py", "src/shop/db.py"),
        ("shop.db.run", "backend/shop/deep/views.py", "backend/shop/db.py"),
        ("backend.shop.db.run", "backend/shop/views.py", "backend/shop/db.py"),
        ("shop.models.User.find", "shop/views.py", "shop/models.py"),
        ("shop.models._Base.find", "shop/views.py", "shop/models.py"),
        ("shop.shop.db.run", "shop/shop/views.py", "shop/shop/db.py"),
        ("shop.db.run", "shop/shop/views.py", "shop/shop/db.py"),
        ("flask.db.run", "flask/views.py", ""),
        ("flask.web.db.run", "flask/web/views.py", "flask/web/db.py"),
        ("db.run", "views.py", "db.py"),
        ("db.run", "app/views.py", "app/db.py"),
        ("os.path.join", "views.py", ""),
        ("flask.request", "views.py", ""),
        ("Shop.db.run", "Shop/views.py", "Shop/db.py"),
        ("run", "views.py", ""),
        ("User", "views.py", ""),
    ],
)
def test_the_likeliest_place_comes_first(name: str, importer: str, first: str) -> None:
    assert (paths(name, importer) or ("",))[0] == first


def test_a_module_may_be_a_package() -> None:
    assert paths("shop.db.run", "shop/views.py") == ("shop/db.py", "shop/db/__init__.py")


def test_another_path_at_hand_says_where_a_package_stands() -> None:
    assert paths("shop.db.run", "tests/test_views.py", "src/shop/views.py")[0] == "src/shop/db.py"
    place = place_of("shop.db.run", "tests/test_views.py", folders_of(["src/shop/views.py"]), LIBRARIES)
    assert place is not None
    assert place.sure


def test_what_may_be_a_library_is_not_sure_and_looked_for_in_few_places() -> None:
    place = place_of("numpy.array", "shop/views.py", {}, LIBRARIES)
    assert place is not None
    assert not place.sure
    assert len(place.paths) <= 3


NAMES = st.lists(st.sampled_from("ab cd User é src lib __init__ .. 1x".split()), min_size=1, max_size=5)


@given(NAMES, NAMES, st.lists(NAMES, max_size=3))
def test_no_name_leads_out_of_the_repository(name: list[str], folders: list[str], others: list[list[str]]) -> None:
    importer = "/".join([*(one for one in folders if one != ".."), "x.py"])
    for path in paths(".".join(name), importer, *("/".join(other) + ".py" for other in others if ".." not in other)):
        assert not path.startswith("/")
        assert ".." not in path.split("/")


def test_a_path_is_a_module() -> None:
    assert module_name("src/pkg/mod.py") == "pkg.mod"
    assert module_name("pkg/__init__.py") == "pkg"
