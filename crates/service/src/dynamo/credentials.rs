//! Credentials in the name of a tenant.

use super::Dynamo;
use aws_credential_types::provider::{self, error::CredentialsError, future};
use aws_sdk_dynamodb::config::{
    Credentials, ProvideCredentials, SharedCredentialsProvider,
};
use model::TenantId;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// Credentials are asked for anew this long before they run out, so that no request
/// is signed with ones that end on its way.
const MARGIN: Duration = Duration::from_secs(60);

/// The service's own credentials. A clone shares what was asked for last.
#[derive(Debug, Clone)]
pub(super) struct OwnCredentials {
    provider: Option<SharedCredentialsProvider>,
    /// One slot, for all tenants. The SDK's own cache is no help: credentials that
    /// come with a call are cached for that call alone, and asking EC2 or STS each
    /// time would cost a request.
    last: Arc<Mutex<Option<Credentials>>>,
}

impl OwnCredentials {
    pub(super) fn new(provider: Option<SharedCredentialsProvider>) -> Self {
        Self { provider, last: Arc::default() }
    }

    async fn get(&self) -> provider::Result {
        // Held while asking, so that a burst of calls asks once. The operation timeout
        // of whoever calls bounds the wait.
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
/// This is the place where a service would assume a role for the tenant (STS
/// `AssumeRole` with a session tag that the role's policy compares with the keys). Here
/// it hands out the service's own credentials, so that it works on every engine. With
/// roles there are credentials for each tenant, and the slot becomes a cache with a
/// bound and an age.
#[derive(Debug, Clone)]
pub struct TenantCredentials {
    tenant: TenantId,
    own: OwnCredentials,
}

impl Dynamo {
    /// Credentials for calls on behalf of this tenant. Nothing is asked for yet.
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
            tracing::debug!(tenant = %self.tenant, "credentials are asked for");
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
    fn credentials_are_renewed_before_they_run_out() {
        assert!(lasts(&lasting(None)));
        assert!(lasts(&lasting(Some(600))));
        assert!(!lasts(&lasting(Some(30))));
    }

    #[tokio::test]
    async fn whoever_has_no_provider_has_no_credentials() {
        assert!(OwnCredentials::new(None).get().await.is_err());
    }

    #[tokio::test]
    async fn what_has_run_out_is_replaced_and_what_lasts_is_kept() {
        let provider = SharedCredentialsProvider::new(lasting(None));
        let own = OwnCredentials::new(Some(provider));
        *own.last.lock().await = Some(lasting(Some(30)));
        assert_eq!(own.get().await.unwrap().expiry(), None);
        let kept = lasting(Some(600));
        *own.last.lock().await = Some(kept.clone());
        assert_eq!(own.get().await.unwrap().expiry(), kept.expiry());
    }
}
