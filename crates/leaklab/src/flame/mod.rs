//! Stand-in.
use heap::profile::{Moment, Profile};
use maud::{Markup, html};
/// Style.
pub const STYLE: &str = "";
/// x
pub fn surviving(
    _: &Profile,
    _: Moment,
    _: &dyn Fn(&str) -> bool,
    title: &str,
) -> Markup {
    html! { (title) }
}
/// x
pub fn difference(
    _: &Profile,
    _: &Profile,
    _: Moment,
    _: &dyn Fn(&str) -> bool,
    title: &str,
) -> Markup {
    html! { (title) }
}
