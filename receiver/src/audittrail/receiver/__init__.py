"""The receiver: OTLP in, rows of the one span model out.

``otlp`` decodes, ``mapping`` understands, ``pipeline`` carries a request from its bytes to the
committed rows, ``http`` and ``grpc`` are its doors.
"""
