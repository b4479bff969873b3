//! Numbers that clients send, each with a range in which no sum overflows.

use crate::limits::{LINES_MAX, LIST_PAGE_ITEMS};
use crate::value::number;

number!(
    /// Pieces of an article in an order.
    Quantity(u16), "quantity", 1, 1_000, "1 to 1,000"
);

number!(
    /// Price of one piece, in cents.
    UnitCents(u32), "price", 0, 10_000_000, "0 to 10,000,000 cents"
);

number!(
    /// An amount of money, in cents: as much as an order can cost.
    Cents(u64), "amount", 0, ORDER_CENTS_MAX, "0 to 1,000,000,000,000 cents"
);

number!(
    /// A scanner's own count of its events. Its key has twelve digits, so that keys are
    /// in the order of the numbers.
    Sequence(u64), "sequence", 0, 999_999_999_999, "0 to 999,999,999,999"
);

number!(
    /// The time that a caller leaves for an answer, in milliseconds. In less than the
    /// least one, no call to the database ends.
    BudgetMs(u16), "budget", 100, 60_000, "100 to 60,000 ms"
);

/// The most that an order can cost.
const ORDER_CENTS_MAX: u64 = LINES_MAX as u64 * Quantity::MAX * UnitCents::MAX;

// A total and the total of a page are exact in JSON, whose readers often keep numbers as
// floats, and far from the end of a u64.
const _: () = assert!(ORDER_CENTS_MAX * (LIST_PAGE_ITEMS as u64) < 1 << 53);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_of_their_range_are_refused_by_name() {
        let number = |n: u64| Quantity::try_from(n);
        assert_eq!(number(1_000).unwrap().get(), 1_000);
        for n in [0, 1_001, 65_537, u64::from(u32::MAX) + 2, u64::MAX] {
            assert_eq!(
                number(n).unwrap_err().to_string(),
                "quantity must be 1 to 1,000"
            );
        }
        assert!(
            serde_dynamo::from_attribute_value::<_, Quantity>(
                aws_sdk_dynamodb::types::AttributeValue::N("0".to_owned())
            )
            .is_err()
        );
    }
}
