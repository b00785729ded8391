"""Credentials, region, retries: AWS's own credential chain, and on top of it an optional assumed role."""

from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.exceptions import ConfigParseError, ProfileNotFound

from opex.domain.problems import Refused
from opex.domain.source import Source

__all__ = ["config", "opened", "region_of"]

_SESSION_NAME = "opex"


def config() -> Config:
    """How AWS is asked: six attempts with growing pauses and slowed down by what AWS says about its load."""
    return Config(
        retries={"mode": "adaptive", "total_max_attempts": 6},
        connect_timeout=10,
        read_timeout=60,
        user_agent_appid="opex",
    )


def opened(source: Source, session: boto3.Session | None = None) -> boto3.Session:
    """The session of a source: ``session`` or AWS's own chain, then the role of the source if it states one.

    Nothing is asked of AWS yet. The role's credentials are fetched with the first call and renewed before they end.

    Raises
    ------
    Refused
        The profile does not exist, AWS's settings cannot be read, or no region is stated anywhere.
    """
    base = session or _own(source)
    if not (source.region or base.region_name):
        raise Refused(
            f'The source {source.name} has no region; write region = "eu-west-1" into it, or set AWS_DEFAULT_REGION.'
        )
    return base if source.role_arn is None else _with_role(base, source)


def region_of(source: Source, session: boto3.Session) -> str:
    """The region that is asked."""
    return source.region or str(session.region_name)


def role_credentials(base: boto3.Session, source: Source) -> dict[str, Any]:
    """The credentials of the source's role, by one call of ``sts:AssumeRole``, as botocore keeps them."""
    arguments: dict[str, Any] = {"RoleArn": source.role_arn, "RoleSessionName": _SESSION_NAME}
    if source.external_id is not None:
        arguments["ExternalId"] = source.external_id
    client: Any = base.client("sts", region_name=region_of(source, base), config=config())
    try:
        given = client.assume_role(**arguments)["Credentials"]
    finally:
        client.close()
    return {
        "access_key": given["AccessKeyId"],
        "secret_key": given["SecretAccessKey"],
        "token": given["SessionToken"],
        "expiry_time": given["Expiration"].isoformat(),
    }


def _own(source: Source) -> boto3.Session:
    try:
        return boto3.Session(profile_name=source.profile, region_name=source.region)
    except ProfileNotFound:
        raise Refused(
            f"The source {source.name} names the profile {source.profile}, which AWS's settings do not have; "
            "see them with: aws configure list-profiles."
        ) from None
    except ConfigParseError:
        raise Refused("AWS's settings (~/.aws/config) cannot be read; see: aws configure list.") from None


class _Role(CredentialProvider):  # type: ignore[misc]  # boto3 ships no types
    """The one place a session with a role takes its credentials from."""

    METHOD = "assume-role"

    def __init__(self, base: boto3.Session, source: Source) -> None:
        self._base, self._source = base, source

    def load(self) -> DeferredRefreshableCredentials:
        """Credentials that ask for themselves when first used, and again before they end."""
        return DeferredRefreshableCredentials(
            method=self.METHOD, refresh_using=lambda: role_credentials(self._base, self._source)
        )


def _with_role(base: boto3.Session, source: Source) -> boto3.Session:
    core = botocore.session.get_session()
    core.register_component("credential_provider", CredentialResolver([_Role(base, source)]))
    return boto3.Session(botocore_session=core, region_name=region_of(source, base))
