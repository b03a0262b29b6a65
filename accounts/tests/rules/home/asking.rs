//! What the database says of users and sessions.

use accounts::{
    audit,
    secret::Token,
    sessions::{self, EndReason, Facts, Found, Listed, SessionId, SignedIn},
    time::Moment,
};

use super::{Home, Person};
use crate::databases;

impl Home {
    pub async fn find(&self, token: &Token, now: Moment) -> Found {
        let mut conn = self.db.read().await.unwrap();
        sessions::find(&mut conn, token, &self.limits, now)
            .await
            .unwrap()
    }

    pub async fn is_live(&self, token: &Token, now: Moment) -> bool {
        matches!(self.find(token, now).await, Found::Live(_))
    }

    /// The user of a session that is alive.
    pub async fn signed_in(&self, token: &Token, now: Moment) -> SignedIn {
        match self.find(token, now).await {
            Found::Live(who) => *who,
            other => panic!("not alive: {other:?}"),
        }
    }

    /// Why a session is dead.
    pub async fn why_dead(&self, token: &Token, now: Moment) -> EndReason {
        match self.find(token, now).await {
            Found::Ended(ended) => ended.end_reason,
            other => panic!("not ended: {other:?}"),
        }
    }

    pub async fn list(&self, who: &Person, now: Moment) -> Vec<Listed> {
        let mut conn = self.db.read().await.unwrap();
        let nowhere = SessionId(String::new());
        let listed = sessions::list(&mut conn, &who.id, &nowhere, 1_000, &self.limits, now);
        listed.await.unwrap()
    }

    pub async fn facts(&self, who: &Person, now: Moment) -> Facts {
        let mut conn = self.db.read().await.unwrap();
        sessions::facts(&mut conn, &who.id, &self.limits, now)
            .await
            .unwrap()
    }

    /// How many events of that action tell of that user.
    pub async fn events(&self, who: &Person, action: &str) -> i64 {
        let mut conn = self.db.read().await.unwrap();
        audit::recorded(&mut conn, &who.id, action).await.unwrap()
    }

    pub async fn epoch(&self, who: &Person) -> i64 {
        let sql = format!("select epoch from users where id = '{}'", who.id.0);
        databases::number(&self.db, &sql).await
    }
}
