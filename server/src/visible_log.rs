//! The log with nothing invisible in it: a user agent, a name or a path that turns the direction of the text would show an
//! operator another line than was written.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use accounts::text::visible;
use tracing_subscriber::fmt::MakeWriter;

/// Writes where `M` does, line by line. ASCII is left to the formatter, which escapes what a value holds and colours the
/// rest.
#[derive(Debug, Clone, Copy)]
pub struct VisibleLog<M>(pub M);

/// See [`VisibleLog`].
#[derive(Debug)]
pub struct VisibleWriter<W>(W);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for VisibleLog<M> {
    type Writer = VisibleWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        VisibleWriter(self.0.make_writer())
    }
}

impl<W: Write> Write for VisibleWriter<W> {
    /// Takes all or nothing, because what is written is longer than what came.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(line) => self.0.write_all(shown(line).as_bytes())?,
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn shown(line: &str) -> Cow<'_, str> {
    if line.is_ascii() {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if c.is_ascii() {
            shown.push(c);
        } else {
            shown.push_str(&visible(c.encode_utf8(&mut [0; 4])));
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(json: bool) -> String {
        let lines = Lines::default();
        let to = lines.clone();
        let log = tracing_subscriber::fmt()
            .with_ansi(true)
            .with_writer(VisibleLog(move || to.clone()));
        let write = || {
            let agent = "Fire\u{202e}xof\u{200b} \u{1b}[31m Zoë";
            tracing::info!(agent, "a line of {agent}");
        };
        if json {
            tracing::subscriber::with_default(log.json().finish(), write);
        } else {
            tracing::subscriber::with_default(log.finish(), write);
        }
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_of_the_log_hides_nothing() {
        for json in [false, true] {
            let line = logged(json);
            assert!(line.contains("Fire‹U+202E›xof‹U+200B›"), "{line}");
            assert!(line.contains("Zoë"), "{line}");
            assert!(!line.contains(['\u{202e}', '\u{200b}']), "{line}");
            assert_eq!(line.lines().count(), 1, "{line}");
            if json {
                assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
            } else {
                assert!(line.contains("\u{1b}["), "colours stay: {line:?}");
                assert!(
                    !line.contains("\u{1b}[31m"),
                    "but none of a value: {line:?}"
                );
            }
        }
    }
}
