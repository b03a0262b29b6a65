//! What the database says.

use accounts::{
    audit::{self, Cut, Filter, Stored},
    ids::UserId,
    members, sessions,
    users::{self, User},
};

use super::{TestApp, email_of};
use crate::databases;

impl TestApp {
    /// The id of the user with that name's email.
    pub async fn user_id(&self, name: &str) -> UserId {
        let mut conn = self.read().await;
        let id = users::id_of_email(&mut conn, &email_of(name)).await;
        id.unwrap().unwrap()
    }

    /// The same as text.
    pub async fn id_of(&self, name: &str) -> String {
        self.user_id(name).await.0
    }

    /// The user and their account, as they are now.
    pub async fn user(&self, name: &str) -> User {
        let id = self.user_id(name).await;
        let mut conn = self.read().await;
        users::find(&mut conn, &id).await.unwrap().unwrap()
    }

    /// How many users there are, the removed ones left out.
    pub async fn user_count(&self) -> usize {
        let mut conn = self.read().await;
        members::everyone(&mut conn, "").await.unwrap().len()
    }

    /// How many API tokens and MCP tokens of that user are valid.
    pub async fn token_counts(&self, name: &str) -> (i64, i64) {
        let id = self.user_id(name).await;
        let facts = sessions::facts(&mut self.read().await, &id).await.unwrap();
        (facts.api_tokens, facts.mcp_tokens)
    }

    /// How many events of that action tell of that user.
    pub async fn events(&self, name: &str, action: &str) -> i64 {
        let id = self.user_id(name).await;
        let mut conn = self.read().await;
        audit::recorded(&mut conn, &id, action).await.unwrap()
    }

    /// The newest event of that action in the account of that user.
    pub async fn newest_event(&self, name: &str, action: &str) -> Stored {
        let account = self.user(name).await.account_id;
        let filter = Filter {
            action: Some(action.to_owned()),
            ..Filter::default()
        };
        let mut conn = self.read().await;
        let cut = Cut::Before(i64::MAX);
        let found = audit::search(&mut conn, &account, &filter, cut, 1).await;
        found.unwrap().events.remove(0).event
    }

    /// Remote logouts of that user, as the audit log has them.
    pub async fn remote_logouts(&self, name: &str) -> i64 {
        self.events(name, "user.session_invalidated").await
    }

    pub async fn open_sessions(&self, name: &str) -> i64 {
        self.open("sessions", name).await
    }

    pub async fn open_devices(&self, name: &str) -> i64 {
        self.open("remembered_devices", name).await
    }

    /// Rows under the user's epoch that have not ended.
    async fn open(&self, table: &str, name: &str) -> i64 {
        let sql = format!(
            "select count(*) from {table} r join users u on u.id = r.user_id and u.epoch = r.epoch
             where r.ended_at is null and u.id = ({})",
            user_of(name)
        );
        databases::number(self.db(), &sql).await
    }

    pub async fn epoch(&self, name: &str) -> i64 {
        let sql = format!("select epoch from users where email = '{}'", email_of(name));
        databases::number(self.db(), &sql).await
    }

    /// Everything that an operation could have changed, to compare with later.
    pub async fn everything(&self) -> Vec<String> {
        let mut all = Vec::new();
        for sql in [
            "select 'user ' || id || ' ' || name || ' ' || coalesce(username, '') || ' ' || email || ' '
                    || password_hash || ' ' || role || ' ' || coalesce(cast(disabled_at as text), '') || ' '
                    || cast(epoch as text) from users order by id",
            "select 'account ' || id || ' ' || name || ' ' || plan from accounts order by id",
            "select 'session ' || id || ' ' || token_hash || ' ' || coalesce(end_reason, 'open')
             from sessions order by id",
            "select 'device ' || id || ' ' || coalesce(end_reason, 'open') from remembered_devices order by id",
            "select 'cookie ' || token_hash || ' ' || coalesce(cast(exchanged_at as text), 'fresh')
             from remember_tokens order by token_hash",
            "select 'token ' || id || ' ' || coalesce(cast(revoked_at as text), 'good') from tokens order by id",
            "select 'invitation ' || id || ' ' || coalesce(cast(used_at as text), '') || ' '
                    || coalesce(cast(revoked_at as text), 'good') from invitations order by id",
            "select 'webhook ' || account_id || ' ' || url || ' ' || categories || ' ' || secret from webhooks",
            // Being refused changes nothing but that it is recorded.
            "select 'event ' || id || ' ' || action from audit_events where action <> 'access.denied' order by id",
        ] {
            all.extend(databases::texts(self.db(), sql).await);
        }
        all
    }

    /// The audit log's chains are whole.
    pub async fn chains_are_whole(&self) {
        let mut conn = self.read().await;
        audit::verify(&mut conn).await.unwrap().unwrap();
    }
}

fn user_of(name: &str) -> String {
    format!("select id from users where email = '{}'", email_of(name))
}
