//! Parcels on their way, as the public page shows them.

use crate::TrackingCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A parcel, as it is stored: nothing that names a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Parcel {
    /// The code that its recipient received.
    pub code: TrackingCode,
    /// Who carries it.
    pub carrier: String,
    /// Where it was seen last.
    pub place: String,
    /// When that was, RFC 3339 in UTC.
    pub seen_at: String,
}
