//! The sample files in `deploy/`, as an operator takes them: real proxies in front of the real program, and systemd's own
//! check of the unit.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    client::Client,
    program::{Program, runs},
};
use crate::test_app::PASSWORD;

/// A file of the folder.
fn sample(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy");
    fs::read_to_string(Path::new(folder).join(name)).unwrap()
}

/// A proxy that runs. Stopped when dropped.
struct Proxy {
    child: Child,
    address: String,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

/// The first of these that is there.
fn program(paths: [&str; 2]) -> PathBuf {
    let found = paths
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists());
    found.unwrap_or_else(|| panic!("none of {paths:?} is installed: ci/install.sh proxies"))
}

pub(super) fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn started(mut command: Command, address: String) -> Proxy {
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let proxy = Proxy { child, address };
    let start = Instant::now();
    while std::net::TcpStream::connect(&proxy.address).is_err() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "it does not listen"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    proxy
}

/// Plain http, because the certificate is the operator's; all else as it is.
fn nginx(folder: &Path, curfew: &str) -> Proxy {
    let address = free_address();
    let sample = sample("nginx.conf");
    let lines = sample
        .lines()
        .filter(|line| !line.trim_start().starts_with("ssl_") && !line.contains("[::]"));
    let site = lines.collect::<Vec<_>>().join("\n");
    let site = site
        .replace("listen 443 ssl;", &format!("listen {address};"))
        .replace("http://127.0.0.1:3000", &format!("http://{curfew}"));
    assert!(site.contains(&address) && !site.contains("3000"), "{site}");
    let whole = format!(
        "daemon off; pid {0}/nginx.pid; error_log {0}/error.log;\nevents {{}}\nhttp {{ access_log off;\n\
         client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;\n\
         uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;\n{site}}}\n",
        folder.display()
    );
    let config = folder.join("nginx.conf");
    fs::write(&config, whole).unwrap();
    let mut command = Command::new(program(["/usr/sbin/nginx", "/usr/bin/nginx"]));
    command.arg("-p").arg(folder).arg("-c").arg(&config);
    started(command, address)
}

fn caddy(folder: &Path, curfew: &str) -> Proxy {
    let address = free_address();
    let site = sample("Caddyfile")
        .replace("curfew.example.com {", &format!("http://{address} {{"))
        .replace("127.0.0.1:3000", curfew);
    assert!(site.contains(&address) && !site.contains("3000"), "{site}");
    let config = folder.join("Caddyfile");
    fs::write(&config, format!("{{\n\tadmin off\n}}\n{site}")).unwrap();
    let mut command = Command::new(program(["/usr/bin/caddy", "/usr/local/bin/caddy"]));
    command
        .env("HOME", folder)
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&config);
    started(command, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_up_works_through_each_sample_of_a_proxy() {
    for proxy in [nginx, caddy] {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
        let listen = free_address();
        let settings = [
            ("CURFEW_LISTEN", listen.as_str()),
            ("CURFEW_PUBLIC_URL", "http://curfew.example.com"),
            ("CURFEW_TRUSTED_PROXIES", "127.0.0.1"),
            ("CURFEW_SIGN_UP", "first"),
        ];
        let _server = Program::start_with(folder.path(), &url, &settings);
        let proxy = proxy(folder.path(), &listen);
        let mut ada = Client::default();
        let code = runs(folder.path(), &url, &["setup-code"]).stdout;
        let code = String::from_utf8(code).unwrap();
        let form = [
            ("name", "Ada"),
            ("email", "ada@example.com"),
            ("password", PASSWORD),
            ("setup_code", code.trim_end()),
        ];
        // Behind the proxy every peer is this machine, and the code is asked for all the same.
        let refused = ada.call(&proxy.address, "sign_up", &form[..3]).await;
        refused.unwrap().refuses(422, "validation_failed");
        let signed_up = ada.call(&proxy.address, "sign_up", &form).await;
        signed_up.unwrap().is(200);
        assert!(ada.is_signed_in(&proxy.address).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_is_told_when_it_serves_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("notify");
    let systemd = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    systemd
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let told = || {
        let mut text = [0; 256];
        let length = systemd.recv(&mut text).unwrap();
        String::from_utf8_lossy(&text[..length]).trim().to_owned()
    };
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let settings = [("NOTIFY_SOCKET", socket.to_str().unwrap())];
    let server = Program::start_with(folder.path(), &url, &settings);
    assert_eq!(told(), "READY=1");
    server.is_asked_to_stop();
    assert_eq!(told(), "STOPPING=1");
}

#[test]
fn the_unit_is_one_that_systemd_takes_and_calls_well_confined() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("curfew.service");
    // It wants a program that is there.
    fs::write(
        &unit,
        sample("curfew.service").replace("/usr/local/bin/curfew", "/bin/true"),
    )
    .unwrap();
    let verified = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&unit)
        .output()
        .unwrap();
    assert!(
        verified.status.success() && verified.stderr.is_empty(),
        "{verified:?}"
    );
    let rated = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20"])
        .arg(&unit)
        .output()
        .unwrap();
    assert!(rated.status.success(), "{rated:?}");
}
