//! The OpenAPI document: what handlers declare, and what all of them have in common.

use crate::Problem;
use crate::extract::{TENANT_HEADER, Tenant};
use utoipa::openapi::path::{
    Operation, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::schema::{Object, Schema, Type};
use utoipa::openapi::{
    Components, ContentBuilder, Info, OpenApi, Ref, RefOr, Required, ResponseBuilder,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Adds to each operation its path parameters and the answer to wrong requests.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    document.info = Info::new("Order service", env!("CARGO_PKG_VERSION"));
    document.info.description = Some("Orders and sessions in DynamoDB".to_owned());
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            describe_path(path, operation);
            describe_problem(operation);
        }
    }
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.insert(Problem::name().into(), Problem::schema());
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

/// Adds the path parameters that the handler does not describe.
fn describe_path(path: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    for name in names_in(path) {
        let described =
            |p: &RefOr<Parameter>| matches!(p, RefOr::T(p) if p.name == name);
        if !parameters.iter().any(described) {
            let description = "At most 64 letters, digits, `-` and `_`";
            let parameter = parameter(name, ParameterIn::Path, description);
            parameters.push(parameter.into());
        }
    }
}

fn describe_problem(operation: &mut Operation) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .build();
    let problem = ResponseBuilder::new()
        .description("What is wrong, as a problem document (RFC 9457)")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.insert("default".to_owned(), problem.into());
}

fn parameter(name: &str, place: ParameterIn, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(Schema::Object(Object::with_type(Type::String))))
        .build()
}

/// A handler that takes a [`Tenant`] says `params(Tenant)`.
impl IntoParams for Tenant {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The tenant; a gateway sets it after authentication";
        vec![parameter(TENANT_HEADER, ParameterIn::Header, description)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_a_path() {
        let names: Vec<_> = names_in("/tenants/{tenant}/orders/{id}").collect();
        assert_eq!(names, ["tenant", "id"]);
        assert_eq!(names_in("/metrics").count(), 0);
    }
}
