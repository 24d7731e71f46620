"""The JSON Schema of policy files, for editors: generated from the models that read them."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from dunning_engine.policy.document import PolicyDocument
from dunning_engine.policy.routing_document import RoutingDocument
from dunning_engine.policy.values import Part

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _FileSchema(GenerateJsonSchema):
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
        return {"$schema": DIALECT, **json}


def json_schema() -> dict[str, Any]:
    """Draft 2020-12; every key has a description, every phrase a pattern and examples."""
    return _titled("Dunning policy", PolicyDocument)


def routing_schema() -> dict[str, Any]:
    """As `json_schema`, for routing files."""
    return _titled("Dunning routing", RoutingDocument)


def _titled(title: str, document: type[Part]) -> dict[str, Any]:
    schema = document.model_json_schema(schema_generator=_FileSchema)
    return {"$schema": schema.pop("$schema"), "title": title, **schema}
