"""What the OpenAPI document says beyond what FastAPI finds by itself."""

from typing import Annotated, Any

from fastapi import FastAPI, Path
from pydantic import BaseModel

from protocol.enums import Reason
from protocol.problem_responses import (
    Responses,
    describe_problems,
    make_problem_schemas,
    merge_problems,
)

Symbol = Annotated[str, Path(description="one of the instruments", examples=["BTC-USDT"])]
_ANY_ROUTE = (Reason.UNKNOWN_FIELD, Reason.INTERNAL_ERROR, Reason.HOST_NOT_ALLOWED)


def describe_answers(model: type[BaseModel], *more: Reason) -> Responses:
    """Describe a route's answer and what it refuses: what any route does, and `more`."""
    return {200: {"model": model}} | describe_problems(*_ANY_ROUTE, *more)


def describe_market_answers(model: type[BaseModel], *more: Reason) -> Responses:
    """The same of a route with a symbol in its path."""
    in_path = describe_problems(Reason.UNKNOWN_SYMBOL, is_in_path=True)
    return merge_problems(describe_answers(model, Reason.NOT_IN_SYNC, *more), in_path)


def document(app: FastAPI) -> None:
    """Add the problem document, and examples of what a path has, to `app`'s document."""
    make_document = app.openapi

    def make_whole_document() -> dict[str, Any]:
        whole = make_document()
        whole["components"]["schemas"].update(make_problem_schemas())
        for operations in whole["paths"].values():
            for operation in operations.values():
                for parameter in operation.get("parameters", []):
                    _take_example(parameter)
        return whole

    app.openapi = make_whole_document  # type: ignore[method-assign]


def _take_example(parameter: dict[str, Any]) -> None:
    """Show the schema's example as the parameter's, where a page looks for it."""
    for example in parameter["schema"].pop("examples", []):
        parameter["example"] = example
