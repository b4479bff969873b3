//! Mounts the measuring routes and the gauge of requests in flight in Actix Web.

use crate::Gauges;
use crate::gauges::GaugeGuard;
use crate::routes::{Call, Job};
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
///
/// ```
/// use actix_web::middleware::Condition;
/// use actix_web::{App, HttpServer, web};
///
/// # fn main() -> std::io::Result<()> {
/// let measure = std::env::args().any(|argument| argument == "--measure");
/// let gauges = heap::Gauges::default();
/// let server = HttpServer::new(move || {
///     App::new()
///         .route("/", web::get().to(|| async { "hello" }))
///         .wrap(Condition::new(measure, heap::actix::instrument(gauges.clone())))
/// })
/// .bind("127.0.0.1:0")?;
/// # drop(server);
/// # Ok(())
/// # }
/// ```
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
    let status = StatusCode::from_u16(answer.status);
    let mut response =
        HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    match answer.body.is_empty() {
        true => response.finish(),
        false => response.content_type(answer.content_type).body(answer.body),
    }
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
    use actix_web::http::Method;
    use actix_web::middleware::Condition;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    fn request(path: &str) -> TestRequest {
        TestRequest::with_uri(path).peer_addr("127.0.0.1:9".parse().unwrap())
    }

    #[actix_web::test]
    async fn a_request_is_in_flight_until_its_response_ends() {
        let gauges = Gauges::default();
        let number = gauges.in_flight.clone();
        let handler = move || {
            let number = number.get().to_string();
            async move { number }
        };
        let app = App::new()
            .route("/", web::get().to(handler))
            .wrap(Condition::new(true, instrument(gauges.clone())));
        let app = init_service(app).await;
        let response = call_service(&app, request("/").to_request()).await;
        assert_eq!(gauges.in_flight.get(), 1);
        assert_eq!(read_body(response).await, "1");
        assert_eq!(gauges.in_flight.get(), 0);
        let reading = call_service(&app, request("/__heap").to_request()).await;
        let reading = read_body(reading).await;
        let reading: crate::Reading = serde_json::from_slice(&reading).unwrap();
        assert_eq!(reading.in_flight, 0);
    }

    #[actix_web::test]
    async fn the_routes_can_be_mounted_alone() {
        let gauges = Gauges::default();
        let app = App::new().configure(|config| configure(config, gauges));
        let app = init_service(app).await;
        for (method, path, status) in [
            (Method::GET, "/__heap", 200),
            (Method::DELETE, "/__heap/peak", 204),
            (Method::DELETE, "/__heap/window", 409),
            (Method::POST, "/__heap/nothing", 404),
        ] {
            let request = request(path).method(method).to_request();
            assert_eq!(call_service(&app, request).await.status(), status, "{path}");
        }
    }
}
