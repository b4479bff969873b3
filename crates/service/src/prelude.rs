//! What nearly every lesson's file uses: `use service::prelude::*`.

pub use crate::extract::header;
pub use crate::{
    Context, Dynamo, Lesson, Limits, ServiceError, Tenant, Undone, lock,
};
pub use actix_web::web::{Data, Json, Path};
pub use actix_web::{HttpRequest, HttpResponse, get, post, put};
pub use model::{Order, OrderId, TenantId, table};
pub use serde::{Deserialize, Serialize};
pub use utoipa::ToSchema;
