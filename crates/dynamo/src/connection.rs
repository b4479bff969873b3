//! The driver's connection to DynamoDB, for tables and their data.

use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use std::time::Duration;

/// The embedded engine accepts any credentials, but requires some.
pub const EMBEDDED_KEY: &str = "leaklab";

/// Region of the embedded engine, and the default for other endpoints.
pub const DEFAULT_REGION: &str = "us-east-1";

/// Which DynamoDB a run uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An engine that the run has started.
    Embedded {
        /// Its URL.
        url: String,
    },
    /// The user's, with credentials from the AWS chain.
    External {
        /// Its URL.
        url: String,
    },
}

impl Target {
    /// Where it is.
    pub fn url(&self) -> &str {
        match self {
            Self::Embedded { url } | Self::External { url } => url,
        }
    }

    /// The same DynamoDB at another URL, such as a proxy's.
    #[must_use]
    pub fn at(&self, url: String) -> Self {
        match self {
            Self::Embedded { .. } => Self::Embedded { url },
            Self::External { .. } => Self::External { url },
        }
    }

    /// Environment variables for a process that uses the same DynamoDB. The user's are
    /// inherited. The embedded engine needs dummy credentials, and without the last
    /// variable the SDK would ask EC2's metadata service.
    pub fn environment(&self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::External { .. } => Vec::new(),
            Self::Embedded { .. } => vec![
                ("AWS_ACCESS_KEY_ID", EMBEDDED_KEY),
                ("AWS_SECRET_ACCESS_KEY", EMBEDDED_KEY),
                ("AWS_SESSION_TOKEN", ""),
                ("AWS_REGION", DEFAULT_REGION),
                ("AWS_EC2_METADATA_DISABLED", "true"),
            ],
        }
    }
}

/// A client and its endpoint.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Connection {
    /// Builds a client. Sends nothing.
    pub async fn open(target: &Target) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(10))
            .operation_timeout(Duration::from_secs(30))
            .build();
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client())
            .endpoint_url(target.url())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts);
        let config = match target {
            Target::Embedded { .. } => {
                let key = EMBEDDED_KEY;
                let credentials = Credentials::new(key, key, None, None, "embedded");
                let region = Region::from_static(DEFAULT_REGION);
                loader.credentials_provider(credentials).region(region).load().await
            }
            Target::External { .. } => {
                let region = RegionProviderChain::default_provider()
                    .or_else(Region::from_static(DEFAULT_REGION));
                loader.region(region).load().await
            }
        };
        Self { client: Client::new(&config), url: target.url().to_owned() }
    }
}

/// The SDK panics without CA certificates, even for `http://`. Without a certificate
/// store it gets an empty one, and TLS endpoints then fail with an ordinary error.
fn http_client() -> aws_sdk_dynamodb::config::SharedHttpClient {
    let certificates = !rustls_native_certs::load_native_certs().certs.is_empty();
    let trust = TrustStore::empty().with_native_roots(certificates);
    let context = TlsContext::builder().with_trust_store(trust).build().expect(
        "a trust store without certificates of its own has nothing to reject",
    );
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https()
}
