//! The order service's vocabulary: its types, how they lie in one DynamoDB
//! table, the data that a run starts from, the faults that it may meet, and the list
//! of lessons.
//!
//! Both twins, the workload and the engine speak of orders through this crate,
//! so none of them can hold a different opinion about a key or a limit.

pub mod ids;
pub mod order;
pub mod session;
pub mod cursor;

pub mod table;
pub mod seed;
pub mod limits;
pub mod fault;
pub mod lessons;

pub use cursor::{Cursor, CursorError};
pub use fault::{Fault, FaultAction, FaultError, When};
pub use ids::{IdError, OrderId, SessionToken, TenantId};
pub use lessons::{Kind, LESSONS, Law, Lesson, Signal, lesson};
pub use order::{EventKind, Order, OrderEvent, OrderLine, OrderStatus};
pub use session::Session;
