//! Services under a steady load, watched until a memory limit kills them.
//!
//! A [`Live`] run collects what [`supervisor::run`] reads of each service, four times a second,
//! and draws it as HTML and SVG. [`server`] serves the drawing as a page. A run can be saved
//! as a page that opens alone, and replayed from it. What a service is, and how it is
//! started, is up to the caller.

pub mod ticks;
pub mod forecast;
pub mod words;
mod chart;
mod view;
mod line;
mod baseline;
mod observed;
mod calls;
mod page;
pub mod run;
pub mod supervisor;
mod window;
pub mod server;
pub mod recording;
pub mod proof;

pub use run::{About, Controls, Live};
pub use supervisor::{Running, Service};
