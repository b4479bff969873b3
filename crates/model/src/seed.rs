//! Seed data: a pure function of a seed and a number.
//!
//! Nothing is stored: the workload asks for the same keys that the seeding wrote.
//! PCG's output is the same on every machine and in every version of the crate,
//! so a seed always names the same data.

use crate::{
    EventKind, IdempotencyKey, Order, OrderEvent, OrderId, OrderLine, OrderStatus,
    Parcel, Session, SessionToken, TenantId, TrackingCode, ValueError,
};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::str::FromStr;

/// How long a seeded session lasts: to the year 2100, so that no run outlives it.
const EXPIRES_AT: u64 = 4_102_444_800;

/// An order is filled up with notes until its item is about this many bytes, as
/// DynamoDB counts: names and values, keys included.
pub const ORDER_ITEM_BYTES: usize = 1_024;

const WORDS: &[&str] = &[
    "anchor", "basket", "copper", "drawer", "engine", "folder", "garden", "hammer",
    "island", "jacket", "kettle", "ladder", "mirror", "needle", "oxygen", "pepper",
    "quartz", "ribbon", "saddle", "timber", "urchin", "velvet", "walnut", "zipper",
];

/// Independent numbers for each thing that is made: FNV-1a over what names it.
fn numbers(seed: u64, kind: u8, text: &str, n: u64) -> Pcg64Mcg {
    let named = seed.to_le_bytes().into_iter().chain([kind]).chain(n.to_le_bytes());
    let hash =
        named.chain(text.bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    Pcg64Mcg::seed_from_u64(hash)
}

/// A text of the data as its type.
fn text<T: FromStr<Err = ValueError>>(text: impl AsRef<str>) -> T {
    text.as_ref().parse().expect("seeded texts keep the rules of their types")
}

/// A number of the data as its type.
fn number<T: TryFrom<u64, Error = ValueError>>(number: u64) -> T {
    number.try_into().expect("seeded numbers are within the ranges of their types")
}

fn word(rng: &mut Pcg64Mcg) -> &'static str {
    WORDS[rng.random_range(0..WORDS.len())]
}

/// The id of a tenant's `n`th order.
pub fn order_id(n: u64) -> OrderId {
    text(format!("ord-{n:08}"))
}

/// A tenant's `n`th order: five lines and notes, [`ORDER_ITEM_BYTES`] in all.
pub fn order(seed: u64, tenant: &TenantId, n: u64) -> Order {
    let mut rng = numbers(seed, b'o', tenant.as_str(), n);
    let line = |rng: &mut Pcg64Mcg| OrderLine {
        sku: text(format!("{:06}", rng.random_range(0..1_000_000))),
        title: text(format!("{} {}", word(rng), word(rng))),
        quantity: number(rng.random_range(1..9_u32).into()),
        unit_cents: number(rng.random_range(100..20_000_u32).into()),
    };
    let lines: Vec<_> = (0..5).map(|_| line(&mut rng)).collect();
    let day = 1 + n % 28;
    Order {
        tenant: tenant.clone(),
        id: order_id(n),
        status: OrderStatus::Open,
        placed_at: text(format!("2026-02-{day:02}T{:02}:15:00Z", n % 24)),
        customer: text(format!(
            "{}-{}",
            word(&mut rng),
            rng.random_range(1_000..9_999)
        )),
        currency: text("EUR"),
        lines: lines.try_into().expect("five lines are lines of an order"),
        notes: text(sentence(&mut rng, 540)),
    }
}

/// The event of a tenant's `n`th order: it was confirmed.
pub fn event(seed: u64, tenant: &TenantId, n: u64) -> OrderEvent {
    let mut rng = numbers(seed, b'e', tenant.as_str(), n);
    OrderEvent {
        tenant: tenant.clone(),
        order: order_id(n),
        kind: EventKind::Confirmed,
        total_cents: rng.random_range(1_000..100_000),
        note: text(sentence(&mut rng, 60)),
    }
}

/// The token of the `n`th session. Tokens of different seeds differ.
pub fn session_token(seed: u64, n: u64) -> SessionToken {
    let mut rng = numbers(seed, b't', "", n);
    text(format!("tok-{n:08}-{:016x}", rng.random::<u64>()))
}

/// The session behind a token: about 1,000 bytes as an item.
pub fn session(seed: u64, token: &SessionToken) -> Session {
    let mut rng = numbers(seed, b's', token.as_str(), 0);
    Session {
        token: token.clone(),
        tenant: tenant("shop"),
        user: format!("{}.{}@example.org", word(&mut rng), word(&mut rng)),
        roles: vec!["buyer".to_owned(), "viewer".to_owned()],
        expires_at: EXPIRES_AT,
        payment_secret: format!("card-{:032x}", rng.random::<u128>()),
        profile: sentence(&mut rng, 800),
    }
}

/// The idempotency key of the `n`th payment: a random UUID, as clients use.
pub fn idempotency_key(seed: u64, n: u64) -> IdempotencyKey {
    let mut rng = numbers(seed, b'i', "", n);
    let hex = format!("{:032x}", rng.random::<u128>());
    // Version 4, variant 1: the two digits that are not random.
    let (first, rest) = hex.split_at(8);
    text(format!(
        "{first}-{}-4{}-a{}-{}",
        &rest[..4],
        &rest[5..8],
        &rest[9..12],
        &rest[12..]
    ))
}

/// The tracking code of the `n`th parcel. Codes of different seeds differ.
pub fn tracking_code(seed: u64, n: u64) -> TrackingCode {
    let mut rng = numbers(seed, b'k', "", n);
    text(format!("trk-{n:08}-{:08x}", rng.random::<u32>()))
}

/// The parcel behind a tracking code.
pub fn parcel(seed: u64, code: &TrackingCode) -> Parcel {
    let mut rng = numbers(seed, b'p', code.as_str(), 0);
    let day = rng.random_range(1..29);
    Parcel {
        code: code.clone(),
        carrier: word(&mut rng).to_owned(),
        place: format!("depot {}", word(&mut rng)),
        seen_at: format!("2026-02-{day:02}T06:30:00Z"),
    }
}

/// The tenant of this name.
pub fn tenant(name: &str) -> TenantId {
    text(name)
}

/// Text of this length, for the engraver: words, which need no escapes in JSON.
pub fn artwork(seed: u64, n: u64, bytes: usize) -> String {
    sentence(&mut numbers(seed, b'a', "", n), bytes)
}

fn sentence(rng: &mut Pcg64Mcg, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 8);
    while text.len() < bytes {
        text.push_str(word(rng));
        text.push(' ');
    }
    text.truncate(bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{item_bytes, to_item};

    #[test]
    fn orders_and_sessions_are_about_a_kilobyte() {
        for n in [0, 1, 99_999] {
            let order = to_item(&order(7, &tenant("t"), n)).unwrap();
            let session = to_item(&session(7, &session_token(7, n))).unwrap();
            for bytes in [item_bytes(&order), item_bytes(&session)] {
                assert!(bytes.abs_diff(ORDER_ITEM_BYTES) < 60, "{bytes} bytes");
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_data_and_another_one_does_not() {
        assert_eq!(order(7, &tenant("t"), 5), order(7, &tenant("t"), 5));
        assert_ne!(order(7, &tenant("t"), 5), order(8, &tenant("t"), 5));
        assert_ne!(order(7, &tenant("t"), 5), order(7, &tenant("u"), 5));
        assert_ne!(session_token(7, 5), session_token(8, 5));
    }

    #[test]
    fn this_value_never_changes() {
        let order = order(7, &tenant("t"), 0);
        assert_eq!(order.id.as_str(), "ord-00000000");
        assert_eq!(session_token(7, 0).as_str(), "tok-00000000-c997e47c5824646b");
    }
}
