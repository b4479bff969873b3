//! The measuring routes: for the machine that the service runs on, and for nobody
//! else.
//!
//! | request | answer |
//! |---|---|
//! | `GET /__heap` | a [`Reading`] |
//! | `GET /__heap?only=counters` | the same, without what costs system calls |
//! | `DELETE /__heap/peak` | 204; the peak begins again |
//! | `POST /__heap/window?frames=64` | 204; a dhat window opens |
//! | `DELETE /__heap/window` | dhat's profile of the window |

use crate::window::{self, WindowError};
use crate::{Gauges, Reading, alloc};
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, guard, web};
use serde::Deserialize;

/// Mounts the routes. Call it only when the operator asked for measuring: a dhat
/// window slows a service down, and a profile shows its inner workings.
pub fn configure(config: &mut web::ServiceConfig, gauges: Gauges) {
    let loopback = guard::fn_guard(|request| {
        request.head().peer_addr.is_some_and(|peer| peer.ip().is_loopback())
    });
    config.service(
        web::scope("/__heap")
            .guard(loopback)
            .app_data(web::Data::new(gauges))
            .route("", web::get().to(read))
            .route("/peak", web::delete().to(reset_peak))
            .route("/window", web::post().to(open))
            .route("/window", web::delete().to(close)),
    );
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
struct Frames {
    #[serde(default = "frames")]
    frames: usize,
}

fn frames() -> usize {
    window::FRAMES
}

async fn open(query: web::Query<Frames>) -> HttpResponse {
    match window::open(query.frames) {
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
        WindowError::Folder(cause) => {
            HttpResponse::InternalServerError().body(format!("{error}: {cause}"))
        }
    }
}
