"""Checking traces against rules without a server: for releases, in CI and before a commit."""
