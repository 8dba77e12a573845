"""What a model was asked with: model, provider, parameters, the tools on offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from opentelemetry.util.types import AttributeValue

__all__ = ["offered_tools", "request_attributes", "request_model"]

# LangChain's name of a provider -> that of the OpenTelemetry conventions.
_PROVIDERS: Final = {
    "amazon_bedrock": "aws.bedrock",
    "aws": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "anthropic_bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "google_anthropic_vertex": "gcp.vertex_ai",
    "ibm": "ibm.watsonx.ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}
# The last part of the module path that a class is serialized with -> the same.
_CLASSES: Final = (
    ("AzureChatOpenAI", "azure.ai.openai"),
    ("AzureOpenAI", "azure.ai.openai"),
    ("ChatOpenAI", "openai"),
    ("OpenAI", "openai"),
    ("ChatAnthropic", "anthropic"),
    ("ChatBedrock", "aws.bedrock"),
    ("ChatVertexAI", "gcp.vertex_ai"),
    ("ChatGoogleGenerativeAI", "gcp.gemini"),
    ("ChatMistralAI", "mistral_ai"),
    ("ChatGroq", "groq"),
    ("ChatCohere", "cohere"),
    ("ChatOllama", "ollama"),
)
_NUMBERS: Final = {
    "gen_ai.request.temperature": ("temperature",),
    "gen_ai.request.top_p": ("top_p", "topP"),
    "gen_ai.request.top_k": ("top_k", "topK"),
    "gen_ai.request.max_tokens": (
        "max_completion_tokens",
        "max_tokens",
        "max_output_tokens",
        "maxTokens",
        "num_predict",
    ),
    "gen_ai.request.seed": ("seed",),
    "gen_ai.request.frequency_penalty": ("frequency_penalty",),
    "gen_ai.request.presence_penalty": ("presence_penalty",),
    "gen_ai.request.choice.count": ("n",),
}
_DOUBLES: Final = frozenset(
    {
        "gen_ai.request.temperature",
        "gen_ai.request.top_p",
        "gen_ai.request.top_k",
        "gen_ai.request.frequency_penalty",
        "gen_ai.request.presence_penalty",
    }
)
_MAX_TOOLS: Final = 256


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def request_model(params: Any, metadata: Mapping[str, Any], serialized: Any) -> str | None:
    params = _mapping(params)
    kwargs = _mapping(_mapping(serialized).get("kwargs"))
    candidates = (
        metadata.get("ls_model_name"),
        *(params.get(key) for key in ("model", "model_name", "model_id", "deployment_name")),
        *(kwargs.get(key) for key in ("model", "model_name", "model_id")),
    )
    found = next((each for each in candidates if isinstance(each, str) and each), None)
    return None if found is None else found.removeprefix("models/")


def provider(metadata: Mapping[str, Any], serialized: Any) -> str | None:
    said = metadata.get("ls_provider")
    if isinstance(said, str) and said:
        return _PROVIDERS.get(said.lower(), said)
    path = _mapping(serialized).get("id")
    name = path[-1] if isinstance(path, list | tuple) and path else None
    return next((served for stem, served in _CLASSES if name == stem), None)


def request_attributes(
    params: Any, metadata: Mapping[str, Any], serialized: Any
) -> dict[str, AttributeValue]:
    """Model, provider and parameters; parameters that were not set are left out."""
    found: dict[str, AttributeValue] = {}
    if model := request_model(params, metadata, serialized):
        found["gen_ai.request.model"] = model
    if served_by := provider(metadata, serialized):
        found["gen_ai.provider.name"] = served_by
    params = _mapping(params)
    # Google's and Bedrock's keep them one level below.
    inner = [_mapping(params.get(key)) for key in ("generation_config", "inferenceConfig")]
    asked = {**inner[0], **inner[1], **{k: v for k, v in params.items() if v is not None}}
    asked.setdefault("temperature", metadata.get("ls_temperature"))
    asked.setdefault("max_tokens", metadata.get("ls_max_tokens"))
    for key, names in _NUMBERS.items():
        number = next((asked[name] for name in names if asked.get(name) is not None), None)
        if isinstance(number, int | float) and not isinstance(number, bool):
            found[key] = float(number) if key in _DOUBLES else int(number)
    stop = asked.get("stop") or asked.get("stop_sequences") or metadata.get("ls_stop")
    if texts := [stop] if isinstance(stop, str) else _texts(stop):
        found["gen_ai.request.stop_sequences"] = texts
    return found


def _texts(value: Any) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        return []
    return [each for each in value if isinstance(each, str)]


def offered_tools(params: Any) -> list[str]:
    """The names of the tools that the model could choose from, of any provider's declaration."""
    params = _mapping(params)
    declared = [params.get("tools"), params.get("functions")]
    declared.append(_mapping(params.get("toolConfig")).get("tools"))
    names = (name for each in declared if isinstance(each, list | tuple) for name in _names(each))
    return list(dict.fromkeys(names))[:_MAX_TOOLS]


def _names(declared: Iterable[Any]) -> Iterable[str]:
    for tool in declared:
        if not isinstance(tool, Mapping):
            name = getattr(tool, "name", None) or getattr(tool, "__name__", None)
            if isinstance(name, str):
                yield name
            continue
        several = tool.get("function_declarations") or tool.get("functionDeclarations")
        if isinstance(several, list | tuple):
            yield from _names(several)
            continue
        holder = next(
            (tool[key] for key in ("function", "toolSpec") if isinstance(tool.get(key), Mapping)),
            tool,
        )
        name = holder.get("name") or holder.get("title") or tool.get("type")
        if isinstance(name, str):
            yield name
