//! CSV (RFC 4180) that no spreadsheet runs as formulas, and in which nothing is invisible: a user agent is text that any
//! visitor can choose.

use std::borrow::Cow;

use accounts::text::visible;
use csv::{QuoteStyle, Terminator, WriterBuilder};

/// What a spreadsheet may take for the beginning of a formula (OWASP "CSV Injection"), the full-width
/// forms included.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// One record with its line end, every field quoted. Text that could be a formula gets an apostrophe before it, which
/// spreadsheets show as text.
pub(crate) fn record(fields: &[impl AsRef<str>]) -> String {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    let written = writer.write_record(
        fields
            .iter()
            .map(|field| guarded(field.as_ref()).into_owned()),
    );
    #[expect(
        clippy::expect_used,
        reason = "a Vec takes every write, and text stays text"
    )]
    written
        .ok()
        .and_then(|()| writer.into_inner().ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .expect("a record is written to memory")
}

fn guarded(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    if shown.trim_start_matches(' ').starts_with(BEGINNINGS) {
        Cow::Owned(format!("'{shown}"))
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use csv::ReaderBuilder;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_formula_becomes_text_and_quotes_are_doubled() {
        let fields = ["=1+1", "a,\"b\"", "", " -2", "plain"];
        assert_eq!(
            record(&fields),
            "\"'=1+1\",\"a,\"\"b\"\"\",\"\",\"' -2\",\"plain\"\r\n"
        );
    }

    #[test]
    fn every_beginning_of_a_formula_is_guarded() {
        for beginning in [
            "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  =",
        ] {
            let field = format!("{beginning}cmd|' /C calc'!A0");
            assert_eq!(record(&[&field]), format!("\"'{field}\"\r\n"));
        }
        for harmless in ["", " ", "1+1", "a=b", "'=1", "user@example.com"] {
            assert_eq!(record(&[harmless]), format!("\"{harmless}\"\r\n"));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again_and_is_never_a_formula(
            fields in prop::collection::vec(r#"(?s)[ =+@'",\t\r\n-]{0,3}.{0,8}"#, 1..6),
        ) {
            let text = record(&fields) + &record(&["next"]);
            let mut reader = ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let records: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(records.len(), 2);
            prop_assert_eq!(records[0].len(), fields.len());
            for (written, given) in records[0].iter().zip(&fields) {
                prop_assert!(!written.starts_with(BEGINNINGS));
                let shown = visible(given);
                prop_assert!(written == shown || written.strip_prefix('\'') == Some(&*shown));
                prop_assert_eq!(visible(written), written, "nothing in it is invisible");
            }
        }
    }
}
