"""Fetch pip itself, for a Python that came without it (Debian puts ensurepip into a package of its own)."""

import hashlib
import html
import os
import re
import urllib.request
from pathlib import Path
from urllib.parse import urldefrag, urljoin

NAME = "pip-26.3-py3-none-any.whl"
SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
INDEX = "https://pypi.org/simple"
TIMEOUT_S = 60


def read(url: str) -> bytes:
    """Read one answer of the package index."""
    if not url.startswith(("https://", "http://", "file://")):
        raise SystemExit(f"a package index must be an http, https or file URL, not {url}")
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the scheme was checked above
        body: bytes = answer.read()
    return body


def fetch_pip(folder: Path) -> Path:
    """Put pip's wheel into `folder`, from the index that `PIP_INDEX_URL` names, and return its path.

    A wheel is a zip file, and pip's can be run from within.
    """
    page_url = os.environ.get("PIP_INDEX_URL", INDEX).rstrip("/") + "/pip/"
    page = read(page_url).decode()
    links = [urldefrag(html.unescape(link)).url for link in re.findall(r'href="([^"]+)"', page)]
    found = next((link for link in links if link.endswith(NAME)), None)
    if found is None:
        raise SystemExit(f"{page_url} does not offer {NAME}; install pip or ensurepip for this Python")
    body = read(urljoin(page_url, found))
    if hashlib.sha256(body).hexdigest() != SHA256:
        raise SystemExit(f"{found} is not the file that was expected: its SHA-256 differs")
    wheel = folder / NAME
    wheel.write_bytes(body)
    return wheel
