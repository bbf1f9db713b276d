"""Settings that stay: what is typed goes before the environment, that before the file; what is wrong there is told by place."""

import json
from pathlib import Path

import pytest

from ocroute.errors import UsageError
from ocroute.options import CommandOptions, declared
from ocroute.user_settings import default_file, from_file, settable, settings_here, user_settings, variable
from tests.support.command import ocroute

INVOICE = Path(__file__).parent.parent / "samples" / "invoice.pdf"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "config.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_every_option_can_be_set_but_those_of_one_run():
    assert set(declared(CommandOptions)) - {one.name for one in settable().values()} == {
        "pages",
        "force",
        "config",
        "queue",
        "shard",
    }
    assert variable("keep-headers-footers") == "OCROUTE_KEEP_HEADERS_FOOTERS"


def test_a_file_sets_values_of_every_type(file):
    path = file(
        'lang = ["ru", "en"]\nformat = "md"\njobs = 2\ntimeout = inf\nkeep_headers_footers = true\nprefer = "speed"\n'
    )
    found = {name: one.value for name, one in from_file(path).items()}
    wanted = {"languages": "ru,en", "formats": "md", "jobs": 2, "keep_headers_footers": True, "prefer": "speed"}
    assert found == wanted | {"timeout": float("inf")}
    assert user_settings("") == {} == user_settings(environment={"OCROUTE_CONFIG": ""})


def test_the_environment_goes_before_the_file(file):
    path = file("jobs = 2\nquiet = true\n")
    found = user_settings(str(path), {"OCROUTE_JOBS": "5", "OCROUTE_QUIET": "no", "OCROUTE_LANG": ""})
    assert {name: (one.value, one.origin) for name, one in found.items()} == {
        "jobs": (5, "OCROUTE_JOBS"),
        "quiet": (False, "OCROUTE_QUIET"),
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("jbs = 3", r"config.toml, line 1: there is no setting 'jbs'. Choose from: out, format"),
        ("\n[read]\njobs = 1", r"config.toml, line 2: there is no setting 'read'"),
        ("pages = '1'", "there is no setting 'pages'"),
        ('quiet = true\n\njobs = "many"', r"config.toml, line 3: jobs = 'many' is not a whole number. Set it to that"),
        ("jobs = true", "jobs = True is not a whole number"),
        ("jobs = -1", "jobs = -1 is not 0 or more"),
        ("lang = [1]", "lang = .* is not texts"),
        ("prefer = 'fast'", "prefer = 'fast' is not one of: layout, speed"),
        ("quiet = 'yes'", "quiet = 'yes' is not true or false"),
        ("jobs = ", r"settings file .*config.toml is damaged: .*line 1.*Mend it there"),
        (b"jobs = \xff\xfe", "is no text in UTF-8. Save it as UTF-8"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_by_file_line_and_key(file, text, says):
    with pytest.raises(UsageError, match=says):
        from_file(file(text))


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [("JOBS", "x", "OCROUTE_JOBS = 'x' is not a whole number"), ("VERBOSE", "maybe", "is not true or false")],
)
def test_what_is_wrong_in_the_environment_is_told_by_variable(key, value, says):
    with pytest.raises(UsageError, match=says):
        user_settings("", {f"OCROUTE_{key}": value})


def test_a_file_that_is_not_there_is_told_where_it_was_named(tmp_path):
    with pytest.raises(UsageError, match="nosuch of --config does not exist"):
        user_settings(str(tmp_path / "nosuch"))
    with pytest.raises(UsageError, match="nosuch of OCROUTE_CONFIG does not exist"):
        user_settings(environment={"OCROUTE_CONFIG": str(tmp_path / "nosuch")})
    with pytest.raises(UsageError, match="cannot be read"):
        user_settings(str(tmp_path))


def test_the_users_own_file_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path)
    assert user_settings(environment={}) == {}
    default_file().write_text("jobs = 3")
    assert user_settings(environment={})["jobs"].origin == str(tmp_path / "config.toml")


def test_what_is_shown_tells_no_secret_and_what_is_wrong(file):
    told = settings_here(str(file("password = 'tulip'\nverbose = true")), {})
    assert {key: shown for key, (shown, _) in told.values.items()} == {"password": "set, not shown", "verbose": "true"}
    assert "line 1" in settings_here(str(file("x = 1")), {}).problem


def test_the_command_heeds_them(file, tmp_path):
    path = file('format = "json"\nengine = "textlayer"\njobs = 0\nquiet = true\n')
    done = ocroute("read", INVOICE, OCROUTE_CONFIG=str(path))
    assert (json.loads(done.stdout)["format"], done.stderr) == ("ocroute-document", "")
    done = ocroute("read", INVOICE, f"--config={path}", "--jobs", "0", "-o", tmp_path / "x.md")
    assert (done.returncode, (tmp_path / "x.md").exists()) == (0, True), done.stderr
    done = ocroute("read", INVOICE, "--config", file("jbs = 1"), "--help")
    assert done.returncode == 0, "help is there whatever the settings are"
    done = ocroute("read", INVOICE, "--jobs", "0", OCROUTE_LANG="nosuch", OCROUTE_JOBS="1")
    assert (done.returncode, "(settings: lang from OCROUTE_LANG)" in done.stderr) == (2, True), done.stderr
