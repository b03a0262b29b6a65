//! A sentence for the reader: information, success, warning or danger.

use leptos::prelude::*;

use super::icon::{Icon, Shape};

/// What kind of notice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Info,
    Success,
    Warning,
    Danger,
}

/// A notice. Failures are read out at once, the others when the reader pauses.
#[component]
pub fn Notice(
    tone: Tone,
    #[prop(into)] title: String,
    #[prop(optional, into)] text: Option<String>,
) -> impl IntoView {
    let (class, shape) = match tone {
        Tone::Info => ("notice", Shape::Info),
        Tone::Success => ("notice notice--success", Shape::CheckCircle),
        Tone::Warning => ("notice notice--warning", Shape::AlertTriangle),
        Tone::Danger => ("notice notice--danger", Shape::AlertTriangle),
    };
    let role = match tone {
        Tone::Info | Tone::Success => "status",
        Tone::Warning | Tone::Danger => "alert",
    };
    view! {
        <div class=class role=role>
            <Icon shape />
            <p class="notice__title">{title}</p>
            {text.filter(|text| !text.is_empty()).map(|text| view! { <p class="notice__text">{text}</p> })}
        </div>
    }
}
