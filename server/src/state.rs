//! What every handler shares.

use std::sync::Arc;

use accounts::{db::Db, keys::Keys, passwords::Hasher};
use app::{
    Assets,
    context::{Curfew, Install},
    cookies::Cookies,
};

use crate::{config::Config, last_active::LastActive, streams::Streams};

/// Shared by every request. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub curfew: Curfew,
    pub assets: Arc<Assets>,
    pub config: Arc<Config>,
    pub last_active: LastActive,
    pub streams: Streams,
}

impl AppState {
    #[must_use]
    pub fn new(config: Config, db: Db, hasher: Hasher, keys: Keys, assets: Assets) -> Self {
        let install = Install {
            db,
            hasher,
            keys,
            limits: config.limits,
            sign_up: config.sign_up,
            default_plan: config.default_plan,
            public_url: config.public_url(),
            cookies: Cookies::new(config.https(), config.limits),
        };
        Self {
            curfew: Curfew::new(install),
            assets: Arc::new(assets),
            config: Arc::new(config),
            last_active: LastActive::default(),
            streams: Streams::default(),
        }
    }
}
