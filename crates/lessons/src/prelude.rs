//! What the lessons' files use.

pub(crate) use crate::data::{
    none, one_page, orders, seeded, shop_events, sized_orders,
};
pub(crate) use crate::lesson::{FailedFix, JOB, Lesson};
pub(crate) use crate::requests::*;
pub(crate) use dynamo::{Fault, FaultAction, When};
pub(crate) use measure::{Growth, Metric, Scale};
pub(crate) use model::seed;
pub(crate) use serde_json::json;
pub(crate) use std::time::Duration;
pub(crate) use workload::{ClientBehavior, Request};
