//! The configurations of reverse proxies for the gate, of `docs/GATE.md`: one source. The tests run
//! those of nginx and Caddy in front of an application.

use super::presets::Text;

const PAGE: &str = include_str!("../../../../../docs/GATE.md");

/// The proxies: key, name, the language of its block in the page, and where the block goes.
pub(super) const PROXIES: &[(&str, &str, &str, &str)] = &[
    (
        "nginx",
        "nginx",
        "nginx",
        "In its configuration; test it with nginx -t, then reload",
    ),
    ("caddy", "Caddy", "caddyfile", "Caddyfile"),
    (
        "traefik",
        "Traefik",
        "yaml",
        "Dynamic configuration (file provider)",
    ),
];

/// Where an application is, as its address says.
#[derive(Clone, Copy)]
struct Site<'a> {
    https: bool,
    /// The host without a port, as proxies name a site.
    name: &'a str,
    /// None where it is the scheme's.
    port: Option<&'a str>,
}

impl<'a> Site<'a> {
    /// Of an address as it is registered: scheme and host, and the port where it is not the scheme's.
    fn of(address: &'a str) -> Self {
        let (scheme, host) = address.split_once("://").unwrap_or(("https", address));
        let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if is_port(port) => (name, Some(port)),
            _ => (host, None),
        };
        Self {
            https: scheme == "https",
            name,
            port,
        }
    }

    /// The proxy's block, for this site in place of `https://wiki.example.com`.
    fn configure(self, proxy: &str, block: &str) -> String {
        let Self { https, name, port } = self;
        let block = match proxy {
            "nginx" => {
                let tls = if https { " ssl" } else { "" };
                let port = port.unwrap_or(if https { "443" } else { "80" });
                let block = block.replace("listen 443 ssl;", &format!("listen {port}{tls};"));
                let lines = block.lines();
                let lines = lines.filter(|line| https || !line.contains("ssl_certificate"));
                lines.collect::<Vec<_>>().join("\n")
            }
            // A name alone is https on its port.
            "caddy" => {
                let scheme = if https { "" } else { "http://" };
                let port = port.map_or_else(String::new, |port| format!(":{port}"));
                block.replacen(
                    "wiki.example.com",
                    &format!("{scheme}wiki.example.com{port}"),
                    1,
                )
            }
            _ => match port {
                Some(port) => on_entry_point(block, port, https),
                None => block.to_owned(),
            },
        };
        block.replace("wiki.example.com", name)
    }
}

/// Traefik's routers take no port of a host: an entry point has it.
fn on_entry_point(block: &str, port: &str, https: bool) -> String {
    let tls = if https { ", http: { tls: {} }" } else { "" };
    let mut lines = vec![format!(
        "# Of the static configuration: entryPoints: {{ port-{port}: {{ address: \":{port}\"{tls} }} }}"
    )];
    for line in block.lines() {
        lines.push(line.to_owned());
        if line.trim_start().starts_with("rule:") {
            let indentation = &line[..line.len() - line.trim_start().len()];
            lines.push(format!("{indentation}entryPoints: [port-{port}]"));
        }
    }
    lines.join("\n")
}

/// The blocks for an application at that address, the one of the proxy that was chosen first.
pub(super) fn texts(address: &str, chosen: Option<&str>) -> Vec<Text> {
    let site = Site::of(address);
    let mut proxies: Vec<_> = PROXIES.iter().collect();
    proxies.sort_by_key(|(key, ..)| Some(*key) != chosen);
    proxies
        .into_iter()
        .map(|(key, name, language, place)| Text {
            title: (*name).to_owned(),
            place,
            content: site.configure(key, &block(language)),
        })
        .collect()
}

/// The first block of that language in the page, without the indentation of the list that it stands in.
fn block(language: &str) -> String {
    let Some((before, rest)) = PAGE.split_once(&format!("```{language}\n")) else {
        return String::new();
    };
    let line = before.rsplit('\n').next().unwrap_or_default();
    let block = rest.split("```").next().unwrap_or_default();
    let indented = block.trim_end().lines();
    let plain = indented.map(|text| text.strip_prefix(line).unwrap_or(text));
    plain.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_proxy_has_the_block_of_the_page_with_the_host_of_the_application() {
        for (key, ..) in PROXIES {
            let texts = texts("https://notes.example.org", Some(key));
            assert_eq!(texts.len(), 3);
            let first = &texts[0].content;
            assert!(first.contains("notes.example.org"), "{key}: {first}");
            assert!(first.contains("/gate/"), "{key}: {first}");
            assert!(first.contains("/.curfew/"), "{key}: {first}");
            assert!(!first.contains("wiki.example.com"), "{key}");
            assert!(
                !first.starts_with(' ') && !first.contains("```"),
                "{key}: {first}"
            );
        }
    }

    #[test]
    fn a_block_has_the_scheme_and_the_port_of_the_application() {
        let of = |key, address| texts(address, Some(key)).swap_remove(0).content;
        for (key, address, has) in [
            ("nginx", "https://notes.example.org", "listen 443 ssl;"),
            (
                "nginx",
                "https://notes.example.org:8443",
                "listen 8443 ssl;",
            ),
            ("nginx", "http://notes.lan", "listen 80;"),
            ("nginx", "http://notes.lan:8080", "listen 8080;"),
            ("nginx", "http://notes.lan:8080", "server_name notes.lan;"),
            (
                "caddy",
                "https://notes.example.org",
                "\nnotes.example.org {",
            ),
            (
                "caddy",
                "https://notes.example.org:8443",
                "\nnotes.example.org:8443 {",
            ),
            ("caddy", "http://notes.lan", "\nhttp://notes.lan {"),
            ("caddy", "http://[::1]:8080", "\nhttp://[::1]:8080 {"),
            (
                "traefik",
                "https://notes.example.org:8443",
                "entryPoints: [port-8443]",
            ),
            (
                "traefik",
                "https://notes.example.org:8443",
                "{ address: \":8443\", http: { tls: {} } }",
            ),
            ("traefik", "http://notes.lan:8080", "{ address: \":8080\" }"),
            ("traefik", "http://notes.lan:8080", "Host(`notes.lan`)"),
        ] {
            let block = format!("\n{}", of(key, address));
            assert!(block.contains(has), "{key} {address}: {block}");
        }
        let plain = of("nginx", "http://notes.lan");
        assert!(!plain.contains("ssl"), "{plain}");
        let usual = of("traefik", "https://notes.example.org");
        assert!(!usual.contains("entryPoints"), "{usual}");
        // Both routers are on it.
        let ports = of("traefik", "https://notes.example.org:8443");
        assert_eq!(ports.matches("entryPoints: [").count(), 2, "{ports}");
    }
}
