//! Look up a session by its token. Every page of the shop asks, so results are cached.
//!
//! A cached entry stays until something removes it, and a memory dump of this process
//! shows what is cached.

use model::SessionToken;
use moka::future::Cache;
use service::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::sleep;
use zeroize::Zeroizing;

/// Looks up a session
#[utoipa::path(responses((status = 200, body = SessionView)))]
#[get("/sessions/{token}")]
async fn look_up(
    token: Path<SessionToken>,
    sessions: Data<Sessions>,
) -> Result<Json<SessionView>, ServiceError> {
    // A hit costs no memory: the caller gets a copy of a few fields. A miss adds an entry,
    // and clients decide how many different tokens they send.
    let view = sessions.look_up(token.into_inner()).await?;
    // DynamoDB deletes an expired item days later and returns it until then, so neither
    // the table nor the cache can be trusted to have forgotten it.
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(u64::MAX, |now| now.as_secs());
    if view.expires_at <= now {
        return Err(ServiceError::NotFound("session"));
    }
    Ok(Json(view))
}

/// What the shop may know of a session: 100 bytes or so of an item of 1,000.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
struct SessionView {
    tenant: TenantId,
    // Overwritten with zeros when it is dropped.
    #[schema(value_type = String)]
    user: Zeroizing<String>,
    roles: Vec<String>,
    /// Seconds since 1970
    expires_at: u64,
}

/// A token that nobody can sign in with.
type TokenHash = [u8; 32];

/// The bytes of an entry: its texts, and 256 for what moka keeps beside them (measured).
fn weight(_: &TokenHash, view: &SessionView) -> u32 {
    let roles: usize = view.roles.iter().map(|role| role.len() + 24).sum();
    let texts = view.tenant.as_str().len() + view.user.len() + roles;
    u32::try_from(texts + 32 + 256).unwrap_or(u32::MAX)
}

/// The cache. The handlers of all workers share it, and it lives as long as the service.
struct Sessions {
    dynamo: Data<Dynamo>,
    /// The first request with a token inserts its session. Age and weight remove it.
    cache: Cache<TokenHash, SessionView>,
}

impl Sessions {
    fn new(context: &Context) -> Self {
        let limits = &context.limits;
        let age_max = Duration::from_millis(limits.session_cache_ttl_ms);
        // Both limits are needed: a time limit alone holds all visitors of five minutes,
        // and a weight limit alone keeps the last sessions however old they are.
        let cache = Cache::builder()
            .max_capacity(limits.session_cache_bytes_max)
            .weigher(weight)
            .time_to_live(age_max)
            .build();
        context.background.spawn(forget_expired(cache.clone(), age_max));
        Self { dynamo: context.dynamo.clone(), cache }
    }

    async fn look_up(
        &self,
        token: SessionToken,
    ) -> Result<SessionView, ServiceError> {
        let key: TokenHash = Sha256::digest(token.as_str()).into();
        // FIX: only the fields that are needed, for a limited time, up to a total
        // weight; above it, moka evicts other entries. Requests for the same session at
        // the same time wait for one call, and share its error.
        let view = self.cache.try_get_with(key, self.fetch(&token)).await;
        view.map_err(Arc::unwrap_or_clone)
    }

    /// The session in the table. What the route doesn't return stays there.
    async fn fetch(
        &self,
        token: &SessionToken,
    ) -> Result<SessionView, ServiceError> {
        const FIELDS: [&str; 4] = ["tenant", "user", "roles", "expires_at"];
        let key = table::session_key(token);
        let item = self.dynamo.get_attributes(key, &FIELDS).await?;
        Ok(table::fields(item.ok_or(ServiceError::NotFound("session"))?, "session")?)
    }
}

/// Frees expired entries. moka hides them, and frees them in other calls only, so a
/// service that nobody asks would keep them.
async fn forget_expired(cache: Cache<TokenHash, SessionView>, age_max: Duration) {
    let every = age_max.clamp(Duration::from_millis(100), Duration::from_secs(60));
    loop {
        sleep(every).await;
        cache.run_pending_tasks().await;
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(look_up))
        .public("/sessions/{token}")
        .state(Data::new(Sessions::new(context)))
}
