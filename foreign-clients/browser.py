"""A browser without JavaScript: it follows redirects, keeps cookies, and sends the forms of the pages as they are."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


class Forms(HTMLParser):
    """The forms of a page: where each goes, by which method, and with which fields."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.choice = self.text = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append({"action": attrs.get("action", ""), "method": attrs.get("method", "get"), "fields": {}})
        elif tag in ("input", "button") and self.forms and attrs.get("name"):
            kind = attrs.get("type", "submit" if tag == "button" else "text")
            if kind not in ("checkbox", "radio", "submit") or "checked" in attrs:
                self.forms[-1]["fields"][attrs["name"]] = attrs.get("value", "")
        elif tag == "select":
            self.choice = attrs.get("name")
        elif tag == "option" and self.choice and self.forms and "selected" in attrs:
            self.forms[-1]["fields"][self.choice] = attrs.get("value", "")
        elif tag == "textarea" and self.forms:
            self.text = attrs["name"]
            self.forms[-1]["fields"][self.text] = ""

    def handle_data(self, data):
        if self.text:
            self.forms[-1]["fields"][self.text] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.text = None


class Browser:
    """A browser profile. `page` is the last answer."""

    def __init__(self, user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"):
        self.session = requests.Session()
        self.session.headers.update({"User-Agent": user_agent, "Accept": "text/html", "Sec-Fetch-Mode": "navigate"})
        self.page = None

    def get(self, url):
        """Goes there, wherever that leads."""
        return self.goes("GET", url)

    def goes(self, method, url, **form):
        for _ in range(20):
            self.page = self.asks(method, url, **form)
            _, _, refresh = self.page.headers.get("Refresh", "").partition("url=")
            to = self.page.headers.get("Location") or refresh
            if not to:
                return self.page
            method, url, form = "GET", urljoin(url, to), {}
        raise AssertionError(f"it goes round in circles: {url}")

    def asks(self, method, url, **form):
        answer = self.session.request(method, url, timeout=20, allow_redirects=False, **form)
        for cookie in self.session.cookies:
            # As browsers do, it takes the addresses of this machine for trustworthy.
            cookie.secure = False
        return answer

    def leads_to(self, url):
        """Where an address leads at once, without going there."""
        return self.asks("GET", url).headers.get("Location", "")

    def submit(self, action, **fields):
        """Sends the form of the page that goes to an address ending so, filled in."""
        found = [form for form in Forms(self.page.text).forms if form["action"].split("?")[0].endswith(action)]
        if not found:
            raise AssertionError(f"no form to {action} at {self.page.url}: {self.page.text[:2000]}")
        form, here = found[0], self.page.url
        values = {**form["fields"], **fields}
        headers = {"Referer": here, "Origin": "/".join(here.split("/")[:3])}
        return self.goes(form["method"].upper(), urljoin(here, form["action"]), data=values, headers=headers)
