"""Which names say that they are a secret, and which what is done with one."""

import pytest

from analyzers.vocabulary import names_function, names_secret


@pytest.mark.parametrize("name", ["remove_password", "getToken", "check_password", "reset_password", "_set_secret"])
def test_a_name_that_begins_with_a_verb_names_a_function(name: str) -> None:
    assert names_function(name)


@pytest.mark.parametrize(
    "name",
    ["password", "reset_token", "verify_token", "refresh_token", "access_token", "new_password", "settings_token"],
)
def test_a_name_of_a_secret_names_no_function(name: str) -> None:
    assert names_secret(name)
    assert not names_function(name)


@pytest.mark.parametrize("name", ["max_token", "masked_token", "redacted_password", "total_tokens"])
def test_a_number_and_what_may_be_seen_are_no_secrets(name: str) -> None:
    assert not names_secret(name)
