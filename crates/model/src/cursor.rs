//! The opaque text with which a listing continues after its last page.
//!
//! A cursor holds the last order id and a check over tenant and id. The key that
//! DynamoDB starts from is rebuilt from the caller's own tenant, so a forged
//! cursor can skip orders but never show another tenant's. The check turns mistakes and
//! tampering into a clear refusal.

use crate::limits::CURSOR_BYTES_MAX;
use crate::{OrderId, TenantId};

/// Why a text is not a cursor of this tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cursor is not one that this service gave to this tenant")]
pub struct CursorError;

/// Where a listing continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The last order that the client has seen.
    pub last: OrderId,
}

impl Cursor {
    /// The text for the client.
    pub fn encode(&self, tenant: &TenantId) -> String {
        format!("{}.{:016x}", self.last, check(tenant, &self.last))
    }

    /// Reads a client's text back.
    ///
    /// # Errors
    /// [`CursorError`] when the text was altered, cut, or given to another tenant.
    pub fn decode(text: &str, tenant: &TenantId) -> Result<Self, CursorError> {
        if text.len() > CURSOR_BYTES_MAX {
            return Err(CursorError);
        }
        let (id, sum) = text.split_once('.').ok_or(CursorError)?;
        let last: OrderId = id.parse().map_err(|_| CursorError)?;
        let cursor = Self { last };
        let given = u64::from_str_radix(sum, 16).map_err(|_| CursorError)?;
        let expected = check(tenant, &cursor.last);
        if given == expected { Ok(cursor) } else { Err(CursorError) }
    }
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

    fn tenant(text: &str) -> TenantId {
        text.parse().unwrap()
    }

    #[test]
    fn a_cursor_survives_the_round_trip() {
        let cursor = Cursor { last: "ord-000019".parse().unwrap() };
        let text = cursor.encode(&tenant("t-1"));
        assert_eq!(Cursor::decode(&text, &tenant("t-1")), Ok(cursor));
    }

    #[test]
    fn every_single_changed_character_is_noticed() {
        let text =
            Cursor { last: "ord-000019".parse().unwrap() }.encode(&tenant("t-1"));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            let altered = String::from_utf8(bytes).unwrap();
            assert_eq!(Cursor::decode(&altered, &tenant("t-1")), Err(CursorError));
        }
    }

    #[test]
    fn another_tenants_cursor_is_refused() {
        let text =
            Cursor { last: "ord-000019".parse().unwrap() }.encode(&tenant("t-1"));
        assert_eq!(Cursor::decode(&text, &tenant("t-2")), Err(CursorError));
    }
}
