//! The domain of the order service: its types, how one DynamoDB table stores them, and
//! the data that a run starts with.
//!
//! Both twins and the lessons' scenarios use it, so they agree on every key and limit.

pub mod value;
pub mod ids;
pub mod text;
pub mod numbers;
pub mod order;
pub mod session;
pub mod payment;
pub mod parcel;
pub mod picking;
pub mod open_order;
pub mod cursor;

pub mod table;
pub mod seed;
pub mod limits;

pub use cursor::Cursor;
pub use ids::{
    IdempotencyKey, OrderId, RequestId, SessionToken, TenantId, TrackingCode,
};
pub use numbers::{BudgetMs, Cents, Quantity, Sequence, UnitCents};
pub use open_order::OpenOrder;
pub use order::{
    EventKind, Lines, Order, OrderDraft, OrderEvent, OrderLine, OrderStatus, Scan,
    Seen,
};
pub use parcel::Parcel;
pub use payment::Payment;
pub use picking::PickingList;
pub use session::Session;
pub use text::{Currency, LongText, Name, Note, Timestamp};
pub use value::ValueError;
