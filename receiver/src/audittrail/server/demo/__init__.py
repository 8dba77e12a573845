"""The demonstrations: ``audittrail demo``, which shows AuditTrail with agents at work (``run``),
and the sample data that a server shows to whoever has no account yet (``showcase``)."""
