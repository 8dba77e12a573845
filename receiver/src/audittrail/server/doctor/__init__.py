"""Why do an agent's spans not show up? One check after the other, each with a remedy."""

from __future__ import annotations

from audittrail.server.doctor.check import Check, Status
from audittrail.server.doctor.examination import Examination
from audittrail.server.doctor.runner import examine
from audittrail.server.doctor.target import Target, find_target

__all__ = ["Check", "Examination", "Status", "Target", "examine", "find_target"]
