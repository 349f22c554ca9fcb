//! A browser without a screen: it keeps cookies as they ask to be kept, and shows every octet of an answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::client::{Client, Trust};
use crate::harness::{Daemon, HOSTNAME, Person};
use crate::process::Process;

/// One browser at the staff page.
pub struct Browser {
    address: SocketAddr,
    trust: Trust,
    host: String,
    pub cookies: BTreeMap<String, String>,
    pub language: &'static str,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn parse(octets: &[u8]) -> Self {
        let text = String::from_utf8(octets.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not an answer: {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(header).collect(), body: body.to_owned() }
    }

    /// A header that is there once, or not at all.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str());
        let first = values.next();
        assert!(name == "set-cookie" || values.next().is_none(), "{name} twice: {:?}", self.headers);
        first
    }

    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str())
    }

    /// The token of the page's first form.
    pub fn form(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"form\" value=\"").unwrap_or_else(|| panic!("no form: {self:?}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// What stands in the element with this id, without what is nested in it.
    pub fn text_of(&self, id: &str) -> String {
        let (_, rest) = self.body.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {self:?}"));
        rest.split_once('>').unwrap().1.split('<').next().unwrap().trim().to_owned()
    }
}

impl Browser {
    pub fn at(daemon: &Daemon) -> Self {
        Self::new(daemon.address("https"), daemon.trust(), HOSTNAME)
    }

    pub fn at_process(process: &Process) -> Self {
        Self::new(process.address("https"), process.trust(), "127.0.0.1")
    }

    fn new(address: SocketAddr, trust: Trust, host: &str) -> Self {
        let host = format!("{host}:{}", address.port());
        Self { address, trust, host, cookies: BTreeMap::new(), language: "en" }
    }

    /// Signed in as somebody.
    pub fn of(daemon: &Daemon, who: &Person, password: &str) -> Self {
        let mut browser = Self::at(daemon);
        let answer = browser.sign_in(&who.address, password);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{answer:?}");
        browser
    }

    pub fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let form = self.get("/sign-in").form();
        self.post("/sign-in", &[("form", &form), ("name", name), ("password", password)])
    }

    /// `https://…` of the page.
    pub fn origin(&self) -> String {
        format!("https://{}", self.host)
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// A form, as a browser of today sends it from one of our own pages.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(path, fields, &[("Origin", "null"), ("Sec-Fetch-Site", "same-origin")])
    }

    pub fn post_from(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        self.ask("POST", path, &[headers, &[kind]].concat(), &body.join("&"))
    }

    pub fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        request += &format!("Accept-Language: {}\r\n", self.language);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request += &format!("Cookie: {}\r\n", pairs.join("; "));
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if method == "POST" {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        let answer = self.raw(format!("{request}\r\n{body}").as_bytes());
        self.keep(&answer);
        answer
    }

    /// Octets as they are, on a connection of their own.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut client = Client::tls(self.address, self.trust.clone());
        client.send(request);
        Answer::parse(&client.rest())
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.cookies() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
