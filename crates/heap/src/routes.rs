//! The measuring routes: for the machine that the service runs on, and for nobody
//! else.
//!
//! | request | answer |
//! |---|---|
//! | `GET /__heap` | a [`Reading`] |
//! | `GET /__heap?only=counters` | the same, without what costs system calls |
//! | `DELETE /__heap/peak` | 204; the peak begins again |
//! | `POST /__heap/window?frames=64&seconds=600` | 204; a dhat window opens, for so long at most |
//! | `DELETE /__heap/window` | dhat's profile of the window |

use crate::window::{self, WindowError};
use crate::{Gauges, Reading, alloc};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, ContentType, HeaderName};
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, HttpResponse, web};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Duration;

/// Most frames of a call stack. No service is as deep, and each window could otherwise
/// be asked to keep any number.
const FRAMES_MAX: usize = 1_024;

/// Longest time of a window: a day.
const SECONDS_MAX: u64 = 86_400;

/// Mounts the routes. Call it only when the operator asked for measuring: a dhat
/// window slows a service down, and a profile shows its inner workings.
pub fn configure(config: &mut web::ServiceConfig, gauges: Gauges) {
    config.service(
        web::scope("/__heap")
            .wrap(from_fn(only_here))
            .app_data(web::Data::new(gauges))
            .route("", web::get().to(read))
            .route("/peak", web::delete().to(reset_peak))
            .route("/window", web::post().to(open))
            .route("/window", web::delete().to(close)),
    );
}

/// Answers 404 to everybody but programs of this machine that mean this service. A page
/// in a browser is refused too: its host name may point here, and it may post anywhere.
async fn only_here<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|v| v.to_str().unwrap_or_default());
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let allowed = peer.is_some_and(|peer| peer.is_loopback())
        && text(header::HOST).is_none_or(is_local)
        && request.uri().host().is_none_or(is_local)
        && text(header::ORIGIN).is_none_or(|origin| {
            origin.split_once("://").is_some_and(|(_, host)| is_local(host))
        })
        && text(HeaderName::from_static("sec-fetch-site"))
            .is_none_or(|site| matches!(site, "none" | "same-origin"));
    if allowed {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    Ok(request
        .into_response(HttpResponse::NotFound().finish())
        .map_into_right_body())
}

/// Whether a host, with or without port, can only be this machine.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    let address = name.trim_start_matches('[').trim_end_matches(']').parse();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
}

#[derive(Deserialize)]
struct Depth {
    only: Option<String>,
}

async fn read(gauges: web::Data<Gauges>, depth: web::Query<Depth>) -> HttpResponse {
    let reading = match depth.only.as_deref() {
        Some("counters") => Reading::counters(&gauges),
        _ => Reading::take(&gauges),
    };
    HttpResponse::Ok().json(reading)
}

async fn reset_peak() -> HttpResponse {
    alloc::reset_peak();
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct Size {
    frames: Option<usize>,
    seconds: Option<u64>,
}

async fn open(size: web::Query<Size>) -> HttpResponse {
    let frames = size.frames.unwrap_or(window::FRAMES);
    let seconds = size.seconds.unwrap_or(window::OPEN_AT_MOST.as_secs());
    if !(1..=FRAMES_MAX).contains(&frames) || !(1..=SECONDS_MAX).contains(&seconds) {
        let text =
            format!("frames must be 1 to {FRAMES_MAX}, seconds 1 to {SECONDS_MAX}");
        return HttpResponse::BadRequest().body(text);
    }
    match window::open(frames, Duration::from_secs(seconds)) {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => refuse(&error),
    }
}

async fn close() -> HttpResponse {
    // Naming the frames takes long enough to starve the worker's other requests.
    match web::block(window::close).await {
        Ok(Ok(profile)) => {
            HttpResponse::Ok().content_type(ContentType::json()).body(profile)
        }
        Ok(Err(error)) => refuse(&error),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

fn refuse(error: &WindowError) -> HttpResponse {
    match error {
        WindowError::AlreadyOpen | WindowError::NotOpen => {
            HttpResponse::Conflict().body(error.to_string())
        }
        WindowError::Thread(_) | WindowError::Dhat => {
            HttpResponse::InternalServerError().body(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service};

    #[actix_web::test]
    async fn only_callers_of_this_machine_see_the_routes() {
        let app =
            App::new().configure(|config| configure(config, Gauges::default()));
        let app = init_service(app).await;
        for (peer, status) in [
            ("127.0.0.1:9", 200),
            // As seen by a service that listens on `[::]`.
            ("[::ffff:127.0.0.1]:9", 200),
            ("[::1]:9", 200),
            ("10.0.0.1:9", 404),
            ("[::ffff:10.0.0.1]:9", 404),
        ] {
            let request = TestRequest::get().uri("/__heap");
            let request = request.peer_addr(peer.parse().unwrap()).to_request();
            let answer = call_service(&app, request).await;
            assert_eq!(answer.status(), status, "{peer}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in
            ["localhost", "LocalHost:80", "127.0.0.1:9", "127.9.9.9", "[::1]:80"]
        {
            assert!(is_local(host), "{host}");
        }
        for host in
            ["", "evil.example", "127.0.0.1.evil.example", "[::2]:80", "10.0.0.1"]
        {
            assert!(!is_local(host), "{host}");
        }
    }
}
