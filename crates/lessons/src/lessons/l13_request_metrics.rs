//! Show a parcel, and measure how long responses take.

use crate::claims::{Settles, ShownBy};
use crate::data::none;
use crate::lesson::{JOB, Lesson};
use crate::requests::{get, path};
use measure::{Growth, Metric};
use model::seed;
use model::table::to_item;

pub(super) const LESSON: Lesson = Lesson {
    title: "show a parcel, measure the responses",
    route: "GET /track/{code}",
    grows_with: "distinct paths",
    // Two shards of eleven buckets and the bounds of the buckets, 8 bytes each.
    growth: Growth::Slope { min_leak_bytes: 264.0 },
    requests: 120,
    window_requests: 24,
    metrics: &[Metric::Gauge("metric series")],
    request: |plan, n| get(format!("/track/{}", seed::tracking_code(plan.seed, n))),
    data: none,
    round_data: |plan, numbers| {
        let seed = plan.seed;
        Box::new(numbers.map(move |n| {
            let parcel = seed::parcel(seed, &seed::tracking_code(seed, n));
            to_item(&parcel).expect("seeded parcels have a DynamoDB form")
        }))
    },
    distinct: Some(path),
    settles: &[Settles {
        finding: "C12.3",
        shown_by: ShownBy::Leak,
        reason: "A metric labelled with the raw path is an unintended cache of \
                     paths.",
    }],
    ..JOB
};
