"""Laminar's SDKs.

https://docs.laminar.sh
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect

__all__ = ["LAMINAR"]

_ASSOCIATED: Final = "lmnr.association.properties."

LAMINAR: Final = Dialect(
    name="laminar",
    title="Laminar",
    spoken_by="Laminar's SDKs",
    marks=("lmnr.",),
    scopes=("lmnr.",),
    span_type=(
        ByValue(
            "lmnr.span.type",
            {
                "llm": "llm",
                "cached": "llm",
                "tool": "tool",
                "default": "chain",
                "executor": "chain",
                "pipeline": "chain",
                "evaluator": "custom",
                "evaluation": "custom",
                "human_evaluator": "custom",
            },
        ),
    ),
    fields={
        "session_id": (_ASSOCIATED + "session_id",),
        "user_id": (_ASSOCIATED + "user_id",),
    },
    input=("lmnr.span.input",),
    output=("lmnr.span.output",),
    content_setting="LMNR_TRACE_CONTENT must not be false",
)
