//! Every fixed limit of the service, each with its reason.

/// Longest tenant id, order id or session token, in bytes. DynamoDB allows 2,048 for a
/// partition key and 1,024 for a sort key.
pub const ID_BYTES_MAX: usize = 64;

/// Longest note that a confirmation may carry, in bytes.
pub const NOTE_BYTES_MAX: usize = 500;

/// Longest cursor that a client may send, in bytes: an id and its check.
pub const CURSOR_BYTES_MAX: usize = 128;

/// Items on a page when all orders of a tenant are read.
///
/// Every Query and Scan of this workspace sets a `Limit`. Without one a page is up to
/// 1 MB, and the embedded engine copies all remaining rows for it.
pub const EXPORT_PAGE_ITEMS: i32 = 100;

/// Events in the history of an order.
pub const HISTORY_EVENTS: i32 = 20;

/// Orders on one page of a listing.
pub const LIST_PAGE_ITEMS: i32 = 20;
