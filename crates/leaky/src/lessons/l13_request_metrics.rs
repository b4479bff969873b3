//! Show where a parcel is to whoever has its code, and measure the answers for
//! Prometheus.
//!
//! Each new combination of label values is a series of its own, and a series stays
//! until the process ends.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use actix_web::{Error, HttpResponse, Result, get};
use heap::Gauge;
use model::{Parcel, TrackingCode, table};
use prometheus::{HistogramOpts, HistogramVec, Registry, TEXT_FORMAT, TextEncoder};
use service::{Context, Dynamo, Problem, ServiceError};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Mounts the public page, measured, and the measurements.
pub(crate) fn public_page(config: &mut ServiceConfig) {
    // A scope also sees what is asked for below it and does not exist.
    let page = web::scope("/track").wrap(from_fn(measure)).service(track);
    config.service(page).service(scrape);
}

/// Shows where a parcel is
#[utoipa::path(
    context_path = "/track",
    params(("code" = String, Path)),
    responses(
        (status = 200, body = Parcel),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/{code}")]
pub(crate) async fn track(
    code: Path<TrackingCode>,
    dynamo: Data<Dynamo>,
) -> Result<Json<Parcel>, ServiceError> {
    let mut call = dynamo.call("GetItem");
    let request = dynamo
        .client
        .get_item()
        .table_name(&*dynamo.table)
        .set_key(Some(table::parcel_key(&code)))
        .send();
    let found = call.send(request).await?.item;
    call.consumed(found.iter().len());
    let item = found.ok_or(ServiceError::NotFound("parcel"))?;
    Ok(Json(table::read_parcel(item).map_err(ServiceError::internal)?))
}

/// Shows what was measured, in Prometheus's text format
#[utoipa::path(
    responses((status = 200, body = String, content_type = "text/plain"))
)]
#[get("/metrics")]
pub(crate) async fn scrape(
    metrics: Data<Metrics>,
) -> Result<HttpResponse, ServiceError> {
    let families = metrics.registry.gather();
    let text = TextEncoder::new().encode_to_string(&families);
    let text = text.map_err(ServiceError::internal)?;
    Ok(HttpResponse::Ok().content_type(TEXT_FORMAT).body(text))
}

/// Middleware: measures the time until the answer's head.
async fn measure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let metrics = request.app_data::<Data<Metrics>>().cloned();
    let path = path_label(&request);
    let began = Instant::now();
    let response = next.call(request).await?;
    if let Some(metrics) = metrics {
        let seconds = began.elapsed().as_secs_f64();
        metrics.observe(&path, response.status().as_str(), seconds);
    }
    Ok(response)
}

/// What the series of this request is named after.
fn path_label(request: &ServiceRequest) -> String {
    // LEAK: a path holds what clients put there, a tracking code or anything else, so
    // every new one is a new series, and no series is ever dropped.
    request.path().to_owned()
}

/// What this process has measured.
pub(crate) struct Metrics {
    registry: Registry,
    /// Gets a series for each path and status that is new, and loses none.
    seconds: HistogramVec,
    /// How many series there are.
    known: Mutex<u64>,
    /// The same, for whoever measures.
    series: Gauge,
}

impl Metrics {
    pub(crate) fn new(context: &Context) -> Self {
        let name = "http_request_duration_seconds";
        let options = HistogramOpts::new(name, "Time until the answer's head");
        let seconds = HistogramVec::new(options, &["path", "status"])
            .expect("the metric's name and labels are valid");
        let registry = Registry::new();
        registry
            .register(Box::new(seconds.clone()))
            .expect("the registry holds no other metric");
        let series = context.gauges.named("metric series");
        Self { registry, seconds, known: Mutex::default(), series }
    }

    fn observe(&self, path: &str, status: &str, seconds: f64) {
        let series = self.seconds.with_label_values(&[path, status]);
        // Locked, or two first requests at a time would count their series twice.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if series.get_sample_count() == 0 {
            *known += 1;
            self.series.set(*known);
        }
        series.observe(seconds);
    }
}
