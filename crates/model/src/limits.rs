//! Every fixed limit of the service, each with its reason.

/// Longest identifier, in bytes. DynamoDB allows 2,048 for a partition key and 1,024 for
/// a sort key, and keys here have up to three of them.
pub const ID_BYTES_MAX: usize = 64;

/// Longest name, in characters.
pub const NAME_MAX: usize = 100;

/// Longest note, in characters.
pub const NOTE_MAX: usize = 500;

/// Longest text of an item, in bytes: leaves room for the other attributes.
pub const LONG_TEXT_MAX: usize = 360_000;

/// Largest item that DynamoDB takes: 400 KB, names and values.
pub const ITEM_BYTES_MAX: usize = 400 * 1_024;

/// Items that DynamoDB takes in one BatchWriteItem.
pub const BATCH_ITEMS: usize = 25;

/// Lines of an order at most. With at most 1,000 pieces each, the longest packing list
/// is 40 MB of labels.
pub const LINES_MAX: usize = 100;

/// Longest cursor that a client may send, in bytes: an id and its check.
pub const CURSOR_BYTES_MAX: usize = ID_BYTES_MAX + 17;

/// Items on a page when all orders of a tenant are read.
///
/// Every Query and Scan of this workspace sets a `Limit`. Without one a page is up to
/// 1 MB, and the embedded engine copies all remaining rows for it.
pub const EXPORT_PAGE_ITEMS: i32 = 100;

/// Events in the history of an order.
pub const HISTORY_EVENTS: i32 = 20;

/// Orders on one page of a listing.
pub const LIST_PAGE_ITEMS: i32 = 20;
