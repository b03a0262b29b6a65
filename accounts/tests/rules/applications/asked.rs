//! Applications that stories register.

use accounts::{
    applications::{ApplicationError, Details, Kind, OwnHost, Registered, register},
    sessions::SignedIn,
};

use crate::test_app::{NOW, TestApp, browser};

/// An OpenID Connect application at that host, which can be told.
pub fn open_id(name: &str, host: &str) -> Details {
    Details {
        redirects: vec![format!("https://{host}/callback")],
        logout_address: format!("https://{host}/logged-out"),
        ..Details::new(Kind::OpenId, name)
    }
}

/// A gate's application at that host.
pub fn gate(name: &str, host: &str) -> Details {
    Details {
        address: format!("https://{host}"),
        ..Details::new(Kind::Gate, name)
    }
}

impl TestApp {
    /// Registers an application as the story begins.
    pub async fn register(
        &self,
        who: &SignedIn,
        details: &Details,
    ) -> Result<Registered, ApplicationError> {
        let own = OwnHost("curfew.example.com".into());
        let mut op = self.begin(&browser(1), NOW).await;
        let done = register(&mut op, who, details, &own).await?;
        op.commit().await.unwrap();
        Ok(done)
    }
}
