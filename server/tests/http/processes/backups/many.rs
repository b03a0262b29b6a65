//! Every credential from before a backup, after the restore of it.

use super::{Client, Place, is_signed_out};

/// Browsers of a user: fewer than a user may have sessions.
const BROWSERS: usize = 50;

/// Each browser has a session and a remembered device. `make nightly` has a thousand of them.
fn users() -> usize {
    testing::rounds(1, 10)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_from_before_a_backup_is_good_after_its_restore() {
    let place = Place::new();
    let server = place.start();
    let mut clients = Vec::new();
    for user in 0..users() {
        let name = format!("User{user}");
        Client::default().sign_up(&server.address, &name).await;
        for _ in 0..BROWSERS {
            let mut client = Client::default();
            client.sign_in(&server.address, &name).await;
            clients.push(client);
        }
    }
    place.works(&["backup", "copy.db"]);
    for user in 0..users() {
        place.works(&["remote-logout", &format!("user{user}@example.com")]);
    }
    drop(server);
    place.works(&["restore", "copy.db"]);
    let server = place.start();
    for client in &clients {
        assert_eq!(client.cookies.len(), 3, "{:?}", client.cookies.keys());
        is_signed_out(client, &server.address).await;
    }
    assert!(
        place
            .works(&["audit", "verify"])
            .contains("Nothing is missing")
    );
}
