//! What the lessons' files use.

pub(crate) use crate::data::{
    first_order, none, one_page, shop_events, sized_orders, stored,
};
pub(crate) use crate::lesson::{FailedFix, Harder, JOB, Lesson, LiveRun, Proof};
pub(crate) use crate::requests::*;
pub(crate) use dynamo::{Fault, FaultAction, When};
pub(crate) use measure::{Growth, Metric, Scale};
pub(crate) use model::seed;
pub(crate) use serde_json::json;
pub(crate) use std::time::Duration;
pub(crate) use workload::{ClientBehavior, Request};
