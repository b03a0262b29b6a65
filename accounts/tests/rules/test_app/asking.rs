//! What the database says of users and sessions.

use accounts::{
    audit,
    end_reason::EndReason,
    ids::SessionId,
    remember_me::first_use,
    secret::Token,
    sessions::{self, Facts, Found, LastUse, Listed, SignedIn},
    time::Moment,
};
use testing::databases;

use super::{NOW, TestApp, TestUser, browser};

impl TestApp {
    pub async fn find(&self, token: &Token, now: Moment) -> Found {
        sessions::find(&mut self.read(now).await, token)
            .await
            .unwrap()
    }

    pub async fn is_live(&self, token: &Token, now: Moment) -> bool {
        matches!(self.find(token, now).await, Found::Live(_))
    }

    /// What a request that presents a session cookie does: the first one says that it does.
    pub async fn present(&self, token: &Token, now: Moment) -> Found {
        match self.find(token, now).await {
            Found::Live(me) if me.first_use => {
                first_use(self, &browser(9), now, &me, token).await.unwrap()
            }
            other => other,
        }
    }

    /// The user of a live session.
    pub async fn signed_in(&self, token: &Token, now: Moment) -> SignedIn {
        match self.find(token, now).await {
            Found::Live(who) => *who,
            other => panic!("not live: {other:?}"),
        }
    }

    /// Why a session ended.
    pub async fn end_reason(&self, token: &Token, now: Moment) -> EndReason {
        match self.find(token, now).await {
            Found::Ended(ended) => ended.end_reason,
            other => panic!("not ended: {other:?}"),
        }
    }

    pub async fn list(&self, user: &TestUser, now: Moment) -> Vec<Listed> {
        let nowhere = SessionId(String::new());
        sessions::list(
            &mut self.read(now).await,
            &user.id,
            &nowhere,
            LastUse::Any,
            1_000,
        )
        .await
        .unwrap()
    }

    pub async fn facts(&self, user: &TestUser, now: Moment) -> Facts {
        sessions::facts(&mut self.read(now).await, &user.id)
            .await
            .unwrap()
    }

    /// How many events of that action tell of that user.
    pub async fn events(&self, user: &TestUser, action: &str) -> i64 {
        let mut conn = self.read(NOW).await;
        audit::recorded(&mut conn, &user.id, action).await.unwrap()
    }

    pub async fn epoch(&self, user: &TestUser) -> i64 {
        let sql = format!("select epoch from users where id = '{}'", user.id.0);
        databases::number(&self.db, &sql).await
    }
}
