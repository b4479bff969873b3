//! Mounts the measuring routes and the gauge of requests in flight in Actix Web.

use crate::gauges::GaugeGuard;
use crate::routes::{Call, Job};
use crate::{Gauges, alloc};
use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Bytes};
use actix_web::{Error, HttpRequest, HttpResponse};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Middleware that answers `/__heap` and counts every other request as in flight until
/// the last byte of its response is written or its connection has failed.
///
/// Wrap it last, which makes it the outermost: then it also counts requests that other
/// middleware refuses, and no other middleware sees `/__heap`.
pub fn instrument<S, B>(
    gauges: Gauges,
) -> impl Transform<
    S,
    ServiceRequest,
    Response = ServiceResponse<EitherBody<Counted<B>>>,
    Error = Error,
    InitError = (),
    Transform: 'static,
    Future: 'static,
>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>
        + 'static,
    B: MessageBody + 'static,
{
    alloc::limit_from_environment();
    from_fn(move |request: ServiceRequest, next: Next<B>| {
        let gauges = gauges.clone();
        async move {
            if let Some(job) = job(request.request()) {
                let answer = answer(job, gauges).await;
                return Ok(request.into_response(answer).map_into_right_body());
            }
            let held = gauges.in_flight.hold();
            let response = next.call(request).await?;
            let response = response.map_body(|_, body| Counted { body, held });
            Ok(response.map_into_left_body())
        }
    })
}

/// Mounts the routes alone, for a service that counts its requests in flight itself.
pub fn configure(config: &mut web::ServiceConfig, gauges: Gauges) {
    alloc::limit_from_environment();
    let respond = move |request: HttpRequest| {
        let (job, gauges) = (job(&request), gauges.clone());
        async move {
            match job {
                Some(job) => answer(job, gauges).await,
                None => HttpResponse::NotFound().finish(),
            }
        }
    };
    config.service(web::scope("/__heap").default_service(web::to(respond)));
}

fn job(request: &HttpRequest) -> Option<Job> {
    let (uri, headers) = (request.uri(), request.headers());
    let call = Call {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
        host: uri.host(),
        peer: request.peer_addr().map(|peer| peer.ip()),
        header: &|name| headers.get(name).map(|value| value.as_bytes()),
    };
    call.job()
}

async fn answer(job: Job, gauges: Gauges) -> HttpResponse {
    let answer = match job.blocks() {
        true => web::block(move || job.run(&gauges)).await,
        false => Ok(job.run(&gauges)),
    };
    let Ok(answer) = answer else {
        return HttpResponse::InternalServerError().finish();
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or_default();
    HttpResponse::build(status).content_type(answer.content_type).body(answer.body)
}

pin_project! {
    /// The body of a response, whose request is in flight until this is dropped.
    #[derive(Debug)]
    pub struct Counted<B> {
        #[pin]
        body: B,
        held: GaugeGuard,
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

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::App;
    use actix_web::middleware::Condition;
    use actix_web::test::{TestRequest, init_service, read_body};

    #[actix_web::test]
    async fn a_request_is_in_flight_until_its_response_ends() {
        let gauges = Gauges::default();
        let number = gauges.in_flight.clone();
        let handler = move || std::future::ready(number.get().to_string());
        let app = App::new()
            .route("/", web::get().to(handler))
            .wrap(Condition::new(true, instrument(gauges.clone())));
        let app = init_service(app).await;
        let response = TestRequest::default().send_request(&app).await;
        assert_eq!(gauges.in_flight.get(), 1);
        assert_eq!(read_body(response).await, "1");
        let peer = "127.0.0.1:9".parse().unwrap();
        let request = TestRequest::with_uri("/__heap").peer_addr(peer);
        let reading = read_body(request.send_request(&app).await).await;
        let reading: crate::Reading = serde_json::from_slice(&reading).unwrap();
        assert_eq!(reading.in_flight, 0);
    }
}
