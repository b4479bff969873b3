//! The service put together: its state, its routes, its description.

use crate::lessons::l02_tenant_clients::Tenants;
use crate::lessons::l03_write_behind::Events;
use crate::lessons::l04_background_jobs::Jobs;
use crate::lessons::l06_admission::Admission;
use crate::lessons::l07_deadline::Orders;
use crate::lessons::l08_live_feed::Feed;
use crate::lessons::l11_session_cache::Sessions;
use crate::lessons::l12_idempotency_keys::Payments;
use crate::lessons::l13_request_metrics::Metrics;
use crate::lessons::l15_interned_names::Names;
use crate::lessons::l16_burst::Counter;
use crate::lessons::{
    c01_client_clones, c02_first_page, c03_dropped_upload, c04_retries,
    c05_compression, c06_client_churn, l01_order_export, l02_tenant_clients,
    l03_write_behind, l04_background_jobs, l05_bulk_import, l06_admission,
    l07_deadline, l08_live_feed, l09_call_budget, l10_retry_partition,
    l11_session_cache, l12_idempotency_keys, l13_request_metrics,
    l14_request_context, l15_interned_names, l16_burst,
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
    tenants: Data<Tenants>,
    events: Data<Events>,
    jobs: Data<Jobs>,
    admission: Data<Admission>,
    orders: Data<Orders>,
    feed: Data<Feed>,
    sessions: Data<Sessions>,
    payments: Data<Payments>,
    metrics: Data<Metrics>,
    names: Data<Names>,
    counter: Data<Counter>,
}

impl Application for App {
    const ALLOW_HALF_CLOSED: bool = l08_live_feed::allow_half_closed();

    fn connections_max(limits: &Limits) -> usize {
        l06_admission::connections_max(limits)
    }

    fn new(context: Context) -> Self {
        Self {
            tenants: Data::new(Tenants::new(&context)),
            events: Data::new(Events::new(&context)),
            jobs: Data::new(Jobs::new(&context)),
            admission: Data::new(Admission::new(&context)),
            orders: Data::new(Orders::new(&context)),
            feed: Data::new(Feed::new(&context)),
            sessions: Data::new(Sessions::new(&context)),
            payments: Data::new(Payments::new(&context)),
            metrics: Data::new(Metrics::new(&context)),
            names: Data::new(Names::new(&context)),
            counter: Data::new(Counter::new(&context)),
            dynamo: Data::new(context.dynamo),
            limits: Data::new(context.limits),
        }
    }

    fn configure(&self, config: &mut ServiceConfig) {
        config
            .app_data(self.dynamo.clone())
            .app_data(self.limits.clone())
            .app_data(self.tenants.clone())
            .app_data(self.events.clone())
            .app_data(self.jobs.clone())
            .app_data(self.admission.clone())
            .app_data(self.orders.clone())
            .app_data(self.feed.clone())
            .app_data(self.sessions.clone())
            .app_data(self.payments.clone())
            .app_data(self.metrics.clone())
            .app_data(self.names.clone())
            .app_data(self.counter.clone())
            .service(l01_order_export::export)
            .service(l02_tenant_clients::summary)
            .service(l03_write_behind::record)
            .service(l04_background_jobs::confirm)
            .service(l05_bulk_import::import)
            .service(l06_admission::place)
            .service(l08_live_feed::follow)
            .service(l08_live_feed::announce)
            .service(l16_burst::bestsellers)
            // After every other path of one piece below /orders.
            .service(l07_deadline::look_up)
            .service(l09_call_budget::quote)
            .service(l10_retry_partition::keep)
            .service(l11_session_cache::look_up)
            .service(l12_idempotency_keys::pay)
            .configure(l13_request_metrics::public_page)
            .service(l14_request_context::history)
            .service(l15_interned_names::report)
            .service(c01_client_clones::status)
            .service(c02_first_page::list)
            .service(c03_dropped_upload::attach)
            .service(c04_retries::mark)
            .service(c05_compression::packing_list)
            .service(c06_client_churn::weight);
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        Api::openapi()
    }

    async fn drain(&self) {
        self.jobs.drain().await;
        self.events.drain().await;
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Order service", description = "Orders and sessions in DynamoDB"),
    paths(
        l01_order_export::export,
        l02_tenant_clients::summary,
        l03_write_behind::record,
        l04_background_jobs::confirm,
        l05_bulk_import::import,
        l06_admission::place,
        l07_deadline::look_up,
        l08_live_feed::follow,
        l08_live_feed::announce,
        l09_call_budget::quote,
        l10_retry_partition::keep,
        l11_session_cache::look_up,
        l12_idempotency_keys::pay,
        l13_request_metrics::track,
        l13_request_metrics::scrape,
        l14_request_context::history,
        l15_interned_names::report,
        l16_burst::bestsellers,
        c01_client_clones::status,
        c02_first_page::list,
        c03_dropped_upload::attach,
        c04_retries::mark,
        c05_compression::packing_list,
        c06_client_churn::weight,
    ),
    components(schemas(Problem, model::Order))
)]
struct Api;
