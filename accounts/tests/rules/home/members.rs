//! What users of one account do to one another.

use accounts::{
    invitations::{self, InviteError, JoinError, Joining, Made},
    members::{self, Disabled, Everyone, Left, MemberError},
    plans::Plan,
    secret::Token,
    sessions::{LogoutReceipt, SignedIn},
    time::Moment,
    users::{Role, UserId},
};

use super::{Home, NOW, PASSWORD, Person, browser, secret};
use crate::databases;

/// Runs an operation of `accounts::members`, and commits it if the rules allow it.
macro_rules! operation {
    ($home:expr, $tx:ident, $operation:expr) => {{
        let mut $tx = $home.db.write().await.unwrap();
        let done = $operation.await?;
        $tx.commit().await.unwrap();
        Ok(done)
    }};
}

impl Home {
    /// Somebody who has just signed up and is signed in.
    pub async fn owner(&self, name: &str) -> (Person, SignedIn) {
        let person = self.person(name).await;
        let who = self.comes_in(&person).await;
        (person, who)
    }

    /// Signs somebody in.
    pub async fn comes_in(&self, who: &Person) -> SignedIn {
        let entered = self.sign_in(who, NOW).await;
        self.signed_in(&entered.session.token, NOW).await
    }

    /// Somebody who has joined the account with that role.
    pub async fn member(&self, by: &SignedIn, name: &str, role: Role) -> Person {
        let made = self.invite(by, role, NOW).await.unwrap();
        self.join(&made.token, name, NOW).await.unwrap()
    }

    pub async fn invite(
        &self,
        by: &SignedIn,
        role: Role,
        now: Moment,
    ) -> Result<Made, InviteError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            invitations::invite(&mut tx, &self.keys, by, role, "", &client, limits, now)
        )
    }

    pub async fn revoke(&self, by: &SignedIn, id: &str, now: Moment) -> Result<(), MemberError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            invitations::revoke(&mut tx, by, id, &client, limits, now)
        )
    }

    pub async fn join(&self, token: &Token, name: &str, now: Moment) -> Result<Person, JoinError> {
        let (password, client) = (secret(PASSWORD), browser(2));
        let email = format!("{}@example.com", name.to_lowercase());
        let joining = Joining {
            token,
            name,
            email: &email,
            password: &password,
        };
        let id =
            invitations::join(&self.db, &self.hasher, &self.limits, joining, &client, now).await?;
        Ok(Person {
            id,
            email,
            password: PASSWORD.into(),
            client,
        })
    }

    pub async fn change_role(
        &self,
        by: &SignedIn,
        member: &UserId,
        role: Role,
    ) -> Result<(), MemberError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            members::change_role(&mut tx, by, member, role, &client, limits, NOW)
        )
    }

    pub async fn disable(&self, by: &SignedIn, member: &UserId) -> Result<Disabled, MemberError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            members::disable(&mut tx, by, member, &client, limits, NOW)
        )
    }

    pub async fn enable(&self, by: &SignedIn, member: &UserId) -> Result<(), MemberError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            members::enable(&mut tx, by, member, &client, limits, NOW)
        )
    }

    pub async fn remove(&self, by: &SignedIn, member: &UserId) -> Result<Disabled, MemberError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            members::remove(&mut tx, by, member, &client, limits, NOW)
        )
    }

    pub async fn leave(&self, who: &SignedIn, typed: &str) -> Result<Left, MemberError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            members::leave(&mut tx, who, typed, &client, limits, NOW)
        )
    }

    pub async fn remote_logout_member(
        &self,
        by: &SignedIn,
        member: &UserId,
    ) -> Result<LogoutReceipt, MemberError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            members::remote_logout_member(&mut tx, by, member, &client, limits, NOW)
        )
    }

    pub async fn remote_logout_everyone(
        &self,
        by: &SignedIn,
        keep_this: bool,
    ) -> Result<Everyone, MemberError> {
        let (client, limits) = (browser(9), &self.limits);
        operation!(
            self,
            tx,
            members::remote_logout_everyone(&mut tx, by, keep_this, &client, limits, NOW)
        )
    }

    /// Puts everybody's account on that plan.
    pub async fn everybody_on(&self, plan: Plan) {
        let sql = format!("update accounts set plan = '{}'", plan.key());
        databases::run(&self.db, &sql).await;
    }

    /// Everything that an operation to a member could have changed.
    pub async fn users_as_they_are(&self) -> String {
        let mut all = String::new();
        for (table, sql) in [
            (
                "users",
                "select coalesce(max(id), '') || count(*) || sum(epoch) || count(disabled_at) || count(removed_at) || max(role) || min(role) from users",
            ),
            (
                "open",
                "select cast(count(*) as text) from sessions where ended_at is null",
            ),
            (
                "devices",
                "select cast(count(*) as text) from remembered_devices where ended_at is null",
            ),
            (
                "tokens",
                "select cast(count(*) as text) from tokens where revoked_at is null",
            ),
            (
                "invitations",
                "select cast(count(*) as text) from invitations where revoked_at is null and used_at is null",
            ),
            ("events", "select cast(count(*) as text) from audit_events"),
        ] {
            all = all + table + ": " + &databases::text(&self.db, sql).await + "\n";
        }
        all
    }
}

impl Home {
    /// The names of who is in the account.
    pub async fn members_of(&self, who: &SignedIn) -> Vec<String> {
        let mut conn = self.db.read().await.unwrap();
        let listed = members::list(&mut conn, &who.user.account_id, 100).await;
        listed.unwrap().into_iter().map(|m| m.name).collect()
    }

    /// Open sessions of a user, by their ids.
    pub async fn sessions_of(&self, who: &Person) -> Vec<String> {
        let listed = self.list(who, NOW).await;
        listed.into_iter().map(|s| s.id.0).collect()
    }

    /// Gives somebody a token, whatever its value is.
    pub async fn give_token(&self, who: &Person) {
        let hash = Token::random().hash();
        let mut tx = self.db.write().await.unwrap();
        accounts::on!(&mut tx, c => sqlx::query(
            "insert into tokens (id, user_id, kind, name, token_hash, created_at) values ($1, $2, 'api', 'a token', $3, 1)")
            .bind(NOW.id())
            .bind(&who.id)
            .bind(hash)
            .execute(c)
            .await
            .map(|_| ()))
        .unwrap();
        tx.commit().await.unwrap();
    }
}
