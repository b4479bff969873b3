//! What a user can type, a file each.

pub mod claims;
pub mod compare;
pub mod drive;
pub mod dynamo;
pub mod explain;
pub mod gate;
pub mod list;
pub mod report;
pub mod secrets;
pub mod seed;
pub mod serve;

mod pager;
mod select;
mod stop;
mod stored;
