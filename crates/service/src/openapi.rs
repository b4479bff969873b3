//! The OpenAPI document: what handlers declare, and what all of them have in common.

use crate::Problem;
use crate::error::PROBLEM_JSON;
use crate::lesson::Routes;
use crate::tenant::{PublicRoutes, TENANT_HEADER, Tenant};
use anyhow::ensure;
use model::{
    BudgetMs, Cursor, IdempotencyKey, OrderId, OrderStatus, RequestId, SessionToken,
    TenantId, TrackingCode,
};
use utoipa::openapi::path::{
    Operation, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::schema::{OneOf, Schema, SchemaType, Type};
use utoipa::openapi::{
    Components, Content, Info, OpenApi, Ref, RefOr, Required, Response,
    ResponseBuilder,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// What any operation can answer beside what its handler declares.
const PROBLEMS: [Failure; 10] = [
    ("400", "A part of the request breaks a rule of this document", |_| true),
    ("403", "The path names another tenant", |shape| shape.names_tenant),
    ("404", "There is no such thing", |shape| shape.has_parameters),
    ("408", "The body did not arrive in time", |shape| shape.has_body),
    ("413", "The body is too large", |shape| shape.has_body),
    ("415", "The body has another media type", |shape| shape.has_body),
    ("500", "The service failed", |_| true),
    ("502", "The database could not serve the request", |_| true),
    ("503", "Too much work is waiting, or the database is busy", |_| true),
    ("504", "The answer was not ready in time", |_| true),
];

/// A status, its description, and which operations can answer it.
type Failure = (&'static str, &'static str, fn(&Shape) -> bool);

/// What decides how an operation can fail.
struct Shape {
    has_parameters: bool,
    has_body: bool,
    names_tenant: bool,
}

/// The document of a service with these routes.
pub(crate) fn document(
    routes: &Routes,
    public: &PublicRoutes,
) -> anyhow::Result<OpenApi> {
    Ok(complete(united(routes.describe())?, public))
}

/// One document of several. Two schemas with one name are an error: the second one would
/// silently describe the first one's answers.
fn united(parts: impl IntoIterator<Item = OpenApi>) -> anyhow::Result<OpenApi> {
    let mut all = OpenApi::default();
    for part in parts {
        for (name, schema) in part.components.iter().flat_map(|c| &c.schemas) {
            let known = all.components.as_ref().and_then(|c| c.schemas.get(name));
            let same = known.is_none_or(|known| known == schema);
            ensure!(same, "two schemas of the OpenAPI document are called {name}");
        }
        all.merge(part);
    }
    Ok(all)
}

/// Adds what handlers need not declare: parameters of the path, the tenant's header, and
/// every way to fail.
fn complete(mut document: OpenApi, public: &PublicRoutes) -> OpenApi {
    document.info = Info::new("Order service", env!("CARGO_PKG_VERSION"));
    document.info.description = Some("Orders and sessions in DynamoDB".to_owned());
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            describe_parameters(path, public.contains(path), operation);
            describe_problems(path, operation);
        }
    }
    let components = document.components.get_or_insert_with(Components::new);
    // Those of parameters: utoipa collects the schemas of bodies only.
    for (name, schema) in [
        (Problem::name(), Problem::schema()),
        (TenantId::name(), TenantId::schema()),
        (OrderId::name(), OrderId::schema()),
        (SessionToken::name(), SessionToken::schema()),
        (TrackingCode::name(), TrackingCode::schema()),
        (BudgetMs::name(), BudgetMs::schema()),
        (Cursor::name(), Cursor::schema()),
        (IdempotencyKey::name(), IdempotencyKey::schema()),
        (OrderStatus::name(), OrderStatus::schema()),
        (RequestId::name(), RequestId::schema()),
    ] {
        components.schemas.insert(name.into(), schema);
    }
    for (status, description, _) in PROBLEMS {
        let response = problem(description);
        components.responses.insert(component(status), response.into());
    }
    document
}

/// The operations of a path, of the methods that this service has.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put].into_iter().flatten()
}

/// The names in a path's braces.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// Adds the parameters that the handler does not describe. An optional one may be left
/// out, and has no other way to say nothing: a header cannot be `null`.
fn describe_parameters(path: &str, public: bool, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let names =
        names_in(path).map(|name| (name, ParameterIn::Path, schema_of(name)));
    let tenant = (TENANT_HEADER, ParameterIn::Header, TenantId::name().into());
    let tenant = (!public).then_some(tenant);
    for (name, place, schema) in names.chain(tenant) {
        parameters.retain(|p| !matches!(p, RefOr::T(p) if p.name == name));
        parameters.push(parameter(name, place, schema).into());
    }
    for parameter in parameters {
        if let RefOr::T(Parameter { schema: Some(schema), .. }) = parameter {
            not_null(schema);
        }
    }
}

/// The schema of a parameter of a path.
fn schema_of(name: &str) -> String {
    match name {
        "tenant" => TenantId::name(),
        "token" => SessionToken::name(),
        "code" => TrackingCode::name(),
        _ => OrderId::name(),
    }
    .into()
}

/// Removes `null` from what a schema allows.
fn not_null(schema: &mut RefOr<Schema>) {
    let is_null = |item: &RefOr<Schema>| matches!(item, RefOr::T(Schema::Object(o)) if o.schema_type == Type::Null.into());
    match schema {
        RefOr::T(Schema::Object(object)) => {
            if let SchemaType::Array(types) = &mut object.schema_type {
                types.retain(|kind| *kind != Type::Null);
            }
        }
        RefOr::T(Schema::OneOf(OneOf { items, .. })) => {
            items.retain(|item| !is_null(item));
            if let [only] = &items[..] {
                *schema = only.clone();
            }
        }
        _ => {}
    }
}

fn describe_problems(path: &str, operation: &mut Operation) {
    let shape = Shape {
        has_parameters: names_in(path).next().is_some(),
        has_body: operation.request_body.is_some(),
        names_tenant: names_in(path).any(|name| name == "tenant"),
    };
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            *response = problem(&response.description);
        }
    }
    for (status, ..) in PROBLEMS.iter().filter(|(.., can)| can(&shape)) {
        let common = Ref::from_response_name(component(status));
        responses.entry((*status).to_owned()).or_insert(common.into());
    }
}

/// The name of a common response.
fn component(status: &str) -> String {
    format!("Problem{status}")
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name(Problem::name());
    ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, Content::builder().schema(Some(schema)).build())
        .build()
}

fn parameter(name: &str, place: ParameterIn, schema: String) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::True)
        .schema(Some(Ref::from_schema_name(schema)))
        .build()
}

/// A handler that takes a [`Tenant`] may say `params(Tenant)`.
impl IntoParams for Tenant {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(TENANT_HEADER, ParameterIn::Header, TenantId::name().into())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::openapi::Object;

    fn with_entry(schema: Object) -> OpenApi {
        let mut part = OpenApi::default();
        let components = part.components.get_or_insert_with(Components::new);
        components.schemas.insert("Entry".to_owned(), schema.into());
        part
    }

    #[test]
    fn names_are_found_in_a_path() {
        let names: Vec<_> = names_in("/tenants/{tenant}/orders/{id}").collect();
        assert_eq!(names, ["tenant", "id"]);
        assert_eq!(names_in("/metrics").count(), 0);
    }

    #[test]
    fn two_schemas_of_one_name_are_refused_unless_they_are_the_same() {
        let entry = |kind| with_entry(Object::with_type(kind));
        assert!(united([entry(Type::String), entry(Type::String)]).is_ok());
        let two = united([entry(Type::String), entry(Type::Integer)]);
        assert!(two.err().unwrap().to_string().ends_with("called Entry"));
    }

    #[test]
    fn an_optional_parameter_is_left_out_and_never_null() {
        let mut text = Option::<String>::schema();
        not_null(&mut text);
        assert_eq!(serde_json::to_value(&text).unwrap()["type"], "string");
    }
}
