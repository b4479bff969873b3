//! A service on hyper alone that can be measured. It answers every request with its body.
//!
//!     cargo run -p leaklab-heap --example hyper -- 127.0.0.1:8080

use heap::Gauges;
use heap::routes::Call;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::io::Write;
use std::net::IpAddr;

#[global_allocator]
static ALLOC: heap::CountingAlloc = heap::CountingAlloc;

type Failure = Box<dyn Error + Send + Sync>;

async fn respond(
    gauges: Gauges,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Failure> {
    let (uri, headers) = (request.uri(), request.headers());
    let call = Call {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
        host: uri.host(),
        peer: Some(peer),
        header: &|name| headers.get(name).map(|value| value.as_bytes()),
    };
    let Some(job) = call.job() else {
        // Until the response begins; the example for axum also covers its body.
        let _held = gauges.in_flight.hold();
        let body = request.into_body().collect().await?.to_bytes();
        return Ok(Response::new(Full::new(body)));
    };
    let answer = match job.blocks() {
        true => tokio::task::spawn_blocking(move || job.run(&gauges)).await?,
        false => job.run(&gauges),
    };
    let mut response = Response::new(Full::new(answer.body.into()));
    *response.status_mut() = StatusCode::from_u16(answer.status)?;
    let content_type = HeaderValue::from_static(answer.content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8080".to_owned());
    let gauges = Gauges::default();
    let listener = tokio::net::TcpListener::bind(address).await?;
    writeln!(std::io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    loop {
        let (stream, peer) = listener.accept().await?;
        let gauges = gauges.clone();
        let service =
            service_fn(move |request| respond(gauges.clone(), peer.ip(), request));
        let http = hyper::server::conn::http1::Builder::new();
        // An error ends its connection, and no other.
        tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
    }
}
