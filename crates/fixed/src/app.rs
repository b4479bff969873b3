//! The service put together: its state, its routes, its description.

use crate::lessons::l04_background_jobs::Jobs;
use crate::lessons::l11_session_cache::Sessions;
use crate::lessons::{
    c01_client_clones, c02_first_page, l01_order_export, l04_background_jobs,
    l09_call_budget, l11_session_cache,
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
}

impl Application for App {
    fn new(context: Context) -> Self {
        Self {
            jobs: Data::new(Jobs::new(&context)),
            sessions: Data::new(Sessions::new(&context)),
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
            .service(l01_order_export::export)
            .service(l04_background_jobs::confirm)
            .service(l09_call_budget::quote)
            .service(l11_session_cache::look_up)
            .service(c01_client_clones::status)
            .service(c02_first_page::list);
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
        c01_client_clones::status,
        c02_first_page::list,
    ),
    components(schemas(Problem, model::Order))
)]
struct Api;
