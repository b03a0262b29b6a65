//! For whoever runs this: `/healthz` says that the program is alive, `/readyz` that it can serve.

use accounts::users;
use axum::{extract::State, http::StatusCode};

use crate::state::AppState;

/// Alive.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Ready: the store answers and is migrated. 503 when not.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let asked = async {
        let mut conn = state.curfew.db.read().await?;
        users::anybody(&mut conn).await
    };
    match asked.await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store is away\n")
        }
    }
}
