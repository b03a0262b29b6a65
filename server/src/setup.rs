//! The sign-up that gets an install without users: which requests come from the machine itself, and so show no setup code;
//! and the line of the log that has the code for the others.

use std::net::SocketAddr;

use accounts::{
    db::DatabaseError,
    instance::Instance,
    setup_code::setup_code,
    sign_up::{Opening, SignUp, opening},
    time::Moment,
};
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, request::Parts},
};

use crate::{
    config::Config,
    named_hosts::{is_this_machine, named},
};

/// What proxies add, besides `x-forwarded-…`. Behind a proxy that runs on this machine every peer is this machine.
const FORWARDING: [&str; 9] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "cf-connecting-ip",
    "true-client-ip",
    "fastly-client-ip",
    "x-original-host",
];

/// Whether a request comes from this machine: its peer, each host that it names and the public address are loopback, and
/// no proxy says that it has passed the request on.
pub(crate) fn is_at_the_machine(parts: &Parts, config: &Config) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let mut hosts = named(&parts.headers, &parts.uri).peekable();
    let public = config.public_url();
    let public = public.split_once("://").map_or("", |url| url.1);
    peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback())
        && hosts.peek().is_some()
        && hosts.all(|host| is_this_machine(&host))
        && is_this_machine(public)
        && !is_forwarded(&parts.headers)
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    let forwards = |name: &HeaderName| {
        FORWARDING.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded")
    };
    headers.keys().any(forwards)
}

/// Logs the setup code while the install has no user and one may sign up.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn log_code(instance: &Instance, sign_up: SignUp) -> Result<(), DatabaseError> {
    let mut conn = instance.read(Moment::now()).await?;
    if opening(&mut conn, sign_up).await? == Opening::First {
        let setup_code = setup_code(&instance.keys);
        tracing::info!(
            %setup_code,
            "this Curfew has no user: who signs up first owns it, and is asked for the setup code unless they sign up on this machine"
        );
    }
    Ok(())
}
