//! Whether people can read the page: on a telephone, on a wall, in the dark, by ear.

use crate::browser::Browser;
use crate::made::Copy;
use serde_json::json;

/// Below this a text is hard to read (WCAG 2, level AA).
const CONTRAST_MIN: f64 = 4.5;

#[test]
fn no_width_needs_scrolling_sideways() {
    let Some(browser) = Browser::start() else { return };
    let folder = Copy::new();
    browser.open(&folder.page(), "");
    for width in [390, 1024, 1920] {
        browser.resize(width, 900);
        let wide = "return [...document.querySelectorAll('body *')]
            .filter((found) => !found.closest('.wide, .code, .frames, .stacks, .skip'))
            .filter((found) => found.getBoundingClientRect().right > innerWidth + 1)
            .map((found) => found.outerHTML.slice(0, 80))";
        assert_eq!(browser.script(wide), json!([]), "at {width} pixels");
        let page = "return document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(browser.script(page), true, "at {width} pixels");
    }
    browser.close();
}

#[test]
fn every_chart_has_words_for_those_who_cannot_see_it() {
    let Some(browser) = Browser::start() else { return };
    let folder = Copy::new();
    browser.open(&folder.page(), "");
    let silent = "return [...document.querySelectorAll('svg')]
        .filter((chart) => chart.getAttribute('role') !== 'img'
            || !chart.querySelector(':scope > title')?.textContent)
        .map((chart) => chart.outerHTML.slice(0, 200))";
    assert_eq!(browser.script(silent), json!([]));
    let undescribed = "return [...document.querySelectorAll('figure > svg')]
        .filter((chart) => !chart.querySelector(':scope > desc')?.textContent).length";
    assert_eq!(browser.script(undescribed), 0);
    let twice = "const ids = [...document.querySelectorAll('[id]')].map((found) => found.id);
                 return ids.filter((id, at) => ids.indexOf(id) !== at)";
    assert_eq!(browser.script(twice), json!([]));
    browser.close();
}

#[test]
fn texts_stand_out_from_their_ground_in_light_and_dark() {
    let Some(browser) = Browser::start() else { return };
    let folder = Copy::new();
    browser.open(&folder.page(), "");
    browser.script(
        "for (const part of document.querySelectorAll('details')) part.open = true",
    );
    for scheme in ["light", "dark"] {
        browser.scheme(scheme);
        let worst = browser.script(CONTRAST);
        for found in worst.as_array().unwrap() {
            let contrast = found[0].as_f64().unwrap();
            assert!(contrast >= CONTRAST_MIN, "{scheme}: {found}");
        }
        assert!(worst.as_array().unwrap().len() > 5, "{worst}");
    }
    browser.close();
}

/// The least contrast for each pair of colours that occurs: contrast, an example.
/// Formulas: WCAG 2.2, relative luminance and contrast ratio.
const CONTRAST: &str = r#"
    const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = ([red, green, blue]) => {
        const [r, g, b] = [red, green, blue].map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = channels(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const worst = new Map();
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some(
            (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
        const drawn = element instanceof SVGElement;
        if (!own || element.closest("script, style, title, desc, [hidden]")) continue;
        const style = getComputedStyle(element);
        const fore = channels(drawn ? style.fill : style.color);
        // A text on a box of a flame graph has the box before it for its ground.
        const box = drawn && element.parentElement.querySelector(":scope > rect");
        const back = box ? channels(getComputedStyle(box).fill) : ground(element);
        const [light, dark] = [luminance(fore), luminance(back)].sort((a, b) => b - a);
        const contrast = (light + 0.05) / (dark + 0.05);
        const pair = `${fore} on ${back}`;
        if (!worst.has(pair)) {
            worst.set(pair, [contrast, pair, element.outerHTML.slice(0, 100)]);
        }
    }
    return [...worst.values()];
"#;
