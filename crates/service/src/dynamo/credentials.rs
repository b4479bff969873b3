//! Credentials for calls on behalf of a tenant, cached.
//!
//! The SDK caches credentials that come with a call for that call only, so a provider
//! that asks STS or EC2 would send a request for each call.

use super::Dynamo;
use aws_credential_types::provider::{self, error::CredentialsError, future};
use aws_sdk_dynamodb::config::{
    Credentials, ProvideCredentials, SharedCredentialsProvider,
};
use model::TenantId;
use moka::Expiry;
use moka::future::Cache;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Credentials are renewed this long before they expire, so that none expire between
/// signing and arrival.
const MARGIN: Duration = Duration::from_secs(60);

/// How long credentials are used at most. A role that was taken away is used until then.
const AGE_MAX: Duration = Duration::from_secs(15 * 60);

/// How long loading them may take, as in the SDK's own cache.
const LOAD_DEADLINE: Duration = Duration::from_secs(5);

/// Credentials of the tenants that were active recently. Clones share the cache.
///
/// Its bound is a number of tenants: credentials are a few hundred bytes, those of STS
/// two kilobytes.
#[derive(Debug, Clone)]
pub(super) struct CredentialsCache {
    provider: Option<SharedCredentialsProvider>,
    /// The first call of a tenant inserts its credentials. The bound, their age or their
    /// own end removes them.
    cache: Cache<TenantId, Credentials>,
}

impl CredentialsCache {
    pub(super) fn new(
        provider: Option<SharedCredentialsProvider>,
        tenants_max: u64,
    ) -> Self {
        let cache = Cache::builder()
            .max_capacity(tenants_max)
            .time_to_live(AGE_MAX)
            .expire_after(BeforeTheirEnd)
            .build();
        crate::sweep(&cache, AGE_MAX);
        Self { provider, cache }
    }

    /// The credentials of a tenant. Callers that need the same ones at the same time wait
    /// for one load and share its result, a failure included; no lock is held meanwhile,
    /// so other tenants are not kept waiting.
    async fn get(&self, tenant: &TenantId) -> provider::Result {
        let loaded = self.cache.try_get_with_by_ref(tenant, self.load(tenant)).await;
        loaded.map_err(|error: Arc<CredentialsError>| {
            CredentialsError::provider_error(error)
        })
    }

    /// Loads credentials for a tenant.
    ///
    /// A service with a role for its tenants asks STS for it here (`AssumeRole` with a
    /// session tag that the role's policy compares with the keys), and DynamoDB refuses
    /// every other tenant's items. This one loads its own credentials, since not every
    /// engine has roles.
    async fn load(&self, tenant: &TenantId) -> provider::Result {
        tracing::debug!(%tenant, "loading credentials");
        let provider = self.provider.as_ref();
        let provider =
            provider.ok_or_else(CredentialsError::not_loaded_no_source)?;
        let loading = provider.provide_credentials();
        let loaded = tokio::time::timeout(LOAD_DEADLINE, loading).await;
        loaded.map_err(|_| CredentialsError::provider_timed_out(LOAD_DEADLINE))?
    }
}

/// Entries leave the cache a while before their credentials end.
struct BeforeTheirEnd;

impl Expiry<TenantId, Credentials> for BeforeTheirEnd {
    fn expire_after_create(
        &self,
        _: &TenantId,
        credentials: &Credentials,
        _: Instant,
    ) -> Option<Duration> {
        let left = credentials.expiry()?.duration_since(SystemTime::now());
        Some(left.unwrap_or_default().saturating_sub(MARGIN))
    }
}

/// Credentials for calls on behalf of one tenant.
#[derive(Debug, Clone)]
pub struct TenantCredentials {
    tenant: TenantId,
    cache: CredentialsCache,
}

impl Dynamo {
    /// Credentials for calls on behalf of this tenant. Nothing is loaded yet.
    pub fn tenant_credentials(&self, tenant: &TenantId) -> TenantCredentials {
        let cache = self.shared.credentials.clone();
        TenantCredentials { tenant: tenant.clone(), cache }
    }
}

impl ProvideCredentials for TenantCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.cache.get(&self.tenant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use tokio::sync::Semaphore;

    /// Counts its calls. Each one ends when it gets a permit.
    #[derive(Debug)]
    struct Provider {
        calls: AtomicU64,
        permits: Semaphore,
        seconds: Option<u64>,
        fails: bool,
    }

    impl Provider {
        fn new(permits: usize) -> Self {
            let permits = Semaphore::new(permits);
            Self { calls: 0.into(), permits, seconds: None, fails: false }
        }

        fn calls(&self) -> u64 {
            self.calls.load(SeqCst)
        }
    }

    impl ProvideCredentials for Provider {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async {
                self.calls.fetch_add(1, SeqCst);
                self.permits.acquire().await.unwrap().forget();
                if self.fails {
                    return Err(CredentialsError::not_loaded("none"));
                }
                let end = |n| SystemTime::now() + Duration::from_secs(n);
                let expiry = self.seconds.map(end);
                Ok(Credentials::new("key", "secret", None, expiry, "test"))
            })
        }
    }

    fn cache(provider: &Arc<Provider>, tenants_max: u64) -> CredentialsCache {
        let provider: Arc<dyn ProvideCredentials> = provider.clone();
        let provider = SharedCredentialsProvider::new(provider);
        CredentialsCache::new(Some(provider), tenants_max)
    }

    fn tenant(n: usize) -> TenantId {
        format!("t-{n}").parse().unwrap()
    }

    #[tokio::test]
    async fn without_a_provider_there_are_no_credentials() {
        let cache = CredentialsCache::new(None, 10);
        assert!(cache.get(&tenant(1)).await.is_err());
    }

    #[tokio::test]
    async fn each_tenant_has_its_own_and_they_are_loaded_once() {
        let provider = Arc::new(Provider::new(100));
        let cache = cache(&provider, 10);
        for n in [1, 2, 1, 2] {
            assert!(cache.get(&tenant(n)).await.is_ok());
        }
        assert_eq!(provider.calls(), 2);
    }

    #[tokio::test]
    async fn callers_at_the_same_time_share_one_load_and_its_failure() {
        for fails in [false, true] {
            let provider = Arc::new(Provider { fails, ..Provider::new(0) });
            let cache = cache(&provider, 10);
            let tenant = tenant(1);
            let callers = join_all((0..50).map(|_| cache.get(&tenant)));
            let release = async { provider.permits.add_permits(1) };
            let (found, ()) = tokio::join!(callers, release);
            assert!(found.iter().all(|got| got.is_err() == fails));
            assert_eq!(provider.calls(), 1);
        }
    }

    #[tokio::test]
    async fn a_tenant_whose_load_hangs_keeps_no_other_waiting() {
        let provider = Arc::new(Provider::new(0));
        let cache = cache(&provider, 10);
        let (first, second) = (tenant(1), tenant(2));
        let mut hanging = std::pin::pin!(cache.get(&first));
        assert!(futures_util::poll!(&mut hanging).is_pending());
        // The semaphore is fair: the first permit ends the first load.
        let mut other = std::pin::pin!(cache.get(&second));
        assert!(futures_util::poll!(&mut other).is_pending());
        assert_eq!(provider.calls(), 2, "the second load waits for the first one");
    }

    #[tokio::test]
    async fn a_caller_that_leaves_while_it_loads_is_replaced() {
        let provider = Arc::new(Provider::new(0));
        let cache = cache(&provider, 10);
        let tenant = tenant(1);
        {
            let mut leaving = std::pin::pin!(cache.get(&tenant));
            assert!(futures_util::poll!(&mut leaving).is_pending());
        }
        provider.permits.add_permits(1);
        assert!(cache.get(&tenant).await.is_ok());
    }

    #[tokio::test]
    async fn credentials_that_end_soon_are_loaded_again_and_others_are_kept() {
        for (seconds, calls) in [(Some(30), 2), (Some(600), 1), (None, 1)] {
            let provider = Arc::new(Provider { seconds, ..Provider::new(100) });
            let cache = cache(&provider, 10);
            for _ in 0..2 {
                assert!(cache.get(&tenant(1)).await.is_ok());
            }
            assert_eq!(provider.calls(), calls, "{seconds:?}");
        }
    }

    #[tokio::test]
    async fn the_cache_is_bounded() {
        let provider = Arc::new(Provider::new(1_000));
        let cache = cache(&provider, 10);
        for n in 0..500 {
            assert!(cache.get(&tenant(n)).await.is_ok());
        }
        cache.cache.run_pending_tasks().await;
        assert!(cache.cache.entry_count() <= 10, "{}", cache.cache.entry_count());
    }
}
