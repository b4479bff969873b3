//! The fixes that do not hold, a file each.

pub(crate) mod l01_unbounded_channel;
pub(crate) mod l02_arc_client;
pub(crate) mod l06_acquire_in_handler;
pub(crate) mod l07_longer_timeout;
pub(crate) mod l11_shrink_to_fit;

pub(crate) mod c01_planted_leak;
