//! Which lesson a leak resembles: by the functions that allocate, and by what else rises.

use lessons::{LESSONS, Lesson};
use measure::judge::SiteGrowth;

/// Functions that hold a smaller share of the growth say little about its cause.
const SHARE_MIN: f64 = 0.02;

/// Functions that hold less of the growth are beside its cause.
const HELD_MIN: f64 = 0.25;

/// The lesson by whose functions and metrics this leak is known. Of several, the one
/// whose functions hold more through the service's own lines: libraries hold the requests
/// beside any leak. Then the one that is known by most, or holds more.
pub(super) fn lesson(
    sites: &[SiteGrowth],
    metrics: &[&str],
) -> Option<&'static Lesson> {
    let share = |part: &&str, in_app: bool| -> f64 {
        let of = sites.iter().filter(|site| !in_app || site.in_app_frame.is_some());
        let through = of.filter(|site| site.frames.iter().any(|f| f.contains(part)));
        through.map(|site| site.share).sum()
    };
    let found =
        |part: &&str| metrics.contains(part) || share(part, false) >= SHARE_MIN;
    let held = |lesson: &Lesson, in_app: bool| {
        let shares = lesson.known_by.iter().map(|part| share(part, in_app));
        shares.fold(0.0, f64::max)
    };
    let enough = |lesson: &&Lesson| {
        lesson.known_by.iter().any(|part| metrics.contains(part))
            || held(lesson, false) >= HELD_MIN
    };
    let known = LESSONS.iter().filter(|lesson| {
        !lesson.known_by.is_empty() && lesson.known_by.iter().all(found)
    });
    known.filter(enough).max_by(|a, b| {
        let parts = || a.known_by.len().cmp(&b.known_by.len());
        let more = |in_app| held(a, in_app).total_cmp(&held(b, in_app));
        more(true).then_with(parts).then_with(|| more(false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice::from_ref;

    #[test]
    fn a_leak_is_known_by_its_functions_and_its_metrics() {
        let site = |frame: &str, share: f64| SiteGrowth {
            blocks: 0,
            fingerprint: String::new(),
            share,
            bytes_per_request: 100.0,
            in_app_frame: None,
            expected_site: None,
            frames: vec!["to_vec (src/slice.rs:1)".to_owned(), frame.to_owned()],
        };
        let id = |sites: &[SiteGrowth], metrics: &[&str]| {
            lesson(sites, metrics).map(|lesson| &lesson.id[..3])
        };
        let series = site("prometheus::vec::MetricVec<T>::with (src/vec.rs:9)", 0.6);
        assert_eq!(id(&[series], &[]), Some("l13"));
        let connector = site("aws_smithy_http_client::client::build (c.rs:1)", 0.9);
        let built =
            site("aws_sdk_dynamodb::client::Client::from_conf (c.rs:2)", 0.1);
        assert_eq!(id(from_ref(&connector), &[]), Some("l09"));
        assert_eq!(
            id(&[SiteGrowth { share: 0.06, ..connector.clone() }], &[]),
            None
        );
        assert_eq!(id(&[connector, built], &[]), Some("l02"));
        // Requests that wait beside the leak are allocated by libraries.
        let reply = SiteGrowth {
            in_app_frame: Some("src/print.rs:67".to_owned()),
            ..site("tokio::sync::oneshot::channel (oneshot.rs:5)", 0.37)
        };
        assert_eq!(
            id(&[site("aws_smithy_http_client", 0.52), reply], &[]),
            Some("l17")
        );
        let left = ["requests in flight", "sockets in CLOSE_WAIT"];
        assert_eq!(id(&[], &left), Some("l08"));
        assert_eq!(id(&[site("shop::keep (src/shop.rs:1)", 1.0)], &[]), None);
    }
}
