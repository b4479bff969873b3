//! The one table: its schema, its keys, and the records under them.
//!
//! | item | pk | sk | gsi1pk | gsi1sk |
//! |---|---|---|---|---|
//! | order | `TENANT#t` | `ORDER#id` | `TENANT#t#STATUS#open` | `ORDER#id` |
//! | draft | `TENANT#t` | `DRAFT#id` | | |
//! | picking list | `TENANT#t` | `PICKING#id` | | |
//! | event | `EVENTS#t#id` | `EVENT#confirmed` | | |
//! | scan | `EVENTS#t#id` | `EVENT#scan#station#sequence` | | |
//! | seen | `EVENTS#t#id` | `EVENT#seen#desk` | | |
//! | session | `SESSION#token` | `SESSION` | | |
//! | payment | `PAYMENTS#t` | `PAYMENT#key` | | |
//! | parcel | `PARCEL#code` | `PARCEL` | | |

use crate::limits::ITEM_BYTES_MAX;
use crate::{
    Order, OrderDraft, OrderEvent, OrderId, OrderStatus, Parcel, Payment, Scan,
    Seen, Session, SessionToken, TenantId, TrackingCode,
};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex,
    KeySchemaElement, KeyType, Projection, ProjectionType, PutRequest,
    ScalarAttributeType, TableDescription, WriteRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};

/// An item as the SDK carries it.
pub type Item = HashMap<String, AttributeValue>;

/// Partition key.
pub const PK: &str = "pk";
/// Sort key.
pub const SK: &str = "sk";
/// The index that lists a tenant's orders by status.
pub const INDEX: &str = "gsi1";
/// Partition key of [`INDEX`].
pub const INDEX_PK: &str = "gsi1pk";
/// Sort key of [`INDEX`].
pub const INDEX_SK: &str = "gsi1sk";
const ORDER_PREFIX: &str = "ORDER#";
const AUDIT: &str = "EVENT#confirmed";

/// Why an item could not be read or written. The cause is left out: its text shows the
/// item's data, which no log may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// It is an item of another kind, or damaged.
    #[error("item is not a valid {0}")]
    Form(&'static str),
    /// DynamoDB would refuse it.
    #[error("the {0} is larger than {ITEM_BYTES_MAX} bytes as an item of DynamoDB")]
    TooLarge(&'static str),
}

/// Partition key of all orders of a tenant.
pub fn tenant_pk(tenant: &TenantId) -> AttributeValue {
    s(format!("TENANT#{tenant}"))
}

/// Sort key of an order.
pub fn order_sk(id: &OrderId) -> AttributeValue {
    s(format!("{ORDER_PREFIX}{id}"))
}

/// The beginning of every order's sort key.
pub fn order_prefix() -> AttributeValue {
    s(ORDER_PREFIX)
}

/// Partition key, in the index, of a tenant's orders with this status.
pub fn status_pk(tenant: &TenantId, status: OrderStatus) -> AttributeValue {
    s(format!("TENANT#{tenant}#STATUS#{}", status.as_str()))
}

/// Primary key of an order.
pub fn order_key(tenant: &TenantId, id: &OrderId) -> Item {
    key(tenant_pk(tenant), order_sk(id))
}

/// Partition key of all events of an order.
pub fn events_pk(tenant: &TenantId, order: &OrderId) -> AttributeValue {
    s(format!("EVENTS#{tenant}#{order}"))
}

/// The sort key of what the audit says, among the other events of an order.
pub fn audit_sk() -> AttributeValue {
    s(AUDIT)
}

/// Primary key of a session.
pub fn session_key(token: &SessionToken) -> Item {
    key(s(format!("SESSION#{token}")), s("SESSION"))
}

/// Primary key of a parcel.
pub fn parcel_key(code: &TrackingCode) -> Item {
    key(s(format!("PARCEL#{code}")), s("PARCEL"))
}

/// The key from which a listing by status continues after this order.
pub fn status_start_key(
    tenant: &TenantId,
    status: OrderStatus,
    id: &OrderId,
) -> Item {
    let mut start = order_key(tenant, id);
    start.insert(INDEX_PK.to_owned(), status_pk(tenant, status));
    start.insert(INDEX_SK.to_owned(), order_sk(id));
    start
}

/// What the table stores: a type whose fields and keys are one item.
pub trait Record: Serialize + DeserializeOwned {
    /// What answers and errors call it: `there is no such order`.
    const NAME: &'static str;

    /// The primary key, and the index's where it is listed there. Two records with
    /// the same primary key are one item: the later one replaces the earlier.
    fn keys(&self) -> Item;
}

impl Record for Order {
    const NAME: &'static str = "order";
    fn keys(&self) -> Item {
        status_start_key(&self.tenant, self.status, &self.id)
    }
}

impl Record for OrderDraft {
    const NAME: &'static str = "draft";
    fn keys(&self) -> Item {
        key(tenant_pk(&self.tenant), s(format!("DRAFT#{}", self.id)))
    }
}

impl Record for OrderEvent {
    const NAME: &'static str = "event";
    fn keys(&self) -> Item {
        key(events_pk(&self.tenant, &self.order), audit_sk())
    }
}

impl Record for Scan {
    const NAME: &'static str = "scan";
    fn keys(&self) -> Item {
        let sequence = self.sequence.get();
        let sk = format!("EVENT#scan#{}#{sequence:012}", self.station);
        key(events_pk(&self.tenant, &self.order), s(sk))
    }
}

impl Record for Seen {
    const NAME: &'static str = "mark";
    fn keys(&self) -> Item {
        let sk = s(format!("EVENT#seen#{}", self.desk));
        key(events_pk(&self.tenant, &self.order), sk)
    }
}

impl Record for Session {
    const NAME: &'static str = "session";
    fn keys(&self) -> Item {
        session_key(&self.token)
    }
}

impl Record for Payment {
    const NAME: &'static str = "payment";
    fn keys(&self) -> Item {
        let pk = s(format!("PAYMENTS#{}", self.tenant));
        key(pk, s(format!("PAYMENT#{}", self.key)))
    }
}

impl Record for Parcel {
    const NAME: &'static str = "parcel";
    fn keys(&self) -> Item {
        parcel_key(&self.code)
    }
}

/// A record as an item: its fields, and its keys beside them.
///
/// # Errors
/// [`ItemError`] when a field has no DynamoDB form, or the item is too large.
pub fn to_item<T: Record>(record: &T) -> Result<Item, ItemError> {
    let mut item: Item =
        serde_dynamo::to_item(record).map_err(|_| ItemError::Form(T::NAME))?;
    item.extend(record.keys());
    match item_bytes(&item) {
        0..=ITEM_BYTES_MAX => Ok(item),
        _ => Err(ItemError::TooLarge(T::NAME)),
    }
}

/// Reads a record from its item.
///
/// # Errors
/// [`ItemError`] when the item is something else.
pub fn from_item<T: Record>(item: Item) -> Result<T, ItemError> {
    fields(item, T::NAME)
}

/// Reads some fields of an item; `what` is what errors call it.
///
/// # Errors
/// [`ItemError`] when one of them is missing.
pub fn fields<T: DeserializeOwned>(
    item: Item,
    what: &'static str,
) -> Result<T, ItemError> {
    serde_dynamo::from_item(item).map_err(|_| ItemError::Form(what))
}

/// The write of an item in a batch.
pub fn put(item: Item) -> WriteRequest {
    let put = PutRequest::builder().set_item(Some(item)).build();
    WriteRequest::builder().put_request(put.expect("the item is set")).build()
}

/// The bytes of an item as DynamoDB counts them: names and values.
pub fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // Two digits in a byte, and one byte beside them.
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::L(list) => {
            3 + list.iter().map(|value| value_bytes(value) + 1).sum::<usize>()
        }
        AttributeValue::M(map) => 3 + item_bytes(map) + map.len(),
        // Booleans and nulls. No record has sets or binary values.
        _ => 1,
    }
}

/// The keys of an item, for the log: no other part of it.
pub fn name(item: &Item) -> String {
    let part = |name| item.get(name).and_then(|key| key.as_s().ok());
    let part = |name| part(name).map_or("", String::as_str);
    format!("{} {}", part(PK), part(SK))
}

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn key(pk: AttributeValue, sk: AttributeValue) -> Item {
    HashMap::from([(PK.to_owned(), pk), (SK.to_owned(), sk)])
}

/// Fills a `CreateTable` call with this schema, billed by request.
pub fn with_schema(mut call: CreateTableFluentBuilder) -> CreateTableFluentBuilder {
    for name in [PK, SK, INDEX_PK, INDEX_SK] {
        let definition = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .expect("name and type are set");
        call = call.attribute_definitions(definition);
    }
    let index = GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .key_schema(element(INDEX_PK, KeyType::Hash))
        .key_schema(element(INDEX_SK, KeyType::Range))
        .projection(
            Projection::builder().projection_type(ProjectionType::All).build(),
        )
        .build()
        .expect("name and keys are set");
    call.key_schema(element(PK, KeyType::Hash))
        .key_schema(element(SK, KeyType::Range))
        .global_secondary_indexes(index)
        .billing_mode(BillingMode::PayPerRequest)
}

fn element(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .expect("name and type are set")
}

/// How an existing table differs from this schema; `None` if it fits.
pub fn mismatch(table: &TableDescription) -> Option<String> {
    let names = |schema: &[KeySchemaElement]| {
        schema.iter().map(|e| e.attribute_name().to_owned()).collect::<Vec<_>>()
    };
    let keys = names(table.key_schema());
    if keys != [PK, SK] {
        return Some(format!("its key is {}, expected {PK}, {SK}", keys.join(", ")));
    }
    let types: BTreeMap<_, _> = table
        .attribute_definitions()
        .iter()
        .map(|a| (a.attribute_name(), a.attribute_type()))
        .collect();
    for name in [PK, SK, INDEX_PK, INDEX_SK] {
        if types.get(name) != Some(&&ScalarAttributeType::S) {
            return Some(format!("its attribute {name} is not a string key"));
        }
    }
    let index = table
        .global_secondary_indexes()
        .iter()
        .find(|i| i.index_name() == Some(INDEX));
    match index.map(|i| names(i.key_schema())) {
        Some(keys) if keys == [INDEX_PK, INDEX_SK] => None,
        _ => Some(format!("it has no index {INDEX} over {INDEX_PK}, {INDEX_SK}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Note, seed};
    use std::fmt::Debug;

    #[track_caller]
    fn survives<T: Record + PartialEq + Debug>(record: T, pk: &str, sk: &str) {
        let item = to_item(&record).unwrap();
        assert_eq!((&item[PK], &item[SK]), (&s(pk), &s(sk)));
        assert_eq!(from_item::<T>(item).unwrap(), record);
    }

    #[test]
    fn every_record_survives_its_item() {
        let tenant: TenantId = "t-1".parse().unwrap();
        let (id, note) = (seed::order_id(3), "soon".parse().unwrap());
        let order = seed::order(7, &tenant, 3);
        let index_pk = to_item(&order).unwrap().remove(INDEX_PK);
        assert_eq!(index_pk, Some(s("TENANT#t-1#STATUS#open")));
        survives(order, "TENANT#t-1", "ORDER#ord-00000003");

        let draft = OrderDraft { tenant: tenant.clone(), id: id.clone(), note };
        survives(draft, "TENANT#t-1", "DRAFT#ord-00000003");

        let event = seed::event(7, &tenant, 3);
        survives(event, "EVENTS#t-1#ord-00000003", "EVENT#confirmed");

        let key = seed::idempotency_key(7, 3);
        let sk = format!("PAYMENT#{key}");
        let amount_cents = 1_999.try_into().unwrap();
        let payment = Payment { tenant, key, order: id, amount_cents };
        survives(payment, "PAYMENTS#t-1", &sk);

        let token = seed::session_token(7, 3);
        let pk = format!("SESSION#{token}");
        survives(seed::session(7, &token), &pk, "SESSION");

        let code = seed::tracking_code(7, 3);
        survives(seed::parcel(7, &code), &format!("PARCEL#{code}"), "PARCEL");
    }

    #[test]
    fn an_item_of_another_kind_is_named_in_the_error() {
        let session = seed::session(7, &seed::session_token(7, 3));
        let error = from_item::<Order>(to_item(&session).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "item is not a valid order");
        let draft = OrderDraft {
            tenant: "t-1".parse().unwrap(),
            id: seed::order_id(3),
            note: "soon".parse().unwrap(),
        };
        assert!(from_item::<Order>(to_item(&draft).unwrap()).is_err());
    }

    #[test]
    fn a_scan_and_a_mark_of_one_desk_are_two_items() {
        let (tenant, order) = (seed::tenant("t-1"), seed::order_id(3));
        let (owner, id) = (tenant.clone(), order.clone());
        let (sequence, station) = (0.try_into().unwrap(), "d".parse().unwrap());
        let scan = Scan { tenant, order, sequence, station, note: Note::default() };
        survives(scan, "EVENTS#t-1#ord-00000003", "EVENT#scan#d#000000000000");
        let (desk, attachment) = ("d".parse().unwrap(), "".parse().unwrap());
        let seen = Seen { tenant: owner, order: id, desk, attachment };
        survives(seen, "EVENTS#t-1#ord-00000003", "EVENT#seen#d");
    }

    #[test]
    fn an_item_that_dynamodb_would_refuse_is_not_made() {
        let mut order = seed::order(7, &seed::tenant("t-1"), 3);
        order.notes = "x".repeat(360_000).parse().unwrap();
        assert!(to_item(&order).is_ok());
        let mut lines = Vec::from(order.lines);
        lines[0].title = "€".repeat(100).parse().unwrap();
        lines[0].sku = lines[0].title.clone();
        order.lines = vec![lines[0].clone(); 100].try_into().unwrap();
        let refused = to_item(&order).unwrap_err();
        assert_eq!(refused, ItemError::TooLarge("order"));
    }
}
