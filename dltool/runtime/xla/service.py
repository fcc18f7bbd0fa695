"""The service at which ranks meet: `python -m dltool.runtime.xla.service RANKS` writes its port, or why there is none.

JAX would have it in rank 0, and abort the other ranks, with a page of messages, when that one dies. Here it outlives
rank 0 until the launcher has ended the others.
"""

from __future__ import annotations

import socket
import sys
import time

#: seconds that it goes on after rank 0
LINGER = 5.0


def main(ranks: int) -> None:
    """Serve until standard input ends, and a little longer."""
    try:
        from jaxlib import _jax  # pyright: ignore[reportAttributeAccessIssue]

        with socket.socket() as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        service = _jax.get_distributed_runtime_service(f"[::]:{port}", ranks)
    except Exception as error:  # whatever JAX says
        _tell(" ".join(str(error).split())[:300])
        return
    _tell(str(port))
    sys.stdin.read()
    time.sleep(LINGER)
    del service


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
