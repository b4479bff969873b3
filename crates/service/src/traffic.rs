//! What happens to every request on its way: it is counted, and its body has a deadline.

use crate::ServiceError;
use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use heap::{Gauges, Held};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

pin_project! {
    /// A body that counts as a request in flight until its last byte is written or
    /// its client is gone.
    #[derive(Debug)]
    pub struct Counted<B> {
        #[pin]
        body: B,
        held: Option<Held>,
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

/// Middleware: counts requests in flight. Those that measure are not counted, or
/// the service would never be at rest while somebody looks.
///
/// # Errors
/// What the route answers.
pub async fn count<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Counted<B>>, Error> {
    let measuring = request.path().starts_with("/__heap");
    let gauges = request.app_data::<Data<Gauges>>().filter(|_| !measuring);
    let held = gauges.map(|gauges| gauges.in_flight.hold());
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Counted { body, held }))
}

/// How long a request with a body may take until its answer begins.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// In milliseconds.
    pub milliseconds: u64,
}

/// Middleware: gives up a request whose body trickles for longer than the
/// [`Deadline`]. What a handler waits for has deadlines of its own.
///
/// # Errors
/// [`ServiceError::TooSlow`], or what the route answers.
pub async fn deadline<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let limit = request.app_data::<Data<Deadline>>().filter(|_| has_body(&request));
    let Some(limit) = limit.map(|limit| limit.milliseconds) else {
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
