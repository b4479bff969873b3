//! The service put together: its state, its routes, its description.

use crate::lessons::l04_background_jobs::Jobs;
use crate::lessons::l11_session_cache::Sessions;
use crate::lessons::l12_idempotency_keys::Payments;
use crate::lessons::l13_request_metrics::Metrics;
use crate::lessons::{
    c01_client_clones, c02_first_page, c03_dropped_upload, c05_compression,
    l01_order_export, l04_background_jobs, l09_call_budget, l11_session_cache,
    l12_idempotency_keys, l13_request_metrics,
};
use actix_web::web::{Data, ServiceConfig};
use service::{Application, Context, Dynamo, Limits, Problem};
use utoipa::OpenApi;

/// Everything that outlives a request. `Data` is a shared pointer: each worker holds
/// a clone, all of them the same state.
#[derive(Clone)]
pub(crate) struct App {
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
    jobs: Data<Jobs>,
    sessions: Data<Sessions>,
    payments: Data<Payments>,
    metrics: Data<Metrics>,
}

impl Application for App {
    fn new(context: Context) -> Self {
        Self {
            jobs: Data::new(Jobs::new(&context)),
            sessions: Data::new(Sessions::new(&context)),
            payments: Data::new(Payments::new(&context)),
            metrics: Data::new(Metrics::new(&context)),
            dynamo: Data::new(context.dynamo),
            limits: Data::new(context.limits),
        }
    }

    fn configure(&self, config: &mut ServiceConfig) {
        config
            .app_data(self.dynamo.clone())
            .app_data(self.limits.clone())
            .app_data(self.jobs.clone())
            .app_data(self.sessions.clone())
            .app_data(self.payments.clone())
            .app_data(self.metrics.clone())
            .service(l01_order_export::export)
            .service(l04_background_jobs::confirm)
            .service(l09_call_budget::quote)
            .service(l11_session_cache::look_up)
            .service(l12_idempotency_keys::pay)
            .configure(l13_request_metrics::public_page)
            .service(c01_client_clones::status)
            .service(c02_first_page::list)
            .service(c03_dropped_upload::attach)
            .service(c05_compression::packing_list);
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        Api::openapi()
    }

    async fn drain(&self) {
        self.jobs.drain().await;
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Order service", description = "Orders and sessions in DynamoDB"),
    paths(
        l01_order_export::export,
        l04_background_jobs::confirm,
        l09_call_budget::quote,
        l11_session_cache::look_up,
        l12_idempotency_keys::pay,
        l13_request_metrics::track,
        l13_request_metrics::scrape,
        c01_client_clones::status,
        c02_first_page::list,
        c03_dropped_upload::attach,
        c05_compression::packing_list,
    ),
    components(schemas(Problem, model::Order))
)]
struct Api;
