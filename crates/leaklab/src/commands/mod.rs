//! What a user can type, a file each.

pub mod claims;
pub mod compare;
pub mod diff;
pub mod drive;
pub mod dynamo;
pub mod list;
pub mod secrets;
pub mod seed;
pub mod serve;
pub mod show;

mod profiles;
mod select;
mod stop;
