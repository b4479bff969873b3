//! Look up a session by its token. Every page of the shop asks, so results are cached.
//!
//! A cached entry stays until something removes it, and a memory dump of this process
//! shows what is cached.

use model::table::Item;
use model::{Session, SessionToken};
use service::prelude::*;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::SystemTime;

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
    user: String,
    roles: Vec<String>,
    /// Seconds since 1970
    expires_at: u64,
}

/// The part of an item that the shop may see, which excludes the payment secret.
fn view(item: Item) -> Result<SessionView, ServiceError> {
    let Session { tenant, user, roles, expires_at, .. } = table::from_item(item)?;
    Ok(SessionView { tenant, user, roles, expires_at })
}

/// The cache. The handlers of all workers share it, and it lives as long as the service.
struct Sessions {
    #[expect(dead_code, reason = "nothing enforces the limits")]
    limits: Data<Limits>,
    /// The first request with a token inserts its session, and nothing removes it.
    cache: Mutex<HashMap<SessionToken, Item>>,
}

impl Sessions {
    fn new(context: &Context) -> Self {
        Self { limits: context.limits.clone(), cache: Mutex::default() }
    }

    fn get(
        &self,
        token: &SessionToken,
    ) -> Result<Option<SessionView>, ServiceError> {
        lock(&self.cache).get(token).cloned().map(view).transpose()
    }

    fn put(
        &self,
        token: SessionToken,
        item: Item,
    ) -> Result<SessionView, ServiceError> {
        // LEAK: the map has an entry for each token that ever came, expired or not. An
        // entry is the whole item: the map keeps its heap blocks, with the payment
        // secret and the profile that this route never returns.
        lock(&self.cache).insert(token, item.clone());
        view(item)
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(look_up)).state(Data::new(Sessions::new(context)))
}
