//! `/api/docs`: the REST interface for readers, drawn whole on the server, without script.

use leptos::prelude::*;

use crate::{Assets, parts::icon::Mark};

/// What the page tells, as the OpenAPI document has it.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    pub title: String,
    pub about: String,
    pub public_url: String,
    pub sections: Vec<Section>,
    /// A code and the status it comes with.
    pub problems: Vec<(String, u16)>,
}

/// Operations that belong together.
#[derive(Debug, Clone, Default)]
pub struct Section {
    pub title: String,
    pub about: String,
    pub operations: Vec<Operation>,
}

/// One method of one address.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub title: String,
    pub about: String,
    pub parameters: Vec<Field>,
    /// What a successful answer holds.
    pub answers: Vec<Field>,
    pub statuses: Vec<(String, String)>,
}

/// A parameter, or a field of an answer; `name` is a path like `items[].id`.
#[derive(Debug, Clone, Default)]
pub struct Field {
    pub name: String,
    pub kind: String,
    pub about: String,
}

/// The whole page as HTML.
#[must_use]
pub fn page(reference: Reference, assets: &Assets) -> String {
    let Reference {
        title,
        about,
        public_url,
        sections,
        problems,
    } = reference;
    let css = assets.css.clone();
    let contents = sections.iter().map(contents).collect_view();
    let example =
        format!("curl --header \"Authorization: Bearer $CURFEW_TOKEN\" {public_url}/api/v1/me");
    let sections: Vec<_> = sections
        .into_iter()
        .map(|section| shown(section, &public_url))
        .collect();
    let problems = problems
        .into_iter()
        .map(|(code, status)| {
            let id = format!("problem-{code}");
            view! {
                <tr id=id>
                    <th scope="row"><code>{code}</code></th>
                    <td class="table__number">{status}</td>
                </tr>
            }
        })
        .collect_view();
    let document = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content="How programs use Curfew: every operation of its API, with examples." />
                // As in `error_page`: our own text, and no marker after it.
                <title inner_html=format!("API · {title}")></title>
                <link rel="stylesheet" href=css />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
            </head>
            <body>
                <a class="skip-link" href="#main">"Skip to content"</a>
                <header class="topbar">
                    <div class="topbar__inner">
                        <a class="brand" href="/">
                            <Mark class="brand__mark" />
                            <span class="brand__name">"Curfew"</span>
                        </a>
                        <nav class="topbar__links" aria-label="Main">
                            <a class="topbar__link" href="/settings/api">"Your tokens"</a>
                            <a class="topbar__link" href="/api/openapi.json">"OpenAPI"</a>
                        </nav>
                    </div>
                </header>
                <main class="page reference" id="main" tabindex="-1">
                    <div class="page__header">
                        <h1 class="page__title">"API"</h1>
                        <p class="page__lead">{prose(&about)}</p>
                    </div>
                    <nav class="card" aria-label="Contents">
                        <div class="card__body">{contents}</div>
                    </nav>
                    <section class="section" aria-labelledby="start">
                        <h2 class="section__title" id="start">"Getting started"</h2>
                        <p>
                            "Create a token under "
                            <a href="/settings/api">"Settings → API"</a>
                            " and send it with every request. Cookies are ignored here."
                        </p>
                        <pre class="snippet__text" tabindex="0" role="region" aria-label="Example request">
                            <code>{example}</code>
                        </pre>
                        <p>
                            "Lists come in pages: send the " <code>"next_cursor"</code> " of one page as "
                            <code>"cursor"</code> " to get the next, until there is none. "
                            "Every answer carries " <code>"X-Request-Id"</code> ", "
                            <code>"RateLimit"</code> " and " <code>"RateLimit-Policy"</code> "."
                        </p>
                    </section>
                    {sections}
                    <section class="section" aria-labelledby="problems">
                        <h2 class="section__title" id="problems">"Problems"</h2>
                        <p>
                            "Errors are answered with " <code>"application/problem+json"</code>
                            " (RFC 9457): a " <code>"status"</code> ", a plain " <code>"detail"</code>
                            ", the " <code>"request_id"</code> " and a " <code>"code"</code>
                            " that never changes."
                        </p>
                        <div class="table-frame" tabindex="0" role="region" aria-label="Table of problems">
                            <table class="table">
                                <thead>
                                    <tr>
                                        <th scope="col">"Code"</th>
                                        <th scope="col">"Status"</th>
                                    </tr>
                                </thead>
                                <tbody>{problems}</tbody>
                            </table>
                        </div>
                    </section>
                </main>
            </body>
        </html>
    };
    document.to_html()
}

/// Text with `names` in backticks.
fn prose(text: &str) -> Vec<AnyView> {
    let parts = text.split('`').enumerate();
    parts
        .map(|(n, part)| {
            let part = part.to_owned();
            if n % 2 == 1 {
                view! { <code>{part}</code> }.into_any()
            } else {
                part.into_any()
            }
        })
        .collect()
}

fn contents(section: &Section) -> impl IntoView + use<> {
    let links = section
        .operations
        .iter()
        .map(|operation| {
            let Operation {
                id,
                title,
                method,
                path,
                ..
            } = operation.clone();
            view! {
                <li class="reference__entry">
                    <a href=format!("#{id}")>{title}</a>
                    <code>{format!("{method} {path}")}</code>
                </li>
            }
        })
        .collect_view();
    view! {
        <div>
            <p class="reference__group">{section.title.clone()}</p>
            <ul role="list">{links}</ul>
        </div>
    }
}

fn shown(section: Section, public_url: &str) -> impl IntoView + use<> {
    let id = section.title.to_lowercase();
    let labelled_by = id.clone();
    let operations: Vec<_> = section
        .operations
        .into_iter()
        .map(|operation| operation_card(operation, public_url))
        .collect();
    view! {
        <section class="section" aria-labelledby=labelled_by>
            <div class="section__header">
                <div>
                    <h2 class="section__title" id=id>{section.title}</h2>
                    <p class="section__lead">{section.about}</p>
                </div>
            </div>
            <div class="stack">{operations}</div>
        </section>
    }
}

fn operation_card(operation: Operation, public_url: &str) -> impl IntoView + use<> {
    let Operation {
        id,
        method,
        path,
        title,
        about,
        parameters,
        answers,
        statuses,
    } = operation;
    let labelled_by = id.clone();
    let tint = match method.as_str() {
        "GET" => "badge badge--accent",
        "DELETE" => "badge badge--danger",
        _ => "badge badge--warning",
    };
    let by_hand = format!(
        "curl --request {method} --header \"Authorization: Bearer $CURFEW_TOKEN\" {public_url}{path}"
    );
    let statuses = statuses
        .into_iter()
        .map(|(status, about)| {
            view! {
                <tr>
                    <th scope="row" class="table__number">{status}</th>
                    <td>{prose(&about)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <article class="card" aria-labelledby=labelled_by>
            <div class="card__body">
                <div class="card__header">
                    <h3 class="card__title" id=id>{title.clone()}</h3>
                    <p class="reference__address">
                        <span class=tint>{method}</span>
                        <code>{path}</code>
                    </p>
                    <p class="card__text">{prose(&about)}</p>
                </div>
                <pre class="snippet__text" tabindex="0" role="region" aria-label=format!("Request: {title}")>
                    <code>{by_hand}</code>
                </pre>
                {fields("Parameters", &title, parameters)}
                {fields("Response", &title, answers)}
                <details class="snippet">
                    <summary class="snippet__title">"Statuses"</summary>
                    <div class="snippet__body">
                        <div class="table-frame" tabindex="0" role="region" aria-label=format!("Statuses: {title}")>
                            <table class="table">
                                <thead>
                                    <tr>
                                        <th scope="col">"Status"</th>
                                        <th scope="col">"When"</th>
                                    </tr>
                                </thead>
                                <tbody>{statuses}</tbody>
                            </table>
                        </div>
                    </div>
                </details>
            </div>
        </article>
    }
}

fn fields(what: &'static str, of: &str, fields: Vec<Field>) -> Option<impl IntoView + use<>> {
    let label = format!("{what}: {of}");
    let rows: Vec<_> = fields
        .into_iter()
        .map(|field| {
            view! {
                <tr>
                    <th scope="row"><code>{field.name}</code></th>
                    <td class="table__number">{field.kind}</td>
                    <td>{prose(&field.about)}</td>
                </tr>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <div class="table-frame" tabindex="0" role="region" aria-label=label>
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{what}</th>
                            <th scope="col">"Type"</th>
                            <th scope="col">
                                <span class="visually-hidden">"About"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
    })
}
