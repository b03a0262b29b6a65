//! The fields of a form that are wrong, gathered so that they are said together.

use std::collections::BTreeMap;

use crate::error::{AppError, Code};

/// The fields that were found to be wrong, each with a sentence.
#[derive(Default)]
pub(super) struct Wrong(BTreeMap<String, String>);

impl Wrong {
    /// What was checked; none when it is a field that is wrong, which is noted. Of two sentences about one field the first
    /// counts.
    ///
    /// # Errors
    /// What is no field's.
    pub(super) fn take<T>(&mut self, checked: Result<T, AppError>) -> Result<Option<T>, AppError> {
        match checked {
            Ok(checked) => Ok(Some(checked)),
            Err(error) if error.code == Code::ValidationFailed => {
                for (field, why) in error.fields {
                    self.0.entry(field).or_insert(why);
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What the reader is told; none when nothing is wrong.
    pub(super) fn into_error(self) -> Option<AppError> {
        let wrong: Vec<_> = self
            .0
            .iter()
            .map(|(field, why)| (field.as_str(), why.clone()))
            .collect();
        (!wrong.is_empty()).then(|| AppError::fields(wrong))
    }
}
