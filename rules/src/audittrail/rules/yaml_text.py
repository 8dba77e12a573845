"""Reading YAML that people write, quickly and without a text that brings the process down."""

from __future__ import annotations

from typing import Any, Final, cast

import yaml

__all__ = ["construct"]

# libyaml reads about ten times as fast; wheels of PyYAML have it, some distributions do not.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A rule needs six. Composing is recursive, and in C has no limit but the stack.
_DEEPEST: Final = 64
_OPENING: Final = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING: Final = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def construct(text: str) -> tuple[yaml.Node | None, Any]:
    """The root node, for the lines of what stands in it, and its content; both None if there is
    none.

    Raises yaml.YAMLError, with ``problem`` and ``problem_mark`` where it is known where; ValueError
    for characters that YAML does not allow.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, _OPENING):
            depth += 1
            if depth > _DEEPEST:
                raise yaml.MarkedYAMLError(
                    problem=f"more than {_DEEPEST} levels of nesting",
                    problem_mark=cast(Any, event.start_mark),  # a Mark, or its twin in C
                )
        elif isinstance(event, _CLOSING):
            depth -= 1
    loader = _LOADER(text)
    try:
        root = loader.get_single_node()
        return root, None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()
