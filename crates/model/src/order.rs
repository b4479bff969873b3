//! Orders and the events that happen to them.

use crate::{OrderId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// Placed, not confirmed yet.
    Open,
    /// Confirmed, on its way to the warehouse.
    Confirmed,
}

impl OrderStatus {
    /// The status as it is written in keys and responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
        }
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderLine {
    /// Article number.
    pub sku: String,
    /// Article name.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// Price of a piece in cents.
    pub unit_cents: u32,
}

/// An order, as it is stored and exported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Its owner.
    pub tenant: TenantId,
    /// Its id within the tenant.
    pub id: OrderId,
    /// Its status.
    pub status: OrderStatus,
    /// When it was placed, RFC 3339 in UTC.
    pub placed_at: String,
    /// Who placed it.
    pub customer: String,
    /// ISO 4217 code of the cents below.
    pub currency: String,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// What the customer wrote.
    pub notes: String,
}

impl Order {
    /// Sum of all lines, in cents.
    pub fn total_cents(&self) -> u64 {
        let line =
            |line: &OrderLine| u64::from(line.quantity) * u64::from(line.unit_cents);
        self.lines.iter().map(line).sum()
    }

    /// Pieces of all lines.
    pub fn pieces(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.quantity)).sum()
    }
}

/// An order that is still being written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderDraft {
    /// Its owner.
    pub tenant: TenantId,
    /// The order that it will be.
    pub id: OrderId,
    /// What it says so far.
    pub note: String,
}

/// What can happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// The order was confirmed.
    Confirmed,
}

/// Something that happened to an order, for the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderEvent {
    /// Owner of the order.
    pub tenant: TenantId,
    /// The order.
    pub order: OrderId,
    /// What happened.
    pub kind: EventKind,
    /// The order's total at that moment, in cents.
    pub total_cents: u64,
    /// What the clerk wrote.
    pub note: String,
}

/// A scanner in the warehouse has seen an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scan {
    /// Owner of the order.
    pub tenant: TenantId,
    /// The order.
    pub order: OrderId,
    /// The scanner's own count of its events.
    pub sequence: u64,
    /// Which scanner.
    pub station: String,
    /// What its user typed.
    pub note: String,
}
