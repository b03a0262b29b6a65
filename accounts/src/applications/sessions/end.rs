//! Ending one application session on purpose, and noting that one is in use. Whatever else ends one follows from the end of
//! what it came from ([`crate::application_endings`]).

use crate::{
    application_endings::{Cause, EndedBy, Open, end as end_and_owe, open},
    execute,
    ids::{ApplicationSessionId, EventId},
    on,
    operation::Operation,
};

/// Ends it, for the operation of that event, and owes its application the notice. False when it has ended already. Its tokens
/// need no mark: they are live with it alone.
pub(crate) async fn end(
    op: &mut Operation,
    id: &ApplicationSessionId,
    cause: Cause,
    event: &EventId,
) -> Result<bool, sqlx::Error> {
    let open: Option<Open> = on!(op, c => sqlx::query_as(concat!(
        "select ", open!(), " from application_sessions x join applications a on a.id = x.application_id
         where x.id = $1 and x.ended_at is null"))
        .bind(id)
        .fetch_optional(c)
        .await)?;
    let Some(open) = open else {
        return Ok(false);
    };
    let how = EndedBy {
        reason: &cause.name(),
        at: op.now.at,
        by: Some(event),
    };
    Ok(end_and_owe(op, open, how).await?.is_some())
}

/// Notes that an application session was refreshed: then it ends by itself at its next refresh, whether or not the application
/// can be told.
pub async fn note_use(op: &mut Operation, id: &ApplicationSessionId) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update application_sessions set last_used_at = $2, has_refreshed = $3 where id = $1",
        id,
        now,
        true
    )?;
    Ok(())
}
