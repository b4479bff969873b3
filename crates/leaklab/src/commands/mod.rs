//! What a user can type, a file each. A command returns its exit code, or a
//! [`Failure`](crate::failure::Failure) that says why there is no result; its help lists
//! the codes.

pub mod claims;
pub mod class;
pub mod compare;
pub mod diff;
pub mod doctor;
pub mod run_under;
pub mod dynamo;
pub mod explain;
pub mod gate;
pub mod learn;
pub mod list;
pub mod live;
pub mod measure;
pub mod mystery;
pub mod report;
pub mod secrets;
pub mod seed;
pub mod serve;
pub mod show;

mod pager;
mod profiles;
mod select;
