//! The rules under test, and users who sign up, sign in on several browsers and log out remotely.

mod asking;
mod codes;
mod members;

pub use codes::Protected;

use std::{
    net::Ipv4Addr,
    ops::{Deref, DerefMut},
    time::Duration,
};

use accounts::{
    change_password::{ChangePasswordError, PasswordChange, change_password},
    client::Client,
    db::Db,
    ids::UserId,
    instance::{Instance, Reader},
    keys::Keys,
    limits::Limits,
    operation::Operation,
    passwords::Hasher,
    plans::Plan,
    remember_me::{self, Exchange},
    secret::{Secret, Token},
    sessions::{self, By, EndAllError, LogoutReceipt, RotatedSession, SignedIn, Surface},
    sign_in::{
        CompletedSignIn, Credentials, SignInError, SignInOptions, SignInOutcome, VerifiedPassword,
        admit, check_password, sign_in,
    },
    sign_up::{self, FirstUser, Policy, SignUp},
    time::{Moment, UnixMillis},
    users::NewUser,
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
        request_id: None,
        known_devices: Vec::new(),
    }
}

/// A user with an account, their password and the browser they sign in on.
#[derive(Debug, Clone)]
pub struct TestUser {
    pub id: UserId,
    pub email: String,
    pub password: String,
    pub client: Client,
}

/// The session of a user who owes no second factor.
pub fn complete_sign_in(admitted: SignInOutcome) -> CompletedSignIn {
    match admitted {
        SignInOutcome::SignedIn(completed) => *completed,
        SignInOutcome::SecondFactorRequired(pending) => panic!("a code is owed: {pending:?}"),
    }
}

/// An instance over a fresh database. Cheap to clone.
#[derive(Clone)]
pub struct TestApp {
    pub instance: Instance,
}

impl Deref for TestApp {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.instance
    }
}

impl DerefMut for TestApp {
    fn deref_mut(&mut self) -> &mut Instance {
        &mut self.instance
    }
}

impl TestApp {
    pub fn new(db: Db) -> Self {
        let instance = Instance {
            db,
            // The cost is the point of none of these stories.
            hasher: Hasher::with_cost(64, 1, 2).unwrap(),
            keys: Keys::parse(&Keys::new_line()).unwrap(),
            limits: Limits::default(),
        };
        Self { instance }
    }

    pub async fn begin(&self, client: &Client, now: Moment) -> Operation {
        Operation::begin(&self.instance, client, now).await.unwrap()
    }

    /// Hides [`Instance::read`], which a database that is unavailable makes fail.
    pub async fn read(&self, now: Moment) -> Reader {
        self.instance.read(now).await.unwrap()
    }

    /// Signs a user up, on the Enterprise plan.
    pub async fn user(&self, name: &str) -> TestUser {
        self.user_on(name, Plan::Enterprise).await
    }

    pub async fn user_on(&self, name: &str, plan: Plan) -> TestUser {
        let email = format!("{}@example.com", name.to_lowercase());
        let password = secret(PASSWORD);
        let new = NewUser {
            name,
            email: &email,
            password: &password,
        };
        let policy = Policy {
            sign_up: SignUp::Open,
            plan,
            first: FirstUser::AtTheMachine,
        };
        // From no address, so that none has its sign-ups counted.
        let nowhere = Client::default();
        let id = sign_up::sign_up(self, &nowhere, NOW, &policy, new)
            .await
            .unwrap();
        TestUser {
            id,
            email,
            password: PASSWORD.into(),
            client: browser(1),
        }
    }

    /// Tries to sign in.
    pub async fn try_sign_in(
        &self,
        email: &str,
        password: &str,
        client: &Client,
        now: Moment,
    ) -> Result<CompletedSignIn, SignInError> {
        let password = secret(password);
        let credentials = Credentials {
            email,
            password: &password,
            remember_me: false,
            next: "/",
        };
        sign_in(self, client, now, credentials)
            .await
            .map(complete_sign_in)
    }

    pub async fn sign_in(&self, user: &TestUser, now: Moment) -> CompletedSignIn {
        let (email, password) = (&user.email, &user.password);
        self.try_sign_in(email, password, &user.client, now)
            .await
            .unwrap()
    }

    /// Signs in with "Remember me" ticked.
    pub async fn sign_in_remembered(&self, user: &TestUser, now: Moment) -> CompletedSignIn {
        let verified = self.check_password(user, now).await;
        self.start_session(user, verified, true, now).await.unwrap()
    }

    /// The first half of a sign-in.
    pub async fn check_password(&self, user: &TestUser, now: Moment) -> VerifiedPassword {
        let password = secret(&user.password);
        let credentials = Credentials {
            email: &user.email,
            password: &password,
            remember_me: false,
            next: "/",
        };
        check_password(self, &user.client, now, &credentials)
            .await
            .unwrap()
    }

    /// The second half of a sign-in.
    pub async fn start_session(
        &self,
        user: &TestUser,
        verified: VerifiedPassword,
        remember_me: bool,
        now: Moment,
    ) -> Result<CompletedSignIn, SignInError> {
        let options = SignInOptions {
            remember_me,
            next: "/",
        };
        admit(self, &user.client, now, verified, options)
            .await
            .map(complete_sign_in)
    }

    /// Logs a user out remotely. Commits a refusal too, so that a story sees what it should not have written.
    pub async fn remote_logout(
        &self,
        user: &UserId,
        by: By<'_>,
        now: Moment,
    ) -> Result<LogoutReceipt, EndAllError> {
        let mut op = Operation::begin(self, &browser(9), now).await?;
        let ended = sessions::end_all(&mut op, user, by, Surface::Security).await;
        op.commit().await?;
        ended
    }

    /// Presents a remember-me cookie, and commits.
    pub async fn exchange(&self, token: &Token, now: Moment) -> Exchange {
        let mut op = self.begin(&browser(9), now).await;
        let exchanged = remember_me::exchange(&mut op, token).await;
        op.commit().await.unwrap();
        exchanged.unwrap()
    }

    pub async fn change_password(
        &self,
        who: &SignedIn,
        current: &str,
        new: &str,
        now: Moment,
    ) -> Result<RotatedSession, ChangePasswordError> {
        let (current, new) = (&secret(current), &secret(new));
        let change = PasswordChange { current, new };
        change_password(self, &browser(9), now, who, change).await
    }
}
