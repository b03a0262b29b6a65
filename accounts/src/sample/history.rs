//! What the demonstration's users did in the last four weeks, and on what.

use std::{net::IpAddr, time::Duration};

use crate::client::Client;

/// One thing a user did on one of their devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    SignIn,
    /// With "Remember me" ticked.
    SignInRemembered,
    /// Comes back with the remember-me cookie.
    ComeBack,
    /// A copy of a remember-me cookie turns up, after [`Step::ComeBack`].
    Copied,
    UsePage,
    SignOut,
    /// Types a wrong password.
    Mistype,
    RemoteLogout,
    NewPassword,
}

/// Hours ago, the step and the device's number; oldest first. A remote logout in the middle of it leaves the first half as history.
pub(super) const HISTORY: [(u64, Step, usize); 48] = {
    use Step::{
        ComeBack, Copied, Mistype, NewPassword, RemoteLogout, SignIn, SignInRemembered, SignOut,
        UsePage,
    };
    [
        (671, SignIn, 0),
        (668, SignInRemembered, 2),
        (650, SignIn, 5),
        (640, SignOut, 5),
        (622, SignIn, 10),
        (601, SignInRemembered, 1),
        (577, Mistype, 3),
        (576, SignIn, 3),
        (555, SignInRemembered, 4),
        (530, UsePage, 0),
        (507, SignIn, 6),
        (480, SignIn, 7),
        (466, SignInRemembered, 8),
        (444, UsePage, 2),
        (430, SignOut, 7),
        (411, SignInRemembered, 9),
        (399, UsePage, 1),
        (390, SignIn, 5),
        (385, NewPassword, 0),
        (380, SignInRemembered, 2),
        (372, SignIn, 11),
        (360, ComeBack, 2),
        (352, Copied, 2),
        (340, SignInRemembered, 4),
        (337, SignIn, 10),
        (331, Mistype, 10),
        (324, RemoteLogout, 0),
        (323, SignInRemembered, 0),
        (301, SignInRemembered, 1),
        (283, SignIn, 2),
        (266, SignInRemembered, 3),
        (240, SignIn, 12),
        (216, SignIn, 4),
        (197, Mistype, 5),
        (196, SignInRemembered, 5),
        (170, SignIn, 13),
        (150, ComeBack, 3),
        (121, SignIn, 6),
        (98, SignOut, 6),
        (77, SignInRemembered, 7),
        (52, SignIn, 8),
        // Where no remote logout is, device 0's first session has expired by now, and this marks it.
        (48, ComeBack, 1),
        (30, SignIn, 9),
        (26, UsePage, 4),
        (9, SignInRemembered, 10),
        (5, UsePage, 5),
        (2, SignIn, 11),
        (1, UsePage, 0),
    ]
};

/// How long before now a step happened. The minutes differ, because no user acts on the hour, nor two users at one
/// moment.
pub(super) fn ago(hours: u64, user: usize) -> Duration {
    let minutes = hours * 37 % 60 + user as u64 * 11 % 60;
    Duration::from_secs((hours * 60).saturating_sub(minutes / 2) * 60 + user as u64 * 7)
}

/// A user's device: its user agent, and an address for documentation (RFC 5737, RFC 3849).
pub(super) fn device(user: usize, number: usize) -> Client {
    let host = u8::try_from((user * 23 + number * 7) % 250 + 1).unwrap_or(1);
    let ip = match number % 4 {
        0 => IpAddr::from([192, 0, 2, host]),
        1 => IpAddr::from([198, 51, 100, host]),
        2 => IpAddr::from([203, 0, 113, host]),
        _ => IpAddr::from([0x2001, 0xdb8, u16::from(host), 7, 0, 0, 0, u16::from(host)]),
    };
    Client {
        ip: Some(ip),
        user_agent: USER_AGENTS[(user * 5 + number) % USER_AGENTS.len()].to_owned(),
        request_id: None,
        known_devices: Vec::new(),
    }
}

const USER_AGENTS: [&str; 14] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "curl/8.15.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.5",
    "",
];
