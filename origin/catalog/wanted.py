"""Uploads that are to be packaged as soon as they are whole: their metadata says `package 1`.

The asset is made in the transaction that makes the object, so that neither is there without the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from origin.catalog import packages
from origin.catalog.ids import new_id
from origin.catalog.packages import NewAsset, Order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from origin.catalog.objects import Version

KEY: Final = "package"
MAX_NAME: Final = 200
"""Characters of an asset's name; a file's may be longer."""
_YES: Final = "1"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def package_if_wanted(
    conn: Connection, version: Version, metadata: Mapping[str, str], *, random: Callable[[int], bytes]
) -> None:
    """Queue an asset made from an upload's version, if its metadata asks for it. Raises as `packages.create`."""
    if metadata.get(KEY) != _YES:
        return
    asset_id = new_id("as_", random)
    new = NewAsset(
        id=asset_id,
        tenant_id=version.tenant_id,
        playback_id=new_id("pb_", random),
        name=name_of(version) or asset_id,
        playback="signed",
        public_jti=None,
        keep_s=None,
    )
    packages.create(conn, new, Order(version.object_id, version.id, version.key, version.size), version.created_at)


def name_of(version: Version) -> str:
    """What an asset is called that nobody has named: as the file."""
    return _CONTROL.sub("", version.name)[:MAX_NAME]
