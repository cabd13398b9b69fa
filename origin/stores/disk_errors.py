"""What the system says when a disk fails, as sentences for the operator."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SENTENCES: Final = {
    errno.ENOSPC: "The disk that holds the objects is full; free some space or shorten the DVR windows.",
    errno.EDQUOT: "The quota of the disk that holds the objects is used up; raise it or free some space.",
    errno.EFBIG: "The object is larger than the file system, or a limit of this process, allows.",
    errno.EROFS: "The disk that holds the objects is mounted read-only, as happens after an error; look at its log.",
    errno.EACCES: "The folder that holds the objects belongs to somebody else; give it to the server's user.",
    errno.EMFILE: "The server has no file descriptors left; raise its limit of open files.",
}


@contextmanager
def told() -> Iterator[None]:
    """Turn an `OSError` into a `StoreError`."""
    try:
        yield
    except OSError as error:
        sentence = _SENTENCES.get(error.errno or 0, f"The disk that holds the objects failed: {error.strerror}.")
        raise StoreError(sentence) from error
