//! The service put together: one route for each decoy.

use crate::lessons::{
    c01_planted_leak, l01_unbounded_channel, l02_arc_client, l06_acquire_in_handler,
    l07_longer_timeout, l11_shrink_to_fit,
};
use actix_web::web::{Data, ServiceConfig};
use service::{Application, Context, Dynamo, Limits, Problem};
use utoipa::OpenApi;

/// Everything that outlives a request.
#[derive(Clone)]
pub(crate) struct App {
    dynamo: Data<Dynamo>,
    tenants: Data<l02_arc_client::Tenants>,
    leak: Data<c01_planted_leak::LeakBytes>,
    admission: Data<l06_acquire_in_handler::Admission>,
    orders: Data<l07_longer_timeout::Orders>,
    sessions: Data<l11_shrink_to_fit::Sessions>,
}

impl Application for App {
    /// As actix has it by default: nobody who reaches for a longer timeout has thought
    /// of that one.
    const ALLOW_HALF_CLOSED: bool = true;

    fn connections_max(_: &Limits) -> usize {
        25_600
    }

    fn new(context: Context) -> Self {
        Self {
            tenants: Data::new(l02_arc_client::Tenants::new(&context)),
            leak: Data::new(c01_planted_leak::LeakBytes::from_environment()),
            admission: Data::new(l06_acquire_in_handler::Admission::new(&context)),
            orders: Data::new(l07_longer_timeout::Orders::new(&context)),
            sessions: Data::new(l11_shrink_to_fit::Sessions::new(&context)),
            dynamo: Data::new(context.dynamo),
        }
    }

    fn configure(&self, config: &mut ServiceConfig) {
        config
            .app_data(self.dynamo.clone())
            .app_data(self.tenants.clone())
            .app_data(self.leak.clone())
            .app_data(self.admission.clone())
            .app_data(self.orders.clone())
            .app_data(self.sessions.clone())
            .service(l01_unbounded_channel::export)
            .service(l02_arc_client::summary)
            .service(l06_acquire_in_handler::place)
            .service(l07_longer_timeout::look_up)
            .service(l11_shrink_to_fit::look_up)
            .service(c01_planted_leak::status);
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        Api::openapi()
    }

    async fn drain(&self) {}
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Order service", description = "Fixes that do not hold"),
    components(schemas(Problem, model::Order))
)]
struct Api;
