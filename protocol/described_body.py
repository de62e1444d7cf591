"""Bodies of requests, answers and messages, as the documents that programs read describe them.

Only servers import this module: it loads pydantic.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from protocol.enums import Reason
from protocol.field_meanings import FIELD_MEANINGS
from protocol.problem_examples import make_problem_example

PROBLEM_EXAMPLE = make_problem_example(Reason.OFF_TICK)


class DescribedBody(BaseModel):
    """A body each of whose fields is described, by its own description or by what its name means.

    Raises KeyError, when its schema is made, for a name whose meaning is not known.
    """

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Make the schema, and describe its fields."""
        schema = handler(core_schema)
        for name, field in handler.resolve_ref_schema(schema).get("properties", {}).items():
            if "description" not in field:
                field["description"] = FIELD_MEANINGS[name]
        return schema


def make_example(**values: Any) -> ConfigDict:
    """Return the configuration of a model that shows one example."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Problem(DescribedBody):
    """An RFC 9457 problem document. `code` is for programs, `detail` for people."""

    model_config = make_example(**PROBLEM_EXAMPLE)

    type: str
    title: str
    status: int
    code: Reason
    detail: str
    field: str | None = None
    nearest: str | None = None
    step: str | None = None
