//! What islands share: data that came with the page and follows the database from then on.

use leptos::prelude::*;

use crate::error::AppError;

/// `first` came with the page; from then on it is looked up again whenever the event stream says that something has
/// happened to this user ([`crate::live`]). What cannot be looked up stays as it was: the next page says why.
pub fn following<T, F, A>(first: T, look_up: F) -> ReadSignal<T>
where
    T: PartialEq + Send + Sync + 'static,
    F: Fn() -> A + 'static,
    A: Future<Output = Result<T, AppError>> + 'static,
{
    let (now, set) = signal(first);
    #[cfg(feature = "hydrate")]
    crate::live::on_activity(look_up, move |fresh| {
        if let Ok(fresh) = fresh
            && now.try_with_untracked(|now| *now != fresh) == Some(true)
        {
            set.set(fresh);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    drop((look_up, set));
    now
}
