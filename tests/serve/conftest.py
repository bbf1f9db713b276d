"""Real servers, shared by the files of tests here: starting one takes seconds."""

import pytest
from tests.support.service import Server


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCROUTE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("OCROUTE_CONFIG", "")
        yield


@pytest.fixture(scope="session")
def servers(home, tmp_path_factory):
    """Starts servers that end with the file."""
    started = []

    def start(*options, **more):
        started.append(Server(tmp_path_factory.mktemp("server"), *options, **more))
        return started[-1]

    yield start
    codes = [server.stop() for server in started if server.process.poll() is None]
    assert not any(codes), codes


@pytest.fixture(scope="session")
def server(servers):
    """One that reads nothing, in no time."""
    return servers("--jobs", 1)


@pytest.fixture(scope="session")
def slow(servers):
    """Takes 0.4 s for a page, one after another; has an engine that hangs beside."""
    return servers("--jobs", 1, "--max-pages", 20, engines="slow,hang")


@pytest.fixture(scope="session")
def real(servers):
    """Reads text layers; fetches documents."""
    return servers("--jobs", 1, "--engine", "textlayer", "--allow-urls", engines="")


@pytest.fixture(scope="session")
def troubled(servers):
    """Has engines for every kind of trouble, little memory and little time."""
    options = ("--jobs", 1, "--memory-mb", 700, "--max-seconds", 6)
    return servers(*options, engines="null,dies_loading,hoards:2,slow")
