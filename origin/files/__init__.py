"""Files that clients send: uploads that can go on after any interruption, and the objects that they become."""
