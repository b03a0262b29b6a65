//! An answer, as a browser or a program reads it.

use app::flash::Flash;
use cookie::{Cookie, time::Duration};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

/// An answer that has arrived whole.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n{}", self.body)
    }
}

impl Answer {
    pub fn new(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self {
            status: status.as_u16(),
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// It has this status.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// It is a 303 to there.
    #[track_caller]
    pub fn leads_to(&self, path: &str) -> &Self {
        self.is(303);
        assert_eq!(self.header("location"), path, "{self:?}");
        self
    }

    /// It is JSON with this status and `code`.
    #[track_caller]
    pub fn refuses(&self, status: u16, code: &str) -> &Self {
        self.is(status);
        assert_eq!(self.json()["code"], code, "{self:?}");
        self
    }

    /// The page says this, in so many words.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(
            self.text().contains(words),
            "not said: {words}\n{}\n{self:?}",
            self.text()
        );
        self
    }

    /// The page does not say this.
    #[track_caller]
    pub fn does_not_say(&self, words: &str) -> &Self {
        assert!(
            !self.text().contains(words),
            "said: {words}\n{}",
            self.text()
        );
        self
    }

    /// A header, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON: {e}\n{self:?}"))
    }

    /// The cookie of that name it sets or removes.
    pub fn set_cookie(&self, name: &str) -> Option<Cookie<'static>> {
        let values = self.headers.get_all(header::SET_COOKIE).iter();
        let cookies = values.map(|v| Cookie::parse(v.to_str().unwrap().to_owned()).unwrap());
        let mut named: Vec<_> = cookies.filter(|c| c.name() == name).collect();
        assert!(named.len() < 2, "set twice: {self:?}");
        named.pop()
    }

    /// Whether it removes the cookie of that name.
    pub fn removes(&self, name: &str) -> bool {
        self.set_cookie(name)
            .is_some_and(|c| c.max_age() == Some(Duration::ZERO) && c.value().is_empty())
    }

    /// Whether it hands out no session.
    pub fn gives_no_session(&self) -> bool {
        ["curfew_session", "__Host-curfew_session"]
            .iter()
            .all(|name| self.set_cookie(name).is_none_or(|c| c.value().is_empty()))
    }

    /// Whether it touches no cookie at all.
    pub fn touches_no_cookie(&self) -> bool {
        !self.headers.contains_key(header::SET_COOKIE)
    }

    /// What it leaves for the next page to say.
    pub fn flash(&self) -> Option<Flash> {
        let cookie = self
            .set_cookie("curfew_flash")
            .or_else(|| self.set_cookie("__Host-curfew_flash"))?;
        Flash::from_cookie(cookie.value())
    }

    /// The first tag that contains `part`, as written: `<input … >`.
    #[track_caller]
    pub fn tag(&self, part: &str) -> &str {
        tags(&self.body)
            .find(|tag| tag.contains(part))
            .unwrap_or_else(|| panic!("no tag with {part}\n{self:?}"))
    }

    /// The text of the element with this id, up to the end of the first of its kind.
    #[track_caller]
    pub fn text_of(&self, id: &str) -> String {
        let tag = self.tag(&format!(" id=\"{id}\""));
        let name = tag[1..].split([' ', '>']).next().unwrap();
        let start = self.body.find(tag).unwrap() + tag.len();
        let inside = &self.body[start..];
        text_of(&inside[..inside.find(&format!("</{name}>")).unwrap()])
    }

    /// The hidden fields of the form that posts to `action`, as a browser sends them.
    #[track_caller]
    pub fn hidden_fields(&self, action: &str) -> Vec<(String, String)> {
        let form = self.tag(&format!("action=\"{action}\""));
        let inside = &self.body[self.body.find(form).unwrap()..];
        let inside = &inside[..inside.find("</form>").unwrap()];
        let hidden = tags(inside).filter(|tag| tag.contains(" type=\"hidden\""));
        hidden
            .map(|tag| {
                let value = attribute(tag, "value").unwrap_or_default();
                (attribute(tag, "name").unwrap(), value)
            })
            .collect()
    }

    /// What a reader sees: no tags, no scripts.
    pub fn text(&self) -> String {
        text_of(&self.body)
    }
}

/// The value of an attribute of a tag, as the browser has it.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(decoded(rest.split('"').next()?))
}

/// Every opening tag, as written.
pub fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.match_indices('<')
        .filter(|(at, _)| html[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|(at, _)| Some(&html[at..=at + html[at..].find('>')?]))
}

pub fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with("<script") {
            "</script>"
        } else {
            ">"
        };
        // leptos puts comments between texts that stand side by side.
        if !rest.starts_with("<!")
            && !["<time", "</time", "<span", "</span"]
                .iter()
                .any(|t| rest.starts_with(t))
        {
            text.push(' ');
        }
        rest = rest.find(end).map_or("", |i| &rest[i + end.len()..]);
    }
    text.push_str(rest);
    decoded(&text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn decoded(html: &str) -> String {
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}
