//! A workshop: services whose leaks are to be found, and a class whose trainer sees the
//! progress of every team.
//!
//! [`Mystery`] draws a service from a seed, and grades answers about it.
//! [`class`] has the teams, and [`board`] shows their [`results`](result).

pub mod answers;
pub mod board;
pub mod class;
mod grade;
mod jobs;
mod mystery;
pub mod result;

pub use grade::{Grade, RouteGrade};
pub use jobs::SETTINGS;
pub use mystery::{DATA_SEED, Level, Mystery};
