"""What schemathesis must know beyond the OpenAPI document: ids that exist, and NDJSON."""

import json
import os
import urllib.request

import schemathesis
from schemathesis.transport.requests import REQUESTS_TRANSPORT

NDJSON = "application/x-ndjson"


def ids():
    """Ids of the table's items, by the name of the parameter that takes them."""
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.Scan",
        "x-amz-date": "20260101T000000Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/"
        "aws4_request, SignedHeaders=host, Signature=0",
    }
    body = json.dumps({"TableName": "orders", "ProjectionExpression": "pk, sk"})
    request = urllib.request.Request(os.environ["FUZZ_DATABASE"], body.encode(), headers)
    with urllib.request.urlopen(request) as answer:
        items = json.load(answer)["Items"]
    found = {"id": [], "token": [], "code": []}
    kinds = {"ORDER": "id", "SESSION": "token", "PARCEL": "code"}
    for item in items:
        kind, _, order = item["sk"]["S"].partition("#")
        _, _, key = item["pk"]["S"].partition("#")
        if kind in kinds and (kind != "ORDER" or key == "shop"):
            found[kinds[kind]].append(order or key)
    few = {name: sorted(values)[:5] for name, values in found.items()}
    # Few tenants, so that the one of the path is often the one of the header.
    return few | {"tenant": ["shop", "other"], "x-tenant": ["shop", "other"]}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Half of the ids in requests exist, and a body of NDJSON is a list of its lines."""
    existing = ids()
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if values := existing.get(parameter["name"]):
                    known = {"type": "string", "enum": values}
                    parameter["schema"] = {"anyOf": [known, parameter["schema"]]}
            # A file without lines is refused; an export may have none.
            bodies = [(operation.get("requestBody", {}), 1)]
            bodies += [(body, 0) for body in operation["responses"].values()]
            for body, least in bodies:
                if media := body.get("content", {}).get(NDJSON):
                    lines = {"items": media["schema"], "minItems": least}
                    media["schema"] = {"type": "array"} | lines


def whole(value):
    """JSON Schema calls 1.0 an integer. Parsers of typed languages, and ours, do not."""
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    if isinstance(value, list):
        return [whole(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def map_body(context, body):
    return whole(body)


@REQUESTS_TRANSPORT.serializer(NDJSON)
def lines_of(context, value):
    """A list as lines; schemathesis also sends what is no list."""
    values = value if isinstance(value, list) else [value]
    return {"data": "".join(json.dumps(line) + "\n" for line in values).encode()}


@schemathesis.deserializer(NDJSON)
def parsed_lines(context, response):
    return [json.loads(line) for line in response.content.splitlines()]
