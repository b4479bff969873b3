//! An order before anything has happened to it.

use crate::{Order, OrderStatus};
use serde::Deserialize;
use utoipa::openapi::{Object, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// An order that is open. Confirming one writes an audit entry, so no order may begin as
/// a confirmed one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Order")]
pub struct OpenOrder(pub Order);

impl TryFrom<Order> for OpenOrder {
    type Error = &'static str;
    fn try_from(order: Order) -> Result<Self, &'static str> {
        match order.status {
            OrderStatus::Open => Ok(Self(order)),
            OrderStatus::Confirmed => Err("its status must be open"),
        }
    }
}

impl PartialSchema for OpenOrder {
    fn schema() -> RefOr<Schema> {
        let mut schema = Order::schema();
        if let RefOr::T(Schema::Object(order)) = &mut schema {
            let open = [OrderStatus::Open.as_str()];
            let status = Object::builder().schema_type(Type::String);
            let status = status.enum_values(Some(open)).build();
            order.properties.insert("status".to_owned(), status.into());
        }
        schema
    }
}

impl ToSchema for OpenOrder {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Order::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    #[test]
    fn a_confirmed_order_is_none() {
        let mut order = seed::order(7, &seed::tenant("t-1"), 3);
        assert_eq!(OpenOrder::try_from(order.clone()), Ok(OpenOrder(order.clone())));
        order.status = OrderStatus::Confirmed;
        assert!(OpenOrder::try_from(order).is_err());
    }

    #[test]
    fn its_schema_says_so() {
        let RefOr::T(Schema::Object(order)) = OpenOrder::schema() else { panic!() };
        let Some(RefOr::T(Schema::Object(status))) = order.properties.get("status")
        else {
            panic!()
        };
        let values = status.enum_values.as_ref();
        assert_eq!(values.map(Vec::len), Some(1));
    }
}
