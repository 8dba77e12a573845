"""What a model call was asked with, beside its messages: tools, and how to sample.

Each dialect has keys of its own for them; what is found first counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from audittrail.receiver.mapping.indexed import nest
from audittrail.receiver.mapping.messages import parsed

__all__ = ["parameters_of", "tools_of"]

_LISTED: Final = (
    "gen_ai.tool.definitions",
    "gen_ai.request.tools",
    "ai.prompt.tools",
    "mlflow.chat.tools",
    "tools",
)
_HOLDERS: Final = ("request_data", "llm.invocation_parameters", "model_request_parameters")
_WITHIN: Final = ("tools", "function_tools", "functions")
_INDEXED: Final = (("llm.tools", "tool.json_schema"), ("llm.request.functions", ""))
_SCHEMAS: Final = ("parameters", "input_schema", "inputSchema", "parameters_json_schema")

# Our name of a parameter, and the keys that dialects have for it. Anything else (formats of
# answers, reasoning) is left as the endpoint does it by default.
_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature": (
        "gen_ai.request.temperature", "ai.settings.temperature", "temperature",
        "langsmith.metadata.ls_temperature",
    ),
    "top_p": ("gen_ai.request.top_p", "ai.settings.topP", "top_p"),
    "max_tokens": (
        "gen_ai.request.max_tokens", "ai.settings.maxTokens", "ai.settings.maxOutputTokens",
        "max_tokens", "max_completion_tokens", "max_output_tokens",
        "langsmith.metadata.ls_max_tokens",
    ),
    "seed": ("gen_ai.request.seed", "ai.settings.seed", "seed"),
    "frequency_penalty": ("gen_ai.request.frequency_penalty", "frequency_penalty"),
    "presence_penalty": ("gen_ai.request.presence_penalty", "presence_penalty"),
}  # fmt: skip
_WHOLE: Final = frozenset({"max_tokens", "seed"})


def tools_of(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tools on offer, as a chat completion takes them; [] if none were recorded."""
    for found in _lists_of_tools(attributes):
        tools = [tool for each in found if (tool := _tool(parsed(each))) is not None]
        if tools:
            return tools
    return []


def _lists_of_tools(attributes: Mapping[str, Any]) -> Iterator[list[Any]]:
    for key in _LISTED:
        value = parsed(attributes.get(key))
        if isinstance(value, list):
            yield value
    for holder in _HOLDERS:
        value = parsed(attributes.get(holder))
        for key in _WITHIN if isinstance(value, dict) else ():
            inner = parsed(value.get(key))
            if isinstance(inner, list):
                yield inner
    for prefix, path in _INDEXED:
        items: list[Any] = nest(dict(attributes), prefix)
        for step in filter(None, path.split(".")):
            items = [item.get(step) for item in items if isinstance(item, dict)]
        yield items


def _tool(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, dict):
        return None
    inner = given.get("function") if isinstance(given.get("function"), dict) else given
    name = inner.get("name") if inner else None
    if not inner or not isinstance(name, str) or not name:
        return None
    schemas = (parsed(inner.get(key)) for key in _SCHEMAS)
    schema = next((each for each in schemas if isinstance(each, dict)), None)
    described = inner.get("description")
    function: dict[str, Any] = {
        "name": name,
        "parameters": schema or {"type": "object", "properties": {}},
    }
    if isinstance(described, str) and described:
        function["description"] = described
    return {"type": "function", "function": function}


def parameters_of(attributes: Mapping[str, Any]) -> dict[str, float | int]:
    """Sampling parameters by the names of chat completions; those that were recorded."""
    invocation = parsed(attributes.get("llm.invocation_parameters"))
    holders = [attributes, invocation if isinstance(invocation, dict) else {}]
    found: dict[str, float | int] = {}
    for name, keys in _PARAMETERS.items():
        for value in (holder.get(key) for holder in holders for key in keys):
            number = _number(value)
            # Some write -1 and 0 for what was not said.
            if number is None or number < 0 or (name == "max_tokens" and number < 1):
                continue
            found[name] = int(number) if name in _WHOLE else number
            break
    return found


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None
