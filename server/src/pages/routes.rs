//! The addresses of the pages, as the app has them.
//!
//! Asked for once in a process: a page that leptos draws while it makes such a list waits for ever
//! (leptos-rs/leptos#4773), and tests make many routers.

use std::sync::LazyLock;

use app::App;

static PAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let pages = leptos_axum::generate_route_list(App);
    pages.iter().map(|page| page.path().to_owned()).collect()
});

/// The addresses of all pages.
pub(crate) fn all() -> impl Iterator<Item = &'static String> {
    PAGES.iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses;

    #[test]
    fn the_list_of_addresses_knows_which_are_pages() {
        let mut routed: Vec<&str> = all().map(String::as_str).collect();
        let pages = addresses::all().filter(|address| address.is_page());
        let mut listed: Vec<&str> = pages.map(|address| address.path).collect();
        routed.sort_unstable();
        listed.sort_unstable();
        assert_eq!(routed, listed);
    }
}
