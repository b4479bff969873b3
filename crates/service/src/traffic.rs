//! Middleware of every request: counts it, times client and handler, and answers in the
//! handler's place if that is too late or panics.

use crate::client::Client;
use crate::pace::{Incoming, Pace};
use crate::{Limits, ServiceError};
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Path, Payload, ServiceRequest, ServiceResponse, Url};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use heap::{GaugeGuard, Gauges};
use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

/// Bodies up to this size leave the request's head as it is.
const SMALL_BODY_BYTES: u64 = 4_096;

pin_project! {
    /// The body of an answer. Its request counts as in flight until the last byte is
    /// written or the connection has failed.
    pub struct Answer<B> {
        #[pin]
        body: B,
        size: BodySize,
        // The answer to HEAD has the size of a body and no body.
        ended: bool,
        served: Served,
    }
}

/// What a request holds until its answer has ended.
struct Served {
    client: Option<Rc<Client>>,
    // If the client has not sent its whole body by then, actix closes the connection.
    // Without the payload it would read a chunked body to its end, and that may never
    // come.
    payload: Option<Rc<RefCell<Payload>>>,
    pace: Rc<Pace>,
    _in_flight: Option<GaugeGuard>,
}

impl Served {
    /// The answer is an error, whose body is actix's own. Leaves the payload to the
    /// connection.
    fn leave(&self) {
        if let (Some(client), Some(payload)) = (&self.client, &self.payload) {
            client.keep(Rc::clone(payload));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(client) = &self.client {
            client.end(self.payload.is_none() || self.pace.is_whole());
        }
    }
}

impl<B: MessageBody> MessageBody for Answer<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, B::Error>>> {
        let this = self.project();
        if let Some(client) = &this.served.client {
            // actix asks for more when the client has taken most of what there was.
            client.works();
        }
        if *this.ended { Poll::Ready(None) } else { this.body.poll_next(context) }
    }
}

/// Middleware: the outermost one.
///
/// # Errors
/// Those of the route; [`ServiceError::Timeout`] if the answer does not begin in time,
/// [`ServiceError::Internal`] after a panic.
pub async fn attend<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answer<B>>, Error> {
    let client = request.conn_data::<Rc<Client>>().cloned();
    if let Some(client) = &client {
        client.begin().await;
    }
    let limits = request.app_data::<Data<Limits>>().cloned();
    let limits = limits.ok_or(ServiceError::Internal)?;
    let pace = Rc::new(Pace::new(&limits, client.clone()));
    if has_large_body(&request)
        || client.as_ref().is_some_and(|c| c.has_read_ahead())
    {
        own_head(&mut request);
    }
    let payload = watch_body(&mut request, &pace);
    let in_flight = in_flight(&request);
    let served =
        Served { client, payload, pace: Rc::clone(&pace), _in_flight: in_flight };
    // Every GET has a HEAD: actix writes the answer's head and leaves out its body.
    let head_only = request.method() == Method::HEAD;
    if head_only {
        request.head_mut().method = Method::GET;
    }
    match answer(request, next, &pace).await {
        Ok(answer) => Ok(answer.map_body(|_, body| {
            let size = body.size();
            Answer { body, size, ended: head_only, served }
        })),
        Err(error) => {
            served.leave();
            Err(error)
        }
    }
}

async fn answer<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
    pace: &Pace,
) -> Result<ServiceResponse<B>, Error> {
    let answer = pin!(AssertUnwindSafe(next.call(request)).catch_unwind());
    match pace.limit(answer).await {
        Some(Ok(answer)) => answer,
        // The panic hook has logged it.
        Some(Err(_)) => Err(ServiceError::Internal.into()),
        None => Err(ServiceError::Timeout.into()),
    }
}

/// Requests to `/__heap` are not counted, or the service would never be at rest while it
/// is measured.
fn in_flight(request: &ServiceRequest) -> Option<GaugeGuard> {
    let measuring = request.path().starts_with("/__heap");
    let gauges = request.app_data::<Data<Gauges>>().filter(|_| !measuring);
    gauges.map(|gauges| gauges.in_flight.hold())
}

/// Puts a watched body in the place of the request's, if it has one.
fn watch_body(
    request: &mut ServiceRequest,
    pace: &Rc<Pace>,
) -> Option<Rc<RefCell<Payload>>> {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return None;
    }
    let payload = Rc::new(RefCell::new(payload));
    let incoming = Incoming::new(Rc::clone(&payload), Rc::clone(pace));
    request.set_payload(Payload::Stream { payload: Box::pin(incoming) });
    Some(payload)
}

fn has_large_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    headers.contains_key(TRANSFER_ENCODING)
        || length.is_some_and(|length: u64| length > SMALL_BODY_BYTES)
}

/// Copies the values of the head out of the connection's read buffer. The buffer grows
/// to 128 KiB for a large body, and lives as long as its slices. actix keeps up to 256
/// heads in each worker after their requests: 57 to 72 MB after a thousand uploads.
fn own_head(request: &mut ServiceRequest) {
    request.headers_mut().retain(|_, value| {
        if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = copy;
        }
        true
    });
    if let Ok(uri) = request.uri().to_string().parse() {
        request.head_mut().uri = uri;
    }
    let path = Path::new(Url::new(request.uri().clone()));
    *request.match_info_mut() = path;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use actix_web::middleware::from_fn;
    use actix_web::{App, test, web};
    use clap::Parser;

    async fn fails() -> String {
        panic!("a handler's own mistake")
    }

    #[actix_web::test]
    async fn a_panic_is_answered() {
        let limits = Data::new(Settings::parse_from(["orders"]).limits);
        let app = App::new().app_data(limits).route("/", web::get().to(fails));
        let app = test::init_service(app.wrap(from_fn(attend))).await;
        let request = test::TestRequest::get().to_request();
        let answer = test::try_call_service(&app, request).await;
        let error = answer.map(|_| ()).unwrap_err();
        assert_eq!(error.as_response_error().status_code(), 500);
    }
}
