"""Object stores: where segments and files rest."""
