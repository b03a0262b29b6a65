//! Something has happened to the user: who wants to know looks again.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::{prelude::*, task::spawn_local};

/// Between two looks, however much happens.
const PAUSE: Duration = Duration::from_millis(250);

thread_local! {
    /// How often something has happened. Islands have no other common ground.
    static HAPPENED: ArcRwSignal<u32> = ArcRwSignal::new(0);
}

pub(super) fn happened() {
    HAPPENED.with(|happened| happened.update(|n| *n = n.wrapping_add(1)));
}

#[derive(Clone, Copy, PartialEq)]
enum Looking {
    No,
    Yes,
    /// Something happened meanwhile, so what comes may be out of date already.
    Again,
}

/// Looks something up again after each time that something has happened: one look at a time, so that an older answer never
/// takes the place of a newer one.
pub fn on_activity<F, A>(look_up: F, show: impl Fn(A::Output) + 'static)
where
    F: Fn() -> A + 'static,
    A: Future + 'static,
{
    let happened = HAPPENED.with(Clone::clone);
    let looking = Rc::new(Cell::new(Looking::No));
    let both = Rc::new((look_up, show));
    Effect::new(move |first: Option<()>| {
        happened.track();
        if first.is_none() {
            return;
        }
        if looking.get() != Looking::No {
            looking.set(Looking::Again);
            return;
        }
        looking.set(Looking::Yes);
        look(both.clone(), looking.clone());
    });
}

fn look<F, A, S>(both: Rc<(F, S)>, looking: Rc<Cell<Looking>>)
where
    F: Fn() -> A + 'static,
    A: Future + 'static,
    S: Fn(A::Output) + 'static,
{
    spawn_local(async move {
        let found = (both.0)().await;
        if looking.get() == Looking::Yes {
            (both.1)(found);
        }
        // What happens during the pause is looked at after it.
        set_timeout(
            move || {
                if looking.get() == Looking::Again {
                    looking.set(Looking::Yes);
                    look(both, looking);
                } else {
                    looking.set(Looking::No);
                }
            },
            PAUSE,
        );
    });
}
