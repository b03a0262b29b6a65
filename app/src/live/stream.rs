//! The event stream of this browser.

use std::{cell::RefCell, time::Duration};

use futures::StreamExt;
use gloo_net::eventsource::futures::{EventSource, EventSourceSubscription};
use js_sys::{JSON, Math, Reflect};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local, web_sys};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::{Ended, Notice, activity::happened, still_signed_in};

/// The first pause before the stream is opened again, and the longest.
const PAUSE: f64 = 5_000.0;
const LONGEST: f64 = 120_000.0;

#[wasm_bindgen]
extern "C" {
    // Of `public/guard.js`, which takes the page out when its session has ended.
    #[wasm_bindgen(js_namespace = curfew)]
    fn ended(reason: &JsValue);
    #[wasm_bindgen(js_namespace = curfew)]
    fn check();
    #[wasm_bindgen(js_namespace = curfew)]
    fn changed(text: &str);
}

thread_local! {
    static STREAM: RefCell<Stream> = const { RefCell::new(Stream::NOT_HERE) };
}

/// The stream, as far as this tab has to do with it.
struct Stream {
    /// This tab is the one that holds it.
    here: bool,
    open: Option<EventSource>,
    /// Counts how often it was opened, because a stream that was closed may still have something to say.
    opened: u32,
    pause: f64,
    later: Option<TimeoutHandle>,
}

impl Stream {
    const NOT_HERE: Self = Self {
        here: false,
        open: None,
        opened: 0,
        pause: 0.0,
        later: None,
    };

    fn close(&mut self) {
        self.opened = self.opened.wrapping_add(1);
        if let Some(later) = self.later.take() {
            later.clear();
        }
        // The stream is closed when it is dropped.
        self.open = None;
    }
}

fn with<T>(act: impl FnOnce(&mut Stream) -> T) -> T {
    STREAM.with_borrow_mut(act)
}

/// Listens to `public/tabs.js`.
pub(super) fn start() {
    let _ = window_event_listener_untyped("curfew:lead", |_| {
        with(|stream| stream.here = true);
        open();
    });
    let _ = window_event_listener_untyped("curfew:resign", |_| {
        with(|stream| {
            stream.here = false;
            stream.close();
        });
    });
    let _ = window_event_listener_untyped("curfew:told", |event| {
        let told = Reflect::get(&event, &"detail".into()).ok();
        let told = told.and_then(|text| text.as_string());
        if let Some(notice) = told.and_then(|text| {
            let (name, data) = text.split_once('\n')?;
            Notice::read(name, data)
        }) {
            act(notice);
        }
    });
    say("curfew:listens", None);
}

/// Something for `public/tabs.js`.
fn say(event: &str, text: Option<&str>) {
    let init = web_sys::CustomEventInit::new();
    if let Some(text) = text {
        init.set_detail(&text.into());
    }
    if let Ok(event) = web_sys::CustomEvent::new_with_event_init_dict(event, &init) {
        let _ = window().dispatch_event(&event);
    }
}

fn open() {
    with(Stream::close);
    let Ok(mut source) = EventSource::new("/events") else {
        return;
    };
    let events = Notice::NAMES.map(|name| source.subscribe(name));
    let opened = with(|stream| {
        stream.open = Some(source);
        stream.opened
    });
    for events in events.into_iter().flatten() {
        spawn_local(listen(events, opened));
    }
}

async fn listen(mut events: EventSourceSubscription, opened: u32) {
    while let Some(event) = events.next().await {
        if with(|stream| stream.opened != opened) {
            return;
        }
        // Cut off, the browser tries again by itself. Refused, it does not, and cannot say why.
        let Ok((name, event)) = event else {
            return refused().await;
        };
        let data = event.data().as_string().unwrap_or_default();
        if let Some(notice) = Notice::read(&name, &data) {
            say("curfew:tell", Some(&format!("{name}\n{data}")));
            heard(notice);
        }
    }
}

fn heard(notice: Notice) {
    match &notice {
        Notice::Hello(_) => with(|stream| stream.pause = 0.0),
        Notice::Ended(_) => with(Stream::close),
        Notice::Changed(_) | Notice::Activity(_) => {}
    }
    act(notice);
}

/// Acts on a notice from the stream or from another tab.
fn act(notice: Notice) {
    let root = document().document_element();
    let of_page = |name: &str| root.as_ref().and_then(|root| root.get_attribute(name));
    if of_page("data-user").as_deref() != Some(notice.user()) {
        // Another user has signed in with this browser: this page is not theirs.
        if matches!(notice, Notice::Hello(_)) {
            check();
        }
        return;
    }
    match notice {
        Notice::Hello(access) | Notice::Changed(access) => {
            if of_page("data-access").as_ref() != Some(&access.access) {
                changed(&access.text);
            }
            // Something may have happened while no stream was open.
            happened();
        }
        Notice::Activity(_) => happened(),
        Notice::Ended(Ended {
            may_come_back: false,
            reason,
            ..
        }) => tell_the_guard(&reason),
        Notice::Ended(_) => spawn_local(async {
            let closed = with(|stream| stream.here && stream.open.is_none());
            if verify().await == Some(true) && closed {
                open();
            }
        }),
    }
}

fn tell_the_guard(reason: &impl serde::Serialize) {
    let reason = serde_json::to_string(reason).unwrap_or_default();
    ended(&JSON::parse(&reason).unwrap_or(JsValue::NULL));
}

/// Whether the user of this page is still signed in. None without an answer.
async fn verify() -> Option<bool> {
    let who = document().document_element()?.get_attribute("data-user");
    match still_signed_in(who).await {
        Ok(()) => Some(true),
        Err(error) if error.is_signed_out() => {
            tell_the_guard(&error.reason);
            Some(false)
        }
        Err(_) => None,
    }
}

/// The stream was refused: for good when the session has ended, else it is opened again, after ever longer pauses that
/// differ from browser to browser.
async fn refused() {
    with(Stream::close);
    let opened = with(|stream| stream.opened);
    if verify().await == Some(false) {
        return;
    }
    with(|stream| {
        if !stream.here || stream.opened != opened {
            return;
        }
        stream.pause = if stream.pause == 0.0 {
            PAUSE
        } else {
            (stream.pause * 2.0).min(LONGEST)
        };
        let pause = Duration::from_secs_f64(stream.pause * (0.5 + Math::random()) / 1_000.0);
        stream.later = set_timeout_with_handle(open, pause).ok();
    });
}
