"""Asking a model again without parts of what it was given, to see which of them its answer rests
on: from a recorded trace to the figures of ``audittrail.attribution``.

``desk`` is the way in. Nothing is imported here, so that ``request`` costs nobody an HTTP client.
"""
