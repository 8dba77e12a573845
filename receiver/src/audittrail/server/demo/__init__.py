"""``audittrail demo``: what AuditTrail looks like with agents at work."""

from __future__ import annotations

from audittrail.server.demo.ports import Ports
from audittrail.server.demo.run import Demo, run_demo

__all__ = ["Demo", "Ports", "run_demo"]
