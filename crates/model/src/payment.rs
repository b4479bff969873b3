//! Payments, each recorded once however often its client sends it.

use crate::{Cents, IdempotencyKey, OrderId, TenantId};
use serde::{Deserialize, Serialize};

/// A payment, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Who is paid.
    pub tenant: TenantId,
    /// The client's name for this payment. It repeats the name when it has not seen
    /// the response.
    pub key: IdempotencyKey,
    /// What is paid for.
    pub order: OrderId,
    /// How much.
    pub amount_cents: Cents,
}
