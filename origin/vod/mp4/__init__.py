"""Downloads of recordings as one MP4, put together while they are sent.

    catalog → `source` → `build` (heads of segments → plan) → `plan_file` (on disk) → `assembly` → the client

`films` says what is asked for. `plans` keeps plans between requests, so that a range of a download that goes on
costs no more than its bytes; `upkeep` removes those whose recordings are gone. The file is never stored, only its
header and where the rest is, about 0.3 % of it.
"""
