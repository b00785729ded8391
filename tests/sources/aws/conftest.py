"""No real AWS, no metadata service, no waiting between attempts."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from moto.server import ThreadedMotoServer

from opex.sources.aws import calls, session


def two_attempts() -> Config:
    return Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=5, read_timeout=5)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The settings of the person who runs the tests must not matter, and nothing may leave the machine."""
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-settings"
    for name in (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_SESSION_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(calls, "config", two_attempts)
    monkeypatch.setattr(session, "config", two_attempts)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """The address of moto's server, started for this test process on a free port."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def moto(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """A session whose calls go to moto's server over HTTP, with nothing in it yet."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    urllib3.request("POST", f"{moto_url}/moto-api/reset").close()
    return boto3.Session(region_name="eu-west-1")


@pytest.fixture
def client(moto: boto3.Session) -> Iterator[Callable[[str], Any]]:
    """Clients that fill moto's world; closed in the end."""
    made: list[Any] = []

    def open_client(service: str) -> Any:
        made.append(moto.client(service))
        return made[-1]

    yield open_client
    for one in made:
        one.close()
