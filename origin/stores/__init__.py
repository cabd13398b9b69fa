"""Object stores: where segments and files rest.

`protocol` says what a store must do; each other file is one kind of store, listed in `table.STORES` by the scheme of
its URL. The contract suite in tests/contract runs over that table, so a new store is tested by being listed.
"""
