//! Addresses: where the program listens, what users type, and the URLs of the database and the SMTP server, which
//! may hold a password and are never quoted in a message.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use lettre::{AsyncSmtpTransport, Tokio1Executor};
use url::Url;

use super::{
    setting::{Parsed, Unusable},
    values::quoted,
};

/// Without a setting.
pub(super) const DEFAULT_DATABASE: &str = "sqlite://data/curfew.db";

/// What the database client reads from the query of a `postgres://` URL.
const POSTGRES_PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// `localhost` is 127.0.0.1. A port alone does not say who may connect, so it is refused.
pub(super) fn listen(text: &str) -> Parsed<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let lower = text.to_ascii_lowercase();
    if let Some(port) = lower.strip_prefix("localhost:") {
        let port: u16 = port.parse().map_err(|_| Unusable::Malformed)?;
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    match text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
        Ok(port) => Err(Unusable::Reason(format!(
            "use an address as well: 127.0.0.1:{port} for this machine alone, 0.0.0.0:{port} for every network"
        ))),
        Err(_) => Err(Unusable::Malformed),
    }
}

/// The origin: lower case, international names in their ASCII form, no default port, no slash at the end.
pub(super) fn public_url(text: &str) -> Parsed<String> {
    let lower = text.to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return Err(Unusable::Malformed);
    }
    let url = Url::parse(text).map_err(|_| Unusable::Malformed)?;
    if !url.username().is_empty() || url.password().is_some() || text.contains(['\\', '@']) {
        return Err(reason("use a host alone, without a user or a password"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(reason(
            "use a host alone: Curfew is not served below a path, give it a host name of its own",
        ));
    }
    Ok(url.origin().ascii_serialization())
}

pub(super) fn database_url(text: &str) -> Parsed<String> {
    if text.starts_with("sqlite:") {
        let file = sqlite_file(text).unwrap_or_default();
        let file = file.to_string_lossy();
        if file.starts_with(['"', '\'']) || file.ends_with(['"', '\'']) {
            return Err(quoted());
        }
        return Ok(text.to_owned());
    }
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(reason("it must begin with sqlite:// or postgres://"));
    }
    let mut url = parse_with_password(text)?;
    let known = |key: &str| POSTGRES_PARAMETERS.contains(&key) || key.starts_with("options[");
    if url.query_pairs().all(|(key, _)| known(&key)) {
        return Ok(text.to_owned());
    }
    // The client would ignore the others too, but log them with their values.
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| known(key))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Ok(url.into())
}

/// A URI, as RFC 9116 has it. An email address becomes one.
pub(super) fn contact(text: &str) -> Parsed<String> {
    if text.starts_with("https://") {
        let url = Url::parse(text).map_err(|_| Unusable::Malformed)?;
        return Ok(url.into());
    }
    let address = text.strip_prefix("mailto:").unwrap_or(text);
    let address: lettre::Address = address.parse().map_err(|_| Unusable::Malformed)?;
    Ok(format!("mailto:{address}"))
}

pub(super) fn smtp_url(text: &str) -> Parsed<String> {
    if !text.starts_with("smtp://") && !text.starts_with("smtps://") {
        return Err(Unusable::Malformed);
    }
    parse_with_password(text)?;
    AsyncSmtpTransport::<Tokio1Executor>::from_url(text)
        .map(|_| text.to_owned())
        .map_err(|_| Unusable::Malformed)
}

/// A URL whose password may hold any character, percent-encoded. Raw ones could end the password early, and its rest
/// would be taken for a host or a parameter: a place that messages of others do show.
fn parse_with_password(text: &str) -> Parsed<Url> {
    let encode = |what: &str| {
        Unusable::Reason(format!(
            "{what}; a user or password with characters like @ # ? / % needs percent-encoding: \
             @ is %40, # is %23, ? is %3F, / is %2F, % is %25"
        ))
    };
    let rest = text.split_once("://").map_or(text, |parts| parts.1);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let at_signs = rest.matches('@').count();
    let at_sign_ends_user = at_signs == usize::from(authority.contains('@'));
    let encoded = rest.split('%').skip(1).all(|after| {
        let hex = after.as_bytes().get(..2);
        hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    if !at_sign_ends_user || rest.contains('#') || !encoded {
        return Err(encode("it holds a character that has a meaning in URLs"));
    }
    // The parser's errors do not quote the text.
    Url::parse(text).map_err(|error| encode(&format!("it is no URL ({error})")))
}

/// The file of an SQLite database.
pub(super) fn sqlite_file(database_url: &str) -> Option<PathBuf> {
    let path = database_url.strip_prefix("sqlite:")?;
    let path = path.trim_start_matches("//");
    path.split('?').next().map(PathBuf::from)
}

/// Where what belongs to the database is kept: beside an SQLite file.
pub(super) fn data_folder(database_url: &str) -> PathBuf {
    match sqlite_file(database_url) {
        Some(file) => file.parent().map(Path::to_owned).unwrap_or_default(),
        None => PathBuf::from("data"),
    }
}

pub(super) fn data_file(database_url: &str, name: &str) -> String {
    data_folder(database_url).join(name).display().to_string()
}

fn reason(why: &str) -> Unusable {
    Unusable::Reason(why.to_owned())
}
