"""Ablations from the command line, through the API of a server."""
