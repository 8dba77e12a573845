"""Asking a model again without parts of what it was given, to see which of them its answer rests
on: from a recorded trace to the figures of ``audittrail.attribution``."""

from __future__ import annotations

from audittrail.ablation.desk import AblationDesk, EndpointSettings
from audittrail.ablation.estimate import Estimate
from audittrail.ablation.history import History
from audittrail.ablation.planning import Plan
from audittrail.ablation.request import AblationRequest
from audittrail.ablation.step import Step
from audittrail.ablation.targets import Target

__all__ = [
    "AblationDesk",
    "AblationRequest",
    "EndpointSettings",
    "Estimate",
    "History",
    "Plan",
    "Step",
    "Target",
]
