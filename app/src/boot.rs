//! What a page knows before it asks for anything: who is signed in, and what the last operation has to say.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    error::AppError,
    flash::{Flash, Refused},
    time::Time,
};

/// Known when the page is drawn. What islands need of it is sent along to the browser; the rest is for the server alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    pub viewer: Option<Viewer>,
    /// Its address with the query: where its forms lead back to.
    pub page: String,
    /// What vouches for its forms where the browser does not say where they come from.
    pub form_token: Option<String>,
    /// A form of this page that was refused.
    pub refused_form: Option<Refused>,
    #[serde(skip)]
    pub flash: Option<Flash>,
    /// Why this user does not see this page.
    #[serde(skip)]
    pub refused: Option<AppError>,
    /// Whether an anonymous visitor may sign up here now.
    #[serde(skip)]
    pub sign_up_open: bool,
    /// Whether signing up takes the setup code.
    #[serde(skip)]
    pub asks_setup_code: bool,
    /// Fewest characters of a password.
    pub password_min: usize,
    /// How many days a remembered device is remembered.
    #[serde(skip)]
    pub remember_days: u64,
}

/// The user signed in, as the screens show them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something of its own that a screen asks"
)]
pub struct Viewer {
    pub id: String,
    /// The epoch under which this session is live.
    pub epoch: i64,
    pub name: String,
    pub username: Option<String>,
    pub email: String,
    pub role: String,
    pub account: String,
    pub plan: String,
    pub initials: String,
    /// 1 to 6: the colour behind the initials.
    pub tint: u8,
    pub password_changed: Time,
    pub signed_in: Time,
    /// Since when two-factor authentication is on.
    pub two_factor: Option<Time>,
    /// The plans that have it, when this user's has not.
    #[serde(skip)]
    pub two_factor_plans: Option<String>,
    /// Their account requires a second factor of its members.
    #[serde(skip)]
    pub second_factor_required: bool,
    /// Whether a sensitive operation asks for a password or a code first.
    pub confirm: bool,
    /// Whether the plan has remote logout.
    pub remote_logout: bool,
    /// Whether the plan has it no more, and it stays for what was signed in before.
    pub remote_logout_kept: bool,
    /// "Plus, Pro and Enterprise".
    pub remote_logout_plans: String,
    /// Where they may put their account on another plan; none for who may not.
    pub change_plan: Option<String>,
    /// The tabs of Settings that their role has: address and label. None: no settings at all.
    #[serde(skip)]
    pub settings: Vec<(String, String)>,
}

impl Viewer {
    /// Their account requires a second factor, and they have none: little else is reached until they do.
    #[must_use]
    pub fn owes_second_factor(&self) -> bool {
        self.second_factor_required && self.two_factor.is_none()
    }
}

impl Boot {
    /// As `<body data-boot>`, from where islands take it.
    #[cfg(feature = "ssr")]
    pub(crate) fn to_attribute(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    #[cfg(feature = "hydrate")]
    fn from_page() -> Option<Self> {
        let text = document().body()?.dataset().get("boot")?;
        serde_json::from_str(&text).ok()
    }
}

/// What this page was drawn with.
#[must_use]
pub fn boot() -> Boot {
    #[cfg(not(feature = "hydrate"))]
    return use_context().unwrap_or_default();
    // Read once: an island may be drawn anew at any time.
    #[cfg(feature = "hydrate")]
    {
        thread_local! {
            static BOOT: Boot = Boot::from_page().unwrap_or_default();
        }
        BOOT.with(Clone::clone)
    }
}

/// The user signed in.
#[must_use]
pub fn viewer() -> Option<Viewer> {
    boot().viewer
}
