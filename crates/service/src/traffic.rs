//! Middleware of every request: counts it, and gives its body a deadline.

use crate::{Limits, ServiceError};
use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use heap::{GaugeGuard, Gauges};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

pin_project! {
    /// A body that counts as a request in flight until its last byte is written or
    /// its connection has failed.
    #[derive(Debug)]
    pub struct Counted<B> {
        #[pin]
        body: B,
        guard: Option<GaugeGuard>,
    }
}

impl<B: MessageBody> MessageBody for Counted<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, B::Error>>> {
        self.project().body.poll_next(context)
    }
}

/// Middleware: counts requests in flight. Requests to `/__heap` are not counted, or the
/// service would never be at rest while it is measured.
///
/// # Errors
/// Those of the route.
pub async fn count<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Counted<B>>, Error> {
    let measuring = request.path().starts_with("/__heap");
    let gauges = request.app_data::<Data<Gauges>>().filter(|_| !measuring);
    let guard = gauges.map(|gauges| gauges.in_flight.hold());
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Counted { body, guard }))
}

/// Middleware: gives up a request with a body whose answer does not begin within
/// [`Limits::request_deadline_ms`].
///
/// # Errors
/// [`ServiceError::TooSlow`], and those of the route.
pub async fn deadline<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let limits = request.app_data::<Data<Limits>>().filter(|_| has_body(&request));
    let Some(limit) = limits.map(|limits| limits.request_deadline_ms) else {
        return next.call(request).await;
    };
    match tokio::time::timeout(Duration::from_millis(limit), next.call(request))
        .await
    {
        Ok(answer) => answer,
        Err(_) => Err(ServiceError::TooSlow(limit).into()),
    }
}

fn has_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0")
}
