//! Users who live in a test: signing up, signing in on several browsers, pressing.

mod asking;
mod codes;
mod members;

pub use codes::Protected;

use std::{net::Ipv4Addr, time::Duration};

use accounts::{
    audit::Client,
    change_password::{ChangePasswordError, change_password},
    db::Db,
    keys::Keys,
    limits::Limits,
    passwords::Hasher,
    plans::Plan,
    remember_me::{self, Exchange},
    secret::{Secret, Token},
    sessions::{self, By, EndAllError, LogoutReceipt, RotatedSession, SignedIn, Surface},
    sign_in::{
        CompletedSignIn, Credentials, SignInError, SignInOptions, SignInOutcome, VerifiedPassword,
        admit, check_password, sign_in,
    },
    sign_up::{self, NewUser, SignUp},
    time::{Moment, UnixMillis},
    users::UserId,
};

/// When every story begins.
pub const NOW: Moment = Moment {
    at: UnixMillis(1_800_000_000_000),
};
pub const SECOND: Duration = Duration::from_secs(1);
pub const DAY: Duration = Duration::from_hours(24);
pub const PASSWORD: &str = "violet tram under seven bridges";

/// That long after the story began.
pub fn after(time: Duration) -> Moment {
    Moment::at(NOW.at + time)
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

/// A browser at one of 200 addresses.
pub fn browser(address: u8) -> Client {
    Client {
        ip: Some(Ipv4Addr::new(192, 0, 2, address).into()),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
    }
}

/// Somebody with an account, who knows their password.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: UserId,
    pub email: String,
    pub password: String,
    pub client: Client,
}

/// The session of somebody who owes no second factor.
pub fn complete_sign_in(admitted: SignInOutcome) -> CompletedSignIn {
    match admitted {
        SignInOutcome::SignedIn(entered) => *entered,
        SignInOutcome::SecondFactorRequired(pending) => panic!("a code is owed: {pending:?}"),
    }
}

/// A database and what one needs to live in it. Cheap to clone.
#[derive(Clone)]
pub struct Home {
    pub db: Db,
    pub hasher: Hasher,
    pub keys: Keys,
    pub limits: Limits,
}

impl Home {
    pub fn new(db: Db) -> Self {
        Self {
            db,
            // The cost is the point of none of these stories.
            hasher: Hasher::with_cost(64, 1, 2).unwrap(),
            keys: Keys::parse(&Keys::new_line()).unwrap(),
            limits: Limits::default(),
        }
    }

    /// Signs somebody up, on the Enterprise plan.
    pub async fn person(&self, name: &str) -> Person {
        self.person_on(name, Plan::Enterprise).await
    }

    pub async fn person_on(&self, name: &str, plan: Plan) -> Person {
        let email = format!("{}@example.com", name.to_lowercase());
        let client = browser(1);
        let password = secret(PASSWORD);
        let new = NewUser {
            name,
            email: &email,
            password: &password,
            plan,
        };
        let limits = &self.limits;
        // From no address, so that none has its sign-ups counted.
        let nowhere = Client::default();
        let id = sign_up::sign_up(
            &self.db,
            &self.hasher,
            SignUp::Open,
            limits,
            new,
            &nowhere,
            NOW,
        )
        .await
        .unwrap();
        Person {
            id,
            email,
            password: PASSWORD.into(),
            client,
        }
    }

    /// Tries to sign in from a browser that nobody knows yet.
    pub async fn try_sign_in(
        &self,
        email: &str,
        password: &str,
        client: &Client,
        now: Moment,
    ) -> Result<CompletedSignIn, SignInError> {
        let password = secret(password);
        let who = Credentials {
            email,
            password: &password,
            remember_me: false,
            known_device: None,
            next: "/",
        };
        let (db, keys, hasher, limits) = (&self.db, &self.keys, &self.hasher, &self.limits);
        sign_in(db, keys, hasher, limits, who, client, now)
            .await
            .map(complete_sign_in)
    }

    pub async fn sign_in(&self, who: &Person, now: Moment) -> CompletedSignIn {
        let (email, password) = (&who.email, &who.password);
        self.try_sign_in(email, password, &who.client, now)
            .await
            .unwrap()
    }

    /// Signs in with "Remember me" ticked.
    pub async fn sign_in_remembered(&self, who: &Person, now: Moment) -> CompletedSignIn {
        let checked = self.check_password(who, now).await;
        self.start_session(who, checked, true, now).await.unwrap()
    }

    /// The first half of a sign-in.
    pub async fn check_password(&self, who: &Person, now: Moment) -> VerifiedPassword {
        let password = secret(&who.password);
        let credentials = Credentials {
            email: &who.email,
            password: &password,
            remember_me: false,
            known_device: None,
            next: "/",
        };
        check_password(
            &self.db,
            &self.hasher,
            &self.limits,
            &credentials,
            &who.client,
            now,
        )
        .await
        .unwrap()
    }

    /// The second half of a sign-in.
    pub async fn start_session(
        &self,
        who: &Person,
        checked: VerifiedPassword,
        remember_me: bool,
        now: Moment,
    ) -> Result<CompletedSignIn, SignInError> {
        let options = SignInOptions {
            remember_me,
            known_device: None,
            next: "/",
        };
        let (db, keys, limits) = (&self.db, &self.keys, &self.limits);
        admit(db, keys, limits, checked, options, &who.client, now)
            .await
            .map(complete_sign_in)
    }

    /// Presses, and commits if the rules allow it.
    pub async fn remote_logout(
        &self,
        user: &UserId,
        by: By<'_>,
        now: Moment,
    ) -> Result<LogoutReceipt, EndAllError> {
        let mut tx = self.db.write().await?;
        let client = browser(9);
        let limits = &self.limits;
        let done = sessions::end_all(&mut tx, user, by, Surface::Security, &client, limits, now);
        let done = done.await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Presents a remember-me cookie, and commits.
    pub async fn exchange(&self, token: &Token, may_be_a_race: bool, now: Moment) -> Exchange {
        let mut tx = self.db.write().await.unwrap();
        let (client, limits) = (browser(9), &self.limits);
        let done = remember_me::exchange(&mut tx, token, may_be_a_race, &client, limits, now);
        let done = done.await.unwrap();
        tx.commit().await.unwrap();
        done
    }

    pub async fn change_password(
        &self,
        who: &SignedIn,
        current: &str,
        new: &str,
        now: Moment,
    ) -> Result<RotatedSession, ChangePasswordError> {
        let (current, new) = (secret(current), secret(new));
        let (db, hasher, limits) = (&self.db, &self.hasher, &self.limits);
        change_password(
            db,
            hasher,
            limits,
            who,
            &current,
            &new,
            (None, &browser(9)),
            now,
        )
        .await
    }
}
