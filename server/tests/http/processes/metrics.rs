//! `/metrics`: who may read it, what stands in it, and that Prometheus takes it, the alert rules and the dashboard.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use super::{client::Client, deploying::free_address, program::Program};
use crate::test_app::TestApp;

on_both!(
    figures_of_what_users_do_are_in_it_and_nothing_of_them,
    without_a_setting_it_is_not_there_and_with_a_token_only_for_who_has_it,
);

const TOKEN: &str = "a-token-of-some-length";

/// A file of the folder.
fn sample(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy")).join(name)
}

/// Status and body of the answer, with or without a token.
fn asked(address: &str, token: Option<&str>) -> (u16, String) {
    use std::io::Read;

    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let token = token.map_or_else(String::new, |t| format!("Authorization: Bearer {t}\r\n"));
    let request = format!("GET /metrics HTTP/1.0\r\nHost: {address}\r\n{token}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, body.to_owned())
}

/// A program of the package `prometheus`.
fn prometheus(name: &str) -> Command {
    let path = Path::new("/usr/bin").join(name);
    assert!(path.exists(), "{name} is missing: ci/install.sh prometheus");
    Command::new(path)
}

fn fed(mut command: Command, text: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// Signs in, is refused once, and logs out everywhere.
async fn some_use(address: &str) {
    let (mut ada, mut phone) = (Client::default(), Client::default());
    ada.sign_up(address, "Ada").await;
    phone.sign_in(address, "Ada").await;
    let wrong = [
        ("email", "ada@example.com"),
        ("password", "not the password at all"),
    ];
    let refused = Client::default().call(address, "sign_in", &wrong).await;
    refused.unwrap().refuses(401, "invalid_credentials");
    phone
        .call(address, "remote_logout", &[])
        .await
        .unwrap()
        .is(200);
    ada.sign_in(address, "Ada").await;
}

async fn figures_of_what_users_do_are_in_it_and_nothing_of_them(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let own = free_address();
    let settings = [("CURFEW_METRICS_LISTEN", own.as_str())];
    let server = Program::start_with(folder.path(), &app.url, &settings);
    some_use(&server.address).await;
    let start = Instant::now();
    // Emails are sent within a second.
    let text = loop {
        let (status, text) = asked(&own, None);
        assert_eq!(status, 200, "{text}");
        if text.contains("curfew_emails_total{outcome=\"arrived\"}") {
            break text;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    for line in [
        "curfew_sign_ins_total{outcome=\"signed_in\"} 2",
        "curfew_sign_ins_total{outcome=\"invalid_credentials\"} 1",
        "curfew_remote_logout_duration_seconds_count{by=\"remote_logout\"} 1",
        "curfew_http_request_duration_seconds_count{route=\"/api/fn/sign_up\",status=\"200\"} 1",
        "curfew_sessions_live 1",
        "curfew_users 1",
        "curfew_streams_open 0",
        "curfew_database_up 1",
        "curfew_outbox_waiting{outbox=\"webhook_deliveries\"} 0",
        "curfew_password_hashings{state=\"waiting\"} 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} in {text}");
    }
    for name in [
        "curfew_database_read_duration_seconds_bucket",
        "curfew_database_connections{pool=",
        "process_resident_memory_bytes ",
        "curfew_clock_difference_seconds ",
    ] {
        assert!(text.contains(name), "{name} in {text}");
    }
    assert!(
        !text.contains("ada@example.com") && !text.contains("Ada"),
        "{text}"
    );
    let mut check = prometheus("promtool");
    check.args(["check", "metrics"]);
    let checked = fed(check, &text);
    assert!(
        checked.status.success() && checked.stderr.is_empty(),
        "{checked:?}"
    );
    // What a stranger asks for is no label of its own.
    for path in [
        "/nothing/a-word-of-a-stranger",
        "/api/fn/a-word-of-a-stranger",
    ] {
        super::commands::got(&server.address, path);
    }
    assert!(!asked(&own, None).1.contains("stranger"));
    assert_eq!(asked(&server.address, None).0, 404);
}

async fn without_a_setting_it_is_not_there_and_with_a_token_only_for_who_has_it(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(folder.path(), &app.url);
    for token in [None, Some(TOKEN), Some("")] {
        assert_eq!(asked(&server.address, token).0, 404);
    }
    drop(server);
    let own = free_address();
    let settings = [
        ("CURFEW_METRICS_TOKEN", TOKEN),
        ("CURFEW_METRICS_LISTEN", own.as_str()),
    ];
    let server = Program::start_with(folder.path(), &app.url, &settings);
    for address in [server.address.as_str(), &own] {
        for wrong in [
            None,
            Some(""),
            Some("a-token-of-some-lengti"),
            Some("a-token-of-some-lengthy"),
        ] {
            let (status, text) = asked(address, wrong);
            assert_eq!(status, 401, "{text}");
            assert!(!text.contains("curfew_"), "{text}");
        }
        let (status, text) = asked(address, Some(TOKEN));
        assert_eq!(status, 200, "{text}");
        assert!(text.contains("curfew_database_up 1"), "{text}");
    }
    assert!(!server.log().contains(TOKEN));
}

#[test]
fn prometheus_takes_the_alert_rules_and_they_fire_when_they_should() {
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let mut command = prometheus("promtool");
        let checked = command
            .current_dir(sample("prometheus"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(checked.status.success(), "{checked:?}");
    }
}

/// Prometheus over one Curfew. Stopped when dropped.
struct Scraping(Child, String);

impl Drop for Scraping {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Scraping {
    fn over(folder: &Path, metrics: &str) -> Self {
        let config = folder.join("prometheus.yml");
        let text = fs::read_to_string(sample("prometheus/prometheus.yml")).unwrap();
        let text = text
            .replace("127.0.0.1:9464", metrics)
            .replace("scrape_interval: 15s", "scrape_interval: 1s")
            .replace(
                "alerts.yml",
                sample("prometheus/alerts.yml").to_str().unwrap(),
            );
        assert!(
            text.contains(metrics) && text.contains("interval: 1s"),
            "{text}"
        );
        fs::write(&config, text).unwrap();
        let address = free_address();
        let child = prometheus("prometheus")
            .current_dir(folder)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("tsdb").display()
            ))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child, format!("http://{address}"))
    }

    fn query(&self, query: &str) -> Output {
        let mut command = prometheus("promtool");
        command
            .args(["query", "instant", &self.1, query])
            .output()
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_the_dashboard_answers_with_figures_of_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let own = free_address();
    let settings = [("CURFEW_METRICS_LISTEN", own.as_str())];
    let server = Program::start_with(folder.path(), &url, &settings);
    let scraping = Scraping::over(folder.path(), &own);
    some_use(&server.address).await;
    let text = fs::read_to_string(sample("grafana/curfew.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries: Vec<&str> = targets
        .map(|target| target["expr"].as_str().unwrap())
        .collect();
    assert!(queries.len() > 12, "{queries:?}");
    for query in queries {
        let query = query.replace("$__rate_interval", "1m");
        let start = Instant::now();
        loop {
            let answer = scraping.query(&query);
            if answer.status.success() && !answer.stdout.is_empty() {
                break;
            }
            assert!(
                start.elapsed() < Duration::from_secs(40),
                "{query}: {answer:?}"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
