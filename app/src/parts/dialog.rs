//! A modal dialog: the native element, which keeps the focus inside, closes on Escape and gives the
//! focus back to what opened it.

use leptos::{html, prelude::*};

/// A handle to open a dialog with; a button with `data-closes` closes it (`public/forms.js`). Copy, so that closures may have it.
#[derive(Clone, Copy)]
pub struct DialogHandle(NodeRef<html::Dialog>);

impl DialogHandle {
    #[must_use]
    pub fn new() -> Self {
        Self(NodeRef::new())
    }

    /// Shows it above everything. False when the browser cannot.
    pub fn open(self) -> bool {
        #[cfg(feature = "hydrate")]
        if let Some(dialog) = self.0.get_untracked() {
            return dialog.open() || dialog.show_modal().is_ok();
        }
        false
    }

    /// Whether it is open now.
    #[cfg(feature = "hydrate")]
    pub fn is_open(self) -> bool {
        self.0.get_untracked().is_some_and(|dialog| dialog.open())
    }
}

impl Default for DialogHandle {
    fn default() -> Self {
        Self::new()
    }
}

/// The dialog. Its children are its header, body and actions.
#[component]
pub fn Dialog(
    handle: DialogHandle,
    /// The id of the title inside.
    labelled_by: &'static str,
    /// The id of what it says first.
    described_by: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <dialog class="dialog" aria-labelledby=labelled_by aria-describedby=described_by node_ref=handle.0>
            {children()}
        </dialog>
    }
}
