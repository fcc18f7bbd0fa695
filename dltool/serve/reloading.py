"""Loading checkpoints again when their files change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dltool.errors import InputError
from dltool.serve.metrics import Metrics
from dltool.serve.served import Served, Stamp

#: seconds between looks at the files
LOOK_SECONDS = 1.0


async def reload_changed(served: dict[str, Served], metrics: Metrics, report: Callable[[str], None]) -> None:
    """Put new networks in the place of those whose checkpoints change, forever.

    Where the new file cannot be read, the old network goes on.
    """
    seen = {name: one.stamp for name, one in served.items()}
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        for name, one in list(served.items()):
            stamp = _stamp(one)
            if stamp is None or stamp == seen[name]:
                continue
            seen[name] = stamp
            try:
                served[name] = await asyncio.to_thread(one.again)
            except (InputError, OSError) as error:
                metrics.reloads[name, "failed"] += 1
                report(f"'{name}' could not be loaded again, so the old network goes on: {error}")
            else:
                metrics.reloads[name, "loaded"] += 1
                report(f"'{name}' was loaded again from {served[name].stamp.path}")


def _stamp(served: Served) -> Stamp | None:
    """The stamp of the file now; None while it is being replaced."""
    try:
        stamp = Stamp.of(served.target)
    except (InputError, OSError):
        return None
    return stamp if stamp.inode else None
