//! What applications ask for, in stories.

use accounts::{
    applications::{
        Application, Granted, InvalidGrant, Scope,
        access_tokens::{AccessToken, present},
        codes::{CodeRequest, IssueError, Redemption, issue, redeem},
        refresh_tokens::refresh,
        sessions::find_live,
    },
    secret::Token,
    sessions::SignedIn,
    time::Moment,
};

use crate::{
    applications::open_id,
    test_app::{NOW, TestApp, browser},
};

pub const CALLBACK: &str = "https://cloud.example.com/callback";
pub const SIGN_IN: &str = "openid profile email";
pub const OFFLINE: &str = "openid offline_access";

/// 43 characters, and their SHA-256 in base64url (RFC 7636, appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The redemption of a code as its application sends it.
pub fn redemption(code: &Token) -> Redemption<'_> {
    Redemption {
        code,
        redirect: CALLBACK,
        verifier: Some(VERIFIER),
    }
}

impl TestApp {
    /// An application that keeps a secret, of the account of that owner.
    pub async fn cloud(&self, owner: &SignedIn) -> Application {
        let details = open_id("Cloud", "cloud.example.com");
        self.register(owner, &details).await.unwrap().application
    }

    /// Goes to the application in a session.
    pub async fn code(
        &self,
        me: &SignedIn,
        application: &Application,
        scope: &str,
        now: Moment,
    ) -> Result<Token, IssueError> {
        let request = CodeRequest {
            redirect: CALLBACK,
            scope: &Scope::parse(scope),
            nonce: Some("nonce"),
            challenge: Some(CHALLENGE),
        };
        let mut op = self.begin(&browser(1), now).await;
        let issued = issue(&mut op, me, application, request).await;
        op.commit().await.unwrap();
        issued
    }

    /// The application redeems a code.
    pub async fn redeems(
        &self,
        application: &Application,
        redemption: Redemption<'_>,
        now: Moment,
    ) -> Result<Granted, InvalidGrant> {
        let mut op = self.begin(&browser(2), now).await;
        let redeemed = redeem(&mut op, application, redemption).await.unwrap();
        op.commit().await.unwrap();
        redeemed
    }

    /// Signs in at the application.
    pub async fn granted(&self, me: &SignedIn, application: &Application, scope: &str) -> Granted {
        let code = self.code(me, application, scope, NOW).await.unwrap();
        self.redeems(application, redemption(&code), NOW)
            .await
            .unwrap()
    }

    /// The application refreshes.
    pub async fn refreshes(
        &self,
        application: &Application,
        token: &Token,
        now: Moment,
    ) -> Result<Granted, InvalidGrant> {
        let mut op = self.begin(&browser(2), now).await;
        let refreshed = refresh(&mut op, application, token, None).await.unwrap();
        op.commit().await.unwrap();
        refreshed
    }

    /// The application presents an access token.
    pub async fn presents(&self, token: &Token, now: Moment) -> Option<AccessToken> {
        present(self, &browser(2), now, token).await.unwrap()
    }

    /// Whether the application session of what was granted is live.
    pub async fn is_signed_in_there(&self, granted: &Granted, now: Moment) -> bool {
        let mut conn = self.read(now).await;
        find_live(&mut conn, &granted.session)
            .await
            .unwrap()
            .is_some()
    }
}
