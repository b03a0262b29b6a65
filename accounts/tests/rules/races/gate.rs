//! A hand-over of the gate does not outlive a remote logout: neither one that overlaps both its halves, nor one that overlaps
//! the second alone.

use accounts::{
    db::Db,
    gate::{Asked, HandOverError, Verdict, Wanted, check, hand_over, redeem},
    secret::Token,
    sessions::SignedIn,
};

use super::{Order, Overlap, race, remote_logout_from};
use crate::test_app::{NOW, TestApp, TestUser, browser};

on_both!(a_hand_over_does_not_outlive_a_remote_logout);

async fn a_hand_over_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "hand-over", hand_over_and_remote_logout).await;
}

async fn hand_over_and_remote_logout(
    app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    // A host belongs to one account.
    let host = format!("{}.example.com", ada.email.split('@').next().unwrap());
    if round == 0 {
        app.gate(&ada, &host, |_| {}).await;
    }
    let here = app.sign_in(&ada, NOW).await;
    let browser = Going {
        app: app.clone(),
        me: app.signed_in(&here.session.token, NOW).await,
        host: host.clone(),
        begun: Token::random(),
    };
    // In every other round the code is there before.
    let code = if round.is_multiple_of(2) {
        browser.code().await
    } else {
        None
    };
    let (cookie, done) = overlap
        .both(
            browser.goes_on(code),
            remote_logout_from(&app, &ada, (!round.is_multiple_of(3)).then_some(&here)),
        )
        .await;
    done.unwrap();
    let order = match cookie {
        Some(cookie) => {
            let asked = Asked {
                host: &host,
                path: "/",
                is_preflight: false,
                cookie: Some(&cookie),
            };
            let verdict = check(&mut app.read(NOW).await, asked).await.unwrap();
            assert_eq!(verdict, Verdict::SignIn, "a gate's cookie survived");
            Order::OperationFirst
        }
        None => Order::RemoteLogoutFirst,
    };
    (app, ada, overlap, order)
}

/// A browser on its way to the application.
struct Going {
    app: TestApp,
    me: SignedIn,
    host: String,
    begun: Token,
}

impl Going {
    /// The code that it gets from Curfew; none when its session has ended.
    async fn code(&self) -> Option<Token> {
        let hash = self.begun.hash();
        let wanted = Wanted {
            host: &self.host,
            address: "/",
            begun_by: hash.as_str(),
        };
        let mut op = self.app.begin(&browser(1), NOW).await;
        match hand_over(&mut op, &self.me, wanted).await {
            Ok(given) => {
                op.commit().await.unwrap();
                Some(given.code)
            }
            Err(HandOverError::AlreadyEnded) => None,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The cookie that it gets on the application's host.
    async fn goes_on(self, code: Option<Token>) -> Option<Token> {
        let code = match code {
            Some(code) => code,
            None => self.code().await?,
        };
        let mut op = self.app.begin(&browser(2), NOW).await;
        let given = redeem(&mut op, &code, &self.host, &self.begun)
            .await
            .unwrap();
        op.commit().await.unwrap();
        given.map(|given| given.cookie)
    }
}
