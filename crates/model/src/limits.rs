//! Every fixed bound of the service in one place, each with its reason.

/// Longest tenant id, order id or session token, in bytes. DynamoDB allows
/// 2,048 for a partition key and 1,024 for a sort key; nobody types that.
pub const ID_BYTES_MAX: usize = 64;

/// Longest note that a confirmation may carry, in bytes.
pub const NOTE_BYTES_MAX: usize = 500;

/// Longest cursor that a client may send, in bytes: room for an id and its check
/// in base64.
pub const CURSOR_BYTES_MAX: usize = 128;

/// Items asked of DynamoDB per page when a whole tenant is read.
///
/// Every Query and Scan of this workspace sets a `Limit`: without one a page is
/// up to 1 MB, and the embedded engine copies all the remaining rows for it.
pub const EXPORT_PAGE_ITEMS: i32 = 100;

/// Events of an order that its history shows.
pub const HISTORY_EVENTS: i32 = 20;

/// Orders on one page of a listing.
pub const LIST_PAGE_ITEMS: i32 = 20;
