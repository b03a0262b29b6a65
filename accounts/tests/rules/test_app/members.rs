//! What users of one account do to one another.

use accounts::{
    execute,
    ids::UserId,
    invitations::{self, InviteError, JoinError, Made},
    members::{self, Disabled, Everyone, Left, MemberError},
    plans::Plan,
    roles::Role,
    secret::Token,
    sessions::{LogoutReceipt, ShownEpoch, SignedIn},
    time::Moment,
    users::NewUser,
};
use testing::databases;

use super::{NOW, PASSWORD, TestApp, TestUser, browser, secret};

/// Runs a function of the rules as an operation. Commits a refusal too, so that a story sees what it should not
/// have written.
macro_rules! commit {
    ($app:expr, $now:expr, $function:path $(, $argument:expr)*) => {{
        let mut op = $app.begin(&browser(9), $now).await;
        let done = $function(&mut op $(, $argument)*).await;
        op.commit().await.unwrap();
        done
    }};
}

impl TestApp {
    /// A user who has just signed up and is signed in.
    pub async fn owner(&self, name: &str) -> (TestUser, SignedIn) {
        let user = self.user(name).await;
        let who = self.sign_in_now(&user).await;
        (user, who)
    }

    /// Signs a user in as the story begins.
    pub async fn sign_in_now(&self, user: &TestUser) -> SignedIn {
        let completed = self.sign_in(user, NOW).await;
        self.signed_in(&completed.session.token, NOW).await
    }

    /// A user who has joined the account with that role.
    pub async fn member(&self, by: &SignedIn, name: &str, role: Role) -> TestUser {
        let invitation = self.invite(by, role, NOW).await.unwrap();
        self.join(&invitation.token, name, NOW).await.unwrap()
    }

    pub async fn invite(
        &self,
        by: &SignedIn,
        role: Role,
        now: Moment,
    ) -> Result<Made, InviteError> {
        commit!(self, now, invitations::invite, by, role, "")
    }

    pub async fn revoke(&self, by: &SignedIn, id: &str, now: Moment) -> Result<(), MemberError> {
        commit!(self, now, invitations::revoke, by, id)
    }

    pub async fn join(&self, link: &Token, name: &str, now: Moment) -> Result<TestUser, JoinError> {
        let (password, client) = (secret(PASSWORD), browser(2));
        let email = format!("{}@example.com", name.to_lowercase());
        let new = NewUser {
            name,
            email: &email,
            password: &password,
        };
        let id = invitations::join(self, &client, now, link, new).await?;
        Ok(TestUser {
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
        commit!(self, NOW, members::change_role, by, member, role)
    }

    pub async fn disable(&self, by: &SignedIn, member: &UserId) -> Result<Disabled, MemberError> {
        let shown = ShownEpoch::default();
        commit!(self, NOW, members::disable, by, member, shown)
    }

    pub async fn enable(&self, by: &SignedIn, member: &UserId) -> Result<(), MemberError> {
        commit!(self, NOW, members::enable, by, member)
    }

    pub async fn remove(&self, by: &SignedIn, member: &UserId) -> Result<Disabled, MemberError> {
        let shown = ShownEpoch::default();
        commit!(self, NOW, members::remove, by, member, shown)
    }

    pub async fn leave(&self, who: &SignedIn, typed: &str) -> Result<Left, MemberError> {
        commit!(self, NOW, members::leave, who, typed)
    }

    pub async fn remote_logout_member(
        &self,
        by: &SignedIn,
        member: &UserId,
    ) -> Result<LogoutReceipt, MemberError> {
        let shown = ShownEpoch::default();
        commit!(self, NOW, members::remote_logout_member, by, member, shown)
    }

    pub async fn remote_logout_everyone(
        &self,
        by: &SignedIn,
        keep_this: bool,
    ) -> Result<Everyone, MemberError> {
        let everyone = members::remote_logout_everyone;
        let shown = ShownEpoch::default();
        let done = commit!(self, NOW, everyone, by, keep_this, shown)?;
        assert_eq!(done.session.is_some(), keep_this);
        Ok(done.ended)
    }

    /// Puts every account on that plan.
    pub async fn every_account_on(&self, plan: Plan) {
        let sql = format!("update accounts set plan = '{}'", plan.key());
        databases::run(&self.db, &sql).await;
    }

    /// Everything that an operation on a member could have changed, to compare with later.
    pub async fn users_as_they_are(&self) -> String {
        let mut all = String::new();
        for (table, sql) in [
            (
                "users",
                "select coalesce(max(id), '') || count(*) || sum(epoch) || count(disabled_at) || count(removed_at) || max(role) || min(role) from users",
            ),
            (
                "open",
                "select cast(count(*) as text) from sessions s join users u on u.id = s.user_id and u.epoch = s.epoch where s.ended_at is null",
            ),
            (
                "devices",
                "select cast(count(*) as text) from remembered_devices d join users u on u.id = d.user_id and u.epoch = d.epoch where d.ended_at is null",
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

impl TestApp {
    /// The names of the account's members.
    pub async fn members_of(&self, who: &SignedIn) -> Vec<String> {
        let mut conn = self.read(NOW).await;
        let listed = members::list(&mut conn, &who.user.account_id, "", 100).await;
        listed.unwrap().into_iter().map(|m| m.name).collect()
    }

    /// Live sessions of a user, by their ids.
    pub async fn sessions_of(&self, user: &TestUser) -> Vec<String> {
        let listed = self.list(user, NOW).await;
        listed.into_iter().map(|s| s.id.0).collect()
    }

    /// Gives a user a token, whatever its value is.
    pub async fn give_token(&self, user: &TestUser) {
        let mut tx = self.db.write().await.unwrap();
        execute!(
            &mut tx,
            "insert into tokens (id, user_id, kind, name, token_hash, created_at)
             values ($1, $2, 'api', 'a token', $3, 1)",
            NOW.id(),
            &user.id,
            Token::random().hash()
        )
        .unwrap();
        tx.commit().await.unwrap();
    }
}
