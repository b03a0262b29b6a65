//! `/settings/audit-log/export`: the account's events in a file, page by page, so that a long log needs no more
//! memory than a short one. Between two pages no connection is held, and before each it is asked again whether the
//! session and the permission still hold: a slow reader must not go on reading after a remote logout.

use accounts::{
    audit::{self, Cut, Filter},
    sessions::SignedIn,
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
use futures::{StreamExt, stream};
use tracing::Span;

use crate::{
    error_page,
    event_lines::Format,
    pages,
    permitted::{self, Withdrawn},
    redirects::{see_other, to_sign_in},
    state::AppState,
};

/// Where it is. Its permission is asked for again while it is sent.
pub const EXPORT: &str = "/settings/audit-log/export";

/// Events read at a time: some hundred kilobytes, all that a reader can still receive after its session has ended.
const PAGE: i64 = 200;

/// Streams the events that the query asks for, oldest first. `format` is `csv` or `jsonl`.
pub async fn export(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Response {
    let uri = request.uri().clone();
    let Presence::SignedIn(me) = visit.presence.clone() else {
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
    let asked = asked(query);
    if let Some(error) = asked.refusal() {
        // A file of more than was asked for would be taken for what was asked for.
        return if error_page::wants_html(request.headers()) {
            see_other(&format!("/settings/audit-log?{query}"))
        } else {
            error_page::json(&error)
        };
    }
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
    let export = Export {
        state,
        me,
        filter: asked.filter,
        format,
        request: Span::current(),
    };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, Body::from_stream(export.lines())).into_response()
}

/// Where the export is.
enum Next {
    Head,
    After(i64),
    Done,
}

/// What is sent, and to whom.
struct Export {
    state: AppState,
    me: Box<SignedIn>,
    filter: Filter,
    format: Format,
    /// For the log: whose request it is.
    request: Span,
}

impl Export {
    /// The file, page by page. Cut short, it ends with an error, so that the reader does not take it for the whole.
    fn lines(self) -> impl futures::Stream<Item = Result<String, std::io::Error>> {
        let pages = stream::unfold((self, Next::Head), async |(export, next)| {
            let after = match next {
                Next::Head => return Some((Ok(export.format.head()), (export, Next::After(0)))),
                Next::Done => return None,
                Next::After(after) => after,
            };
            match export.page(after).await {
                Ok(Some((text, end))) => Some((Ok(text), (export, Next::After(end)))),
                Ok(None) => None,
                Err(why) => Some((Err(export.cut(why)), (export, Next::Done))),
            }
        });
        // Compression asks once more after the end.
        pages.fuse()
    }

    /// The lines after that number, and the number of the last one. None after the newest.
    async fn page(&self, after: i64) -> Result<Option<(String, i64)>, Withdrawn> {
        let account = &self.me.user.account_id;
        let read = async {
            let mut conn = self.state.curfew.instance.read(Moment::now()).await?;
            let cut = Cut::After(after);
            let found = audit::search(&mut conn, account, &self.filter, cut, PAGE).await?;
            Ok((conn, found))
        };
        let (mut conn, found) = read.await.map_err(Withdrawn::Unavailable)?;
        permitted::still(&mut conn, &self.me, EXPORT).await?;
        Ok(found.next(Cut::After(after)).map(|next| {
            let lines = found.events.iter().map(|shown| self.format.line(shown));
            (lines.collect(), next.number())
        }))
    }

    fn cut(&self, why: Withdrawn) -> std::io::Error {
        let request = &self.request;
        let why = match why {
            Withdrawn::SessionEnded => "the session has ended",
            Withdrawn::PermissionLost => "the permission is gone",
            Withdrawn::Unavailable(error) => {
                let error = self.state.curfew.instance.db.explain(&error);
                tracing::error!(parent: request, error, "the database became unavailable in the middle of an export");
                return std::io::Error::other("the database is unavailable");
            }
        };
        tracing::info!(parent: request, why, "an export was cut");
        std::io::Error::other(why)
    }
}
