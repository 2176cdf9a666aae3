"""Settings: what is read, what wins, and what an operator is told."""

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from config.loading import WrongSettings, compose, keys, load, of_environment, of_toml
from config.settings import Secret, Settings

DEFAULTS = Path(__file__).parents[2] / "config" / "default.toml"


def problems(text: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(WrongSettings) as caught:
        compose([*of_toml(text, "touchline.toml"), *of_environment(environ or {})])
    return str(caught.value)


def test_the_default_file_holds_every_setting_with_its_default() -> None:
    document = tomllib.loads(DEFAULTS.read_text())
    assert {(section, key) for section, held in document.items() for key in held} == {(s, k) for s, k, _ in keys()}
    assert asdict(load(DEFAULTS, {})) == asdict(Settings())


def test_every_setting_in_the_default_file_says_why() -> None:
    lines = DEFAULTS.read_text().splitlines()
    settings = [number for number, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    assert len(settings) == len(list(keys()))
    assert [lines[number] for number in settings if not lines[number - 1].startswith("# ")] == []


def test_nothing_given_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}) == Settings()


def test_a_file_here_is_found_and_the_environment_wins_over_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("touchline.toml").write_text('[server]\nport = 1\nhost = "0.0.0.0"\n')
    settings = load(None, {"TOUCHLINE_SERVER__PORT": "2"})
    assert (settings.server.port, settings.server.host) == (2, "0.0.0.0")


def test_a_named_file_wins_over_the_variable_that_names_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text("[server]\nport = 1\n")
    second.write_text("[server]\nport = 2\n")
    assert load(None, {"TOUCHLINE_CONFIG": str(first)}).server.port == 1
    assert load(second, {"TOUCHLINE_CONFIG": str(first)}).server.port == 2


def test_the_environment_reads_lists_numbers_and_switches() -> None:
    given = {
        "TOUCHLINE_GITHUB__WEBHOOK_SECRETS": "old, new",
        "TOUCHLINE_REVIEW__EXCLUDE": '["a,b", "vendor/**"]',
        "TOUCHLINE_REVIEW__DRAFTS": "true",
        "TOUCHLINE_LIMITS__SECONDS_PER_FILE": "2",
    }
    settings = compose(of_environment(given))
    assert [secret.reveal() for secret in settings.github.webhook_secrets] == ["old", "new"]
    assert settings.review.exclude == ("a,b", "vendor/**")
    assert settings.review.drafts is True
    assert settings.limits.seconds_per_file == 2.0


def test_a_secret_is_read_from_a_mounted_file_without_its_last_newline(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    settings = compose(of_environment({"TOUCHLINE_GITHUB__TOKEN_FILE": str(tmp_path / "token")}))
    assert settings.github.token.reveal() == "s3cret"


def test_a_mounted_file_wins_over_the_plain_variable(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("sqlite:///mounted")
    given = {"TOUCHLINE_DATABASE__URL": "sqlite:///plain", "TOUCHLINE_DATABASE__URL_FILE": str(tmp_path / "url")}
    assert compose(of_environment(given)).database.url.reveal() == "sqlite:///mounted"


def test_variables_that_an_orchestrator_adds_are_left_alone() -> None:
    assert compose(of_environment({"TOUCHLINE_PORT": "tcp://10.0.0.1:80", "TOUCHLINE_SERVICE_HOST": "x"})) == Settings()


def test_a_wrong_value_names_file_key_what_was_found_and_what_would_do() -> None:
    told = problems("[server]\nport = '80'\n")
    assert told == "touchline.toml: server.port: found '80'; a whole number from 0 to 65535 would do"


@pytest.mark.parametrize(
    ("text", "would_do"),
    [
        ("[server]\nport = 70000", "a whole number from 0 to 65535 would do"),
        ("[server]\nport = true", "a whole number"),
        ("[server]\nhost = 5", "a text would do"),
        ("[limits]\nseconds_per_file = 0", "a number from 0.1 to 86400 would do"),
        ("[limits]\nseconds_per_file = nan", "a number from 0.1 to 86400 would do"),
        ("[review]\ndrafts = 1", "true or false would do"),
        ("[review]\nmin_severity = 'awful'", "one of low, medium, high, critical would do"),
        ("[review]\ncommand_permission = []", "one of read, write, admin would do"),
        ("[review]\nexclude = 'vendor'", "a list of texts would do"),
        ("[review]\nexclude = [1]", "a list of texts would do"),
    ],
)
def test_a_value_of_another_kind_is_not_bent_into_shape(text: str, would_do: str) -> None:
    assert would_do in problems(text)


def test_an_unknown_key_gets_its_nearest_known_one() -> None:
    assert "did you mean server.port?" in problems("[server]\nprot = 80")


def test_a_key_in_the_wrong_section_is_sent_to_the_right_one() -> None:
    assert "did you mean server.port?" in problems("[limits]\nport = 80")


def test_an_unknown_section_gets_the_nearest_known_one() -> None:
    assert "did you mean github?" in problems("[gihtub]\ntoken = ''")


def test_an_unknown_variable_is_an_error_and_not_ignored() -> None:
    told = problems(environ={"TOUCHLINE_GITHUB__TOKN": "x"})
    assert told.startswith("TOUCHLINE_GITHUB__TOKN: github.tokn")
    assert "did you mean github.token?" in told


def test_everything_wrong_is_told_at_once() -> None:
    assert len(problems("[server]\nport = '1'\nhost = 2\n").splitlines()) == 2


def test_a_key_outside_of_a_section_and_a_text_that_is_no_toml_are_told() -> None:
    assert "stands outside of a section; did you mean server.port?" in problems("port = 80")
    assert "touchline.toml: not TOML" in problems("port 80")


def test_a_file_that_is_missing_too_long_or_not_utf8_is_told(tmp_path: Path) -> None:
    odd = tmp_path / "odd.toml"
    for content, told in ((None, "cannot read"), (b"\xff", "not UTF-8"), (b"#" * 1_000_001, "longer than")):
        if content is not None:
            odd.write_bytes(content)
        with pytest.raises(WrongSettings, match=told):
            load(odd, {})


def test_no_secret_shows_itself() -> None:
    settings = compose(
        [
            *of_toml("[database]\nurl = 'postgresql://u:s3cret@h/d'\n[gerrit]\npassword = 's3cret'", "f"),
            *of_environment({"TOUCHLINE_GITHUB__WEBHOOK_SECRETS": "s3cret"}),
        ]
    )
    assert "s3cret" not in f"{settings} {settings!r} {settings.gerrit.password} {settings.gerrit.password!r:>9}"
    assert settings.gerrit.password.reveal() == "s3cret"
    assert isinstance(settings.database.url, Secret)


def test_a_wrong_secret_is_told_without_its_value() -> None:
    told = problems("[github]\ntoken = ['s3cret']\nwebhook_secrets = 's3cret'")
    assert "s3cret" not in told
    assert len(told.splitlines()) == 2
