//! Settings: who sees what, and what is done there.

mod audit_log;
mod audit_search;
mod crossed;
mod exports;
mod finding;
mod invitations;
mod members;
mod plan;
mod request_ids;
mod roles;
mod second_factor;
mod second_factor_owed;
mod webhook;
mod webhook_receiver;
mod webhook_tls;

use crate::{
    browser::Browser,
    databases,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp, email_of},
};

impl Browser {
    /// The link of a new invitation, without the address of the service.
    pub async fn invites(&self, role: &str) -> String {
        let made = self.call("invite_member", &[("role", role)]).await;
        let link: String = serde_json::from_value(made.is(200).json()).unwrap();
        link.strip_prefix("http://curfew.test").unwrap().to_owned()
    }

    /// Accepts an invitation with the plain form, and is signed in.
    pub async fn joins(&self, link: &str, name: &str) {
        let (_, invite) = link.split_once("invite=").unwrap();
        let email = email_of(name);
        let form = [
            ("invite", invite),
            ("name", name),
            ("email", &email),
            ("password", PASSWORD),
        ];
        self.post_form("/api/fn/join", link, &form)
            .await
            .leads_to("/");
    }
}

impl TestApp {
    /// Ada, who owns an account, and Ben, a member of it with that role, both signed in.
    pub async fn two(&self, role: &str) -> (Browser, Browser) {
        let ada = self.browser(FIREFOX_ON_LINUX);
        ada.sign_up("Ada").await;
        let ben = self.browser(FIREFOX_ON_LINUX);
        ben.joins(&ada.invites(role).await, "Ben").await;
        (ada, ben)
    }

    /// How many times a user was refused: recorded each, or counted together.
    async fn denials(&self) -> i64 {
        let sql = "select (select count(*) from audit_events where action = 'access.denied')
                          + (select cast(coalesce(sum(counted), 0) as bigint) from denials)";
        databases::number(self.db(), sql).await
    }
}
