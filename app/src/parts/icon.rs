//! The icons: strokes on a 20 by 20 grid, in the colour of the text beside them.

use leptos::prelude::*;

/// A shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Shield,
    Desktop,
    Phone,
    Globe,
    Lock,
    LogOut,
    CheckCircle,
    XCircle,
    AlertTriangle,
    Info,
    Search,
    CloudOff,
    Key,
}

/// An icon. Words are beside it, so it is silent to screen readers.
#[component]
pub fn Icon(shape: Shape, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "icon icon--small" } else { "icon" };
    view! { <svg class=class viewBox="0 0 20 20" aria-hidden="true" inner_html=path(shape)></svg> }
}

/// An icon on a tinted disc; `tint` is `danger`, `success`, `warning`, `plain` or empty.
#[component]
pub fn Disc(
    shape: Shape,
    #[prop(optional)] tint: &'static str,
    #[prop(optional)] large: bool,
) -> impl IntoView {
    let mut class = String::from("disc");
    if !tint.is_empty() {
        class.push_str(" disc--");
        class.push_str(tint);
    }
    if large {
        class.push_str(" disc--large");
    }
    view! {
        <span class=class>
            <Icon shape />
        </span>
    }
}

/// The mark: a doorway with a moon in it.
#[component]
pub fn Mark(class: &'static str) -> impl IntoView {
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true">
            <path
                fill-rule="evenodd"
                d="M4.5 21V10.5a7.5 7.5 0 0 1 15 0V21a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 21ZM12 7.2a2.9 2.9 0 0 0 4.3 4.3A4.3 4.3 0 1 1 12 7.2Z"
            ></path>
        </svg>
    }
}

fn path(shape: Shape) -> &'static str {
    match shape {
        Shape::Shield => {
            r#"<path d="M10 2.5 16 4.8v4.4c0 4-2.6 6.9-6 8.3-3.4-1.4-6-4.3-6-8.3V4.8z"/>"#
        }
        Shape::Desktop => {
            r#"<rect x="2.5" y="3.5" width="15" height="10" rx="1.5"/><path d="M7 17h6M10 13.5V17"/>"#
        }
        Shape::Phone => r#"<rect x="5.5" y="2" width="9" height="16" rx="2"/><path d="M9 15h2"/>"#,
        Shape::Globe => {
            r#"<circle cx="10" cy="10" r="7.5"/><path d="M2.5 10h15M10 2.5c2.2 2.2 3.2 4.7 3.2 7.5s-1 5.3-3.2 7.5c-2.2-2.2-3.2-4.7-3.2-7.5s1-5.3 3.2-7.5z"/>"#
        }
        Shape::Lock => {
            r#"<rect x="4" y="9" width="12" height="8.5" rx="2"/><path d="M6.75 9V6.25a3.25 3.25 0 0 1 6.5 0V9"/>"#
        }
        Shape::LogOut => {
            r#"<path d="M8 3.5H5A1.5 1.5 0 0 0 3.5 5v10A1.5 1.5 0 0 0 5 16.5h3M13 13.5l3.5-3.5L13 6.5M16.5 10H8"/>"#
        }
        Shape::CheckCircle => {
            r#"<circle cx="10" cy="10" r="7.5"/><path d="m6.75 10.25 2.25 2.25 4.25-4.75"/>"#
        }
        Shape::XCircle => {
            r#"<circle cx="10" cy="10" r="7.5"/><path d="m7.5 7.5 5 5M12.5 7.5l-5 5"/>"#
        }
        Shape::AlertTriangle => {
            r#"<path d="M8.7 3.6 2.2 14.7A1.5 1.5 0 0 0 3.5 17h13a1.5 1.5 0 0 0 1.3-2.3L11.3 3.6a1.5 1.5 0 0 0-2.6 0zM10 7.5v3.75M10 14h.01"/>"#
        }
        Shape::Info => r#"<circle cx="10" cy="10" r="7.5"/><path d="M10 9.25v4.25M10 6.5h.01"/>"#,
        Shape::Search => r#"<circle cx="9" cy="9" r="5.5"/><path d="m13 13 4 4"/>"#,
        Shape::CloudOff => {
            r#"<path d="M6.3 6A4.75 4.75 0 0 1 14.6 9a3.3 3.3 0 0 1 2.2 5M13.5 15.5H6A3.75 3.75 0 0 1 5 8.15M3 3l14 14"/>"#
        }
        Shape::Key => r#"<circle cx="7" cy="13" r="3.5"/><path d="m9.5 10.5 7-7M14 6l2.5 2.5"/>"#,
    }
}
