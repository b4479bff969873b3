//! Show where a parcel is to anyone who has its code, and measure the answers for
//! Prometheus.
//!
//! Each new combination of label values is a new series, and a series stays until the
//! process ends.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use heap::Gauge;
use model::{Parcel, TrackingCode};
use prometheus::{HistogramOpts, HistogramVec, Registry, TEXT_FORMAT, TextEncoder};
use service::prelude::*;
use service::scope;
use std::net::SocketAddr;
use std::time::Instant;

/// Shows where a parcel is
#[utoipa::path(responses((status = 200, body = Parcel)))]
#[get("/{code}")]
async fn track(
    code: Path<TrackingCode>,
    dynamo: Data<Dynamo>,
) -> Result<Json<Parcel>, ServiceError> {
    Ok(Json(dynamo.get(table::parcel_key(&code)).await?))
}

/// Middleware: measures the time until the head of the answer.
async fn measure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let metrics = request.app_data::<Data<Metrics>>().cloned();
    // Now, while the request is here: `next` consumes it.
    let (route, method) = (route_label(&request), method_label(request.method()));
    let began = Instant::now();
    let response = next.call(request).await?;
    if let Some(metrics) = metrics {
        let seconds = began.elapsed().as_secs_f64();
        metrics.observe([&route, method, response.status().as_str()], seconds);
    }
    Ok(response)
}

/// The value of the label `route` for this request.
fn route_label(request: &ServiceRequest) -> String {
    // FIX: the pattern of the route. There are as many patterns as routes, and one name
    // stands for all paths without a route, so the series are few and known in advance.
    request.match_pattern().unwrap_or_else(|| "unmatched".to_owned())
}

/// The value of the label `method`. HTTP allows any word as a method, so those that are
/// not common share one value.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        _ => "other",
    }
}

/// Shows what was measured, in Prometheus's text format
#[utoipa::path(responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 403, description = "The caller is on another machine")
))]
#[get("/metrics")]
async fn scrape(
    request: HttpRequest,
    metrics: Data<Metrics>,
    limits: Data<Limits>,
) -> Result<HttpResponse, ServiceError> {
    // Figures say much about a business. A reverse proxy on this machine is a local
    // caller, so it must not forward this path.
    let local = |peer: SocketAddr| peer.ip().to_canonical().is_loopback();
    if !limits.metrics_public && !request.peer_addr().is_some_and(local) {
        return Err(ServiceError::Local);
    }
    // A scrape writes every series, so it grows with their number as well.
    let families = metrics.registry.gather();
    let text = TextEncoder::new().encode_to_string(&families);
    let text = text.map_err(ServiceError::internal)?;
    Ok(HttpResponse::Ok().content_type(TEXT_FORMAT).body(text))
}

/// What this process has measured.
struct Metrics {
    registry: Registry,
    /// A map from label values to series. A new combination inserts a series, and
    /// nothing removes one.
    seconds: HistogramVec,
    /// How many series there are.
    series: Gauge,
}

impl Metrics {
    fn new(context: &Context) -> Self {
        let name = "http_request_duration_seconds";
        let options = HistogramOpts::new(name, "Time until the answer's head");
        let seconds = HistogramVec::new(options, &["route", "method", "status"])
            .expect("the metric's name and labels are valid");
        let registry = Registry::new();
        registry
            .register(Box::new(seconds.clone()))
            .expect("the registry holds no other metric");
        let series = context.gauges.named("metric series");
        Self { registry, seconds, series }
    }

    fn observe(&self, labels: [&str; 3], seconds: f64) {
        // Finds the series of these values in the map, or allocates it. A series counts
        // how many requests took up to 5 ms, up to 10 ms, and so on.
        let series = self.seconds.with_label_values(&labels);
        // Two first requests at the same time are counted as two series. The number is
        // for `/__heap` only.
        if series.get_sample_count() == 0 {
            self.series.add(1);
        }
        series.observe(seconds);
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| {
        // A scope, so that requests for paths that do not exist are measured too.
        let page = scope("/track").wrap(from_fn(measure)).service(track);
        app.service(page).service(scrape)
    })
    .public("/track/{code}")
    .public("/metrics")
    .state(Data::new(Metrics::new(context)))
}
