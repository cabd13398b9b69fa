"""The control API, one file a resource."""
