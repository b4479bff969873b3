//! A lesson as a service collects it: routes, state, and settings of the server.

use actix_web::App;
use actix_web::web::Data;
use futures_util::future::BoxFuture;
use std::future::Future;
use std::sync::Arc;
use tokio::time::Instant;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds routes or state to a worker.
type Mount = Box<dyn Fn(&mut ServiceConfig<'_>) + Send + Sync>;

/// Finishes background work before this moment.
type Drain =
    Box<dyn FnOnce(Instant) -> BoxFuture<'static, Result<(), Undone>> + Send>;

/// Accepted work was not done before the service ended. The log names it, and the
/// process exits with code 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone;

/// One lesson, built once when the service starts.
#[derive(Default)]
pub struct Lesson {
    mounts: Vec<Mount>,
    public: Vec<&'static str>,
    drain: Option<Drain>,
    connections_max: Option<usize>,
}

impl Lesson {
    /// A lesson with these routes. The function runs once in each worker; the OpenAPI
    /// document describes every handler that it mounts.
    pub fn new(
        routes: impl for<'a, 'b> Fn(
            &'a mut ServiceConfig<'b>,
        ) -> &'a mut ServiceConfig<'b>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let mount: Mount = Box::new(move |app| {
            routes(app);
        });
        Self { mounts: vec![mount], ..Self::default() }
    }

    /// State that all workers share. It lives until the service ends.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(mut self, state: Data<T>) -> Self {
        self.mounts.push(Box::new(move |app| {
            app.app_data(state.clone());
        }));
        self
    }

    /// Declares the route with this pattern public: requests to it need no tenant.
    #[must_use]
    pub fn public(mut self, route: &'static str) -> Self {
        self.public.push(route);
        self
    }

    /// Finishes the lesson's background work when the service stops. The function gets
    /// the moment at which it must be done or name in the log what is left.
    #[must_use]
    pub fn drain<W: Future<Output = Result<(), Undone>> + Send + 'static>(
        mut self,
        work: impl FnOnce(Instant) -> W + Send + 'static,
    ) -> Self {
        self.drain = Some(Box::new(|deadline| Box::pin(work(deadline))));
        self
    }

    /// How many connections a worker serves at a time. By default actix serves 25,600.
    #[must_use]
    pub fn connections_max(mut self, connections: usize) -> Self {
        self.connections_max = Some(connections);
        self
    }
}

/// All lessons of a service, collected.
pub(crate) struct Lessons {
    /// Shared by the workers.
    pub(crate) routes: Arc<Routes>,
    pub(crate) public: Vec<&'static str>,
    pub(crate) drains: Vec<Drain>,
    pub(crate) connections_max: usize,
}

/// The routes and state of all lessons.
pub(crate) struct Routes(Vec<Mount>);

impl Lessons {
    pub(crate) fn collect(lessons: Vec<Lesson>) -> Self {
        let (mut mounts, mut public) = (Vec::new(), Vec::new());
        let (mut drains, mut connections_max) = (Vec::new(), None);
        for lesson in lessons {
            mounts.extend(lesson.mounts);
            public.extend(lesson.public);
            drains.extend(lesson.drain);
            if let Some(own) = lesson.connections_max {
                let other = connections_max.replace(own);
                assert!(other.is_none(), "two lessons limit the connections");
            }
        }
        let connections_max = connections_max.unwrap_or(25_600);
        Self { routes: Arc::new(Routes(mounts)), public, drains, connections_max }
    }
}

impl Routes {
    /// Mounts everything in one worker.
    pub(crate) fn mount(&self, app: &mut actix_web::web::ServiceConfig) {
        let app = &mut ServiceConfig::new(app);
        self.0.iter().for_each(|mount| mount(app));
    }

    /// The OpenAPI document of each lesson's handlers.
    pub(crate) fn describe(&self) -> impl Iterator<Item = OpenApi> {
        self.0.iter().map(|mount| {
            let app = App::new().into_utoipa_app().configure(|app| mount(app));
            app.split_for_parts().1
        })
    }
}
