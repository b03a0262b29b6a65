//! For the operator: `/healthz` says that the program is alive, `/readyz` that it can serve.

use accounts::{db::DatabaseError, time::Moment, users};
use axum::{extract::State, http::StatusCode};

use crate::state::AppState;

/// Alive.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Ready: the database answers and is migrated. 503 when not.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let asked = async {
        let mut conn = state.curfew.instance.read(Moment::now()).await?;
        users::any_user(&mut conn).await?;
        Ok::<_, DatabaseError>(())
    };
    match asked.await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "the database is unavailable: not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database is unavailable\n",
            )
        }
    }
}
