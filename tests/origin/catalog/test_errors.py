from __future__ import annotations

import subprocess
import sys

from origin.catalog.errors import CatalogError, OutcomeUnknownError


def test_whatever_happens_to_the_catalog_is_told_as_one_problem() -> None:
    assert CatalogError("The disk is full.").code == OutcomeUnknownError().code == "catalog_failed"


def test_reading_files_beside_the_catalog_loads_no_sql() -> None:
    loaded = "import sys; import origin.cli.package; sys.exit('sqlalchemy' in sys.modules or 'httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
