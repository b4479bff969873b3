//! Look a session up by its token. Every page of the shop asks, so answers are kept
//! for a while.
//!
//! What is kept stays until something removes it, and whoever reads this process's
//! memory reads what is kept.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use model::table::{self, Item};
use model::{Session, SessionToken, TenantId};
use moka::sync::Cache;
use serde::Serialize;
use service::{Context, Dynamo, Limits, Problem, ServiceError};
use std::time::{Duration, SystemTime};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// What the shop may know of a session.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct SessionView {
    #[schema(value_type = String)]
    tenant: TenantId,
    // Wiped when the last copy goes.
    #[schema(value_type = String)]
    user: Zeroizing<String>,
    roles: Vec<String>,
    /// Seconds since 1970
    expires_at: u64,
}

/// Looks a session up
#[utoipa::path(
    params(("token" = String, Path)),
    responses(
        (status = 200, body = SessionView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
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
    Ok(SessionView { tenant, user: user.into(), roles, expires_at })
}

/// Bytes that an entry costs: its texts, and about as much again as moka keeps
/// beside an entry (its nodes, measured).
fn weight(token: &SessionToken, view: &SessionView) -> u32 {
    let roles: usize = view.roles.iter().map(|role| role.len() + 24).sum();
    let texts =
        token.as_str().len() + view.tenant.as_str().len() + view.user.len() + roles;
    u32::try_from(texts + 256).unwrap_or(u32::MAX)
}

/// Sessions that were looked up before.
pub(crate) struct Sessions {
    /// Filled by every first look-up, emptied by age and by weight.
    kept: Cache<SessionToken, SessionView>,
}

impl Sessions {
    pub(crate) fn new(context: &Context) -> Self {
        let Limits { session_cache_bytes_max, session_cache_ttl_ms, .. } =
            context.limits;
        let kept = Cache::builder()
            .max_capacity(session_cache_bytes_max)
            .weigher(weight)
            .time_to_live(Duration::from_millis(session_cache_ttl_ms))
            .build();
        Self { kept }
    }

    fn get(
        &self,
        token: &SessionToken,
    ) -> Result<Option<SessionView>, ServiceError> {
        Ok(self.kept.get(token))
    }

    fn put(
        &self,
        token: SessionToken,
        item: Item,
    ) -> Result<SessionView, ServiceError> {
        let view = view(item)?;
        // FIX: the fields that are needed, for a time, up to a weight.
        self.kept.insert(token, view.clone());
        Ok(view)
    }
}
