//! Users with two-factor authentication.

use accounts::{
    ids::SessionId,
    second_factor::{self, TwoFactorError, draft, totp::TotpSecret},
    secret::Token,
    sessions::RotatedSession,
    sign_in::{
        CodeError, CompletedSignIn, Credentials, PendingSignIn, SignInOutcome, sign_in, verify_code,
    },
    time::Moment,
};
use testing::databases;

use super::{NOW, SECOND, TestApp, TestUser, after, browser, secret};

/// A user whose sign-in asks for a code.
pub struct Protected {
    pub user: TestUser,
    pub secret: TotpSecret,
    pub codes: Vec<String>,
    /// The session it was set up in.
    pub here: Token,
}

impl Protected {
    /// The code of that moment.
    pub fn code(&self, now: Moment) -> String {
        self.secret.code(now)
    }
}

impl TestApp {
    /// Begins the set-up, which shows the codes and the secret. Commits a refusal too.
    pub async fn begin_two_factor(
        &self,
        session: &Token,
        now: Moment,
    ) -> Result<(), TwoFactorError> {
        let who = self.signed_in(session, now).await;
        let mut op = self.begin(&browser(1), now).await;
        let begun = second_factor::begin(&mut op, &who).await;
        op.commit().await.unwrap();
        begun
    }

    /// The user's draft, as the session that has begun it sees it.
    pub async fn draft(&self, user: &TestUser, now: Moment) -> Option<draft::Draft> {
        let of = format!("from two_factor_drafts where user_id = '{}'", user.id.0);
        let begun = format!("select session_id {of}");
        let session = databases::texts(&self.db, &begun).await.pop()?;
        self.draft_seen_by(user, &SessionId(session), now).await
    }

    pub async fn draft_seen_by(
        &self,
        user: &TestUser,
        session: &SessionId,
        now: Moment,
    ) -> Option<draft::Draft> {
        draft::of(&mut self.read(now).await, &user.id, session)
            .await
            .unwrap()
    }

    pub async fn turn_on(
        &self,
        session: &Token,
        code: &str,
        now: Moment,
    ) -> Result<RotatedSession, TwoFactorError> {
        let who = self.signed_in(session, now).await;
        second_factor::turn_on(self, &browser(1), now, &who, code).await
    }

    /// A user who has set it up two minutes before the story begins.
    pub async fn protected(&self, name: &str) -> Protected {
        let user = self.user(name).await;
        let before = Moment::at(after(SECOND).at - 120 * SECOND);
        let here = self.sign_in(&user, before).await.session.token;
        self.begin_two_factor(&here, before).await.unwrap();
        let draft = self.draft(&user, before).await.unwrap();
        let secret = draft.secret.unwrap();
        let code = secret.code(before);
        let rotated = self.turn_on(&here, &code, before).await;
        Protected {
            here: rotated.unwrap().session.token,
            codes: draft.codes,
            user,
            secret,
        }
    }

    /// The first half of a sign-in: a right password.
    pub async fn pending_sign_in(
        &self,
        user: &TestUser,
        remember_me: bool,
        now: Moment,
    ) -> PendingSignIn {
        let password = secret(&user.password);
        let credentials = Credentials {
            email: &user.email,
            password: &password,
            remember_me,
            next: "/profile",
        };
        match sign_in(self, &user.client, now, credentials).await {
            Ok(SignInOutcome::SecondFactorRequired(pending)) => pending,
            other => panic!("no code was asked for: {other:?}"),
        }
    }

    /// The second half, from an unknown browser.
    pub async fn verify(
        &self,
        pending: &PendingSignIn,
        code: &str,
        now: Moment,
    ) -> Result<CompletedSignIn, CodeError> {
        self.verify_from(pending, code, None, now).await
    }

    pub async fn verify_from(
        &self,
        pending: &PendingSignIn,
        code: &str,
        known_device: Option<&Token>,
        now: Moment,
    ) -> Result<CompletedSignIn, CodeError> {
        let client = browser(3).with_known_device(known_device.cloned());
        verify_code(self, &client, now, &pending.token, code).await
    }

    pub async fn codes_left(&self, user: &TestUser) -> i64 {
        let mut conn = self.read(NOW).await;
        second_factor::recovery_codes::left(&mut conn, &user.id)
            .await
            .unwrap()
    }
}
