//! The order service's vocabulary: its types, how they lie in one DynamoDB
//! table, the data that a run starts from, and the claims that lessons settle.
//!
//! Both twins, the workload and the engine speak of orders through this crate,
//! so none of them can hold a different opinion about a key or a limit.

pub mod ids;
pub mod order;
pub mod session;
pub mod payment;
pub mod parcel;
pub mod cursor;

pub mod table;
pub mod seed;
pub mod limits;
pub mod claims;

pub use claims::{CLAIMS, Claim};
pub use cursor::{Cursor, CursorError};
pub use ids::{
    IdError, IdempotencyKey, OrderId, SessionToken, TenantId, TrackingCode,
};
pub use order::{
    EventKind, Order, OrderDraft, OrderEvent, OrderLine, OrderStatus, Scan,
};
pub use parcel::Parcel;
pub use payment::Payment;
pub use session::Session;
