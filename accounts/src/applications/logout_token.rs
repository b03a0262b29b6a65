//! The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, 2.4). Signed by the server, anew at each try.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    ids::{ApplicationId, ApplicationSessionId, UserId},
    time::Moment,
};

/// How long a token is good: as short as clocks allow (the standard recommends two minutes at most).
const GOOD_FOR: Duration = Duration::from_mins(2);

/// `typ` of its header, so that it is taken for no other token.
pub const LOGOUT_TOKEN_TYPE: &str = "logout+jwt";

/// The claims. Both `sub` and `sid`: a notice by `sub` alone that came late would end a newer session.
#[derive(Debug, Clone, Serialize)]
pub struct LogoutClaims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    exp: i64,
    events: Value,
}

impl LogoutClaims {
    /// Of a try that is made at that moment: `jti`, `iat` and `exp` are its own.
    #[must_use]
    pub fn new(
        issuer: &str,
        application: &ApplicationId,
        user: &UserId,
        session: &ApplicationSessionId,
        now: Moment,
    ) -> Self {
        let seconds = now.at.0.div_euclid(1_000);
        let good_for = i64::try_from(GOOD_FOR.as_secs()).unwrap_or(0);
        Self {
            iss: issuer.to_owned(),
            aud: application.0.clone(),
            sub: user.0.clone(),
            sid: session.0.clone(),
            jti: now.id(),
            iat: seconds,
            exp: seconds + good_for,
            events: json!({ "http://schemas.openid.net/event/backchannel-logout": {} }),
        }
    }
}
