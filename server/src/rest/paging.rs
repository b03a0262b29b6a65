//! Lists come in pages. A cursor says where the next one begins; what is added or removed meanwhile
//! moves nothing.

use app::error::{AppError, Code};
use axum::{extract::FromRequestParts, http::request::Parts};
use data_encoding::BASE64URL_NOPAD;
use utoipa::IntoParams;

use crate::problem::Refused;

const USUAL: u16 = 50;
const MOST: u16 = 100;

/// Which page.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many at the most, 50 when not said.
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: u16,
    /// Where to go on: `next_cursor` of the page before. What it consists of may change.
    #[param(
        required = false,
        nullable = false,
        max_length = 200,
        pattern = "^[A-Za-z0-9_-]+$"
    )]
    cursor: Option<String>,
}

impl Paging {
    /// Where the page begins, as [`Paging::cut`] wrote it for a list of that name. None: at the start.
    ///
    /// # Errors
    /// 422 for a cursor that is not one of this list's.
    pub fn from(&self, list: &str) -> Result<Option<String>, Refused> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        BASE64URL_NOPAD
            .decode(cursor.as_bytes())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| {
                text.strip_prefix(list)?
                    .strip_prefix(':')
                    .map(str::to_owned)
            })
            .filter(|position| accounts::ids::is_id(position))
            .map(Some)
            .ok_or_else(|| wrong("cursor", "Use the next_cursor of the page before, or none."))
    }

    /// One more than is shown tells whether there is another page.
    pub fn and_one(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the one off; the cursor for the next page, if there is one.
    pub fn cut<T>(
        &self,
        list: &str,
        items: &mut Vec<T>,
        position: impl Fn(&T) -> String,
    ) -> Option<String> {
        let more = items.len() > usize::from(self.limit);
        items.truncate(usize::from(self.limit));
        let end = items.last().filter(|_| more)?;
        Some(BASE64URL_NOPAD.encode(format!("{list}:{}", position(end)).as_bytes()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let query = parts.uri.query().unwrap_or_default();
        let mut paging = Self {
            limit: USUAL,
            cursor: None,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "limit" => {
                    paging.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=MOST).contains(limit))
                        .ok_or_else(|| wrong("limit", "Use a whole number from 1 to 100."))?;
                }
                "cursor" => paging.cursor = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(paging)
    }
}

fn wrong(field: &str, why: &str) -> Refused {
    let mut error = AppError::new(Code::ValidationFailed, why);
    error.fields.insert(field.to_owned(), why.to_owned());
    Refused(error)
}
