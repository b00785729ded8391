"""Short garbage collections: what lives long is set aside, and looked through now and then.

Streamlit collects the whole heap after every run of a script, while everybody else waits. With 2,000 opportunities in
memory that was nine tenths of a server's work: 50 people answering had a 95th percentile of seconds. What has survived
a whole collection is alive; it is set aside (`gc.freeze`), so that the next one looks at what is new. Once in
`EVERY` collections everything is looked through again, so that cycles among old things are found too.
"""

import gc
from itertools import count
from typing import Any

__all__ = ["EVERY", "keep_collections_short"]

EVERY = 300
OLDEST = 2
_seen = count(1)


def keep_collections_short() -> None:
    """From now on in this process; asked twice, it counts once."""
    if _around not in gc.callbacks:
        gc.callbacks.append(_around)


def _around(phase: str, info: dict[str, Any]) -> None:
    if info["generation"] != OLDEST:
        return
    if phase == "stop":
        gc.freeze()
    elif next(_seen) % EVERY == 0:
        gc.unfreeze()
