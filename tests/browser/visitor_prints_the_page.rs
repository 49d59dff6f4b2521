//! Paper: what a visitor prints says all that the screen says, and nothing that only a screen can do.

use std::path::Path;
use std::process::Command;

use thirtyfour::common::print::PrintParameters;
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::product::Product;

#[tokio::test]
async fn the_page_can_be_printed() {
    let product = Product::start(&["--demo"]).await;
    let browser = Browser::start().await;
    browser.open(&product.url).await;
    let sentence = browser.find(By::Css("main h1")).await.text().await.unwrap();
    // Also what stands in folded groups, which nobody can unfold on paper.
    let names = browser.first_words(".tree .row > .row-name").await;
    let figures = browser.first_words(".tree .uptime-figure").await;
    assert!(names.len() > 5 && figures.len() >= names.len(), "{names:?} {figures:?}");
    // A screen in the dark gives dark words on white all the same.
    browser.dress("dark", 1280).await;

    let front = print(&browser, "front").await;
    assert!(front.pages >= 1, "no page was printed");
    front.says(&sentence);
    front.says("Upcoming maintenance");
    for part in names.iter().chain(&figures) {
        front.says(part);
    }
    for control in ["Subscribe", "Add to calendar", "Deutsch", "RSS"] {
        front.is_silent_on(control);
    }

    for (link, words) in [
        ("/incidents/", &["Investigating", "API"][..]),
        (
            "/components/",
            &["What the figure is made from", "Counts as down", "left out"],
        ),
        ("/maintenance/", &["Database upgrade", "Scheduled"]),
        ("/history", &["History"]),
    ] {
        browser.open(&product.url).await;
        let address = browser.find(By::Css(format!("main a[href^='{link}']"))).await;
        let address = address.prop("href").await.unwrap().unwrap();
        browser.open(&address).await;
        let title = browser.find(By::Css("main h1")).await.text().await.unwrap();
        let paper = print(&browser, link.trim_matches('/')).await;
        paper.says(&title);
        words.iter().for_each(|word| paper.says(word));
        paper.is_silent_on("Subscribe");
    }
    browser.quit().await;
}

/// What came out of the printer.
struct Paper {
    pages: u32,
    text: String,
}

impl Paper {
    #[track_caller]
    fn says(&self, words: &str) {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(self.text.contains(&words), "{words:?} is not in\n{}", self.text);
    }

    #[track_caller]
    fn is_silent_on(&self, words: &str) {
        assert!(!self.text.contains(words), "{words:?} is in\n{}", self.text);
    }
}

/// Prints as the browser's own menu does, without backgrounds, and reads it with the tools that people have.
async fn print(browser: &Browser, name: &str) -> Paper {
    let pdf = browser.driver.print_page(PrintParameters::default()).await.unwrap();
    let path = crate::browser::shots().join(format!("print-{name}.pdf"));
    std::fs::write(&path, pdf).unwrap();
    let info = run("pdfinfo", &path, &[]);
    let pages = info
        .lines()
        .find_map(|line| line.strip_prefix("Pages:")?.trim().parse().ok());
    let text = run("pdftotext", &path, &["-"]);
    Paper {
        pages: pages.unwrap_or(0),
        text: text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

fn run(program: &str, path: &Path, rest: &[&str]) -> String {
    let output = Command::new(program).arg(path).args(rest).output();
    let output = output.unwrap_or_else(|error| panic!("{program} (Debian: apt-get install poppler-utils): {error}"));
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
