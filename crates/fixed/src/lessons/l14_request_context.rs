//! Return what happened to an order, and log who asked.
//!
//! Code further down needs to know whom it works for. The extensions of a request can
//! hold that, and every function that has the request can read it.

use actix_web::HttpMessage;
use model::{EventKind, Note, OrderEvent, RequestId};
use service::prelude::*;

/// Returns what happened to an order
#[utoipa::path(
    params(
        Tenant,
        ("x-request-id" = Option<RequestId>, Header, description = "Goes to the log"),
    ),
    responses((status = 200, body = History))
)]
#[get("/orders/{id}/history")]
async fn history(
    tenant: Tenant,
    id: Path<OrderId>,
    request: HttpRequest,
    dynamo: Data<Dynamo>,
) -> Result<Json<History>, ServiceError> {
    let request_id = header(request.headers(), "x-request-id")?;
    let context = RequestContext::new(&request, tenant.0.clone(), request_id);
    // From here on, the request owns the context. actix frees the extensions when it
    // drops the last pointer to the request, after the response.
    request.extensions_mut().insert(context);
    let events = dynamo.events(&tenant, &id).await?;
    log_who_asked(&request, &id, events.len());
    Ok(Json(History { events: events.into_iter().map(PastEvent::from).collect() }))
}

/// Whom a request is served for. One is made for each request.
struct RequestContext {
    tenant: TenantId,
    /// The caller's name for its request, so that the logs of both can be compared.
    request_id: Option<RequestId>,
    route: Option<String>,
}

impl RequestContext {
    fn new(
        request: &HttpRequest,
        tenant: TenantId,
        request_id: Option<RequestId>,
    ) -> Self {
        // FIX: only the values that are needed, copied. Nothing in the context points
        // back to the request, so the request is freed with actix's own pointer, and
        // frees the context with its extensions.
        Self { tenant, request_id, route: request.match_pattern() }
    }

    fn route(&self) -> Option<String> {
        self.route.clone()
    }
}

/// It has the request and nothing else, like much code that handlers call.
fn log_who_asked(request: &HttpRequest, order: &OrderId, events: usize) {
    let extensions = request.extensions();
    let Some(context) = extensions.get::<RequestContext>() else { return };
    tracing::info!(
        tenant = %context.tenant,
        route = context.route(),
        request_id = context.request_id.as_ref().map(RequestId::as_str),
        %order,
        events,
        "history read"
    );
}

/// What happened to an order, in short.
#[derive(Serialize, ToSchema)]
struct History {
    events: Vec<PastEvent>,
}

/// An event in a history.
#[derive(Serialize, ToSchema)]
struct PastEvent {
    kind: EventKind,
    total_cents: u64,
    note: Note,
}

impl From<OrderEvent> for PastEvent {
    fn from(event: OrderEvent) -> Self {
        let OrderEvent { kind, total_cents, note, .. } = event;
        Self { kind, total_cents, note }
    }
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(history))
}
