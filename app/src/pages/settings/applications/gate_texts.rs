//! The configurations of reverse proxies for the gate, of `docs/GATE.md`: one source, which the tests run in real proxies.

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

/// The blocks for an application at that host, the one of the proxy that was chosen first.
pub(super) fn texts(host: &str, chosen: Option<&str>) -> Vec<Text> {
    let mut proxies: Vec<_> = PROXIES.iter().collect();
    proxies.sort_by_key(|(key, ..)| Some(*key) != chosen);
    proxies
        .into_iter()
        .map(|(_, name, language, place)| Text {
            title: (*name).to_owned(),
            place,
            content: block(language).replace("wiki.example.com", host),
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
            let texts = texts("notes.example.org", Some(key));
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
}
