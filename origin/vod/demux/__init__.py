"""Files of strangers → tracks and samples: an own reader for MP4, libav for all the rest (see `film`)."""
