//! Pages that say what went wrong when there is no app to ask: written whole, without script.

use leptos::prelude::*;

use crate::{
    Assets,
    parts::icon::{Disc, Mark, Shape},
    theme::Theme,
};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorPage {
    /// 503: the database is unavailable. No user is signed out by that.
    ServiceUnavailable,
    /// 500.
    Broken,
    /// 403: a form of another site.
    CrossSite,
    /// 421: the request names a host that is not answered here.
    AnotherHost,
    /// 405: this address takes no request of this method.
    MethodNotAllowed,
    /// 404, where no page of the app answers.
    NotFound,
    /// 400: the browser has sent one of our cookies twice, with two values.
    CookieTwice,
}

/// The whole page as HTML, in the theme that the browser has chosen. `request_id` lets the operator find the request in the log.
#[must_use]
pub fn page(error_page: ErrorPage, theme: Theme, assets: &Assets, request_id: &str) -> String {
    let (shape, title, text) = match error_page {
        ErrorPage::ServiceUnavailable => (
            Shape::CloudOff,
            "Curfew can’t reach its database right now",
            "You’re still signed in. Nothing was changed. Try again in a moment.",
        ),
        ErrorPage::Broken => (
            Shape::AlertTriangle,
            "Something went wrong on our side",
            "It’s nothing you did. Try again. If it keeps happening, tell the operator of this Curfew the number below.",
        ),
        ErrorPage::CrossSite => (
            Shape::Shield,
            "This request came from another site",
            "Curfew only accepts forms from its own pages. Nothing was changed.",
        ),
        ErrorPage::AnotherHost => (
            Shape::Shield,
            "This Curfew isn’t at this address",
            "It answers to names of its own machine only, like localhost, because CURFEW_PUBLIC_URL isn’t set. If you run it, set that to the address you type.",
        ),
        ErrorPage::MethodNotAllowed => (
            Shape::Info,
            "This address doesn’t accept this kind of request",
            "Go back and use the buttons on the page. Nothing was changed.",
        ),
        ErrorPage::NotFound => (
            Shape::Search,
            "There’s nothing at this address",
            "Check the address, or start from the home page.",
        ),
        ErrorPage::CookieTwice => (
            Shape::AlertTriangle,
            "Your browser sent a cookie of Curfew twice",
            "Another site of this domain may have set one of them, so neither was used. Delete the cookies of this site in your browser, then sign in again. Nothing was changed.",
        ),
    };
    let again = matches!(
        error_page,
        ErrorPage::ServiceUnavailable | ErrorPage::Broken
    );
    let request_id = request_id.to_owned();
    let content = view! {
        <Disc shape tint="plain" large=true />
        <h1 class="empty__title">{title}</h1>
        <p class="empty__text">{text}</p>
        <div class="empty__actions">
            {if again {
                view! {
                    <a class="button button--primary" href="">"Try again"</a>
                    <a class="button" href="/">"Go home"</a>
                }
                    .into_any()
            } else {
                view! { <a class="button button--primary" href="/">"Go home"</a> }.into_any()
            }}
        </div>
        <p class="empty__code">"Request " <code>{request_id}</code></p>
    };
    document(title, &Frame::here(theme, assets), content)
}

/// Where the files around a page without the app are.
#[derive(Debug, Clone)]
pub struct Frame {
    pub css: String,
    pub icon: String,
    /// Curfew's address, without a slash at its end: empty on Curfew's own host.
    pub home: String,
    pub theme: Theme,
}

impl Frame {
    /// Of a page on Curfew's own host.
    #[must_use]
    pub fn here(theme: Theme, assets: &Assets) -> Self {
        Self {
            css: assets.css.clone(),
            icon: "/favicon.svg".into(),
            home: String::new(),
            theme,
        }
    }

    /// Of a page on the host of an application behind the gate, which passes `/.curfew/` on. `home` is Curfew's address.
    #[must_use]
    pub fn behind_the_gate(home: &str, assets: &Assets) -> Self {
        Self {
            css: format!("/.curfew{}", assets.css),
            icon: "/.curfew/favicon.svg".into(),
            home: home.to_owned(),
            // The cookie that says which one is of Curfew's host.
            theme: Theme::System,
        }
    }
}

/// A whole page that is drawn without the app, with a card in the middle. `title` is a text of ours: it becomes HTML as
/// it is, because a title shows the marker that would follow a text of Leptos'.
pub(super) fn document(title: &str, frame: &Frame, content: impl IntoView + 'static) -> String {
    let Frame {
        css,
        icon,
        home,
        theme,
    } = frame.clone();
    let home = home + "/";
    let document = view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.color_scheme() />
                <meta name="description" content=crate::DESCRIPTION />
                <title inner_html=format!("{title} · Curfew")></title>
                <link rel="stylesheet" href=css />
                <link rel="icon" href=icon type="image/svg+xml" />
            </head>
            <body>
                <div class="auth">
                    <header>
                        <a class="brand brand--large" href=home>
                            <Mark class="brand__mark" />
                            <span class="brand__name">"Curfew"</span>
                        </a>
                    </header>
                    <nav class="auth__nav" aria-label="Main">
                        <a href="/">"Home"</a>
                        <a href="/profile">"Profile"</a>
                        <a href="/profile/security">"Your devices"</a>
                    </nav>
                    <main class="auth__main" id="main">
                        <div class="card card--lifted">
                            <div class="empty">{content}</div>
                        </div>
                    </main>
                </div>
            </body>
        </html>
    };
    document.to_html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_its_text_and_nothing_more() {
        let page = page(
            ErrorPage::NotFound,
            Theme::Dark,
            &Assets::default(),
            "a-request",
        );
        assert!(
            page.contains("<html lang=\"en\" data-theme=\"dark\">"),
            "{page}"
        );
        assert!(
            page.contains("<title>There’s nothing at this address · Curfew</title>"),
            "{page}"
        );
    }
}
