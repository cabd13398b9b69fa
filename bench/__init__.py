"""What Headwater costs, beside its peers, in one run.

`make bench` runs every table, in about 50 minutes; `python -m bench.NAME` runs one: live_passthrough, http_delivery,
mp4_download, glass_to_glass, part_length, second_node or failover. `--help` tells more; a figure for ten minutes is
`python -m bench.glass_to_glass --player "our page" --runs 1 --seconds 600`. `make soak` is no measurement: it looks for
what goes wrong.

Every contestant does the same job on the same clip, in turn, several times; a table shows medians and the
median of the ratios of neighbouring runs, which a noisy machine spoils least. CPU is what the kernel charged to the
processes of the server under test, so that neither the load generator nor a waiting disk counts. No test depends on any
figure.
"""
