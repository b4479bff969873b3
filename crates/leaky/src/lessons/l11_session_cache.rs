//! Look up a session by its token. Every page of the shop asks, so results are cached.
//!
//! A cached entry stays until something removes it, and a memory dump of this process
//! shows what is cached.

use model::SessionToken;
use model::table::Item;
use service::prelude::*;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::SystemTime;

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
    user: String,
    roles: Vec<String>,
    /// Seconds since 1970
    expires_at: u64,
}

/// The cache. The handlers of all workers share it, and it lives as long as the service.
struct Sessions {
    dynamo: Data<Dynamo>,
    #[expect(dead_code, reason = "nothing enforces the limits")]
    limits: Data<Limits>,
    /// The first request with a token inserts its session, and nothing removes it.
    cache: Mutex<HashMap<SessionToken, Item>>,
}

impl Sessions {
    fn new(context: &Context) -> Self {
        let (dynamo, limits) = (context.dynamo.clone(), context.limits.clone());
        Self { dynamo, limits, cache: Mutex::default() }
    }

    async fn look_up(
        &self,
        token: SessionToken,
    ) -> Result<SessionView, ServiceError> {
        let cached = lock(&self.cache).get(&token).cloned();
        let item = match cached {
            Some(item) => item,
            None => {
                let item = self.fetch(&token).await?;
                // LEAK: the map has an entry for each token that ever came, expired or
                // not. An entry is the whole item: the map keeps its heap blocks, with
                // the payment secret and the profile that this route never returns.
                lock(&self.cache).insert(token, item.clone());
                item
            }
        };
        Ok(table::fields(item, "session")?)
    }

    /// The session in the table.
    async fn fetch(&self, token: &SessionToken) -> Result<Item, ServiceError> {
        // The SDK allocates the item here, a heap block for each name and value.
        let item = self.dynamo.get_item(table::session_key(token)).await?;
        item.ok_or(ServiceError::NotFound("session"))
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(look_up))
        .public("/sessions/{token}")
        .state(Data::new(Sessions::new(context)))
}
