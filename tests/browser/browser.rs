//! A browser of one's own, and the ways people find things in it: by their label, by what stands on a button.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use thirtyfour::prelude::*;

/// How long a person would wait before calling it broken.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Chromium behind a chromedriver of its own.
pub struct Browser {
    pub driver: WebDriver,
    chromedriver: Child,
    _profile: TempDir,
}

/// Waits until something is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} until {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

impl Browser {
    pub async fn start() -> Self {
        let port = crate::product::free_port();
        let chromedriver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver on the PATH (Debian: apt-get install chromium-driver)");
        let url = format!("http://127.0.0.1:{port}");
        let client = reqwest::Client::new();
        until("chromedriver answers", async || {
            client.get(format!("{url}/status")).send().await.is_ok()
        })
        .await;
        let profile = tempfile::tempdir().unwrap();
        let mut wishes = DesiredCapabilities::chrome();
        let profile_argument = format!("--user-data-dir={}", profile.path().display());
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // A story has two tabs, and both are looked at.
            "--disable-backgrounding-occluded-windows",
            "--disable-renderer-backgrounding",
            "--disable-background-timer-throttling",
            "--disable-dev-shm-usage",
            "--lang=en",
            "--window-size=1280,900",
            &profile_argument,
        ] {
            wishes.add_arg(argument).unwrap();
        }
        let driver = WebDriver::new(&url, wishes).await.expect("a browser session");
        Self {
            driver,
            chromedriver,
            _profile: profile,
        }
    }

    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// Signs in to the console.
    pub async fn sign_in(&self, base: &str, email: &str, password: &str) {
        self.open(&format!("{base}/admin")).await;
        self.fill("E-mail address", email).await;
        self.fill("Password", password).await;
        self.press("Sign in").await;
        self.find(By::Css("nav a[href='/admin/incidents']")).await;
    }

    /// The first element that fits, once there is one.
    pub async fn find(&self, by: By) -> WebElement {
        let start = Instant::now();
        loop {
            match self.driver.find(by.clone()).await {
                Ok(found) => return found,
                Err(error) if start.elapsed() > PATIENCE => {
                    panic!("no {by:?} on {}: {error}\n{}", self.address().await, self.text().await)
                }
                Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }

    /// Fills in the field with a label.
    pub async fn fill(&self, label: &str, value: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }

    /// The field with a label.
    pub async fn field(&self, label: &str) -> WebElement {
        let label = self
            .find(By::XPath(format!(
                "//label[starts-with(normalize-space(.), {})]",
                quoted(label)
            )))
            .await;
        match label.attr("for").await.unwrap() {
            Some(id) => self.find(By::Id(id)).await,
            None => label.find(By::Css("input, textarea, select")).await.unwrap(),
        }
    }

    /// Fills in a field for a moment, whose keys come in an order of the browser's own.
    pub async fn set_moment(&self, label: &str, value: &str) {
        let field = self.field(label).await.to_json().unwrap();
        let script =
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }))";
        self.driver.execute(script, vec![field, value.into()]).await.unwrap();
    }

    /// Chooses by its value in the list with a label.
    pub async fn choose(&self, label: &str, value: &str) {
        let list = self.field(label).await;
        let option = list.find(By::Css(format!("option[value='{value}']"))).await.unwrap();
        option.click().await.unwrap();
    }

    /// Where the first link that fits leads. Read in one go: the app may put another document in place of the one found.
    pub async fn address_of(&self, selector: &str) -> String {
        let start = Instant::now();
        loop {
            let script = "return document.querySelector(arguments[0])?.href ?? ''";
            let found = self.driver.execute(script, vec![selector.into()]).await.unwrap();
            let address: String = found.convert().unwrap();
            if !address.is_empty() {
                return address;
            }
            assert!(start.elapsed() < PATIENCE, "no {selector} on {}", self.address().await);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The texts of all elements that fit and can be seen.
    pub async fn all(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.driver.find_all(By::Css(selector.to_owned())).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    /// What all elements that fit say first, also those that are folded away.
    pub async fn first_words(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(one => \
                      [...one.childNodes].map(part => part.textContent.trim()).find(Boolean))";
        let found = self.driver.execute(script, vec![selector.into()]).await.unwrap();
        found.convert().unwrap()
    }

    /// Presses a button of the open dialog, and waits until it has closed.
    pub async fn press_in_dialog(&self, text: &str) {
        self.press_and_stay(text).await;
        until("the dialog closes", async || {
            self.driver.find(By::Css("dialog[open]")).await.is_err()
        })
        .await;
    }

    /// Presses a button of the open dialog, which stays open.
    pub async fn press_and_stay(&self, text: &str) {
        let path = format!("//dialog[@open]//button[normalize-space(.) = {}]", quoted(text));
        self.find(By::XPath(path)).await.click().await.unwrap();
    }

    /// Presses the button or follows the link with a text.
    pub async fn press(&self, text: &str) {
        let text = quoted(text);
        let path = format!(
            "//*[(self::button or self::a or self::summary) and normalize-space(.) = {text} and not(@disabled)]"
        );
        let start = Instant::now();
        loop {
            for element in self.driver.find_all(By::XPath(path.clone())).await.unwrap() {
                if element.is_displayed().await.unwrap_or(false) && element.click().await.is_ok() {
                    return;
                }
            }
            assert!(
                start.elapsed() < PATIENCE,
                "no {text} to press on {}\n{}",
                self.address().await,
                self.text().await
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until the page says something.
    pub async fn sees(&self, text: &str) {
        let start = Instant::now();
        while !self.text().await.contains(text) {
            assert!(
                start.elapsed() < PATIENCE,
                "{text:?} does not come on {}; there is\n{}",
                self.address().await,
                self.text().await
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub async fn text(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    pub async fn title(&self) -> String {
        self.driver.title().await.unwrap()
    }

    pub async fn address(&self) -> String {
        self.driver
            .current_url()
            .await
            .map(|url| url.to_string())
            .unwrap_or_default()
    }

    /// Takes pictures of what is shown: phone and desk, light and dark.
    pub async fn shoot(&self, name: &str) {
        let folder = shots();
        for (theme, width) in [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)] {
            self.dress(theme, width).await;
            let device = if width < 500 { "phone" } else { "desk" };
            let path = folder.join(format!("{name}-{device}-{theme}.png"));
            self.driver.screenshot(&path).await.unwrap();
        }
        self.dress("light", 1280).await;
    }

    /// Shows so many CSS pixels side by side, each so many of the screen's: a small window, or a page that is zoomed.
    pub async fn zoom(&self, width: u32, factor: u32) {
        let size = serde_json::json!({ "width": width, "height": 512, "deviceScaleFactor": factor, "mobile": false });
        let tools = self.driver.cdp();
        tools
            .send_raw("Emulation.setDeviceMetricsOverride", size)
            .await
            .unwrap();
    }

    /// Sets the colour scheme and the width, as a device would.
    pub async fn dress(&self, theme: &str, width: u32) {
        let features = serde_json::json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        let tools = self.driver.cdp();
        tools.send_raw("Emulation.setEmulatedMedia", features).await.unwrap();
        let height = if width < 500 { 844 } else { 900 };
        let size =
            serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        tools
            .send_raw("Emulation.setDeviceMetricsOverride", size)
            .await
            .unwrap();
    }

    pub async fn quit(self) {
        let Self {
            driver,
            mut chromedriver,
            _profile,
        } = self;
        let _ = driver.quit().await;
        let _ = chromedriver.kill();
        let _ = chromedriver.wait();
    }
}

/// Where pictures and printed pages are put to be looked at.
pub fn shots() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("browser/shots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A text as XPath writes it.
fn quoted(text: &str) -> String {
    if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}
