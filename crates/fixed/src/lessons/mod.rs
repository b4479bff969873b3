//! The jobs of the service, a file each.

pub(crate) mod l01_order_export;
pub(crate) mod l02_tenant_clients;
pub(crate) mod l03_write_behind;
pub(crate) mod l04_background_jobs;
pub(crate) mod l05_bulk_import;
pub(crate) mod l06_admission;
pub(crate) mod l07_deadline;
pub(crate) mod l08_live_feed;
pub(crate) mod l09_call_budget;
pub(crate) mod l10_retry_partition;
pub(crate) mod l11_session_cache;
pub(crate) mod l12_idempotency_keys;
pub(crate) mod l13_request_metrics;
pub(crate) mod l14_request_context;
pub(crate) mod l15_interned_names;
pub(crate) mod l16_burst;

pub(crate) mod c01_client_clones;
pub(crate) mod c02_first_page;
pub(crate) mod c03_dropped_upload;
pub(crate) mod c04_retries;
pub(crate) mod c05_compression;
pub(crate) mod c06_client_churn;
