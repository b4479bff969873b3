//! Credentials for calls on behalf of a tenant.

use super::Dynamo;
use aws_credential_types::provider::{self, error::CredentialsError, future};
use aws_sdk_dynamodb::config::{
    Credentials, ProvideCredentials, SharedCredentialsProvider,
};
use model::TenantId;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// Credentials are renewed this long before they expire, so that none expire between
/// signing and arrival.
const MARGIN: Duration = Duration::from_secs(60);

/// The service's own credentials. Clones share the last ones that were loaded.
#[derive(Debug, Clone)]
pub(super) struct OwnCredentials {
    provider: Option<SharedCredentialsProvider>,
    /// One slot for all tenants. The SDK caches credentials that come with a call for
    /// that call only, and asking EC2 or STS each time would cost a request.
    last: Arc<Mutex<Option<Credentials>>>,
}

impl OwnCredentials {
    pub(super) fn new(provider: Option<SharedCredentialsProvider>) -> Self {
        Self { provider, last: Arc::default() }
    }

    async fn get(&self) -> provider::Result {
        // Locked while loading, so that a burst of calls loads once. The operation
        // timeout of the caller limits the wait.
        let mut last = self.last.lock().await;
        if let Some(credentials) = last.as_ref().filter(|last| lasts(last)) {
            return Ok(credentials.clone());
        }
        let provider = self.provider.as_ref();
        let provider =
            provider.ok_or_else(CredentialsError::not_loaded_no_source)?;
        let credentials = provider.provide_credentials().await?;
        *last = Some(credentials.clone());
        Ok(credentials)
    }
}

fn lasts(credentials: &Credentials) -> bool {
    let soon = SystemTime::now() + MARGIN;
    credentials.expiry().is_none_or(|expiry| expiry > soon)
}

/// Credentials for calls on behalf of one tenant.
///
/// A real service would assume a role for the tenant here (STS `AssumeRole` with a
/// session tag that the role's policy compares with the keys). This one returns its own
/// credentials, so that it works on every engine. With roles there are credentials for
/// each tenant, and the slot becomes a cache with a size limit and an age limit.
#[derive(Debug, Clone)]
pub struct TenantCredentials {
    tenant: TenantId,
    own: OwnCredentials,
}

impl Dynamo {
    /// Credentials for calls on behalf of this tenant. Nothing is loaded yet.
    pub fn tenant_credentials(&self, tenant: &TenantId) -> TenantCredentials {
        TenantCredentials { tenant: tenant.clone(), own: self.own_credentials() }
    }
}

impl ProvideCredentials for TenantCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            tracing::debug!(tenant = %self.tenant, "loading credentials");
            self.own.get().await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasting(seconds: Option<u64>) -> Credentials {
        let expiry = seconds.map(|n| SystemTime::now() + Duration::from_secs(n));
        Credentials::new("key", "secret", None, expiry, "test")
    }

    #[test]
    fn credentials_are_renewed_before_they_expire() {
        assert!(lasts(&lasting(None)));
        assert!(lasts(&lasting(Some(600))));
        assert!(!lasts(&lasting(Some(30))));
    }

    #[tokio::test]
    async fn without_a_provider_there_are_no_credentials() {
        assert!(OwnCredentials::new(None).get().await.is_err());
    }

    #[tokio::test]
    async fn expiring_credentials_are_replaced_and_others_are_kept() {
        let provider = SharedCredentialsProvider::new(lasting(None));
        let own = OwnCredentials::new(Some(provider));
        *own.last.lock().await = Some(lasting(Some(30)));
        assert_eq!(own.get().await.unwrap().expiry(), None);
        let kept = lasting(Some(600));
        *own.last.lock().await = Some(kept.clone());
        assert_eq!(own.get().await.unwrap().expiry(), kept.expiry());
    }
}
