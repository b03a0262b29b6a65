//! Hashing and checking passwords off the async threads.

use std::{sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use tokio::task::spawn_blocking;
use tracing::instrument;

use super::{
    Unacceptable, accept,
    line::{HashingLoad, Lane, Line},
    memory::Memory,
    normal,
};
use crate::{client::Client, db::TRACES, secret::Secret, time::fill_random};

/// What checking a password against a stored hash found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// Right, but hashed with other settings than today's: hash it anew.
    RightButOld,
    Wrong,
}

/// Why a password could not be hashed. It is not the user's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashingFailed {
    #[error("a password could not be hashed")]
    Broken,
    /// Too many wait already. Nothing was looked at; try again after so long.
    #[error("too many passwords wait to be hashed")]
    Busy(Duration),
}

/// How long a hash takes, until the first ones have shown it.
const TAKES: Duration = Duration::from_millis(50);

/// Longest hash that is made or checked.
const OUTPUT: usize = Output::MAX_LENGTH;

/// Hashes and checks passwords, no more at once than there are cores. Cheap to clone; every clone shares the line.
#[derive(Clone)]
pub struct Hasher {
    engine: Arc<Engine>,
    line: Line,
    /// The hash of no user's password, so that an unknown email takes as long as a wrong password.
    pub(super) dummy: Arc<str>,
}

/// The [`Hasher`] for one request: its place in the line.
pub struct Hashing<'a> {
    hasher: &'a Hasher,
    lane: Lane,
    network: String,
}

struct Engine {
    argon2: Argon2<'static>,
    memory: Memory,
}

impl Hasher {
    /// With the settings of OWASP's password storage guidance: 19 MiB, two passes, one lane.
    ///
    /// # Errors
    /// When Argon2 refuses the settings.
    pub fn new(cores: usize) -> Result<Self, HashingFailed> {
        Self::with_cost(19 * 1024, 2, cores)
    }

    /// With other settings: `memory` in KiB and a number of passes.
    ///
    /// # Errors
    /// When Argon2 refuses the settings.
    pub fn with_cost(memory: u32, passes: u32, cores: usize) -> Result<Self, HashingFailed> {
        let params = Params::new(memory, passes, 1, None).map_err(|_| HashingFailed::Broken)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let engine = Engine::of(argon2);
        // Of no password that anyone could find. Computing one would be half of a start.
        let mut hash = [0; Params::DEFAULT_OUTPUT_LEN];
        fill_random(&mut hash);
        let dummy = engine.phc(&new_salt(), &hash)?;
        Ok(Self {
            engine: Arc::new(engine),
            line: Line::new(cores, TAKES),
            dummy: dummy.into(),
        })
    }

    /// How much it has to do.
    #[must_use]
    pub fn load(&self) -> HashingLoad {
        self.line.load()
    }

    /// For a client that has shown nothing yet: a sign-in from a browser that no user has signed in on, a sign-up.
    #[must_use]
    pub fn stranger(&self, client: &Client) -> Hashing<'_> {
        self.of(Lane::Strangers, client)
    }

    /// For a user who is known already: by a session, a browser they have signed in on, a link that was emailed.
    /// However many strangers wait, these are served in turn with them.
    #[must_use]
    pub fn known(&self, client: &Client) -> Hashing<'_> {
        self.of(Lane::Known, client)
    }

    fn of(&self, lane: Lane, client: &Client) -> Hashing<'_> {
        Hashing {
            hasher: self,
            lane,
            network: client.network(),
        }
    }
}

impl Hashing<'_> {
    /// The PHC string to store for a password.
    ///
    /// # Errors
    /// When there is no memory, or too many wait.
    pub async fn hash(&self, password: &Secret) -> Result<String, HashingFailed> {
        let (engine, password) = (self.hasher.engine.clone(), password.clone());
        self.in_turn(move || engine.hash(&password)).await?
    }

    /// Checks a password against a stored PHC string. Without one it is checked against a dummy hash, which takes as
    /// long and always gives [`Verdict::Wrong`].
    ///
    /// # Errors
    /// When there is no memory, too many wait, or the stored text is no PHC string.
    pub async fn verify(
        &self,
        password: &Secret,
        stored: Option<&str>,
    ) -> Result<Verdict, HashingFailed> {
        let stored: Arc<str> = stored.map_or_else(|| Arc::clone(&self.hasher.dummy), Into::into);
        let (engine, password) = (self.hasher.engine.clone(), password.clone());
        self.in_turn(move || engine.verify(&password, &stored))
            .await?
    }

    /// Refuses passwords that are too short, too long or easy to guess, with the reason.
    /// `about` is what a guesser would try first: the user's own name and email.
    ///
    /// # Errors
    /// The outer error when there is no thread or too many wait; the inner error says what is wrong with the password.
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
        self.in_turn(move || accept(&password, shortest, &about))
            .await
    }

    #[instrument(target = TRACES, level = "trace", name = "hash a password in turn", skip_all)]
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let place = self.hasher.line.enter(self.lane, &self.network).await;
        let place = place.map_err(HashingFailed::Busy)?;
        // The place moves into the thread, so that a caller who leaves does not free a core that is still busy.
        spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        })
        .await
        .map_err(|_| HashingFailed::Broken)
    }
}

fn new_salt() -> [u8; argon2::RECOMMENDED_SALT_LEN] {
    let mut salt = [0; argon2::RECOMMENDED_SALT_LEN];
    fill_random(&mut salt);
    salt
}

impl Engine {
    fn of(argon2: Argon2<'static>) -> Self {
        let memory = Memory::of(argon2.params().block_count());
        Self { argon2, memory }
    }

    fn hash(&self, password: &Secret) -> Result<String, HashingFailed> {
        let salt = new_salt();
        let mut hash = [0; Params::DEFAULT_OUTPUT_LEN];
        self.compute(&self.argon2, password, &salt, &mut hash)?;
        self.phc(&salt, &hash)
    }

    /// The PHC string of a hash with today's settings.
    fn phc(&self, salt: &[u8], hash: &[u8]) -> Result<String, HashingFailed> {
        let phc = PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(self.argon2.params())
                .map_err(|_| HashingFailed::Broken)?,
            salt: Some(Salt::new(salt).map_err(|_| HashingFailed::Broken)?),
            hash: Some(Output::new(hash).map_err(|_| HashingFailed::Broken)?),
        };
        Ok(phc.to_string())
    }

    fn verify(&self, password: &Secret, stored: &str) -> Result<Verdict, HashingFailed> {
        let phc = PasswordHash::new(stored).map_err(|_| HashingFailed::Broken)?;
        let (Some(salt), Some(expected)) = (&phc.salt, &phc.hash) else {
            return Err(HashingFailed::Broken);
        };
        let algorithm = Algorithm::try_from(phc.algorithm.as_str());
        let version = phc.version.map(Version::try_from).transpose();
        let params = Params::try_from(&phc);
        let (Ok(algorithm), Ok(version), Ok(params)) = (algorithm, version, params) else {
            return Err(HashingFailed::Broken);
        };
        let today = self.argon2.params();
        let is_todays = algorithm == Algorithm::Argon2id
            && (params.m_cost(), params.t_cost(), params.p_cost())
                == (today.m_cost(), today.t_cost(), today.p_cost());
        let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
        let mut hash = [0; OUTPUT];
        let hash = &mut hash[..expected.len()];
        self.compute(&argon2, password, salt, hash)?;
        // Compared in constant time.
        let is_right = Output::new(hash).is_ok_and(|hash| hash == *expected);
        Ok(match (is_right, is_todays) {
            (true, true) => Verdict::Right,
            (true, false) => Verdict::RightButOld,
            (false, _) => Verdict::Wrong,
        })
    }

    fn compute(
        &self,
        argon2: &Argon2<'_>,
        password: &Secret,
        salt: &[u8],
        hash: &mut [u8],
    ) -> Result<(), HashingFailed> {
        let password = normal(password);
        let kibibytes = argon2.params().block_count();
        self.memory
            .lend(kibibytes, |memory| {
                argon2.hash_password_into_with_memory(
                    password.expose().as_bytes(),
                    salt,
                    hash,
                    memory,
                )
            })
            .map_err(|_| HashingFailed::Broken)
    }
}
