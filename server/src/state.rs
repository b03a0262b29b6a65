//! What every handler shares.

use std::{ops::Deref, sync::Arc};

use accounts::{db::Db, instance::Instance, keys::Keys, passwords::Hasher, sessions::Checks};
use app::{
    Assets,
    context::{Curfew, Install},
    cookies::Cookies,
};

use crate::{
    config::Config,
    last_seen::LastSeen,
    notices::{NoticeClient, Notices},
    streams::Streams,
    token_rate_limit::TokenRateLimit,
    warned::Warned,
    webhook::HttpWebhookClient,
};

/// Shared by every request. Cheap to clone: each layer of the router does so once a request.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// See [`AppState`].
pub struct Shared {
    pub curfew: Curfew,
    /// From a session cookie to a user.
    pub checks: Checks,
    pub assets: Arc<Assets>,
    pub config: Arc<Config>,
    pub last_seen: LastSeen,
    pub token_rate_limit: TokenRateLimit,
    pub streams: Streams,
    pub warned: Arc<Warned>,
    pub notices: Notices,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    #[must_use]
    pub fn new(config: Config, db: Db, hasher: Hasher, keys: Keys, assets: Assets) -> Self {
        let instance = Instance {
            db,
            hasher,
            keys,
            limits: config.limits,
        };
        let notice_client = NoticeClient::new(
            &config.public_url(),
            &config.listeners(),
            &config.webhook_authorities,
        );
        let notices = Notices::new(instance.clone(), &config.public_url(), notice_client);
        let install = Install {
            instance,
            notices: Arc::new(notices.clone()),
            sign_up: config.sign_up,
            confirm_sign_up: config.confirm_sign_up,
            default_plan: config.default_plan,
            cookies: Cookies::new(config.https(), config.limits),
            public_url: config.public_url(),
            webhook_client: Arc::new(HttpWebhookClient::new(
                config.webhook_allow_private,
                &config.public_url(),
                &config.listeners(),
                &config.webhook_authorities,
            )),
        };
        Self(Arc::new(Shared {
            checks: Checks::new(install.instance.clone()),
            curfew: Curfew::new(install),
            assets: Arc::new(assets),
            token_rate_limit: TokenRateLimit::new(config.requests_a_minute),
            config: Arc::new(config),
            last_seen: LastSeen::default(),
            streams: Streams::default(),
            warned: Arc::default(),
            notices,
        }))
    }
}
