//! The client, built once: its clones share connections, credentials and caches.

use super::call::WireCounter;
use super::credentials::CredentialsCache;
use crate::Settings;
use anyhow::{Context, Result, ensure};
use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::config::{Builder, SharedHttpClient};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use heap::Gauge;
use std::sync::Arc;
use std::time::Duration;

/// Idle connections to DynamoDB that are kept. The default is no limit: a burst of
/// 1,000 calls would leave 1,000 sockets open.
const IDLE_CONNECTIONS_MAX: usize = 32;

/// Used with a given endpoint when the AWS chain names no region. Such engines accept
/// any region.
const FALLBACK_REGION: &str = "us-east-1";

/// The table, and the client that reaches it. A clone costs a few pointers.
#[derive(Debug, Clone)]
pub struct Dynamo {
    /// The SDK's client.
    pub client: Client,
    pub(super) table: Arc<str>,
    /// Settings of each call, where they differ from the client's.
    pub(super) config: Option<Builder>,
    pub(super) shared: Arc<Shared>,
}

/// What all clients of this service are built from.
#[derive(Debug)]
pub(super) struct Shared {
    /// The settings, with no timeout but the SDK's default one.
    base: Builder,
    /// The certificates that TLS trusts.
    tls: TlsContext,
    pub(super) credentials: CredentialsCache,
    /// Calls that have begun and not ended.
    pub(super) in_flight: Gauge,
}

impl Dynamo {
    /// Builds the client, which counts its attempts in this gauge. It sends nothing
    /// yet.
    ///
    /// Every timeout is set. By default the SDK limits only connecting, so a DynamoDB
    /// that accepts connections and never answers would hold handlers forever.
    ///
    /// # Errors
    /// TLS has no certificates to trust, or refuses its settings.
    pub async fn connect(settings: &Settings, attempts: Gauge) -> Result<Self> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .read_timeout(Duration::from_secs(3))
            .operation_attempt_timeout(Duration::from_secs(4))
            .operation_timeout(Duration::from_secs(8))
            .build();
        let tls = tls_context(settings.endpoint_url.as_deref())?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client(&tls))
            .retry_config(RetryConfig::standard().with_max_attempts(3));
        if let Some(url) = &settings.endpoint_url {
            let region = RegionProviderChain::default_provider()
                .or_else(Region::from_static(FALLBACK_REGION));
            loader = loader.endpoint_url(url).region(region);
        }
        let config = loader.load().await;
        let credentials = CredentialsCache::new(
            config.credentials_provider(),
            settings.limits.tenant_credentials_max,
        );
        let base = Builder::from(&config)
            .interceptor(WireCounter(attempts))
            .retry_classifier(EndedWorker);
        let client =
            Client::from_conf(base.clone().timeout_config(timeouts).build());
        let table = settings.table.as_str().into();
        let shared =
            Arc::new(Shared { base, tls, credentials, in_flight: Gauge::default() });
        Ok(Self { client, table, config: None, shared })
    }

    /// The same table, reached by this client.
    #[must_use]
    pub fn with_client(&self, client: Client) -> Self {
        Self { client, ..self.clone() }
    }

    /// The same table, reached through connections that no other client uses.
    #[must_use]
    pub fn with_own_connections(&self) -> Self {
        self.with_client(Client::from_conf(self.separate_config().build()))
    }

    /// The same client, with other settings for each call.
    #[must_use]
    pub fn with_config(&self, config: Builder) -> Self {
        Self { config: Some(config), ..self.clone() }
    }

    /// A new client with these timeouts. Those that are left out are the SDK's
    /// defaults: 3.1 s to connect, and no limit for everything else.
    #[must_use]
    pub fn with_timeouts(&self, timeouts: TimeoutConfig) -> Self {
        let config = self.shared.base.clone().timeout_config(timeouts).build();
        self.with_client(Client::from_conf(config))
    }

    /// Settings for a client with its own HTTP client: connection pool, TLS settings
    /// and root certificates. `Client::new` builds all of that each time from the
    /// result of `aws_config::load_defaults`.
    pub fn separate_config(&self) -> Builder {
        self.client.config().to_builder().http_client(http_client(&self.shared.tls))
    }
}

/// Sends a call again whose connection ended with the worker that had opened it.
///
/// Workers share their connections, and each has a runtime of its own. hyper reports the
/// end of a connection's runtime as a mistake of its user, which the SDK does not retry.
/// A write may be sent twice, since each has a condition or a token, or the same result.
#[derive(Debug)]
struct EndedWorker;

impl ClassifyRetry for EndedWorker {
    fn classify_retry(&self, call: &InterceptorContext) -> RetryAction {
        let error = call.output_or_error().and_then(Result::err);
        let connector = error.and_then(|error| error.as_connector_error());
        match connector.is_some_and(|error| error.is_user()) {
            true => RetryAction::transient_error(),
            false => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "ended worker"
    }
}

fn tls_context(endpoint: Option<&str>) -> Result<TlsContext> {
    // The SDK itself asserts that there are certificates, even for http://.
    let certificates = !rustls_native_certs::load_native_certs().certs.is_empty();
    let plain = endpoint.is_some_and(|url| url.starts_with("http://"));
    ensure!(
        certificates || plain,
        "no CA certificates found, which TLS to {} needs: install ca-certificates, or \
         point SSL_CERT_FILE at a bundle",
        endpoint.unwrap_or("AWS")
    );
    let trust = TrustStore::empty().with_native_roots(certificates);
    let context = TlsContext::builder().with_trust_store(trust).build();
    context.context("TLS could not be set up")
}

fn http_client(tls: &TlsContext) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls.clone())
        .build_https()
}
