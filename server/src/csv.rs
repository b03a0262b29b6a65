//! CSV (RFC 4180) that no spreadsheet runs as formulas: a user agent is text that anybody can choose.

/// What a spreadsheet may take for the beginning of a formula (OWASP "CSV Injection"), the full-width
/// forms included.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// One record with its line end. Text that could be a formula gets an apostrophe before it, which
/// spreadsheets show as text.
pub(crate) fn record(fields: &[impl AsRef<str>]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| quoted(field.as_ref())).collect();
    fields.join(",") + "\r\n"
}

fn quoted(text: &str) -> String {
    let apostrophe = if text.trim_start_matches(' ').starts_with(BEGINNINGS) {
        "'"
    } else {
        ""
    };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
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

    /// A plain reader of RFC 4180.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut records, mut record, mut field) = (vec![], vec![], String::new());
        let (mut inside, mut chars) = (false, text.chars().peekable());
        while let Some(c) = chars.next() {
            match c {
                '"' if inside && chars.peek() == Some(&'"') => field.extend(chars.next()),
                '"' => inside = !inside,
                ',' if !inside => record.push(std::mem::take(&mut field)),
                '\r' if !inside => {}
                '\n' if !inside => {
                    record.push(std::mem::take(&mut field));
                    records.push(std::mem::take(&mut record));
                }
                c => field.push(c),
            }
        }
        assert!(!inside && field.is_empty() && record.is_empty());
        records
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_again_and_never_a_formula(
            fields in prop::collection::vec(r#"(?s)[ =+@'",\t\r\n-]{0,3}.{0,8}"#, 1..6),
        ) {
            let records = read(&(record(&fields) + &record(&["next"])));
            prop_assert_eq!(records.len(), 2);
            prop_assert_eq!(records[0].len(), fields.len());
            for (written, given) in records[0].iter().zip(&fields) {
                prop_assert!(!written.starts_with(BEGINNINGS));
                prop_assert!(written == given || written.strip_prefix('\'') == Some(given));
            }
        }
    }
}
