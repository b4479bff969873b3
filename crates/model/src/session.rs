//! Sessions: who is signed in, with the stored payment secret.

use crate::{SessionToken, TenantId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A signed-in client, as it is stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// What the client shows.
    pub token: SessionToken,
    /// The tenant it may act for.
    pub tenant: TenantId,
    /// The person.
    pub user: String,
    /// What the person may do.
    pub roles: Vec<String>,
    /// When the session ends, in seconds since 1970 (DynamoDB's TTL form).
    pub expires_at: u64,
    /// Stored card for one-click payment. Never leaves the service.
    pub payment_secret: String,
    /// Browser, shop settings and other data from the sign-in page.
    pub profile: String,
}

// A derived `Debug` would print the token and the payment secret.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, expires_at, .. } = self;
        write!(f, "Session {{ tenant: {tenant}, expires_at: {expires_at}, … }}")
    }
}
