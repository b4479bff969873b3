//! The opaque text with which a listing continues after its last page.
//!
//! A cursor holds the last order id and a check over tenant and id. The key that
//! DynamoDB starts from is rebuilt from the caller's own tenant, so a forged
//! cursor can skip orders but never show another tenant's. The check turns mistakes and
//! tampering into a clear refusal.

use crate::limits::CURSOR_BYTES_MAX;
use crate::value::text;
use crate::{OrderId, TenantId};

text!(
    /// Where a listing continues.
    Cursor,
    "cursor",
    "the text that the page before this one ended with",
    |text| text.len() <= CURSOR_BYTES_MAX && split(text).is_some(),
    |schema| schema
        .max_length(Some(CURSOR_BYTES_MAX))
        .pattern(Some("^[A-Za-z_-]*[0-9][A-Za-z0-9_-]*[.][0-9a-f]{16}$"))
);

impl Cursor {
    /// The cursor of a page of this tenant's that ends with this order.
    pub fn after(tenant: &TenantId, last: &OrderId) -> Self {
        Self(format!("{last}.{:016x}", check(tenant, last)))
    }

    /// The last order that the client has seen; `None` if this tenant was never given
    /// this cursor.
    pub fn last(&self, tenant: &TenantId) -> Option<OrderId> {
        let (last, given) = split(&self.0)?;
        (given == check(tenant, &last)).then_some(last)
    }
}

/// An order id, and the check behind it.
fn split(text: &str) -> Option<(OrderId, u64)> {
    let (id, check) = text.split_once('.')?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if check.len() != 16 || !check.bytes().all(hex) {
        return None;
    }
    Some((id.parse().ok()?, u64::from_str_radix(check, 16).ok()?))
}

/// FNV-1a over tenant and id, 64 bits: stable across processes and versions,
/// which `std`'s hasher does not promise.
fn check(tenant: &TenantId, id: &OrderId) -> u64 {
    let bytes = tenant.as_str().bytes().chain([0]).chain(id.as_str().bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> (TenantId, OrderId) {
        ("t-1".parse().unwrap(), "ord-000019".parse().unwrap())
    }

    #[test]
    fn a_cursor_survives_the_round_trip() {
        let (tenant, last) = ids();
        let cursor: Cursor = Cursor::after(&tenant, &last).as_str().parse().unwrap();
        assert_eq!(cursor.last(&tenant), Some(last));
    }

    #[test]
    fn every_single_changed_character_is_noticed() {
        let (tenant, last) = ids();
        let text = String::from(Cursor::after(&tenant, &last));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            let altered = String::from_utf8(bytes).unwrap().parse::<Cursor>();
            assert!(altered.ok().and_then(|cursor| cursor.last(&tenant)).is_none());
        }
    }

    #[test]
    fn another_tenants_cursor_is_unknown() {
        let (tenant, last) = ids();
        let cursor = Cursor::after(&tenant, &last);
        assert_eq!(cursor.last(&"t-2".parse().unwrap()), None);
    }
}
