//! A workshop: services of which nobody is told what leaks, and a class whose trainer
//! sees who is where.
//!
//! [`Mystery`] draws a service from a seed, and grades what somebody says about it.
//! [`class`] has the teams, and [`board`] shows their [`results`](result).

pub mod answers;
pub mod board;
mod catalogue;
pub mod class;
mod grade;
mod mystery;
pub mod result;

pub use grade::{Grade, RouteGrade};
pub use mystery::{DATA_SEED, Level, Mystery};
