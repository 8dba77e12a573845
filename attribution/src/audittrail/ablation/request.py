"""What a person asks of an ablation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from audittrail.ablation.measure import Measure

__all__ = ["AblationRequest", "Limits"]

_Id = Annotated[str, Field(min_length=1, max_length=200)]


class Limits(BaseModel):
    """What a run may spend; the operator's limits hold as well."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_usd: Annotated[
        float | None,
        Field(gt=0, le=1e6, allow_inf_nan=False, description="Stop before it costs more."),
    ] = None
    max_calls: Annotated[int | None, Field(gt=0, le=100_000, description="Stop after so many.")] = (
        None
    )


class AblationRequest(Limits):
    """Everything may be left out: then the final answer is explained, all the way back."""

    target: Annotated[
        _Id | None, Field(description="The id of a model call's span. Default: the final answer.")
    ] = None
    measure: Annotated[
        Measure,
        Field(
            description="What of the answer is explained: its text, one sentence of it, which "
            "tools it asks for, their arguments, or how likely the recorded answer is (for "
            "endpoints that give `prompt_logprobs`). `auto`: the tools if it asks for any, else "
            "the text."
        ),
    ] = "auto"
    sentence: Annotated[
        int | None, Field(ge=0, le=10_000, description="Which sentence, from 0; for `sentence`.")
    ] = None
    mode: Annotated[
        Literal["standard", "quick"], Field(description="`quick` takes fewer calls.")
    ] = "standard"
    steps: Annotated[
        Literal["one", "all"],
        Field(description="`all`: explain earlier model outputs in the prompt as well."),
    ] = "all"
    include: Annotated[
        list[_Id],
        Field(max_length=500, description="Ids of pinned sources to take away all the same."),
    ] = []
    exclude: Annotated[
        list[_Id], Field(max_length=500, description="Ids of sources to keep in every prompt.")
    ] = []
    model: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="Another model than the recorded one."),
    ] = None
