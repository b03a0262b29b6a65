//! pgbouncer before PostgreSQL: refused in transaction mode, in words that name it and the way out; fine in session mode.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use accounts::{db::Db, sessions::By};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use testing::databases;
use tokio::net::TcpStream;

use crate::test_app::{NOW, TestApp};

/// What an operator sets after reading pgbouncer's own errors.
const USUAL: &str = "extra_float_digits,options,search_path";

/// A running pgbouncer. Killed when dropped.
struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Pooler {
    /// Before the PostgreSQL server of `db`.
    async fn start(db: &Db, mode: &str, ignored: &str, pool: u32) -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let port = port.unwrap().port();
        let Db::Postgres { pool: to, .. } = db else {
            unreachable!("asked of PostgreSQL only");
        };
        let to = to.connect_options();
        let file = folder.path().join("pgbouncer.ini");
        let (host, server) = (to.get_host(), to.get_port());
        let settings = format!(
            "[databases]\n* = host={host} port={server} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n\
             ignore_startup_parameters = {ignored}\ndefault_pool_size = {pool}\n"
        );
        std::fs::write(&file, settings).unwrap();
        let child = command(folder.path(), &file)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("pgbouncer does not start (ci/install.sh postgres): {error}")
            });
        let mut pooler = Self {
            child,
            port,
            _folder: folder,
        };
        pooler.answers().await;
        pooler
    }

    async fn answers(&mut self) {
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "pgbouncer has ended: {ended:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("pgbouncer does not answer");
    }

    fn url(&self, db: &Db) -> String {
        let direct = databases::url_of(db);
        let name = direct.rsplit('/').next().unwrap();
        format!("postgres://postgres:SECRET@127.0.0.1:{}/{name}", self.port)
    }
}

/// pgbouncer does not run as root; PostgreSQL's own user will do, who must be able to read its settings.
fn command(folder: &Path, file: &Path) -> Command {
    let program = "/usr/sbin/pgbouncer";
    let mut command = if rights_of(folder) == 0 {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder, open).unwrap();
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            program,
        ]);
        command
    } else {
        Command::new(program)
    };
    command
        .arg(file)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Whose the folder is that this process has created.
fn rights_of(folder: &Path) -> u32 {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(folder).unwrap())
}

async fn refused(db: &Db, pooler: &Pooler) -> String {
    match Db::open(&pooler.url(db)).await {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transaction_mode_is_refused_in_words_that_name_pgbouncer_and_the_way_out() {
    databases::postgres(async |db: Db| {
        // With one session of the server for all, and with enough for each.
        for pool in [1, 20] {
            let pooler = Pooler::start(&db, "transaction", USUAL, pool).await;
            let said = refused(&db, &pooler).await;
            for words in [
                "pgbouncer",
                "transaction mode",
                "pool_mode = session",
                "directly",
            ] {
                assert!(said.contains(words), "{words}: {said}");
            }
            assert!(!said.contains("SECRET"), "{said}");
        }
    })
    .await;
}

/// Others use the pool at the same time, so that two connections rarely meet in one session.
#[tokio::test(flavor = "multi_thread")]
async fn transaction_mode_is_noticed_however_busy_the_pool_is() {
    databases::postgres(async |db: Db| {
        let pooler = Pooler::start(&db, "transaction", USUAL, 20).await;
        let url = pooler.url(&db);
        let busy = tokio::spawn(async move {
            let mut conn = PgConnection::connect(&url).await.unwrap();
            loop {
                let asked = sqlx::raw_sql("select pg_sleep(0.002)");
                asked.execute(&mut conn).await.unwrap();
            }
        });
        for _ in 0..5 {
            assert!(refused(&db, &pooler).await.contains("pgbouncer"));
        }
        busy.abort();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_the_pooler_refuses_is_told_with_the_setting_to_change() {
    databases::postgres(async |db: Db| {
        let pooler = Pooler::start(&db, "session", "search_path", 20).await;
        let said = refused(&db, &pooler).await;
        for words in [
            "extra_float_digits",
            "ignore_startup_parameters",
            "pool_mode = session",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_session_mode_everything_works_and_commits_are_durable() {
    databases::postgres(async |db: Db| {
        let pooler = Pooler::start(&db, "session", "extra_float_digits", 30).await;
        let through = Db::open(&pooler.url(&db)).await.unwrap();
        let set = "select current_setting('synchronous_commit') || ' ' || current_setting('statement_timeout')";
        assert_eq!(databases::text(&through, set).await, "on 5s");
        let app = TestApp::new(through.clone());
        let ada = app.user("Ada").await;
        let here = app.sign_in(&ada, NOW).await;
        let ended = app.remote_logout(&ada.id, By::Session(&here.session.id), NOW);
        assert_eq!(ended.await.unwrap().sessions, 1);
        assert!(!app.is_live(&here.session.token, NOW).await);
        through.close().await;
    })
    .await;
}

/// Whatever prints a database, a connection or an operation prints no password.
#[tokio::test(flavor = "multi_thread")]
async fn no_debug_text_holds_the_password_of_the_database() {
    databases::postgres(async |db: Db| {
        let direct = databases::url_of(&db);
        let with_password = direct.replace("postgres@", "postgres:SECRET@");
        assert!(with_password.contains("SECRET"));
        let opened = Db::open(&with_password).await.unwrap();
        let app = TestApp::new(opened.clone());
        let op = app.begin(&crate::test_app::browser(1), NOW).await;
        for text in [
            format!("{opened:?}"),
            format!("{op:?}"),
            format!("{:?}", opened.read().await.unwrap()),
        ] {
            assert!(!text.contains("SECRET"), "{text}");
        }
        drop(op);
        opened.close().await;
    })
    .await;
}
