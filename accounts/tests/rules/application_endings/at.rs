//! Sign-ins at applications, as redeeming a code leaves them.

use accounts::{
    applications::{self, Application, ApplicationError, Details, OwnHost},
    ids::ApplicationId,
    sessions::SignedIn,
};
use testing::databases::{number, run, texts};

use crate::test_app::{NOW, TestApp, browser};

/// One sign-in at an application.
pub struct SignedInThere(pub String);

impl SignedInThere {
    pub async fn is_open(&self, app: &TestApp) -> bool {
        let sql = format!(
            "select count(*) from application_sessions where id = '{}' and ended_at is null",
            self.0
        );
        number(&app.db, &sql).await == 1
    }

    /// It has ended for that reason, and its notice waits to be sent.
    pub async fn has_ended(&self, app: &TestApp, reason: &str) {
        let ended = texts(&app.db, &format!("select end_reason from application_sessions where id = '{}' and ended_at is not null", self.0)).await;
        assert_eq!(ended, [reason]);
        let owed = texts(
            &app.db,
            &format!(
                "select reason from logout_notices where application_session_id = '{}'",
                self.0
            ),
        )
        .await;
        assert_eq!(owed, [reason], "the notice");
    }

    /// What became of its notice.
    pub async fn outcome(&self, app: &TestApp) -> Option<String> {
        let found = texts(&app.db, &format!("select coalesce(outcome, '') from logout_notices where application_session_id = '{}'", self.0)).await;
        found
            .into_iter()
            .next()
            .filter(|outcome| !outcome.is_empty())
    }
}

impl TestApp {
    pub async fn sign_in_at(&self, who: &SignedIn, application: &Application) -> SignedInThere {
        self.sign_in_there(who, application, false).await
    }

    pub async fn sign_in_offline_at(
        &self,
        who: &SignedIn,
        application: &Application,
    ) -> SignedInThere {
        self.sign_in_there(who, application, true).await
    }

    async fn sign_in_there(
        &self,
        who: &SignedIn,
        application: &Application,
        offline: bool,
    ) -> SignedInThere {
        let id = NOW.id();
        let (application, user, session) = (&application.id.0, &who.user.id.0, &who.session.0);
        let now = NOW.at.0;
        run(
            &self.db,
            &format!(
                "insert into application_sessions (id, application_id, user_id, session_id, epoch, scope, is_offline, authenticated_at,
                                                   has_refreshed, created_at)
                 values ('{id}', '{application}', '{user}', '{session}', (select epoch from users where id = '{user}'),
                         'openid', {offline}, {now}, false, {now})"
            ),
        )
        .await;
        SignedInThere(id)
    }

    pub async fn change_application(
        &self,
        who: &SignedIn,
        id: &ApplicationId,
        details: &Details,
    ) -> Result<Application, ApplicationError> {
        let mut op = self.begin(&browser(1), NOW).await;
        let own = OwnHost("curfew.example.com".into());
        let done = applications::change(&mut op, who, id, details, &own).await?;
        op.commit().await.unwrap();
        Ok(done)
    }

    pub async fn remove_application(
        &self,
        who: &SignedIn,
        id: &ApplicationId,
    ) -> Result<Application, ApplicationError> {
        let mut op = self.begin(&browser(1), NOW).await;
        let done = applications::remove(&mut op, who, id).await?;
        op.commit().await.unwrap();
        Ok(done)
    }
}
