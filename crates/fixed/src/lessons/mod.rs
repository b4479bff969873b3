//! The jobs of the service, a file each.

pub(crate) mod l01_order_export;
pub(crate) mod l04_background_jobs;
pub(crate) mod l09_call_budget;
pub(crate) mod l11_session_cache;
pub(crate) mod l12_idempotency_keys;
pub(crate) mod l13_request_metrics;

pub(crate) mod c01_client_clones;
pub(crate) mod c02_first_page;
pub(crate) mod c03_dropped_upload;
pub(crate) mod c05_compression;
