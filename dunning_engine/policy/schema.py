"""The JSON Schema of policy files, for editors: generated from the models that read them."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from dunning_engine.policy.document import PolicyDocument

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _PolicySchema(GenerateJsonSchema):
    """What may be written: a key that is left out is not written as null, and defaults are internal values."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 (asked for every field)
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        json = super().generate(schema, mode)
        for part in (json, *json.get("$defs", {}).values()):
            part.pop("title", None)
        return {"$schema": DIALECT, "title": "Dunning policy", **json}


def json_schema() -> dict[str, Any]:
    """Draft 2020-12; every key has a description, every phrase a pattern and examples."""
    return PolicyDocument.model_json_schema(schema_generator=_PolicySchema)
