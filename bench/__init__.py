"""What Headwater costs, beside its peers, in one run.

`make bench` runs every table; `python -m bench.NAME` runs one: live_passthrough, http_delivery, glass_to_glass,
part_length, second_node or failover. `--help` tells more. `make soak` is no measurement: it looks for what goes wrong.

Every contestant does the same job on the same clip, in turn, several times; a table shows medians and the
median of the ratios of neighbouring runs, which a noisy machine spoils least. CPU is what the kernel charged to the
processes of the server under test, so that neither the load generator nor a waiting disk counts. No test depends on any
figure.
"""
