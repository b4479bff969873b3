//! "A map never gives memory back, so shrink it": the capacity of the map follows its
//! entries.
//!
//! It does, and the entries are what grows. Shrinking on every insertion also copies the
//! map each time.

use model::table::Item;
use model::{Session, SessionToken};
use service::prelude::*;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::SystemTime;

#[get("/sessions/{token}")]
async fn look_up(
    token: Path<SessionToken>,
    dynamo: Data<Dynamo>,
    sessions: Data<Sessions>,
) -> Result<Json<SessionView>, ServiceError> {
    let token = token.into_inner();
    let cached = lock(&sessions.0).get(&token).cloned();
    let item = match cached {
        Some(item) => item,
        None => {
            let item = dynamo.get_item(table::session_key(&token)).await?;
            let item = item.ok_or(ServiceError::NotFound("session"))?;
            let mut cache = lock(&sessions.0);
            cache.insert(token, item.clone());
            // Returns the free slots of the table. Each entry keeps its item.
            cache.shrink_to_fit();
            item
        }
    };
    let view = view(item)?;
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(u64::MAX, |now| now.as_secs());
    if view.expires_at <= now {
        return Err(ServiceError::NotFound("session"));
    }
    Ok(Json(view))
}

/// What the shop may know of a session.
#[derive(Serialize)]
struct SessionView {
    tenant: TenantId,
    user: String,
    roles: Vec<String>,
    expires_at: u64,
}

fn view(item: Item) -> Result<SessionView, ServiceError> {
    let Session { tenant, user, roles, expires_at, .. } = table::from_item(item)?;
    Ok(SessionView { tenant, user, roles, expires_at })
}

/// The cache. The first request with a token inserts its session, and nothing removes
/// it.
struct Sessions(Mutex<HashMap<SessionToken, Item>>);

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.map(|app| app.service(look_up)))
        .public("/sessions/{token}")
        .state(Data::new(Sessions(Mutex::default())))
}
