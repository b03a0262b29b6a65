//! For the operator: `/healthz` says that the program is alive, `/readyz` that it can serve.

use accounts::{
    db::DatabaseError,
    time::{Moment, clock_difference},
    users,
};
use axum::{extract::State, http::StatusCode};

use crate::state::AppState;

/// Alive.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Ready: the database answers and is migrated, and its clock and this node's agree. 503 when not.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, String) {
    let instance = &state.curfew.instance;
    let asked = async {
        let mut conn = instance.read(Moment::now()).await?;
        users::any_user(&mut conn).await?;
        Ok::<_, DatabaseError>(())
    };
    if let Err(error) = asked.await {
        let error = instance.db.explain(&error);
        tracing::warn!(error, "the database is unavailable: not ready");
        let told = "the database is unavailable\n".to_owned();
        return (StatusCode::SERVICE_UNAVAILABLE, told);
    }
    let difference = clock_difference();
    if difference.is_too_large() {
        let told = format!(
            "the clock of this node is {} the database's: set the clocks\n",
            difference.in_words()
        );
        return (StatusCode::SERVICE_UNAVAILABLE, told);
    }
    (StatusCode::OK, "ready\n".to_owned())
}
