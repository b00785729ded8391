"""What botocore raises -> one sentence that names the operation, the cause and the remedy."""

from dataclasses import dataclass

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

__all__ = ["CallFailed", "Fault", "fault_of", "iam_action"]

_ACTIONS = {
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "GetObject"): "s3:GetObject",
}

_CODES = {
    "throttled": (
        "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
        "RequestThrottled", "RequestThrottledException", "SlowDown", "BandwidthLimitExceeded", "LimitExceededException",
        "PriorRequestNotComplete", "429",
    ),
    "expired": (
        "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired",
    ),
    "credentials": (
        "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException", "InvalidSignatureException",
        "IncompleteSignature", "IncompleteSignatureException", "InvalidToken", "AuthFailure",
        "RequestTimeTooSkewed", "NotAuthorized",
    ),
    "denied": (
        "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden", "403",
        "OptInRequired", "AllAccessDisabled", "KMS.AccessDeniedException",
    ),
    "archived": ("InvalidObjectState",),
    "changed": ("PreconditionFailed", "412"),
    "absent": (
        "NoSuchBucket", "NoSuchKey", "404", "PipelineNotFoundException", "DeploymentDoesNotExistException",
        "InvalidDeploymentIdException", "ResourceNotFound", "ResourceNotFoundException",
    ),
    "elsewhere": ("PermanentRedirect", "AuthorizationHeaderMalformed", "301", "IllegalLocationConstraintException"),
    "stale": ("InvalidNextToken", "InvalidNextTokenException"),
    "server": (
        "InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "InternalServiceFault",
        "ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException",
    ),
}  # fmt: skip
_KIND_OF_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}

_NO_CREDENTIALS = (
    boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError, boto.TokenRetrievalError,
    boto.NoAuthTokenError, boto.SSOError, boto.LoginError, boto.UnknownCredentialError, boto.InvalidConfigError,
    boto.MetadataRetrievalError, boto.RefreshWithMFAUnsupportedError,
)  # fmt: skip
_KIND_OF_ERROR: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    (_NO_CREDENTIALS, "credentials"),
    ((boto.FlexibleChecksumError, boto.ChecksumError), "damaged"),
    ((boto.ResponseStreamingError, boto.IncompleteReadError, boto.ConnectionClosedError), "cut"),
    ((boto.ReadTimeoutError, boto.ConnectTimeoutError), "slow"),
    ((boto.HTTPClientError, boto.ConnectionError), "unreachable"),
    ((ResponseParserError,), "garbled"),
    ((boto.ParamValidationError,), "misasked"),
    ((boto.BotoCoreError,), "unreachable"),
)

_WORDS = {
    "throttled": "was throttled beyond all retries; the next run asks again",
    "expired": "found the credentials expired; renew them (aws sso login, or the role's session) and run again",
    "credentials": "found no valid credentials; set up a profile or a role that AWS accepts, and run again",
    "denied": "was denied; allow {action} (docs/aws/policy.json)",
    "archived": "found the object archived; restore it from Glacier, and the next run takes it",
    "changed": "found the object changed while it was read; the next run takes the new one",
    "absent": "found that this no longer exists ({code}); check the name and the region",
    "elsewhere": "was sent to another region ({code}); state the right region in the source",
    "stale": "found its page mark expired; the next run begins again",
    "server": "failed on AWS's side ({code}); the next run asks again",
    "damaged": "brought bytes that do not match their checksum; the next run takes them again",
    "cut": "was cut off in the middle of the answer; the next run asks again",
    "slow": "had no answer in time; check the network, and the next run asks again",
    "unreachable": "could not reach AWS; check the network, the proxy and the region",
    "garbled": "gave an answer that cannot be understood; the next run asks again",
    "misasked": "cannot be asked like this; check what the source states",
    "other": "was refused ({code}); check what the source states",
}
_LASTING = frozenset({"expired", "credentials"})
_PASSING = frozenset({"throttled", "server", "cut", "slow", "unreachable", "garbled"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why a call failed. ``lasting`` faults meet every further call too; ``passing`` ones may be over at once."""

    kind: str
    code: str
    sentence: str

    @property
    def lasting(self) -> bool:
        """Whether no further call can succeed in this run."""
        return self.kind in _LASTING

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed later without anybody doing anything."""
        return self.kind in _PASSING


class CallFailed(Exception):  # noqa: N818 - it carries a fault, which is an answer and no bug
    """A call that gave no answer; ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault


def iam_action(service: str, operation: str) -> str:
    """The IAM action that allows an operation.

    Examples
    --------
    >>> iam_action("s3", "ListObjectsV2"), iam_action("ssm", "DescribeOpsItems")
    ('s3:ListBucket', 'ssm:DescribeOpsItems')
    """
    return _ACTIONS.get((service, operation), f"{service}:{operation}")


def fault_of(error: Exception, service: str, operation: str) -> Fault:
    """The fault behind what botocore raised.

    AWS's own message is left out: it can hold anything. An exception of a type that nobody announced comes from an
    answer that botocore could not take apart, and is called garbled.

    Examples
    --------
    >>> from botocore.exceptions import NoCredentialsError
    >>> fault_of(NoCredentialsError(), "ssm", "DescribeOpsItems").sentence[:52]
    'ssm:DescribeOpsItems found no valid credentials; set'
    """
    if isinstance(error, boto.ClientError):
        code, kind = _of_answer(error)
        if error.operation_name == "AssumeRole":  # asked for on the way to the call, by the role's credentials
            service, operation = "sts", "AssumeRole"
    else:
        code = type(error).__name__
        kind = next((kind for types, kind in _KIND_OF_ERROR if isinstance(error, types)), "garbled")
    return fault(kind, service, operation, code=code)


def fault(kind: str, service: str, operation: str, *, code: str = "") -> Fault:
    """A fault of that kind, in words."""
    action = iam_action(service, operation)
    words = _WORDS[kind].format(action=action, code=code or kind)
    if action == "sts:AssumeRole":
        words = words.replace("docs/aws/policy.json", "docs/aws/README.md: the role's trust policy")
    return Fault(kind=kind, code=code, sentence=f"{service}:{operation} {words}")


def _of_answer(error: boto.ClientError) -> tuple[str, str]:
    """The code of an error answer, and its kind by code, else by HTTP status."""
    code = str(error.response.get("Error", {}).get("Code") or "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if not code.replace(".", "").replace("_", "").isalnum() or len(code) > 80:
        code = str(status)
    if code in _KIND_OF_CODE:
        return code, _KIND_OF_CODE[code]
    by_status = {401: "credentials", 403: "denied", 404: "absent", 429: "throttled"}
    return code, by_status.get(status, "server" if status >= 500 else "other")
