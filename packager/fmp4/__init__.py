"""Fragmented MP4 by CMAF (ISO/IEC 23000-19): one init segment for a track, then one moof and mdat for each part.

The writer knows what it needs and nothing else: a single track, decode times as the samples carry them, no edit lists.
Signed composition offsets (trun version 1) keep B-frames at their presentation time.
"""

from packager.fmp4.init import write_init
from packager.fmp4.part import write_part
from packager.fmp4.prft import write_prft

__all__ = ["write_init", "write_part", "write_prft"]
