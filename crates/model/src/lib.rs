//! The domain of the order service: its types, how one DynamoDB table stores them, and
//! the data that a run starts with.
//!
//! Both twins and the lessons' scenarios use it, so they agree on every key and limit.

pub mod ids;
pub mod order;
pub mod session;
pub mod payment;
pub mod parcel;
pub mod picking;
pub mod cursor;

pub mod table;
pub mod seed;
pub mod limits;

pub use cursor::{Cursor, CursorError};
pub use ids::{
    IdError, IdempotencyKey, OrderId, SessionToken, TenantId, TrackingCode,
};
pub use order::{
    EventKind, Order, OrderDraft, OrderEvent, OrderLine, OrderStatus, Scan,
};
pub use parcel::Parcel;
pub use payment::Payment;
pub use picking::PickingList;
pub use session::Session;
