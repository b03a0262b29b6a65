//! What a user agent is called on the screen: "Firefox on Linux". It says so when it cannot tell.
//!
//! Browsers freeze the versions they report, so only families are shown. The marks are looked for in
//! order, because Edge says it is Chrome and Chrome says it is Safari.

/// What kind of thing a session runs on, for its icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Desktop,
    Phone,
    Tablet,
    Program,
    Unknown,
}

/// A device's name in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub browser: &'static str,
    pub system: &'static str,
    pub kind: Kind,
}

const UNKNOWN: &str = "";

const BROWSERS: [(&str, &str); 16] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi", "Vivaldi"),
    ("SamsungBrowser", "Samsung Internet"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("YaBrowser", "Yandex Browser"),
    ("FxiOS", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("python", "Python"),
    ("PostmanRuntime", "Postman"),
];

const SYSTEMS: [(&str, &str, Kind); 9] = [
    ("iPhone", "iPhone", Kind::Phone),
    ("iPad", "iPad", Kind::Tablet),
    ("Android", "Android", Kind::Phone),
    ("Windows", "Windows", Kind::Desktop),
    ("CrOS", "ChromeOS", Kind::Desktop),
    ("Macintosh", "macOS", Kind::Desktop),
    ("FreeBSD", "FreeBSD", Kind::Desktop),
    ("OpenBSD", "OpenBSD", Kind::Desktop),
    ("Linux", "Linux", Kind::Desktop),
];

const PROGRAMS: [&str; 4] = ["curl", "Wget", "Python", "Postman"];

/// Names the device of a user agent.
#[must_use]
pub fn of(user_agent: &str) -> Device {
    let browser = BROWSERS
        .iter()
        .find(|(mark, _)| user_agent.contains(mark))
        .map_or(UNKNOWN, |(_, name)| name);
    let (system, kind) = SYSTEMS
        .iter()
        .find(|(mark, ..)| user_agent.contains(mark))
        .map_or((UNKNOWN, Kind::Unknown), |(_, name, kind)| (*name, *kind));
    let kind = if PROGRAMS.contains(&browser) {
        Kind::Program
    } else if kind == Kind::Phone && system == "Android" && !user_agent.contains("Mobile") {
        Kind::Tablet
    } else {
        kind
    };
    Device {
        browser,
        system,
        kind,
    }
}

/// The marks that [`of`] looks for, in its order, each with whether its name holds that word, in any case. Once of browsers and
/// once of systems, up to the last that does; nothing where no name does.
pub(crate) fn marks_for(word: &str) -> Vec<Vec<(&'static str, bool)>> {
    let word = word.to_lowercase();
    let marks = |names: Vec<(&'static str, &'static str)>| {
        let mut marks: Vec<(&'static str, bool)> = names
            .into_iter()
            .map(|(mark, name)| (mark, name.to_lowercase().contains(&word)))
            .collect();
        let last = marks.iter().rposition(|(_, holds)| *holds);
        marks.truncate(last.map_or(0, |last| last + 1));
        marks
    };
    let systems = SYSTEMS.iter().map(|(mark, name, _)| (*mark, *name));
    let mut both = vec![marks(BROWSERS.to_vec()), marks(systems.collect())];
    both.retain(|marks| !marks.is_empty());
    both
}

impl Device {
    /// As a user would say it.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.browser, self.system) {
            (UNKNOWN, UNKNOWN) => "Unknown device".into(),
            (browser, UNKNOWN) => browser.into(),
            (UNKNOWN, system) => format!("Unknown browser on {system}"),
            (browser, system) => format!("{browser} on {system}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_told_apart() {
        let webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (user_agent, label, kind) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
                "Firefox on Linux",
                Kind::Desktop,
            ),
            (
                format!(
                    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {webkit} Version/18.0 Safari/605.1.15"
                ),
                "Safari on macOS",
                Kind::Desktop,
            ),
            (
                format!(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {webkit} Version/18.0 Mobile/15E148 Safari/604.1"
                ),
                "Safari on iPhone",
                Kind::Phone,
            ),
            (
                format!(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {webkit} CriOS/140.0 Mobile/15E148 Safari/604.1"
                ),
                "Chrome on iPhone",
                Kind::Phone,
            ),
            (
                format!(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {webkit} FxiOS/140.0 Mobile/15E148 Safari/605.1.15"
                ),
                "Firefox on iPhone",
                Kind::Phone,
            ),
            (
                format!(
                    "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) {webkit} Version/18.0 Mobile/15E148 Safari/604.1"
                ),
                "Safari on iPad",
                Kind::Tablet,
            ),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0.0.0 Safari/537.36"
                ),
                "Chrome on Windows",
                Kind::Desktop,
            ),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
                ),
                "Edge on Windows",
                Kind::Desktop,
            ),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0"
                ),
                "Opera on Windows",
                Kind::Desktop,
            ),
            (
                format!(
                    "Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.5"
                ),
                "Vivaldi on Linux",
                Kind::Desktop,
            ),
            (
                format!(
                    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {webkit} Chrome/140.0.0.0 Safari/537.36"
                ),
                "Chrome on ChromeOS",
                Kind::Desktop,
            ),
            (
                format!(
                    "Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/140.0.0.0 Mobile Safari/537.36"
                ),
                "Chrome on Android",
                Kind::Phone,
            ),
            (
                format!(
                    "Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/140.0.0.0 Safari/537.36"
                ),
                "Chrome on Android",
                Kind::Tablet,
            ),
            (
                format!(
                    "Mozilla/5.0 (Linux; Android 10; K) {webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"
                ),
                "Samsung Internet on Android",
                Kind::Phone,
            ),
            (
                "Mozilla/5.0 (X11; FreeBSD amd64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
                "Firefox on FreeBSD",
                Kind::Desktop,
            ),
            ("curl/8.5.0".into(), "curl", Kind::Program),
            ("python-requests/2.32".into(), "Python", Kind::Program),
            (
                "Mozilla/5.0 (Linux)".into(),
                "Unknown browser on Linux",
                Kind::Desktop,
            ),
            (String::new(), "Unknown device", Kind::Unknown),
            (
                "<script>alert(1)</script>".into(),
                "Unknown device",
                Kind::Unknown,
            ),
        ] {
            let device = of(&user_agent);
            assert_eq!(
                (device.label().as_str(), device.kind),
                (label, kind),
                "{user_agent}"
            );
        }
    }
}
