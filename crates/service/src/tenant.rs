//! Which tenant a request acts for. A route that nothing declares public needs one.
//!
//! The check is a middleware of the whole application, so a handler cannot forget it.

use crate::ServiceError;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use model::TenantId;
use std::future::{Ready, ready};
use std::ops::Deref;

/// The header that names the tenant. A gateway sets it after authentication, and replaces
/// one that came from outside.
pub const TENANT_HEADER: &str = "x-tenant";

/// The parameter of a path that names a tenant.
const TENANT_IN_PATH: &str = "{tenant}";

/// The tenant that a request acts for, checked by [`authorize`].
#[derive(Debug, Clone)]
pub struct Tenant(pub TenantId);

impl Deref for Tenant {
    type Target = TenantId;

    fn deref(&self) -> &TenantId {
        &self.0
    }
}

impl FromRequest for Tenant {
    type Error = ServiceError;
    type Future = Ready<Result<Self, ServiceError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Absent on a public route, whose requests act for no tenant.
        let tenant = request.extensions().get::<Self>().cloned();
        ready(tenant.ok_or(ServiceError::Internal))
    }
}

/// The patterns of the routes that need no tenant.
#[derive(Debug, Clone)]
pub(crate) struct PublicRoutes(Vec<&'static str>);

impl PublicRoutes {
    /// The service's own, and those of the lessons.
    pub(crate) fn new(lessons: impl IntoIterator<Item = &'static str>) -> Self {
        Self(["/health", "/openapi.json"].into_iter().chain(lessons).collect())
    }

    pub(crate) fn contains(&self, route: &str) -> bool {
        self.0.contains(&route) || route.starts_with("/__heap")
    }
}

/// Middleware: lets a request pass if its route is public, or if it names its tenant and
/// no other one in its path.
///
/// # Errors
/// [`ServiceError::Invalid`] and [`ServiceError::Forbidden`], and those of the route.
pub async fn authorize<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    // The path as the router reads it, with its percent signs decoded: `/%74enants/t-1`
    // is `/tenants/t-1`. Without a route there is no handler: the answer is 404 or 405.
    let path = request.match_info().as_str();
    if let Some(route) = request.resource_map().match_pattern(path) {
        let public = request.app_data::<Data<PublicRoutes>>();
        if !public.is_some_and(|public| public.contains(&route)) {
            let tenant = named(request.headers())?;
            let other = in_path(&route, path);
            if other.is_some_and(|other| other != tenant.as_str()) {
                return Err(ServiceError::Forbidden.into());
            }
            request.extensions_mut().insert(Tenant(tenant));
        }
    }
    next.call(request).await
}

/// The tenant in the header. Two headers are refused, since a gateway that adds its own
/// behind a client's would be bypassed by a service that reads the first one.
pub(crate) fn named(headers: &HeaderMap) -> Result<TenantId, ServiceError> {
    let mut values = headers.get_all(TENANT_HEADER);
    let (Some(value), None) = (values.next(), values.next()) else {
        let detail = format!("one header {TENANT_HEADER} must name the tenant");
        return Err(ServiceError::Invalid(detail));
    };
    let tenant = value.to_str().unwrap_or_default().parse();
    tenant.map_err(ServiceError::invalid)
}

/// The part of a path where its route has the tenant.
fn in_path<'a>(route: &str, path: &'a str) -> Option<&'a str> {
    let at = route.split('/').position(|part| part == TENANT_IN_PATH)?;
    path.split('/').nth(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_of_a_path_is_where_its_route_has_it() {
        let path = "/tenants/t-1/orders/o-1";
        assert_eq!(in_path("/tenants/{tenant}/orders/{id}", path), Some("t-1"));
        assert_eq!(in_path("/{any}/t-1/orders/{id}", path), None);
    }
}
