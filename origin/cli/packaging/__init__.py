"""What `headwater package` is made of, beside the program that reads the film (`origin.vod.program`)."""
