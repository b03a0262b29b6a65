//! nginx and Caddy, as `docs/GATE.md` has them configured.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PAGE: &str = include_str!("../../../../../docs/GATE.md");

/// What a proxy stands in front of.
pub struct Behind {
    pub folder: PathBuf,
    pub curfew: String,
    pub application: String,
    /// The name of the application's host.
    pub name: String,
}

/// A running proxy. Ended when dropped.
pub struct Proxy {
    child: Child,
    /// Where browsers find the application.
    pub origin: String,
}

/// A port that was free a moment ago, and below those that a system gives out by itself: no other story takes it before
/// the program does that it is for.
pub fn free_port() -> u16 {
    let random = || u16::try_from(RandomState::new().hash_one(0) % 10_000).unwrap();
    let ports = std::iter::repeat_with(|| 20_000 + random());
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().unwrap()
}

/// The first block of a language in the page, with the addresses of this test.
fn configuration(language: &str, behind: &Behind) -> String {
    let begin = format!("```{language}\n");
    let block = PAGE.split(&begin).nth(1).unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block
        .replace("127.0.0.1:3000", &behind.curfew)
        .replace("127.0.0.1:8080", &behind.application)
}

impl Proxy {
    pub fn nginx(behind: &Behind) -> Self {
        let port = free_port();
        let site: String = configuration("nginx", behind)
            .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port};"))
            .replace("wiki.example.com", &behind.name)
            .lines()
            .filter(|line| !line.contains("ssl_certificate"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let folder = behind.folder.to_str().unwrap();
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let kinds = kinds.map(|what| format!("{what}_temp_path {folder}/nginx-{what};\n"));
        let temporary = kinds.concat();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\n\
             events {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n"
        );
        let file = behind.folder.join("nginx.conf");
        fs::write(&file, whole).unwrap();
        let program = ["/usr/sbin/nginx", "nginx"];
        let program = program
            .iter()
            .find(|path| fs::exists(path).unwrap_or(false));
        let mut command = Command::new(program.unwrap_or(&"nginx"));
        command
            .arg("-p")
            .arg(&behind.folder)
            .arg("-e")
            .arg("stderr")
            .arg("-c")
            .arg(file);
        Self::started(command, port, behind)
    }

    pub fn caddy(behind: &Behind) -> Self {
        let port = free_port();
        let site: String = configuration("caddyfile", behind)
            .replace(
                "wiki.example.com",
                &format!("http://{}:{port}", behind.name),
            )
            .lines()
            // Of Caddy 2.7; Debian has 2.6.
            .filter(|line| !line.contains("stream_timeout"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let whole = format!("{{\nadmin off\nauto_https off\n}}\n{site}");
        let file = behind.folder.join("Caddyfile");
        fs::write(&file, whole).unwrap();
        let mut command = Command::new("caddy");
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(file);
        command
            .env("HOME", &behind.folder)
            .env("XDG_DATA_HOME", &behind.folder);
        Self::started(command, port, behind)
    }

    fn started(mut command: Command, port: u16, behind: &Behind) -> Self {
        let log = fs::File::create(behind.folder.join("proxy.log")).unwrap();
        let child = command
            .current_dir(&behind.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error} (ci/install.sh proxies)"));
        let mut proxy = Self {
            child,
            origin: format!("http://{}:{port}", behind.name),
        };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(behind.folder.join("proxy.log")).unwrap();
            assert!(
                proxy.child.try_wait().unwrap().is_none(),
                "it ended: {}",
                log()
            );
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "it does not listen: {}",
                log()
            );
            thread::sleep(Duration::from_millis(20));
        }
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
