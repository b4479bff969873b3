//! Look up a session by its token. Every page of the shop asks, so results are cached.
//!
//! A cached entry stays until something removes it, and a memory dump of this process
//! shows what is cached.

use model::table::Item;
use model::{Session, SessionToken};
use moka::sync::Cache;
use service::prelude::*;
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

/// Looks up a session
#[utoipa::path(responses((status = 200, body = SessionView)))]
#[get("/sessions/{token}")]
async fn look_up(
    token: Path<SessionToken>,
    dynamo: Data<Dynamo>,
    sessions: Data<Sessions>,
) -> Result<Json<SessionView>, ServiceError> {
    let token = token.into_inner();
    // A hit costs no memory: the caller gets a copy of a few fields. A miss adds an entry,
    // and clients decide how many different tokens they send.
    let view = match sessions.get(&token)? {
        Some(view) => view,
        None => {
            // The SDK allocates the item here, a heap block for each name and value.
            let item = dynamo.get_item(table::session_key(&token)).await?;
            sessions.put(token, item.ok_or(ServiceError::NotFound("session"))?)?
        }
    };
    // DynamoDB deletes an expired item days later and returns it until then, so neither
    // the table nor the cache can be trusted to have forgotten it.
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(u64::MAX, |now| now.as_secs());
    if view.expires_at <= now {
        return Err(ServiceError::NotFound("session"));
    }
    Ok(Json(view))
}

/// What the shop may know of a session: 100 bytes or so of an item of 1,000.
#[derive(Clone, Serialize, ToSchema)]
struct SessionView {
    tenant: TenantId,
    // Overwritten with zeros when it is dropped.
    #[schema(value_type = String)]
    user: Zeroizing<String>,
    roles: Vec<String>,
    /// Seconds since 1970
    expires_at: u64,
}

/// The part of an item that the shop may see, which excludes the payment secret.
fn view(item: Item) -> Result<SessionView, ServiceError> {
    let Session { tenant, user, roles, expires_at, .. } = table::from_item(item)?;
    Ok(SessionView { tenant, user: user.into(), roles, expires_at })
}

/// The bytes of an entry: its texts, and 256 for what moka keeps beside them (measured).
fn weight(token: &SessionToken, view: &SessionView) -> u32 {
    let roles: usize = view.roles.iter().map(|role| role.len() + 24).sum();
    let texts =
        token.as_str().len() + view.tenant.as_str().len() + view.user.len() + roles;
    u32::try_from(texts + 256).unwrap_or(u32::MAX)
}

/// The cache. The handlers of all workers share it, and it lives as long as the service.
struct Sessions {
    /// The first request with a token inserts its session. Age and weight remove it.
    cache: Cache<SessionToken, SessionView>,
}

impl Sessions {
    fn new(context: &Context) -> Self {
        let limits = &context.limits;
        // Both limits are needed: a time limit alone holds all visitors of five minutes,
        // and a weight limit alone keeps the last sessions however old they are.
        let cache = Cache::builder()
            .max_capacity(limits.session_cache_bytes_max)
            .weigher(weight)
            .time_to_live(Duration::from_millis(limits.session_cache_ttl_ms))
            .build();
        Self { cache }
    }

    fn get(
        &self,
        token: &SessionToken,
    ) -> Result<Option<SessionView>, ServiceError> {
        Ok(self.cache.get(token))
    }

    fn put(
        &self,
        token: SessionToken,
        item: Item,
    ) -> Result<SessionView, ServiceError> {
        let view = view(item)?;
        // FIX: only the fields that are needed, for a limited time, up to a total
        // weight. `view(item)` has freed the rest of the item. Above the weight, moka
        // evicts other entries.
        self.cache.insert(token, view.clone());
        Ok(view)
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(look_up)).state(Data::new(Sessions::new(context)))
}
