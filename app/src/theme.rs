//! The theme: light, dark, or what the system says. Kept in a cookie of the browser, so that the server draws each page
//! in it: nothing flashes, and no script is needed.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "server functions are async")
)]

use leptos::prelude::*;

use crate::{error::AppError, parts::form_fields::FormFields};

/// What a user may choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// `system`, `light` or `dark`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with that key.
    #[must_use]
    pub fn named(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.key() == key)
    }

    /// What `<html>` says in `data-theme`; none for the system's.
    #[must_use]
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.key())
    }

    /// What `<meta name="color-scheme">` says, which holds before the styles are there.
    #[must_use]
    pub fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

#[cfg(feature = "ssr")]
mod stored {
    use http::{HeaderMap, header};
    use leptos::prelude::use_context;

    use super::Theme;

    impl Theme {
        /// What this browser has chosen. Nonsense in the cookie is as if there were none.
        #[must_use]
        pub fn of(headers: &HeaderMap, cookie: &str) -> Self {
            let cookies = headers.get_all(header::COOKIE).into_iter();
            cookies
                .filter_map(|value| value.to_str().ok())
                .flat_map(cookie::Cookie::split_parse)
                .filter_map(Result::ok)
                .find(|found| found.name() == cookie)
                .and_then(|found| Self::named(found.value()))
                .unwrap_or_default()
        }

        /// What the browser of this request has chosen.
        #[must_use]
        pub fn chosen() -> Self {
            let parts = use_context::<http::request::Parts>();
            let name = crate::context::curfew().map(|curfew| {
                let kind = crate::cookies::Kind::Theme;
                curfew.cookies.name(kind)
            });
            match (parts, name) {
                (Some(parts), Ok(name)) => Self::of(&parts.headers, name),
                _ => Self::System,
            }
        }
    }
}

#[cfg(not(feature = "ssr"))]
impl Theme {
    /// In the browser the page is drawn already.
    #[must_use]
    pub fn chosen() -> Self {
        Self::System
    }
}

/// Chooses a theme for this browser: `system`, `light` or `dark`.
///
/// # Errors
/// `validation_failed`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "set_theme")]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    use crate::{
        context::{curfew, set_cookie, signed_in},
        cookies::Kind,
    };

    signed_in()?;
    let theme = Theme::named(&theme)
        .ok_or_else(|| AppError::field("theme", "Choose one of the options."))?;
    let cookies = &curfew()?.cookies;
    set_cookie(&match theme {
        Theme::System => cookies.removed(Kind::Theme),
        chosen => cookies.theme(chosen.key()),
    });
    leptos_axum::redirect("/profile#theme-title");
    Ok(())
}

/// The card with the three themes: a button each, so that one click does it.
#[component]
pub fn ThemeCard(chosen: Theme) -> impl IntoView {
    let choices = Theme::ALL.map(|theme| {
        let pressed = if theme == chosen { "true" } else { "false" };
        view! {
            <button class="segments__choice" name="theme" value=theme.key() aria-pressed=pressed>
                {theme.label()}
            </button>
        }
    });
    view! {
        <section class="card" aria-labelledby="theme-title">
            <form class="card__body" method="post" action="/api/fn/set_theme">
                <FormFields />
                <div class="card__header">
                    <h2 class="card__title" id="theme-title">"Theme"</h2>
                    <p class="card__text">"How Curfew looks in this browser. “System” follows your device."</p>
                </div>
                <div class="segments" role="group" aria-labelledby="theme-title">
                    {choices.into_iter().collect_view()}
                </div>
            </form>
        </section>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use http::{HeaderMap, HeaderValue, header::COOKIE};

    use super::*;

    #[test]
    fn a_theme_is_read_from_its_cookie_and_nonsense_is_none() {
        for (cookies, theme) in [
            ("a=b; curfew_theme=dark; c=d", Theme::Dark),
            ("curfew_theme=light", Theme::Light),
            ("curfew_theme=\"><script>", Theme::System),
            ("other_theme=dark", Theme::System),
            ("", Theme::System),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_str(cookies).unwrap());
            assert_eq!(Theme::of(&headers, "curfew_theme"), theme, "{cookies}");
        }
    }
}
