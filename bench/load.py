"""Ask for one URL over and over: by wrk where it is installed, else by a small client of our own.

How fast the client is does not matter, since what is measured is the server's CPU per request.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from urllib.parse import urlsplit

CONNECTIONS = 16


def requests(url: str, seconds: float) -> int:
    """Keep the server busy for so long and give the number of answers. Raises ValueError if one was not 200."""
    return by_wrk(url, seconds) if shutil.which("wrk") else asyncio.run(by_ourselves(url, seconds))


def by_wrk(url: str, seconds: float) -> int:
    """Run wrk with one thread."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    counted = re.search(r"(\d+) requests in ", said)
    if counted is None or "Non-2xx" in said or "Socket errors" in said:
        raise ValueError(f"wrk was not content:\n{said}")
    return int(counted[1])


async def by_ourselves(url: str, seconds: float) -> int:
    """Hold as many connections as wrk would, each with one request under way."""
    deadline = asyncio.get_running_loop().time() + seconds
    counts = await asyncio.gather(*(_connection(url, deadline) for _ in range(CONNECTIONS)))
    return sum(counts)


async def _connection(url: str, deadline: float) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80, limit=1 << 20)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    count = 0
    while asyncio.get_running_loop().time() < deadline:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise ValueError(head.decode(errors="replace"))
        await reader.readexactly(int(length[1]))
        count += 1
    writer.close()
    return count
