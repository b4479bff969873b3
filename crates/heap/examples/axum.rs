//! An axum service that can be measured. It answers every request with its body.
//!
//!     cargo run -p leaklab-heap --example axum -- 127.0.0.1:8080

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use heap::Gauges;
use heap::routes::Call;
use http_body_util::BodyExt;
use std::io::Write;
use std::net::SocketAddr;

#[global_allocator]
static ALLOC: heap::CountingAlloc = heap::CountingAlloc;

async fn instrument(
    State(gauges): State<Gauges>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let call = Call {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
        host: uri.host(),
        peer: Some(peer.ip()),
        header: &|name| headers.get(name).map(|value| value.as_bytes()),
    };
    let Some(job) = call.job() else {
        let held = gauges.in_flight.hold();
        // The response's body holds the gauge until its last byte is written.
        return next.run(request).await.map(|body| {
            Body::new(body.map_err(move |error| {
                let _held = &held;
                error
            }))
        });
    };
    let answer = match job.blocks() {
        true => tokio::task::spawn_blocking(move || job.run(&gauges)).await,
        false => Ok(job.run(&gauges)),
    };
    let Ok(answer) = answer else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or_default();
    (status, [(CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8080".to_owned());
    let app = Router::new()
        .fallback(|body: Bytes| async { body })
        // Last, so that it is the outermost.
        .layer(from_fn_with_state(Gauges::default(), instrument))
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind(address).await?;
    writeln!(std::io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    axum::serve(listener, app).await
}
