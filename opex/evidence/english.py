"""The trade's English: what is called the same, what says nothing, and stems."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

# The tables below are plain English and are brought to stems when the module loads. They hold what the operations
# trade calls the same thing, nothing that belongs to one organisation. The first phrase is the one shown to people.
SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "out of memory": ("oom", "oom killed", "memory leak", "memory", "memory usage", "heap", "heap space", "swap"),
        "disk full": (
            "disk space", "no space", "no disk", "out of disk", "space left", "left on device",
            "filesystem", "filesystem full", "volume full", "storage full", "disk usage", "quota exceeded", "inodes",
        ),
        "high cpu": ("cpu", "processor", "cpu usage", "cpu load", "high load", "load average", "processor load"),
        "timeout": ("timeouts", "time out", "timed out", "timing out", "deadline exceeded"),
        "not responding": ("no response", "unresponsive", "hang", "hung", "frozen", "freeze", "stuck", "deadlock"),
        "down": (
            "outage", "unavailable", "offline", "unreachable", "inaccessible", "disruption", "disrupted",
            "interruption", "unavailability", "unhealthy", "notready", "not ready", "not available", "not reachable",
            "not accessible", "not working",
        ),
        "slow": (
            "slowness", "latency", "sluggish", "degraded", "degradation", "degraded performance",
            "performance degradation", "response time", "high response",
        ),
        "access denied": (
            "denied", "forbidden", "unauthorized", "permission denied", "authorization failure", "not authorized",
            "http401", "http403",
        ),
        "server errors": ("internal server", "server error", "http500", "http5xx"),
        "certificate expired": (
            "expired", "expiry", "expiration", "cert expired", "cert expiry", "expired cert", "expired certificate",
            "certificate expiry", "ssl expired", "tls expired", "tls handshake", "ssl handshake",
        ),
        "crash": ("crashed", "crashing", "crashloop", "segfault", "core dump", "panic"),
        "delays": ("delayed", "lag", "lagging", "backlog", "behind"),
        "missing": ("lost", "loss", "not found", "disappeared"),
        "failing": ("fail", "failed", "failure", "broken", "error", "errors"),
        "connection refused": ("refused",),
        "maintenance": (),
        "upgrade": ("update", "updating", "bump", "patch", "upgrading"),
        "migration": ("migrate", "migrating", "move", "relocation"),
        "restart": ("reboot",),
        "deployment": ("deploy", "rollout"),
    }
)  # fmt: skip
"""What is wrong or what was done -> other ways to say it, of one or two words that matter."""

GENERIC = ("down", "failing")
"""Kinds of trouble that say least: they count for less beside a kind that says more."""

WORKS = ("maintenance", "upgrade", "migration", "restart", "deployment")
"""Kinds that are work rather than harm: their words stand in names as well (``update center``)."""

BOILERPLATE = """
    incident issue problem trouble alert alarm ticket case event notification warning report investigate
    monitor monitoring check please urgent critical major minor service system production prod staging
    test region customer user client escalation several multiple some all many various node retroactive
    experience impact affect see intermittent intermittently sporadic partial partially currently again
    morning today yesterday seen suspected reported high rate percent usage spike number amount limited
    window schedule planned cause operation postmortem new continue performance availability mitigation
    mitigate recover recovery resolve resolved identified apologize information provide progress soon
    team work ongoing keep toward additional appear possible two total out up return receive west east
    north south central europe eu
"""
"""Words of the report, not of the matter. They count only where nothing else is left after ``with`` or ``on``."""

STOPWORDS = """
    a an the and or of to in is are was were be been being has have had do does did it its this that these those there
    we our us you your they their as at by from into which who what how very can may might could would should will
    than then so such own other any each per via one two able more most less only also just about between
    through get gets got go going i he she them if but both during after before since while when until due because
    following on with for against http https www utc gmt cet est am pm pdt pst
"""
NEGATIONS = frozenset({"not", "no", "cannot", "cant", "never", "without", "unable", "doesnt", "isnt", "wont"})
CIRCUMSTANCE = frozenset(
    {"after", "during", "since", "while", "when", "until", "due", "because", "following", "before"}
)
"""Words that open the circumstance, which is not the matter itself: ``after reboot``."""

CIRCUMSTANCE_WEIGHT = 0.4
HTTP_CODES = frozenset(
    {"400", "401", "403", "404", "408", "409", "429", "4xx", "500", "501", "502", "503", "504", "5xx"}
)


def stem(word: str) -> str:
    """Bring the common endings of English to one form; a light relative of Porter's step 1.

    Parameters
    ----------
    word
        One lower-case word. Words shorter than four letters and host names come back as they are.

    Examples
    --------
    >>> [stem(word) for word in ("migrations", "migrated", "migrating", "shipped", "services", "ci.jenkins.io")]
    ['migrat', 'migrat', 'migrat', 'ship', 'servic', 'ci.jenkins.io']
    """
    if len(word) < 4 or "." in word or not word.isascii():
        return word
    word = _without_plural(word)
    for ending in ("ations", "ation", "ating", "ated", "ates", "ate"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: len(word) - len(ending)] + "at"
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return _undoubled(word[: -len(ending)])
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "as", "os")):
        return word[:-1]
    return word


def _undoubled(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word[:-1] if word.endswith("e") else word


def stems_of(words: Iterable[str]) -> frozenset[str]:
    """Stems of these words, each once."""
    return frozenset(stem(word) for word in words)


STOP = stems_of(STOPWORDS.split())
WEAK = stems_of(BOILERPLATE.split()) - STOP
QUANTIFIERS = stems_of(("some", "multiple", "several", "all", "many", "various"))
CROWDS = stems_of(("service", "system", "user", "customer"))
NOT = stems_of(NEGATIONS)
OPENERS = stems_of(CIRCUMSTANCE)
NUMBERED_THINGS = stems_of(("alert", "alarm", "ticket", "incident", "case", "number", "event"))
