//! Requests that are made from documents, as the `.http` file that they become.

use super::*;
use crate::HttpFile;
use std::path::Path;

/// The text that is made, without its first line; it must be a file that can be read.
fn made(document: &str) -> String {
    let source = Source::read(document, None, None).unwrap();
    HttpFile::parse(&source.text, Path::new(".")).unwrap();
    source.text.split_once("\n\n").unwrap().1.to_owned()
}

const OPENAPI_3_0: &str = r##"
openapi: 3.0.3
servers: [{url: 'http://127.0.0.1:{port}/v1/', variables: {port: {default: '80'}}}]
security: [{bearer: []}]
paths:
  /orders/{id}/{n}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string, minLength: 3}}
      - {$ref: '#/components/parameters/number'}
    get:
      parameters:
        - {name: page, in: query, schema: {type: integer}, example: 2}
        - {name: sort, in: query, schema: {type: string}}
        - {name: X-Key, in: header, required: true, schema: {type: string, example: k-17}}
        - {name: seen, in: cookie, required: true, schema: {type: boolean}}
    post:
      operationId: place
      responses: {200: {content: {text/event-stream: {}}}}
      security: [{own: []}]
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}
components:
  parameters:
    number: {name: n, in: path, required: true, schema: {type: integer, maximum: 9}}
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    own: {type: apiKey, in: header, name: X-Own}
  schemas:
    Node: {type: object, required: [next], properties: {next: {$ref: '#/components/schemas/Node'}}}
    Base:
      type: object
      required: [order_id, kind]
      properties: {order_id: {type: integer, format: int32}, kind: {enum: [paper, screen]}}
    Order:
      allOf:
        - $ref: '#/components/schemas/Base'
        - type: object
          required: [lines, at, price, note, code, keys]
          properties:
            lines: {type: array, items: {$ref: '#/components/schemas/Line'}}
            at: {type: string, format: date-time}
            price: {type: number, minimum: 0, exclusiveMinimum: true}
            note: {oneOf: [{$ref: '#/components/schemas/Node'}, {type: string, maxLength: 3}]}
            code: {type: string, pattern: '^[A-Z]{2}(-x|y)\d+$'}
            keys: {type: array, items: {type: string, pattern: '^k[0-9a-z]+$'}}
            unused: {type: string}
            parent: {$ref: '#/components/schemas/Order'}
    Line: {properties: {more: {additionalProperties: {type: integer, default: 7}}}}
"##;

#[test]
fn requests_are_made_from_openapi_3_0() {
    let expected = r#"### GET /orders/{id}/{n}
GET http://127.0.0.1:80/v1/orders/xx{{n}}/{{$random.integer(1,10)}}?page=2
X-Key: k-{{n}}
cookie: seen=true

### place
# @client leaves
POST http://127.0.0.1:80/v1/orders/xx{{n}}/{{$random.integer(1,10)}}
content-type: application/json

{
  "at": "2026-01-02T03:04:05Z",
  "code": "AA-x0",
  "keys": [
    "k{{n}}"
  ],
  "kind": "paper",
  "lines": [
    {
      "more": {
        "key": 7
      }
    }
  ],
  "note": "tex",
  "order_id": {{$random.integer(1,2147483648)}},
  "price": 1.0
}
"#;
    assert_eq!(made(OPENAPI_3_0), expected);
    let elsewhere = Source::read(OPENAPI_3_0, Some("http://[::1]:9"), None).unwrap();
    assert!(elsewhere.text.contains("POST http://[::1]:9/v1/orders/"));
    assert_eq!(elsewhere.headers, ["Authorization", "X-Own"]);
}

#[test]
fn requests_are_made_from_openapi_3_1() {
    let document = r##"{"openapi": "3.1.0", "paths": {
      "/a/{id}": {"put": {
        "parameters": [{"name": "id", "in": "path", "required": true,
                        "schema": {"$ref": "#/$defs/a~1b", "description": "its own"}}],
        "requestBody": {"$ref": "#/components/requestBodies/form"}}},
      "/b": {"post": {"operationId": "b", "requestBody": {"content": {
        "application/json": {"examples": {"one": {"value":
          {"id": "ord-001", "user": {"key": 5}, "text": "a {{b}}"}}}}}}},
        "patch": {"operationId": "b", "requestBody": {"content": {"multipart/form-data":
          {"schema": {"properties": {"file": {"type": "string"}}}}}}}}},
      "$defs": {"a/b": {"type": ["null", "string"], "pattern": "^[a-f0-9]{24}$"}},
      "components": {"requestBodies": {"form": {"content": {
        "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {
          "x y": {"const": "1&2"}, "z": {"type": "integer", "exclusiveMinimum": 4}}}}}}}}
    }"##;
    let expected = r#"### PUT /a/{id}
PUT /a/000000000000{{$random.integer(100000000000,1000000000000)}}
content-type: application/x-www-form-urlencoded

x%20y=1%262&z=5

### b
POST /b
content-type: application/json

{
  "id": "ord-{{n}}",
  "text": "a {{brace}}{{brace}}b}}",
  "user": {
    "key": {{n}}
  }
}

### PATCH /b
PATCH /b
content-type: multipart/form-data; boundary=leaklab-boundary

--leaklab-boundary
Content-Disposition: form-data; name="file"; filename="file"

text
--leaklab-boundary--
"#;
    assert_eq!(made(document), expected);
    let text = Source::read(document, None, None).unwrap().text;
    let file = HttpFile::parse(&text, Path::new(".")).unwrap();
    let bodies = [1, 2].map(|at| file.request(&file.requests[at], 7).body);
    assert!(bodies[0].contains("\"a {{b}}\""), "{}", bodies[0]);
    assert!(bodies[1].contains("\"file\"\r\n\r\ntext\r\n--"), "{}", bodies[1]);
}

#[test]
fn a_recording_is_sent_as_it_was() {
    let entry = |method: &str, url: &str, rest: &str| {
        format!(r#"{{"request": {{"method": "{method}", "url": "{url}"{rest}}}}}"#)
    };
    let headers = r#", "headers": [{"name": "Host", "value": "h"},
      {"name": ":path", "value": "/"}, {"name": "Cookie", "value": "a=1"}]"#;
    let body =
        r##", "postData": {"mimeType": "text/plain", "text": "a\n### b\n< c"}"##;
    let entries = [
        entry("GET", "http://h:1/orders/17?x=1", headers),
        entry("GET", "http://h:1/orders/18", ""),
        entry("POST", "https://h#top", body),
        entry("GET", "data:image/png", ""),
    ];
    let har = format!(r#"{{"log": {{"entries": [{}]}}}}"#, entries.join(","));
    let expected = "### GET /orders/{id}\nGET http://h:1/orders/17?x=1\ncookie: a=1\n\n\
                    ### POST /\nPOST /\n\na\n{{hash}}## b\n{{less}} c\n";
    assert_eq!(made(&har), expected);
    let text = Source::read(&har, None, None).unwrap().text;
    let file = HttpFile::parse(&text, Path::new(".")).unwrap();
    assert_eq!(file.request(&file.requests[1], 0).body, "a\n### b\n< c");
}

#[test]
fn other_texts_stay_and_wrong_ones_name_the_place() {
    let scripted = "POST /\n\na\n\n> {%\n  b\n%}\n<> c.json\n### d\n< {% e %}\n/f";
    let without = "POST /\n\na\n\n\n\n\n\n### d\n\n/f";
    let files = ["{{host}}/orders", "# a\n@host = x\n\nGET http://h/", "http://h/"];
    for (text, kept) in
        files.map(|text| (text, text)).into_iter().chain([(scripted, without)])
    {
        assert_eq!(Source::read(text, None, None).unwrap().text.trim_end(), kept);
    }
    let openapi =
        |paths: &str| format!(r#"{{"openapi": "3.1.0", "paths": {paths}}}"#);
    let body = |schema| {
        openapi(&format!(
            r#"{{"/a/b": {{"post": {{"requestBody": {{"content": {{
               "application/json": {{"schema": {schema}}}}}}}}}}}}}"#
        ))
    };
    for (text, expected) in [
        ("{\n  \"log\": ]".to_owned(), "line 2, column 10: expected value"),
        ("{\"log\":\n{}}".to_owned(), "line 2, column 2: missing field `entries`"),
        ("{\"log\": {\"entries\": []}}".to_owned(), "#/log/entries: no request"),
        ("swagger: '2.0'".to_owned(), "#: expected a HAR file (log) or an OpenAPI"),
        ("openapi: 3.0.0\na: [".to_owned(), "line 3 column 1"),
        (openapi("{}"), "#/paths: no operation"),
        (
            body(r##"{"$ref": "#/no"}"##),
            "#/paths/~1a~1b/post: #/no: a $ref to something",
        ),
        (body(r#"{"$ref": "b.yaml#/x"}"#), "a $ref to another file"),
        (body(r#"{"$ref": "http://h/b.yaml"}"#), "a $ref to another host"),
    ] {
        let error = Source::read(&text, None, None).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn references_reach_into_other_files_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    let root = "openapi: 3.0.0\npaths:\n  /a: {$ref: 'paths/a.yaml'}\n\
                components: {schemas: {Kind: {enum: [paper]}}}\n";
    let path = write("root.yaml", root);
    let item = "post: {requestBody: {content: {application/json: {schema: \
                {$ref: '../my%20parts.json#/defs/Order'}}}}}\n";
    write("paths/a.yaml", item);
    let parts = r##"{"defs": {"Order": {"required": ["kind", "of"], "properties": {
        "kind": {"$ref": "root.yaml#/components/schemas/Kind"},
        "of": {"$ref": "#/defs/Id"}}}, "Id": {"type": "integer"}}}"##;
    write("my parts.json", parts);
    let source = Source::read(root, None, Some(&path)).unwrap();
    assert!(
        source.text.contains("\"kind\": \"paper\",\n  \"of\": "),
        "{}",
        source.text
    );
    let lost = root.replace("a.yaml", "b.yaml");
    let error = Source::read(&lost, None, Some(&path)).unwrap_err().to_string();
    assert!(error.starts_with("paths/b.yaml: cannot read "), "{error}");
}
