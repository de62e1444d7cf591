"""Problem documents in an OpenAPI document: one example for each reason.

Only servers import this module: it loads pydantic.
"""

from typing import Any

from pydantic.json_schema import models_json_schema

from protocol.described_body import Problem
from protocol.enums import Reason
from protocol.headers import RETRY_AFTER_HEADER, RETRY_AFTER_SECONDS
from protocol.problem import PROBLEM_MEDIA_TYPE
from protocol.problem_examples import make_problem_example

Responses = dict[int | str, dict[str, Any]]

REFERENCE = "#/components/schemas/{model}"
_MAY_RETRY = frozenset({429, 503})


def describe_problems(*codes: Reason, is_in_path: bool = False) -> Responses:
    """Describe the problem documents of a route, with one example a code.

    `is_in_path` is true if they are about a part of the path.
    """
    responses: Responses = {}
    for code in codes:
        example = make_problem_example(code, is_in_path=is_in_path)
        response = responses.setdefault(example["status"], _describe_response(example["status"]))
        response["content"][PROBLEM_MEDIA_TYPE]["examples"][code.value] = {"value": example}
    return responses


def merge_problems(responses: Responses, problems: Responses) -> Responses:
    """Return both; two descriptions of one status are joined, so that each reason is shown."""
    merged = dict(responses)
    for status, response in problems.items():
        own = merged.get(status)
        merged[status] = response if own is None else _merge_examples(own, response)
    return merged


def make_problem_schemas() -> dict[str, Any]:
    """Return the schemas that problem documents refer to, by name."""
    _, definitions = models_json_schema([(Problem, "validation")], ref_template=REFERENCE)
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _merge_examples(own: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    content = more["content"][PROBLEM_MEDIA_TYPE]
    examples = own["content"][PROBLEM_MEDIA_TYPE]["examples"] | content["examples"]
    return more | {"content": {PROBLEM_MEDIA_TYPE: content | {"examples": examples}}}


def _describe_response(status: int) -> dict[str, Any]:
    reference = REFERENCE.format(model=Problem.__name__)
    response: dict[str, Any] = {
        "description": "Problem document",
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": reference}, "examples": {}}},
    }
    if status in _MAY_RETRY:
        header = {"schema": {"type": "integer"}, "example": RETRY_AFTER_SECONDS}
        response["headers"] = {RETRY_AFTER_HEADER: header}
    return response
