//! Graphs, checked by the text of their SVG.

use super::{difference, surviving};
use crate::{InApp, Moment, Profile};

/// A profile with these stacks: bytes live at the end, and frames from the inside.
fn profile(stacks: &[(u64, &[&str])]) -> Profile {
    let mut table: Vec<&str> = vec!["[root]"];
    table.extend(stacks.iter().flat_map(|(_, frames)| frames.iter()));
    let number = |frame: &&str| table.iter().position(|known| known == frame);
    let points = stacks.iter().map(|(bytes, frames)| {
        let numbers: Vec<_> = frames.iter().map(number).collect();
        serde_json::json!({ "tb": bytes, "tbk": 1, "eb": bytes, "fs": numbers })
    });
    let json = serde_json::json!({
        "dhatFileVersion": 2,
        "mode": "rust-heap",
        "cmd": "target/debug/leaky",
        "pps": points.collect::<Vec<_>>(),
        "ftbl": table,
    });
    Profile::parse(json.to_string().as_bytes()).unwrap()
}

const KEEP: &str = "0x1: leaky::lessons::Sessions::keep (src/lessons/l.rs:4:2)";
const DROP: &str = "0x2: leaky::lessons::drop_it (src/lessons/l.rs:9:2)";
const CLONE: &str = "0x3: alloc::vec::Vec<T>::clone (alloc/src/vec.rs:1:1)";
const POLL: &str = "0x4: actix_http::h1::poll (src/h1/mod.rs:1:1)";
const STRAY: &str = "0x6: set (context/scoped.rs:1:1)";
const CALL: &str = "0x5: actix_http::service::call (src/service.rs:1:1)";

fn held(profile: &Profile, moment: Moment) -> String {
    surviving(profile, moment, &InApp::lessons(), "</title><script>").into_string()
}

fn compared(before: &Profile, after: &Profile) -> String {
    let graph = difference(before, after, Moment::End, &InApp::lessons(), "twins");
    graph.into_string()
}

#[test]
fn packages_are_folded_the_library_is_dropped_and_in_app_frames_are_kept() {
    let stacks: [(u64, &[&str]); 2] =
        [(90, &[CLONE, KEEP, POLL, CALL, STRAY]), (10, &[DROP, CALL, STRAY])];
    let profile = profile(&stacks);
    let svg = held(&profile, Moment::End);
    assert!(svg.contains("actix_http, 3 frames"), "{svg}");
    assert!(svg.contains("Sessions::keep  l.rs:4  90 B"), "{svg}");
    assert!(svg.contains("src/lessons/l.rs:9\n10 B, 10.0 %"), "{svg}");
    assert!(!svg.contains("Vec"), "{svg}");
    assert_eq!(svg.matches("class=\"box in-app\"").count(), 3, "{svg}");
    assert!(svg.contains("role=\"img\"") && svg.contains("<desc>"), "{svg}");
}

#[test]
fn what_is_gone_has_a_width_and_moved_lines_cancel_out() {
    let moved = KEEP.replace(":4:2", ":40:7");
    let before = profile(&[(70, &[KEEP, CALL]), (30, &[DROP, CALL])]);
    let after = profile(&[(90, &[&moved, CALL])]);
    let svg = compared(&before, &after);
    assert!(svg.contains("+ more"), "{svg}");
    // 20 more and 30 less, of 50 that differ.
    assert!(svg.contains("+20 B (70 B before, 90 B after), 40.0 %"), "{svg}");
    assert!(svg.contains("-30 B (30 B before, 0 B after), 60.0 %"), "{svg}");
    assert!(svg.contains("class=\"box in-app grown\"><title>leaky::lessons::S"));
    assert!(svg.contains("class=\"box in-app shrunk\"><title>leaky::lessons::d"));
}

#[test]
fn nothing_to_draw_is_said() {
    let nothing = profile(&[(0, &[KEEP])]);
    let svg = held(&nothing, Moment::Peak);
    assert!(svg.contains("No bytes were live at the peak."), "{svg}");
    let svg = compared(&nothing, &nothing);
    assert!(svg.contains("Both profiles hold the same at the end."), "{svg}");
}

#[test]
fn hostile_names_are_text() {
    let name = "0x1: <script>alert('x')</script>\"& (src/lessons/<b>.rs:1:1)";
    let svg = held(&profile(&[(1, &[name])]), Moment::End);
    assert!(!svg.contains("<script") && !svg.contains("<b>"), "{svg}");
    assert!(svg.contains("&lt;script&gt;"), "{svg}");
}

#[test]
fn a_wide_profile_makes_no_large_graph() {
    let names: Vec<String> = (0..150)
        .map(|n| {
            let path = "module::".repeat(30);
            format!("0x{n}: leaky::{path}keep_{n} (src/lessons/l{n}.rs:1:1)")
        })
        .collect();
    let stacks: Vec<_> = names.iter().map(|name| [name.as_str(), CALL]).collect();
    let sized = stacks.iter().zip(1000..).map(|(stack, n)| (n, stack.as_slice()));
    let svg = held(&profile(&sized.collect::<Vec<_>>()), Moment::End);
    assert!(svg.len() < 40_000, "{} bytes", svg.len());
    assert!(svg.contains("lies in boxes too narrow to draw."), "{svg}");
}
