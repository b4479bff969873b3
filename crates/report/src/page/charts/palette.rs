//! Colours by role. plotters writes colours into the SVG; the page's style sheet maps
//! each of them to a variable, so that a chart follows light, dark and print.

use plotters::style::RGBColor;
use std::fmt::Write;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Text,
    Grid,
    Leaky,
    Fixed,
    Noise,
}

/// Every role, its mark in the SVG and its variable in the style sheet. The marks are
/// colours that could stand as they are, for readers that know no style sheets.
const ROLES: [(Role, RGBColor, &str); 5] = [
    (Role::Text, RGBColor(0x3d, 0x44, 0x4d), "--quiet"),
    (Role::Grid, RGBColor(0xd8, 0xdd, 0xe3), "--line"),
    (Role::Leaky, RGBColor(0xb3, 0x40, 0x0b), "--leaky"),
    (Role::Fixed, RGBColor(0x0b, 0x5c, 0xad), "--fixed"),
    (Role::Noise, RGBColor(0x80, 0x88, 0x91), "--noise"),
];

impl Role {
    /// Its mark.
    pub(super) fn colour(self) -> RGBColor {
        let found = ROLES.iter().find(|(role, ..)| *role == self);
        found.map_or(RGBColor(0, 0, 0), |(_, colour, _)| *colour)
    }

    /// Of a twin; what is neither of them is drawn as text.
    pub(super) fn of_twin(name: &str) -> Self {
        match name {
            "leaky" => Self::Leaky,
            "fixed" => Self::Fixed,
            _ => Self::Text,
        }
    }
}

/// The rules that put the page's variables in place of the marks.
pub(in crate::page) fn style() -> String {
    let mut rules = String::new();
    for (_, RGBColor(red, green, blue), variable) in ROLES {
        let mark = format!("#{red:02X}{green:02X}{blue:02X}");
        for property in ["fill", "stroke"] {
            let rule = format!(
                ".chart [{property}=\"{mark}\"]{{{property}:var({variable})}}"
            );
            let _ = writeln!(rules, "{rule}");
        }
    }
    rules
}
