"""RTMP 1.0 and Enhanced RTMP v2, the server's side, sans-IO."""
