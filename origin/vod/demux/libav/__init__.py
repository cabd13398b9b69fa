"""Files of strangers by libav: every container and codec that it knows and we have a use for.

sniff ── which reader a file is for, by its first bytes: libav is told, never asked      source ── the file, to libav
opening ── a container that opens nothing else, and what libav's errors mean
choice ── which streams are packaged, and why the others are not      naming, languages ── what things are called
packets ── of one stream, as many as a file can hold      stamps ── when they are, by the container
carried ── what players take: forms (configuration and bytes), grid (sound joined without a seam), described (the Track)
converted ── what they do not take: decoded and made AAC by `transcoder.sound`
timing ── units to samples      film ── all of that for a file: one container a track and reading, closed at the end

libav runs in this process and may crash or take memory, so whoever calls this belongs in a process of its own.
"""
