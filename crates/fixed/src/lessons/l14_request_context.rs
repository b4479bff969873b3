//! Tell what happened to an order, with a line in the log that says who asked.
//!
//! Code further down needs to know for whom it works. The request's extensions are
//! the place to put that, and every function that has the request can read it.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpMessage, HttpRequest, Result, get};
use model::limits::HISTORY_EVENTS;
use model::{EventKind, OrderEvent, OrderId, TenantId, table};
use serde::Serialize;
use service::extract::Tenant;
use service::{Dynamo, Problem, ServiceError};
use utoipa::ToSchema;

/// What a caller calls its request, so that both logs can be laid side by side.
const REQUEST_ID_HEADER: &str = "x-request-id";

/// What happened to an order, in short.
#[derive(Serialize, ToSchema)]
pub(crate) struct History {
    events: Vec<Entry>,
}

/// An event as a history shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entry {
    kind: EventKind,
    total_cents: u64,
    note: String,
}

/// Tells what happened to an order
#[utoipa::path(
    params(
        ("id" = String, Path),
        ("x-tenant" = String, Header),
        ("x-request-id" = Option<String>, Header, description = "Goes to the log"),
    ),
    responses(
        (status = 200, body = History),
        (status = 400, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders/{id}/history")]
pub(crate) async fn history(
    tenant: Tenant,
    id: Path<OrderId>,
    request: HttpRequest,
    dynamo: Data<Dynamo>,
) -> Result<Json<History>, ServiceError> {
    let context = RequestContext::new(&request, tenant.0.clone());
    request.extensions_mut().insert(context);
    let events = events(&dynamo, &tenant.0, &id).await?;
    report(&request, &id, events.len());
    Ok(Json(History { events: events.into_iter().map(Entry::from).collect() }))
}

async fn events(
    dynamo: &Dynamo,
    tenant: &TenantId,
    id: &OrderId,
) -> Result<Vec<OrderEvent>, ServiceError> {
    let mut call = dynamo.call("Query");
    let request = dynamo
        .client
        .query()
        .table_name(&*dynamo.table)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", table::events_pk(tenant, id))
        .limit(HISTORY_EVENTS)
        .send();
    let items = call.send(request).await?.items.unwrap_or_default();
    call.consumed(items.len());
    let events = items.into_iter().map(table::read_event).collect();
    let events: Result<Vec<_>, _> = events;
    events.map_err(ServiceError::internal)
}

/// Has the request and nothing else, like much of the code that handlers call.
fn report(request: &HttpRequest, order: &OrderId, events: usize) {
    let extensions = request.extensions();
    let Some(context) = extensions.get::<RequestContext>() else { return };
    tracing::info!(
        tenant = %context.tenant,
        route = context.route(),
        request_id = context.request_id(),
        %order,
        events,
        "history read"
    );
}

/// For whom a request is served.
struct RequestContext {
    tenant: TenantId,
    route: Option<String>,
    request_id: Option<String>,
}

impl RequestContext {
    fn new(request: &HttpRequest, tenant: TenantId) -> Self {
        // FIX: only what is needed, and copied: nothing here leads back to the
        // request.
        let request_id = request_id(request).map(str::to_owned);
        Self { tenant, route: request.match_pattern(), request_id }
    }

    fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

/// What the caller calls its request.
fn request_id(request: &HttpRequest) -> Option<&str> {
    request.headers().get(REQUEST_ID_HEADER)?.to_str().ok()
}

impl From<OrderEvent> for Entry {
    fn from(event: OrderEvent) -> Self {
        let OrderEvent { kind, total_cents, note, .. } = event;
        Self { kind, total_cents, note }
    }
}
