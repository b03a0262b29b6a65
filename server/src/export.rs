//! `/settings/audit-log/export`: the account's events in a file, page by page, so that a long log needs no more
//! memory than a short one. Between two pages no connection is held.

use accounts::{
    audit::{self, Cut, Filter},
    ids::AccountId,
    time::Moment,
};
use app::{
    context::{Presence, Visit},
    error::AppError,
    pages::settings::audit_log::asked,
};
use axum::{
    body::Body,
    extract::{Extension, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures::stream;

use crate::{
    error_page, event_lines::Format, pages, permitted, redirects::to_sign_in, state::AppState,
};

/// Events read at a time.
const PAGE: i64 = 1_000;

/// Streams the events that the query asks for, oldest first. `format` is `csv` or `jsonl`.
pub async fn export(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Response {
    let uri = request.uri().clone();
    let account = if let Presence::SignedIn(me) = &visit.presence {
        me.user.account_id.clone()
    } else {
        return if error_page::wants_html(request.headers()) {
            to_sign_in("/settings/audit-log")
        } else {
            error_page::json(&AppError::not_signed_in())
        };
    };
    if let Err(error) = permitted::check(&state, &visit, uri.path()).await {
        return if error_page::wants_html(request.headers()) {
            pages::refuse(&state, visit, error, request).await
        } else {
            error_page::json(&error)
        };
    }
    let query = uri.query().unwrap_or_default();
    let csv = query.split('&').any(|pair| pair == "format=csv");
    let (format, kind, name) = if csv {
        (Format::Csv, "text/csv; charset=utf-8", "audit-log.csv")
    } else {
        (
            Format::Jsonl,
            "application/jsonl; charset=utf-8",
            "audit-log.jsonl",
        )
    };
    let lines = lines(state, account, asked(query).filter, format);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

/// Where the export is.
enum Next {
    Head,
    After(i64),
    Done,
}

fn lines(
    state: AppState,
    account: AccountId,
    filter: Filter,
    format: Format,
) -> impl futures::Stream<Item = Result<String, std::io::Error>> {
    stream::unfold((state, Next::Head), move |(state, next)| {
        let (account, filter) = (account.clone(), filter.clone());
        async move {
            let after = match next {
                Next::Head => return Some((Ok(format.head()), (state, Next::After(0)))),
                Next::Done => return None,
                Next::After(after) => after,
            };
            let page = async {
                let mut conn = state.curfew.instance.read(Moment::now()).await?;
                audit::search(&mut conn, &account, &filter, Cut::After(after), PAGE).await
            };
            match page.await {
                Ok(events) => {
                    let end = events.last()?.event.seq;
                    let text = events.iter().map(|e| format.line(&e.event)).collect();
                    Some((Ok(text), (state, Next::After(end))))
                }
                // Cut short: the browser says that the download failed.
                Err(error) => {
                    let error = state.curfew.instance.db.explain(&error);
                    tracing::error!(
                        error,
                        "the database became unavailable in the middle of an export"
                    );
                    Some((
                        Err(std::io::Error::other("the database is unavailable")),
                        (state, Next::Done),
                    ))
                }
            }
        }
    })
}
