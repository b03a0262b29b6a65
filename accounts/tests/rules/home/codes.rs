//! Users with two-factor authentication.

use accounts::{
    second_factor::{self, TwoFactorError, draft, totp::TotpSecret},
    secret::Token,
    sessions::{RotatedSession, SessionId},
    sign_in::{
        CodeError, CompletedSignIn, Credentials, PendingSignIn, SignInOutcome, sign_in, verify_code,
    },
    time::Moment,
};

use crate::databases;

use super::{Home, Person, SECOND, after, browser, secret};

/// Somebody whose sign-in asks for a code.
pub struct Protected {
    pub person: Person,
    pub secret: TotpSecret,
    pub codes: Vec<String>,
    /// The browser it was set up in.
    pub here: Token,
}

impl Protected {
    /// The code of that moment.
    pub fn code(&self, now: Moment) -> String {
        self.secret.code(now)
    }
}

impl Home {
    /// Shows the set-up: the codes and the secret.
    pub async fn begin(&self, session: &Token, now: Moment) -> Result<(), TwoFactorError> {
        let who = self.signed_in(session, now).await;
        let mut tx = self.db.write().await.unwrap();
        second_factor::begin(&mut tx, &self.keys, &who, &self.limits, now).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// The user's draft, as the session that has begun it sees it.
    pub async fn draft(&self, who: &Person, now: Moment) -> Option<draft::Draft> {
        let begun = "select session_id from two_factor_drafts where user_id = ";
        let one = format!(
            "select count(*) from two_factor_drafts where user_id = '{}'",
            who.id.0
        );
        if databases::number(&self.db, &one).await == 0 {
            return None;
        }
        let session = databases::text(&self.db, &format!("{begun}'{}'", who.id.0)).await;
        let session = SessionId(session);
        self.draft_seen_by(who, &session, now).await
    }

    pub async fn draft_seen_by(
        &self,
        who: &Person,
        session: &SessionId,
        now: Moment,
    ) -> Option<draft::Draft> {
        let mut conn = self.db.read().await.unwrap();
        draft::of(&mut conn, &self.keys, &who.id, session, now)
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
        let client = browser(1);
        second_factor::turn_on(
            &self.db,
            &self.keys,
            &self.limits,
            &who,
            code,
            None,
            &client,
            now,
        )
        .await
    }

    /// Somebody who has set it up a minute before the story begins.
    pub async fn protected(&self, name: &str) -> Protected {
        let person = self.person(name).await;
        let before = Moment::at(after(SECOND).at - 120 * SECOND);
        let here = self.sign_in(&person, before).await;
        self.begin(&here.session.token, before).await.unwrap();
        let draft = self.draft(&person, before).await.unwrap();
        let secret = draft.secret.unwrap();
        let code = secret.code(before);
        let alone = self.turn_on(&here.session.token, &code, before).await;
        Protected {
            here: alone.unwrap().session.token,
            codes: draft.codes,
            person,
            secret,
        }
    }

    /// The first half of a sign-in: a right password.
    pub async fn pending_sign_in(
        &self,
        who: &Person,
        remember_me: bool,
        now: Moment,
    ) -> PendingSignIn {
        let password = secret(&who.password);
        let credentials = Credentials {
            email: &who.email,
            password: &password,
            remember_me,
            known_device: None,
            next: "/profile",
        };
        let (db, keys, hasher, limits) = (&self.db, &self.keys, &self.hasher, &self.limits);
        match sign_in(db, keys, hasher, limits, credentials, &who.client, now).await {
            Ok(SignInOutcome::SecondFactorRequired(pending)) => pending,
            other => panic!("no code was asked for: {other:?}"),
        }
    }

    /// The second half, from a browser that nobody knows.
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
        let client = browser(3);
        verify_code(
            &self.db,
            &self.keys,
            &self.limits,
            &pending.token,
            code,
            known_device,
            &client,
            now,
        )
        .await
    }

    pub async fn codes_left(&self, who: &Person) -> i64 {
        let mut conn = self.db.read().await.unwrap();
        second_factor::recovery_codes::left(&mut conn, &who.id)
            .await
            .unwrap()
    }
}
