"""How the catalog fails, for those who only read files beside it as well: nothing here knows SQL."""

from __future__ import annotations

from origin.errors import Problem


class CatalogError(Problem):
    """The catalog cannot be opened, read or written; the detail says what an operator can do."""

    def __init__(self, detail: str) -> None:
        super().__init__("catalog_failed", detail)


class OutcomeUnknownError(CatalogError):
    """The connection was lost while a commit was under way: it may be in force or not. All others surely failed."""

    def __init__(self) -> None:
        super().__init__("The connection to the database was lost during the commit; look whether it was done.")
