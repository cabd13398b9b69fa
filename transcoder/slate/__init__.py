"""What is shown while a broadcast waits for its publisher: a card or a picture in, a loop of H.264 out.

png, jpeg ── bytes of a stranger, checked and stripped before any decoder sees them
picture ── decoded, scaled, put in the middle of a frame      card ── a frame that is drawn
encode ── a frame, made a loop to be sent over and over
"""
