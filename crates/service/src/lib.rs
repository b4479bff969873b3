//! Shared by both twins: settings, logs, start and stop, access to DynamoDB, errors.
//!
//! No lesson is in this crate, so the twins cannot differ in it. A lesson is a file of
//! each twin and hands its routes and state over as a [`Lesson`].

pub mod settings;
pub mod telemetry;
pub mod dynamo;
pub mod error;
pub mod extract;
mod client;
mod connections;
mod pace;
pub mod tenant;
pub mod traffic;
pub mod lesson;
pub mod prelude;
mod openapi;
pub mod server;
mod sweep;

#[doc = include_str!("../../../docs/api-names.md")]
pub mod api_names {}

pub use dynamo::{Dynamo, Page, Pages};
pub use error::{Problem, ServiceError};
pub use lesson::{Lesson, Undone};
pub use server::{Context, main};
pub use settings::{Limits, Settings};
pub use sweep::sweep;
pub use tenant::Tenant;
pub use tokio_util::sync::CancellationToken;
pub use utoipa_actix_web::scope::scope;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks state that stays usable after a panic: no lesson leaves it half changed.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
