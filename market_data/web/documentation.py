"""The page at `/v1/docs`, made from the OpenAPI document; it loads nothing from elsewhere."""

from collections.abc import Iterator
from html import escape
from typing import Any

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
code{{background:#8882;padding:.1em .3em}}td,th{{text-align:left;padding:.2em 1em .2em 0}}
:root{{color-scheme:light dark}}h2{{margin-top:2em;font-size:1.1em}}</style>
<h1>{title}</h1><p>{description} <a href="openapi.json">openapi.json</a></p>
"""
_PARAMETERS = "<table><tr><th>parameter<th>in<th>type<th>default</tr>{rows}</table>"
_ROW = "<tr><td><code>{name}</code><td>{location}<td>{kind}<td>{default}</tr>"


def render_documentation(document: dict[str, Any]) -> str:
    """Render every operation of an OpenAPI document as HTML."""
    facts = document["info"]
    head = _HEAD.format(
        title=escape(facts["title"]), description=escape(facts.get("description", ""))
    )
    return head + "".join(_render_operations(document["paths"]))


def _render_operations(paths: dict[str, Any]) -> Iterator[str]:
    for path, operations in paths.items():
        for method, operation in operations.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p>{escape(operation.get('description', ''))}</p>"
            if rows := "".join(map(_render_parameter, operation.get("parameters", []))):
                yield _PARAMETERS.format(rows=rows)


def _render_parameter(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    kind = ", ".join(map(_describe_kind, kinds))
    default = "required" if parameter.get("required") else str(schema.get("default", ""))
    return _ROW.format(
        name=escape(parameter["name"]),
        location=parameter["in"],
        kind=escape(kind),
        default=escape(default),
    )


def _describe_kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(schema["enum"])
    bounds = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    return " ".join([schema.get("type", ""), " to ".join(bounds)]).strip()
