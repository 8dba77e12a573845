"""The four kinds of functions, each with a step around its calls.

The span of a generator covers its iteration: it starts with the first item that is asked for. The
span is current while the generator's body runs, and only then: between two items, what the caller
had is current. A generator that was not read to its end is closed when Python discards it, which
ends its span too.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

from audittrail.traceable.items import Items
from audittrail.traceable.plan import Plan

__all__ = ["wrap"]


def wrap(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    """A function of the same kind."""
    # What is called in the end tells the kind of a partial, or of an object with __call__.
    called = function
    while isinstance(called, functools.partial):
        called = called.func
    if not inspect.isroutine(called):
        called = type(called).__call__
    if inspect.isasyncgenfunction(called):
        return _async_generator(function, plan)
    if inspect.iscoroutinefunction(called):
        return _coroutine(function, plan)
    if inspect.isgeneratorfunction(called):
        return _generator(function, plan)
    return _plain(function, plan)


def _plain(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        with plan.begin(args, kwargs) as step:
            result = function(*args, **kwargs)
            plan.finish(step, result)
            return result

    return traced


def _coroutine(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        with plan.begin(args, kwargs) as step:
            result = await function(*args, **kwargs)
            plan.finish(step, result)
            return result

    return traced


def _generator(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        step = plan.begin(args, kwargs)
        items = Items(plan, step)
        sent: Any = None
        thrown: BaseException | None = None
        closing = False
        try:
            body: Generator[Any, Any, Any] = function(*args, **kwargs)
            while True:
                step.enter()
                try:
                    item = body.send(sent) if thrown is None else body.throw(thrown)
                except StopIteration as end:
                    items.finish(end.value, closed=closing)
                    return end.value
                finally:
                    step.leave()
                    thrown = None
                items.add(item)
                try:
                    sent = yield item
                except BaseException as error:
                    thrown = error
                closing = isinstance(thrown, GeneratorExit)
        except GeneratorExit:
            items.finish(closed=True)
            raise
        except BaseException as error:
            items.finish()
            step.failed(error)
            raise
        finally:
            step.end()

    return traced


def _async_generator(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        step = plan.begin(args, kwargs)
        items = Items(plan, step)
        closing = False
        try:
            body: AsyncGenerator[Any, Any] = function(*args, **kwargs)
            following = _first(body)
            while True:
                step.enter()
                try:
                    item = await following
                except StopAsyncIteration:
                    items.finish(closed=closing)
                    return
                finally:
                    step.leave()
                items.add(item)
                sent: Any = None
                thrown: BaseException | None = None
                try:
                    sent = yield item
                except BaseException as error:
                    thrown = error
                closing = isinstance(thrown, GeneratorExit)
                following = body.asend(sent) if thrown is None else body.athrow(thrown)
        except GeneratorExit:
            items.finish(closed=True)
            raise
        except BaseException as error:
            items.finish()
            step.failed(error)
            raise
        finally:
            step.end()

    return traced


def _first(body: AsyncGenerator[Any, Any]) -> Awaitable[Any]:
    """Asking for its first item makes an async generator known to the loop, which would close it
    in the same moment as ours around it, and complain that it is running."""
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return body.asend(None)
    finally:
        sys.set_asyncgen_hooks(*hooks)
