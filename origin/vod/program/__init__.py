"""The program that opens a stranger's file and packages it: a process of its own, with bounds, which knows no secret.

    descriptor of the file → demux → packager.film → files in a folder, and a line on standard output for each

Who runs it (`headwater package`, or a worker for an asset) makes manifests of the lines, and signs them.
"""
