//! The statements that the program sends while it is tested, written down where `CURFEW_RECORD_STATEMENTS` names a folder:
//! out of them each release keeps what it asks of the schema (`server/tests/http/statements.rs`).

use std::{
    collections::HashSet,
    env,
    fmt::Debug,
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    process,
    sync::{Mutex, OnceLock},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Begins to write them down, once in a process. `database` is what they are sent to, and the ending of the file.
pub fn record(database: &str) {
    static BEGUN: OnceLock<()> = OnceLock::new();
    let Some(folder) = env::var_os("CURFEW_RECORD_STATEMENTS") else {
        return;
    };
    BEGUN.get_or_init(|| {
        let file = Path::new(&folder).join(format!("{}.{database}", process::id()));
        let file = OpenOptions::new().create(true).append(true).open(file);
        let recorder = Recorder {
            file: Mutex::new((file.unwrap(), HashSet::new())),
        };
        // A test that looks at the log has a subscriber of its own, and is left out.
        let _ = tracing::subscriber::set_global_default(recorder);
    });
}

/// Hears what sqlx says of every statement.
struct Recorder {
    file: Mutex<(File, HashSet<String>)>,
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, event: &Event<'_>) {
        let mut said = Said::default();
        event.record(&mut said);
        // The whole of a short one is its summary.
        let statement = match said.statement.trim() {
            "" => said.summary,
            whole => whole.to_owned(),
        };
        let mut file = self.file.lock().unwrap();
        let (file, seen) = &mut *file;
        if seen.insert(statement.clone()) {
            // In one line each: texts are compared with the program's own, to the last blank.
            writeln!(file, "{statement:?}").unwrap();
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Said {
    summary: String,
    statement: String,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
