//! Passwords: what is accepted, and Argon2id (RFC 9106) to keep and check them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};
use unicode_normalization::UnicodeNormalization;

use crate::secret::Secret;

/// Most characters a password may have.
pub const LONGEST: usize = 256;

/// Why a password is not accepted as a new one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    #[error("Use {0} characters or more.")]
    TooShort(usize),
    #[error("Use {LONGEST} characters or fewer.")]
    TooLong,
    #[error("This password is too easy to guess. {0}")]
    Weak(String),
}

/// What checking a password against a stored hash found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// Right, but hashed with other settings than today's: hash it anew.
    RightButOld,
    Wrong,
}

/// Why a password could not be hashed. It is not the user's fault.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashingFailed;

/// The password behind the dummy hash. Knowing it opens nothing.
const DUMMY: &str = "no user's password";

/// Hashes and checks passwords off the async threads, no more at once than there are cores.
#[derive(Clone)]
pub struct Hasher {
    argon2: Argon2<'static>,
    at_once: Arc<Semaphore>,
    cores: usize,
    waiting: Arc<AtomicUsize>,
    /// The hash of no user's password, so that an unknown email takes as long as a wrong password.
    dummy: Arc<str>,
}

/// How much a [`Hasher`] has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLoad {
    pub running: usize,
    pub waiting: usize,
}

/// Counted as long as it waits for its turn, also where its caller leaves.
struct InLine(Arc<AtomicUsize>);

impl Drop for InLine {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hasher {
    /// How many passwords are being hashed, and how many wait.
    #[must_use]
    pub fn load(&self) -> HashingLoad {
        HashingLoad {
            running: self.cores.saturating_sub(self.at_once.available_permits()),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// With the settings of OWASP's password storage guidance: 19 MiB, two passes, one lane.
    ///
    /// # Errors
    /// When hashing does not work: a first hash is computed to see that.
    pub fn new(cores: usize) -> Result<Self, HashingFailed> {
        Self::with_cost(19 * 1024, 2, cores)
    }

    /// With other settings: `memory` in KiB and a number of passes.
    ///
    /// # Errors
    /// When Argon2 refuses the settings.
    pub fn with_cost(memory: u32, passes: u32, cores: usize) -> Result<Self, HashingFailed> {
        let params = Params::new(memory, passes, 1, None).map_err(|_| HashingFailed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash(&argon2, &Secret::new(DUMMY.into()))?;
        Ok(Self {
            argon2,
            at_once: Arc::new(Semaphore::new(cores.max(1))),
            cores: cores.max(1),
            waiting: Arc::default(),
            dummy: dummy.into(),
        })
    }

    /// The PHC string to store for a password.
    ///
    /// # Errors
    /// When there is no memory or no randomness.
    pub async fn hash(&self, password: &Secret) -> Result<String, HashingFailed> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.off_the_async_threads(move || hash(&argon2, &password))
            .await?
    }

    /// Checks a password against a stored PHC string. Without one it is checked against a dummy hash, which takes as
    /// long and always gives [`Verdict::Wrong`].
    ///
    /// # Errors
    /// When there is no memory, or the stored text is no PHC string.
    pub async fn verify(
        &self,
        password: &Secret,
        stored: Option<&str>,
    ) -> Result<Verdict, HashingFailed> {
        let known = stored.is_some();
        let stored: Arc<str> = stored.map_or_else(|| Arc::clone(&self.dummy), Into::into);
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let right = self
            .off_the_async_threads(move || verify(&argon2, &password, &stored))
            .await??;
        Ok(match right {
            Some(verdict) if known => verdict,
            _ => Verdict::Wrong,
        })
    }

    /// Refuses passwords that are too short, too long or easy to guess, with the reason.
    /// `about` is what a guesser would try first: the user's own name and email.
    ///
    /// # Errors
    /// The outer error when there is no thread; the inner error says what is wrong with the password.
    pub async fn accept(
        &self,
        password: &Secret,
        shortest: usize,
        about: &[&str],
    ) -> Result<Result<(), Unacceptable>, HashingFailed> {
        let password = password.clone();
        let mut about: Vec<String> = about.iter().map(ToString::to_string).collect();
        // The estimator looks for each as a whole: the words of a name and of an email count by themselves too.
        let words: Vec<String> = about
            .iter()
            .flat_map(|a| a.split(|c: char| !c.is_alphanumeric()))
            .filter(|word| word.chars().count() > 2)
            .map(str::to_owned)
            .collect();
        let mailboxes = about
            .iter()
            .filter_map(|a| Some(a.split_once('@')?.0.to_owned()));
        let mailboxes: Vec<String> = mailboxes.collect();
        about.extend(mailboxes);
        about.extend(words);
        about.push("curfew".into());
        self.off_the_async_threads(move || accept(&password, shortest, &about))
            .await
    }

    async fn off_the_async_threads<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let in_line = InLine(self.waiting.clone());
        let permit = Arc::clone(&self.at_once)
            .acquire_owned()
            .await
            .map_err(|_| HashingFailed)?;
        drop(in_line);
        // The permit moves into the thread, so that a caller who hangs up does not free a core that is still busy.
        spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        })
        .await
        .map_err(|_| HashingFailed)
    }
}

/// Passwords are counted and hashed in Unicode NFC, so that a keyboard's way of typing "é" is no
/// different password (NIST SP 800-63B-4, 3.1.1.2).
fn normal(password: &Secret) -> Secret {
    Secret::new(password.expose().nfc().collect())
}

fn hash(argon2: &Argon2<'_>, password: &Secret) -> Result<String, HashingFailed> {
    argon2
        .hash_password(normal(password).expose().as_bytes())
        .map(|phc| phc.to_string())
        .map_err(|_| HashingFailed)
}

fn verify(
    argon2: &Argon2<'_>,
    password: &Secret,
    stored: &str,
) -> Result<Option<Verdict>, HashingFailed> {
    let phc = PasswordHash::new(stored).map_err(|_| HashingFailed)?;
    if argon2
        .verify_password(normal(password).expose().as_bytes(), &phc)
        .is_err()
    {
        return Ok(None);
    }
    let today = argon2.params();
    let same = Params::try_from(&phc).is_ok_and(|p| {
        (p.m_cost(), p.t_cost(), p.p_cost()) == (today.m_cost(), today.t_cost(), today.p_cost())
    });
    Ok(Some(if same && phc.algorithm == argon2::ARGON2ID_IDENT {
        Verdict::Right
    } else {
        Verdict::RightButOld
    }))
}

fn accept(password: &Secret, shortest: usize, about: &[String]) -> Result<(), Unacceptable> {
    let password = normal(password);
    let characters = password.expose().chars().count();
    if characters < shortest {
        return Err(Unacceptable::TooShort(shortest));
    }
    if characters > LONGEST {
        return Err(Unacceptable::TooLong);
    }
    // The estimator's time grows with the square of the length; it stops at 100 by itself, and
    // what is strong in its first 100 characters is strong.
    let first: Secret = Secret::new(password.expose().chars().take(100).collect());
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(first.expose(), &about);
    if estimate.score() >= zxcvbn::Score::Three {
        return Ok(());
    }
    let why = estimate
        .feedback()
        .and_then(|f| {
            let warning = f.warning().map(|w| w.to_string());
            warning.or_else(|| f.suggestions().first().map(ToString::to_string))
        })
        .unwrap_or_else(|| "Add a few more words.".into());
    Err(Unacceptable::Weak(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.into())
    }

    fn cheap() -> Hasher {
        Hasher::with_cost(64, 1, 2).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_right_in_either_unicode_form_and_wrong_otherwise() {
        let hasher = cheap();
        let stored = hasher.hash(&secret("caf\u{e9} au lait")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        for (given, verdict) in [
            ("cafe\u{301} au lait", Verdict::Right),
            ("cafe au lait", Verdict::Wrong),
            ("", Verdict::Wrong),
        ] {
            let found = hasher.verify(&secret(given), Some(&stored)).await.unwrap();
            assert_eq!(found, verdict, "{given}");
        }
    }

    #[tokio::test]
    async fn a_hash_made_with_other_settings_is_right_but_old() {
        let stored = cheap().hash(&secret("p")).await.unwrap();
        let dearer = Hasher::with_cost(128, 1, 2).unwrap();
        let found = dearer.verify(&secret("p"), Some(&stored)).await.unwrap();
        assert_eq!(found, Verdict::RightButOld);
    }

    #[tokio::test]
    async fn the_password_of_the_dummy_hash_is_wrong_too() {
        let found = cheap().verify(&secret(DUMMY), None).await;
        assert_eq!(found.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn weak_passwords_are_refused_with_the_reason() {
        let hasher = cheap();
        let about = ["Ada Lovelace", "ada@analytical.example"];
        for (given, why) in [
            ("short", "Use 8"),
            ("password1", "too easy"),
            ("adalovelace", "too easy"),
            ("lovelace2026", "too easy"),
            ("analytical1", "too easy"),
            ("curfewcurfew", "too easy"),
            (&"x".repeat(257), "Use 256"),
        ] {
            let refused = hasher.accept(&secret(given), 8, &about).await.unwrap();
            let text = refused.expect_err(given).to_string();
            assert!(text.contains(why), "{given}: {text}");
        }
        for strong in [
            "violet tram under seven bridges",
            "パスワードは長い文章がよい",
            "kZ8#qv!R2mTw",
        ] {
            assert_eq!(
                hasher.accept(&secret(strong), 8, &about).await.unwrap(),
                Ok(())
            );
        }
    }
}
