"""What the live room works with; the composition root fills it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from origin.bus.journals.protocol import Journal
    from origin.bus.protocol import Bus
    from origin.catalog.auditor import Auditor
    from origin.catalog.database import Catalog
    from origin.catalog.streams import Stream
    from origin.live.unsent import Unsent
    from origin.stores.logbook import Logbook
    from origin.stores.protocol import Appendable, ObjectStore
    from packager.signing import SigningKey


@dataclass(frozen=True, slots=True)
class Shared:
    """What other nodes are told by, and tell this one."""

    bus: Bus
    journal: Journal


@dataclass(frozen=True, slots=True)
class Means:
    """`owner` names this process to others; `clock` gives unix seconds, `random` so many random bytes."""

    catalog: Catalog
    store: ObjectStore
    drafts: Appendable | None
    """Where segments are written ahead: the store itself, or a folder beside it."""
    unsent: Unsent
    """What the store has not taken when this node stops."""
    logbook: Logbook
    find_stream: Callable[[str, str], Awaitable[Stream | None]]
    """The stream that a stream key or publish token opens, asked for from an address, or None."""
    signer: Callable[[], SigningKey]
    """The key that signs manifests now."""
    manifest_keys: Callable[[], Mapping[str, Ed25519PublicKey]]
    """Every key that manifests in the store may be signed with, by its name."""
    auditor: Auditor
    owner: str
    shared: Shared | None
    """How nodes that share catalog and store hear of each other; None where this one is alone."""
    clock: Callable[[], float]
    random: Callable[[int], bytes]
    part_target_s: float
