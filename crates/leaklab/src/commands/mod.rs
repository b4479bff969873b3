//! What a user can type, a file each.

pub mod claims;
pub mod compare;
pub mod dynamo;
pub mod list;
pub mod seed;
pub mod serve;

mod select;
mod stop;
