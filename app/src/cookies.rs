//! Every cookie, created and removed in one place, because one that is removed without the attributes it was set with
//! stays.
//!
//! Over https each is `Secure` and carries the `__Host-` prefix (RFC 6265bis, 4.1.3), so that no
//! other host and no plain-http page can set it.

use std::time::Duration;

use accounts::{known_devices::NewDevice, limits::Limits, secret::Token};
use cookie::{Cookie, SameSite, time};

use crate::flash::Flash;

/// Of how many users a browser is known at once. Those who have not signed in on it for the longest are forgotten first.
const USERS_OF_A_BROWSER: usize = 5;

/// How this install names and creates its cookies.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    https: bool,
    limits: Limits,
}

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Session,
    RememberMe,
    /// Says which browser this is, for counting failures. Grants nothing.
    KnownDevice,
    /// A password was right, a second factor is owed. No session.
    PendingSignIn,
    Flash,
    /// Lets this browser look at the receipt of its remote logout.
    Receipt,
    /// Tells this browser from others, for the tokens of forms. Grants nothing.
    Form,
    /// Light or dark. Grants nothing.
    Theme,
}

impl Cookies {
    #[must_use]
    pub fn new(https: bool, limits: Limits) -> Self {
        Self { https, limits }
    }

    /// The cookie's name.
    #[must_use]
    pub fn name(&self, kind: Kind) -> &'static str {
        match (kind, self.https) {
            (Kind::Session, true) => "__Host-curfew_session",
            (Kind::Session, false) => "curfew_session",
            (Kind::RememberMe, true) => "__Host-curfew_remember",
            (Kind::RememberMe, false) => "curfew_remember",
            (Kind::KnownDevice, true) => "__Host-curfew_device",
            (Kind::KnownDevice, false) => "curfew_device",
            (Kind::PendingSignIn, true) => "__Host-curfew_half",
            (Kind::PendingSignIn, false) => "curfew_half",
            (Kind::Flash, true) => "__Host-curfew_flash",
            (Kind::Flash, false) => "curfew_flash",
            (Kind::Receipt, true) => "__Host-curfew_receipt",
            (Kind::Receipt, false) => "curfew_receipt",
            (Kind::Form, true) => "__Host-curfew_form",
            (Kind::Form, false) => "curfew_form",
            (Kind::Theme, true) => "__Host-curfew_theme",
            (Kind::Theme, false) => "curfew_theme",
        }
    }

    /// The session's cookie. It ends with the browser; the database knows when it ends sooner.
    #[must_use]
    pub fn session(&self, token: &Token) -> Cookie<'static> {
        self.make(Kind::Session, token.expose().to_owned(), None)
    }

    /// The remember-me cookie, kept for `lasts`.
    #[must_use]
    pub fn remember_me(&self, token: &Token, lasts: Duration) -> Cookie<'static> {
        self.make(Kind::RememberMe, token.expose().to_owned(), Some(lasts))
    }

    /// The known-device cookie, kept for a year: a value for each of the last users who have signed in on the browser.
    #[must_use]
    pub fn known_device(&self, device: &NewDevice) -> Cookie<'static> {
        let year = Duration::from_hours(365 * 24);
        let values = std::iter::once(&device.value).chain(&device.others);
        let values: Vec<&str> = values.map(Token::expose).take(USERS_OF_A_BROWSER).collect();
        self.make(Kind::KnownDevice, values.join("."), Some(year))
    }

    /// The values that a known-device cookie holds. What does not have the shape of a token counts as missing.
    #[must_use]
    pub fn known_devices(&self, text: &str) -> Vec<Token> {
        let values = text.split('.').take(USERS_OF_A_BROWSER);
        values.filter_map(Token::presented).collect()
    }

    /// The pending sign-in's cookie, kept for as long as a code may be given.
    #[must_use]
    pub fn pending_sign_in(&self, token: &Token) -> Cookie<'static> {
        let lasts = self.limits.pending_sign_in;
        self.make(Kind::PendingSignIn, token.expose().to_owned(), Some(lasts))
    }

    /// The cookie of a receipt, kept for an hour.
    #[must_use]
    pub fn receipt(&self, token: &Token) -> Cookie<'static> {
        self.make(
            Kind::Receipt,
            token.expose().to_owned(),
            Some(accounts::applications::RECEIPT_LASTS),
        )
    }

    /// The cookie that the tokens of this browser's forms are bound to. It ends with the browser.
    #[must_use]
    pub fn form(&self, token: &Token) -> Cookie<'static> {
        self.make(Kind::Form, token.expose().to_owned(), None)
    }

    /// The theme that this browser has chosen, kept for a year: also for the sign-in page.
    #[must_use]
    pub fn theme(&self, key: &str) -> Cookie<'static> {
        let year = Duration::from_hours(365 * 24);
        self.make(Kind::Theme, key.to_owned(), Some(year))
    }

    /// What the next page has to say. A form that waits for a password is kept while its user looks for it.
    #[must_use]
    pub fn flash(&self, flash: &Flash) -> Cookie<'static> {
        let lasts = if flash.waits_for_confirmation() {
            self.limits.confirmed_for
        } else {
            Duration::from_mins(1)
        };
        self.make(Kind::Flash, flash.to_cookie(), Some(lasts))
    }

    /// Removes a cookie.
    #[must_use]
    pub fn removed(&self, kind: Kind) -> Cookie<'static> {
        self.make(kind, String::new(), Some(Duration::ZERO))
    }

    /// How long a remembered device lasts from now on.
    #[must_use]
    pub fn remember_for(&self) -> Duration {
        self.limits.remember_for
    }

    fn make(&self, kind: Kind, value: String, lasts: Option<Duration>) -> Cookie<'static> {
        let mut cookie = Cookie::build((self.name(kind), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.https);
        if let Some(lasts) = lasts {
            let seconds = i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX);
            cookie = cookie.max_age(time::Duration::seconds(seconds));
        }
        cookie.build()
    }
}
