//! Orders and the events that happen to them.

use crate::limits::LINES_MAX;
use crate::{
    Currency, LongText, Name, Note, OrderId, Quantity, Sequence, TenantId,
    Timestamp, UnitCents, ValueError,
};
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use utoipa::openapi::{Array, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

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
    pub sku: Name,
    /// Article name.
    pub title: Name,
    /// Pieces.
    pub quantity: Quantity,
    /// Price of a piece in cents.
    pub unit_cents: UnitCents,
}

/// The lines of an order: 1 to [`LINES_MAX`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<OrderLine>")]
pub struct Lines(Vec<OrderLine>);

impl TryFrom<Vec<OrderLine>> for Lines {
    type Error = ValueError;
    fn try_from(lines: Vec<OrderLine>) -> Result<Self, ValueError> {
        match lines.len() {
            1..=LINES_MAX => Ok(Self(lines)),
            _ => Err(ValueError { what: "lines", rule: "1 to 100 lines" }),
        }
    }
}

impl From<Lines> for Vec<OrderLine> {
    fn from(lines: Lines) -> Self {
        lines.0
    }
}

impl Deref for Lines {
    type Target = [OrderLine];
    fn deref(&self) -> &[OrderLine] {
        &self.0
    }
}

impl PartialSchema for Lines {
    fn schema() -> RefOr<Schema> {
        Array::builder()
            .items(utoipa::openapi::Ref::from_schema_name(OrderLine::name()))
            .min_items(Some(1))
            .max_items(Some(LINES_MAX))
            .into()
    }
}

impl ToSchema for Lines {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((OrderLine::name().into(), OrderLine::schema()));
        OrderLine::schemas(schemas);
    }
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
    pub placed_at: Timestamp,
    /// Who placed it.
    pub customer: Name,
    /// The currency of the cents below.
    pub currency: Currency,
    /// What was ordered.
    pub lines: Lines,
    /// What the customer wrote.
    pub notes: LongText,
}

impl Order {
    /// Sum of all lines, in cents.
    pub fn total_cents(&self) -> u64 {
        let line = |line: &OrderLine| line.quantity.get() * line.unit_cents.get();
        self.lines.iter().map(line).sum()
    }

    /// Pieces of all lines.
    pub fn pieces(&self) -> u64 {
        self.lines.iter().map(|line| line.quantity.get()).sum()
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
    pub note: Note,
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
    pub note: Note,
}

/// A scanner in the warehouse has seen an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scan {
    /// Owner of the order.
    pub tenant: TenantId,
    /// The order.
    pub order: OrderId,
    /// The scanner's own count of its events.
    pub sequence: Sequence,
    /// Which scanner.
    pub station: Name,
    /// What its user typed.
    pub note: Note,
}

/// A clerk has seen an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Seen {
    /// Owner of the order.
    pub tenant: TenantId,
    /// The order.
    pub order: OrderId,
    /// The clerk's desk.
    pub desk: Name,
    /// What the clerk attached.
    pub attachment: LongText,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cents, seed};

    #[test]
    fn the_largest_order_has_a_total_and_a_larger_one_is_no_order() {
        let mut order = seed::order(7, &seed::tenant("t"), 0);
        let mut line = order.lines[0].clone();
        line.quantity = Quantity::MAX.try_into().unwrap();
        line.unit_cents = UnitCents::MAX.try_into().unwrap();
        let lines = |n| Lines::try_from(vec![line.clone(); n]);
        order.lines = lines(LINES_MAX).unwrap();
        assert_eq!(order.total_cents(), Cents::MAX);
        assert_eq!(order.pieces(), 100_000);
        assert!(lines(0).is_err() && lines(LINES_MAX + 1).is_err());
    }
}
