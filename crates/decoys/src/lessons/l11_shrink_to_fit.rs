//! "A map never gives memory back, so shrink it": the map's capacity follows its
//! entries.
//!
//! It does, and the entries are what grows. (Shrinking on every insertion also copies
//! the map each time.)

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use model::table::{self, Item};
use model::{Session, SessionToken, TenantId};
use serde::Serialize;
use service::{Context, Dynamo, ServiceError};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// What the shop may know of a session.
#[derive(Clone, Serialize)]
pub(crate) struct SessionView {
    tenant: TenantId,
    user: String,
    roles: Vec<String>,
    /// Seconds since 1970
    expires_at: u64,
}

#[get("/sessions/{token}")]
pub(crate) async fn look_up(
    token: Path<SessionToken>,
    dynamo: Data<Dynamo>,
    sessions: Data<Sessions>,
) -> Result<Json<SessionView>, ServiceError> {
    let token = token.into_inner();
    let view = match sessions.get(&token)? {
        Some(view) => view,
        None => {
            let item = find(&dynamo, &token).await?;
            sessions.put(token, item)?
        }
    };
    // An entry that has run out is as good as none, however it was found.
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(u64::MAX, |now| now.as_secs());
    if view.expires_at <= now {
        return Err(ServiceError::NotFound("session"));
    }
    Ok(Json(view))
}

async fn find(dynamo: &Dynamo, token: &SessionToken) -> Result<Item, ServiceError> {
    let mut call = dynamo.call("GetItem");
    let request = dynamo
        .client
        .get_item()
        .table_name(&*dynamo.table)
        .set_key(Some(table::session_key(token)))
        .send();
    let found = call.send(request).await?.item;
    call.consumed(found.iter().len());
    found.ok_or(ServiceError::NotFound("session"))
}

/// The part of an item that the shop may see; the payment secret is not in it.
fn view(item: Item) -> Result<SessionView, ServiceError> {
    let session = table::read_session(item).map_err(ServiceError::internal)?;
    let Session { tenant, user, roles, expires_at, .. } = session;
    Ok(SessionView { tenant, user, roles, expires_at })
}

/// Sessions that were looked up before.
pub(crate) struct Sessions {
    /// Filled by every first look-up.
    kept: Mutex<HashMap<SessionToken, Item>>,
}

impl Sessions {
    pub(crate) fn new(_: &Context) -> Self {
        Self { kept: Mutex::default() }
    }

    fn get(
        &self,
        token: &SessionToken,
    ) -> Result<Option<SessionView>, ServiceError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(token).cloned().map(view).transpose()
    }

    fn put(
        &self,
        token: SessionToken,
        item: Item,
    ) -> Result<SessionView, ServiceError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(token, item.clone());
        // Room for what is there, and for nothing else.
        kept.shrink_to_fit();
        view(item)
    }
}
