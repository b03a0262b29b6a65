//! How fast a token may send requests, and the headers that say so before it is too fast.
//!
//! Counted in this process: a guard against programs that run away, not a lock. What locks users out
//! is counted in the database.

use std::{
    fmt,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use accounts::ids::TokenId;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
};

/// After how many requests to forget the tokens that have been quiet.
const TIDY_EVERY: u32 = 1_000;

type Limiter = DefaultKeyedRateLimiter<TokenId, StateInformationMiddleware>;

/// The rate limit of every token. Cheap to clone.
#[derive(Clone)]
pub struct TokenRateLimit(Arc<Inner>);

struct Inner {
    limiter: Limiter,
    a_minute: NonZeroU32,
    asked: AtomicU32,
}

impl fmt::Debug for TokenRateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenRateLimit({} a minute)", self.0.a_minute)
    }
}

/// Whether a request came too fast, and what the next may do.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    a_minute: u32,
    remaining: u32,
    /// Seconds until a whole minute's requests are permitted again; when too fast, until one is.
    pub wait: u64,
    too_fast: bool,
}

impl TokenRateLimit {
    /// So many requests a minute, all of them at once if need be.
    #[must_use]
    pub fn new(a_minute: NonZeroU32) -> Self {
        let limiter = RateLimiter::keyed(Quota::per_minute(a_minute)).with_middleware();
        Self(Arc::new(Inner {
            limiter,
            a_minute,
            asked: AtomicU32::new(0),
        }))
    }

    /// Counts a request of this token.
    #[must_use]
    pub fn ask(&self, token: &TokenId) -> Verdict {
        let Inner {
            limiter,
            a_minute,
            asked,
        } = &*self.0;
        if asked.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        let a_minute = a_minute.get();
        match limiter.check_key(token) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let consumed = u64::from(a_minute.saturating_sub(remaining));
                Verdict {
                    a_minute,
                    remaining,
                    wait: (consumed * 60).div_ceil(u64::from(a_minute)),
                    too_fast: false,
                }
            }
            Err(not_yet) => {
                let wait = not_yet.wait_time_from(DefaultClock::default().now());
                Verdict {
                    a_minute,
                    remaining: 0,
                    wait: (wait + Duration::from_millis(999)).as_secs().max(1),
                    too_fast: true,
                }
            }
        }
    }
}

impl Verdict {
    /// Whether the request is to be refused.
    #[must_use]
    pub fn is_too_fast(&self) -> bool {
        self.too_fast
    }

    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).
    pub fn write(&self, headers: &mut HeaderMap) {
        let policy = format!("\"token\";q={};w=60", self.a_minute);
        let state = format!("\"token\";r={};t={}", self.remaining, self.wait);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_has_a_rate_limit_of_its_own() {
        let token_rate_limit = TokenRateLimit::new(NonZeroU32::new(3).unwrap());
        let (one, other) = (TokenId("1".into()), TokenId("2".into()));
        let remaining: Vec<u32> = (0..3)
            .map(|_| token_rate_limit.ask(&one).remaining)
            .collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = token_rate_limit.ask(&one);
        assert!(
            refused.is_too_fast() && (1..=20).contains(&refused.wait),
            "{refused:?}"
        );
        let mut headers = HeaderMap::new();
        refused.write(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"token\";q=3;w=60");
        assert!(!token_rate_limit.ask(&other).is_too_fast());
    }
}
