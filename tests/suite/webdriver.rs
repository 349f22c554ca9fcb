//! A real browser without a screen: Chromium, driven through chromedriver by the W3C's `WebDriver` protocol.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long a page may take: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// The key under which an element is named: `WebDriver` §11.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One window of one browser.
pub struct Chromium {
    driver: Child,
    address: SocketAddr,
    session: String,
    profile: tempfile::TempDir,
}

impl Chromium {
    /// A browser whose owner reads `language`, and that believes `host` to be on this machine.
    pub fn start(language: &str, host: &str) -> Self {
        let mut driver =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let port = port(driver.stdout.take().unwrap());
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self { driver, address: ([127, 0, 0, 1], port).into(), session: String::new(), profile };
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--ignore-certificate-errors",
            &format!("--lang={language}"),
            &format!("--accept-lang={language}"),
            &format!("--user-data-dir={}", browser.profile.path().display()),
            &format!("--host-resolver-rules=MAP {host} 127.0.0.1"),
        ];
        let options = json!({ "args": arguments, "prefs": { "intl.accept_languages": language } });
        let wanted = json!({ "browserName": "chrome", "acceptInsecureCerts": true, "goog:chromeOptions": options });
        let made = browser.call("POST", "/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        browser
    }

    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// The size of the page's own window, as a desktop or a telephone has it.
    pub fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        self.post("/goog/cdp/execute", &command);
    }

    /// Whether the browser's owner likes light letters on dark paper.
    pub fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.post("/goog/cdp/execute", &json!({ "cmd": "Emulation.setEmulatedMedia", "params": features }));
    }

    pub fn find(&self, css: &str) -> Option<Element<'_>> {
        let found = self.post("/elements", &json!({ "using": "css selector", "value": css }));
        let id = found.as_array()?.first()?[ELEMENT].as_str()?.to_owned();
        Some(Element { browser: self, id })
    }

    pub fn element(&self, css: &str) -> Element<'_> {
        self.find(css).unwrap_or_else(|| panic!("no {css} in: {}", self.text()))
    }

    /// Types into a field, in place of what is there.
    pub fn fill(&self, css: &str, text: &str) {
        let field = self.element(css);
        field.post("/clear", &json!({}));
        field.post("/value", &json!({ "text": text }));
    }

    /// Clicks on what stays on the page.
    pub fn choose(&self, css: &str) {
        self.element(css).post("/click", &json!({}));
    }

    /// Clicks on what leads to another page, and waits for that.
    pub fn follow(&self, css: &str) {
        let before = self.element("html");
        self.element(css).post("/click", &json!({}));
        let until = Instant::now() + PATIENCE;
        while before.is_there() {
            assert!(Instant::now() < until, "{css} leads nowhere");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.element("main");
    }

    /// What a person reads on the page.
    pub fn text(&self) -> String {
        self.find("body").map(|body| body.text()).unwrap_or_default()
    }

    pub fn title(&self) -> String {
        self.call("GET", &format!("{}/title", self.session), &Value::Null).as_str().unwrap().to_owned()
    }

    /// The whole page as it is seen, into a file.
    pub fn screenshot(&self, file: &Path) {
        let command = json!({ "cmd": "Page.captureScreenshot", "params": { "captureBeyondViewport": true } });
        let shot = self.post("/goog/cdp/execute", &command);
        let image = data_encoding::BASE64.decode(shot["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(file, image).unwrap();
    }

    /// How far the page is wider than the window: nobody should have to scroll sideways.
    pub fn overflow(&self) -> i64 {
        let script = "return document.documentElement.scrollWidth - window.innerWidth";
        self.post("/execute/sync", &json!({ "script": script, "args": [] })).as_i64().unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.try_call(method, path, body);
        assert!(answer["error"].is_null(), "{method} {path}: {answer}");
        answer
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n",
            self.address
        );
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["value"].take()
    }
}

/// An element of a page.
pub struct Element<'b> {
    browser: &'b Chromium,
    id: String,
}

impl Element<'_> {
    pub fn text(&self) -> String {
        self.get("text").as_str().unwrap_or_default().to_owned()
    }

    fn is_there(&self) -> bool {
        self.get("name")["error"].is_null()
    }

    fn get(&self, what: &str) -> Value {
        let path = format!("{}/element/{}/{what}", self.browser.session, self.id);
        self.browser.try_call("GET", &path, &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) {
        self.browser.post(&format!("/element/{}{path}", self.id), body);
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.try_call("DELETE", &self.session, &Value::Null);
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// The port that chromedriver says it took.
fn port(said: impl Read) -> u16 {
    let mut lines = BufReader::new(said).lines();
    let line = lines.find_map(|line| line.ok().filter(|line| line.contains("started successfully on port"))).unwrap();
    line.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap()
}
