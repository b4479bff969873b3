//! Whether people can read the page: on a telephone, on a wall, in the dark, by ear.

use crate::browser::without_violations;
use crate::made::{Copy, on_page, taint};
use serde_json::json;

/// Below this a text is hard to read (WCAG 2, level AA).
const CONTRAST_MIN: f64 = 4.5;

#[test]
fn axe_finds_nothing_to_complain_of() {
    let copy = Copy::new();
    without_violations(&[copy.page().to_str().unwrap()]);
}

#[test]
fn no_width_needs_scrolling_sideways() {
    let copy =
        Copy::new().change(|comparison| taint(comparison, &"long".repeat(99)));
    on_page(&copy, |browser| {
        for width in [390, 1280, 1920] {
            browser.resize(width, 900);
            assert_eq!(browser.ask("tableFits()"), true, "at {width} pixels");
            assert_eq!(browser.ask("tooWide()"), json!([]), "at {width} pixels");
            assert_eq!(browser.ask("fits()"), true, "at {width} pixels");
        }
    });
}

#[test]
fn every_chart_has_words_for_those_who_cannot_see_it() {
    on_page(&Copy::new(), |browser| {
        assert_eq!(browser.ask("silent()"), json!([]));
        assert_eq!(browser.ask("undescribed()"), 0);
        assert_eq!(browser.ask("unnamed()"), json!([]));
        // One verdict for each claim.
        assert_eq!(browser.ask("all('.claim').length"), 21);
        assert_eq!(browser.ask("all('.claim summary .verdict').length"), 21);
        assert_eq!(browser.ask("repeatedIds()"), json!([]));
    });
}

#[test]
fn texts_stand_out_from_their_ground_in_light_and_dark() {
    on_page(&Copy::new(), |browser| {
        browser.ask("unfold()");
        for scheme in ["light", "dark"] {
            browser.scheme(scheme);
            let worst = browser.ask("contrasts()");
            let worst = worst.as_array().unwrap();
            for found in worst {
                let contrast = found[0].as_f64().unwrap();
                assert!(contrast >= CONTRAST_MIN, "{scheme}: {found}");
            }
            assert!(worst.len() > 5, "{worst:?}");
        }
    });
}
