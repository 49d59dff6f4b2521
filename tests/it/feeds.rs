//! What programs read of a page: feeds, the calendar of maintenance, badges, and the words in the document's head.

use std::process::{Command, Stdio};

use harness::{Client, TestApp, Told, hours, minutes};
use serde_json::Value;
use shared::component::{Component, ComponentStatus};
use shared::incident::{IncidentPatch, IncidentStatus, NewIncident, NewIncidentUpdate, Visibility};
use shared::maintenance::{CancelMaintenance, Maintenance, NewMaintenance};

const FORMATS: [(&str, &str); 3] = [
    ("atom", "application/atom+xml; charset=utf-8"),
    ("rss", "application/rss+xml; charset=utf-8"),
    ("json", "application/feed+json; charset=utf-8"),
];

harness::on_every_database! {
    /// A feed reader shows an entry again when there is news of it: by its date, or in RSS by its guid.
    async fn an_update_makes_the_entry_new_again(app: TestApp) {
        let api = app.seed().component("API").await;
        let (admin, visitor) = (app.admin().await, app.visitor());
        let input = NewIncident::investigating("Slow <API>").affecting(api.id, ComponentStatus::PartialOutage).saying("**Slow** <script>x</script> ]]> since noon");
        let incident = admin.api().create_incident(&input).await.told().unwrap();
        let before = Entries::read(&visitor, "").await;
        app.clock.advance(minutes(10));
        let update = NewIncidentUpdate::new(IncidentStatus::Identified, "A full disk");
        admin.api().create_incident_update(incident.id.0, &update).await.told().unwrap();

        for path in ["", "/components/api"] {
            let after = Entries::read(&visitor, path).await;
            assert_eq!(before.atom_id, after.atom_id, "an id of Atom stays");
            assert!(before.atom_updated < after.atom_updated);
            assert_ne!(before.guid, after.guid, "RSS has nothing but the guid to tell readers by");
            assert_eq!(before.json["id"], after.json["id"]);
            assert!(before.json["date_modified"].as_str() < after.json["date_modified"].as_str());
            assert_eq!(after.json["title"], "Identified: Slow <API>");
            for html in [&after.atom_html, &after.rss_html, after.json["content_html"].as_str().unwrap()] {
                assert!(html.contains("<strong>Slow</strong>") && html.contains("A full disk") && html.contains("]]&gt;"), "{html}");
                assert!(html.contains("API (Partial outage)") && !html.contains("<script"), "{html}");
            }
        }
        let (_, text) = visitor.page(&format!("/incidents/{}/feed.json", incident.code)).await;
        let timeline: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(timeline["items"].as_array().unwrap().len(), 2, "an entry for each update: {timeline}");
        assert_eq!(timeline["items"][0]["summary"], "A full disk");
    }

    /// What visitors may not see on the page is in no feed either.
    async fn what_is_not_public_is_in_no_feed(app: TestApp) {
        let (api, secret) = (app.seed().component("API").await, app.seed().component("Billing").await);
        let admin = app.admin().await;
        hide(&admin, &secret).await;
        let on = |title: &str| NewIncident::investigating(title).affecting(api.id, ComponentStatus::PartialOutage);
        let draft = NewIncident { is_draft: Some(true), ..on("A draft") };
        let drafted = admin.api().create_incident(&draft).await.told().unwrap();
        let seen = on("Seen").affecting(secret.id, ComponentStatus::MajorOutage);
        admin.api().create_incident(&seen).await.told().unwrap();
        let hidden = admin.api().create_incident(&on("Hidden away")).await.told().unwrap();
        let patch = IncidentPatch { visibility: Some(Visibility::Hidden), ..IncidentPatch::nothing() };
        admin.patch::<Value>(&format!("/incidents/{}", hidden.id), &patch).await.unwrap();

        for (format, _) in FORMATS {
            for path in ["", "/components/api"] {
                let (status, text) = app.visitor().page(&format!("{path}/feed.{format}")).await;
                assert_eq!(status, 200);
                assert!(text.contains("Seen"), "{text}");
                for word in ["A draft", "Hidden away", "Billing"] {
                    assert!(!text.contains(word), "{path} {format} tells of {word}");
                }
            }
            for code in [&hidden.code, &drafted.code] {
                assert_eq!(app.visitor().page(&format!("/incidents/{code}/feed.{format}")).await.0, 404);
            }
        }
        for file in ["feed.atom", "badge.svg", "badge.json"] {
            let (status, html) = app.visitor().page(&format!("/components/billing/{file}")).await;
            assert_eq!(status, 404);
            assert!(html.contains("There is nothing at this address"), "the page's own 404");
        }
    }

    /// Calendars take a cancelled event out only if they are told that it is cancelled, and in a later revision.
    async fn a_cancelled_maintenance_is_cancelled_in_calendars(app: TestApp) {
        let api = app.seed().component("API").await;
        let planned = plan(&app, &api, "New disks, faster; really").await;
        let before = Event::read(&app.visitor(), "/maintenance.ics").await;
        assert_eq!(before.of("STATUS"), "CONFIRMED");
        assert_eq!(before.of("SEQUENCE"), "0");
        assert_eq!(before.of("DTSTART"), "20261124T140000Z");
        assert_eq!(before.of("DTEND"), "20261124T160000Z");
        assert_eq!(before.of("SUMMARY"), r"New disks\, faster\; really");
        assert_eq!(before.of("UID"), format!("{}@127.0.0.1", planned.code));

        app.clock.advance(minutes(1));
        cancel(&app, &planned).await;
        for path in ["/maintenance.ics".to_owned(), format!("/maintenance/{}.ics", planned.code)] {
            let after = Event::read(&app.visitor(), &path).await;
            assert_eq!(after.of("STATUS"), "CANCELLED", "{path}");
            assert_eq!(after.of("SEQUENCE"), "600");
            assert_eq!(after.of("UID"), before.of("UID"));
            assert_eq!(after.of("LAST-MODIFIED"), "20261124T100100Z");
        }
        app.clock.advance(harness::days(91));
        app.cx.cache.changed(planned.page_id, i64::MAX);
        let (_, text) = app.visitor().page("/maintenance.ics").await;
        assert!(!text.contains("VEVENT"), "what is long over is left out: {text}");
    }
}

/// Feeds, calendars and badges are not sent twice, say what they are, and are kept no longer than the page.
#[tokio::test]
async fn who_has_it_already_gets_nothing() {
    let app = TestApp::start().await;
    app.seed().component("API").await;
    let mut files = vec![
        ("/maintenance.ics".to_owned(), "text/calendar; charset=utf-8"),
        ("/badge.svg".into(), "image/svg+xml; charset=utf-8"),
        ("/components/api/badge.json".into(), "application/json; charset=utf-8"),
    ];
    files.extend(FORMATS.map(|(format, kind)| (format!("/feed.{format}"), kind)));
    for (path, kind) in files {
        let get = |etag: &str| {
            let request = app.visitor().request(reqwest::Method::GET, &path);
            request.header("if-none-match", etag).send()
        };
        let first = get("none").await.unwrap();
        assert_eq!(
            (first.status().as_u16(), &first.headers()["content-type"]),
            (200, &kind.parse().unwrap())
        );
        assert!(
            first.headers()["cache-control"]
                .to_str()
                .unwrap()
                .starts_with("public, max-age=10,")
        );
        let etag = first.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(get(&etag).await.unwrap().status(), 304, "{path}");
    }
    for nowhere in [
        "/feed.xml",
        "/components/nope/feed.rss",
        "/components/nope/badge.svg",
        "/incidents/nope/feed.atom",
        "/maintenance/nope.ics",
    ] {
        assert_eq!(app.visitor().page(nowhere).await.0, 404, "{nowhere}");
    }
}

/// A badge says in one word how things are, in the language that is asked for, whatever the label.
#[tokio::test]
async fn a_badge_says_the_right_word() {
    let app = TestApp::start().await;
    let (api, _) = (app.seed().component("API").await, app.seed().component("Website").await);
    let visitor = app.visitor();
    assert_eq!(
        words(&visitor, "/badge.svg?label=Acme").await,
        ["Acme: Operational", "Acme", "Operational"]
    );

    let input = NewIncident::investigating("Slow").affecting(api.id, ComponentStatus::MajorOutage);
    app.admin().await.api().create_incident(&input).await.told().unwrap();
    for style in ["flat", "flat-square", "plastic"] {
        let said = words(&visitor, &format!("/components/api/badge.svg?style={style}")).await;
        assert_eq!(said, ["API: Major outage", "API", "Major outage"], "{style}");
    }
    assert_eq!(words(&visitor, "/components/website/badge.svg").await[2], "Operational");
    assert_eq!(words(&visitor, "/badge.svg?lang=de").await[2], "Ausfall");
    let markup = "/badge.svg?label=%3Csvg%20onload%3D%22alert(1)%22%3E%26'";
    assert_eq!(words(&visitor, markup).await[1], "<svg onload=\"alert(1)\">&'");

    let (_, shield) = visitor.page("/components/api/badge.json").await;
    let shield: Value = serde_json::from_str(&shield).unwrap();
    let expected =
        serde_json::json!({ "schemaVersion": 1, "label": "API", "message": "Major outage", "color": "#b91c1c" });
    assert_eq!(shield, expected);
}

/// What a badge cannot be is told as a problem.
#[tokio::test]
async fn a_wrong_badge_is_told_what_a_right_one_looks_like() {
    let app = TestApp::start().await;
    let long = format!("/badge.svg?label={}", "x".repeat(41));
    for (path, found, expected) in [
        (
            "/badge.svg?style=round",
            "\\\"round\\\"",
            "expected flat, flat-square or plastic",
        ),
        (long.as_str(), "has 41 characters", "at most 40"),
        ("/badge.json?label=a%0Ab", "control characters", "one line"),
    ] {
        let (status, problem) = app.visitor().page(path).await;
        assert_eq!(status, 400, "{path}");
        assert!(problem.contains(found) && problem.contains(expected), "{problem}");
    }
}

/// Readers find the feeds from the page, and previews of a link say how things are.
#[tokio::test]
async fn the_head_leads_to_the_feeds_and_says_the_state() {
    let app = TestApp::start().await;
    let api = app.seed().component("API").await;
    plan(&app, &api, "New disks").await;
    let input = NewIncident::investigating("Slow").affecting(api.id, ComponentStatus::PartialOutage);
    app.admin().await.api().create_incident(&input).await.told().unwrap();
    let (_, html) = app.visitor().page("/").await;
    for tag in [
        r#"<link rel="alternate" type="application/atom+xml" title="Status" href="/feed.atom">"#,
        r#"<link rel="alternate" type="application/rss+xml" title="Status" href="/feed.rss">"#,
        r#"<link rel="alternate" type="application/feed+json" title="Status" href="/feed.json">"#,
        r#"<meta property="og:title" content="Partial outage · Status">"#,
        r#"<meta property="og:site_name" content="Status">"#,
        r#"<meta name="twitter:card" content="summary_large_image">"#,
        r#"<meta property="og:url""#,
        r#"<meta property="og:description""#,
        ">Add to calendar</a>",
        "href=\"/maintenance.ics\"",
    ] {
        assert!(html.contains(tag), "{tag} is missing: {html}");
    }
}

/// Readers that we did not write understand what we write.
#[tokio::test]
async fn real_readers_understand_feeds_and_calendars() {
    let app = TestApp::start().await;
    let api = app.seed().component("API").await;
    plan(&app, &api, "New disks").await;
    let input = NewIncident::investigating("Slow & <bad>")
        .affecting(api.id, ComponentStatus::PartialOutage)
        .saying("See [here](https://example.org/?a=1&b=2) \u{ffff} ü");
    app.clock.advance(minutes(5));
    app.admin().await.api().create_incident(&input).await.told().unwrap();

    let [atom, rss] = [
        feedparser(&app, "/feed.atom").await,
        feedparser(&app, "/feed.rss").await,
    ];
    assert_eq!((&atom["version"], &rss["version"]), (&"atom10".into(), &"rss20".into()));
    for read in [&atom, &rss] {
        assert_eq!(read["bozo"], false, "{read}");
        assert_eq!(read["entries"][0]["title"], "Investigating: Slow & <bad>");
        assert_eq!(read["entries"][1]["title"], "Scheduled: New disks");
        let html = read["entries"][0]["html"].as_str().unwrap();
        assert!(
            html.contains("href=\"https://example.org/?a=1&amp;b=2\"") && html.contains('ü'),
            "{html}"
        );
    }
    let calendar = python(ICALENDAR, &app.visitor().page("/maintenance.ics").await.1);
    let expected = serde_json::json!([{
        "method": "PUBLISH", "name": "Status", "zone": "UTC", "summary": "New disks", "sequence": 0,
        "start": "2026-11-24T14:00:00+00:00", "end": "2026-11-24T16:00:00+00:00",
    }]);
    assert_eq!(calendar, expected);
}

const FEEDPARSER: &str = r#"
import sys, json, feedparser
read = feedparser.parse(sys.stdin.buffer.read())
entries = [{"id": e.id, "title": e.title, "html": e.content[0].value} for e in read.entries]
print(json.dumps({"version": read.version, "bozo": bool(read.bozo), "entries": entries}))
"#;

const ICALENDAR: &str = r#"
import sys, json, icalendar
calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
for event in calendar.walk("VEVENT"):
    assert not event.errors and event["DTSTAMP"] and event["UID"], event
print(json.dumps([{
    "method": calendar["METHOD"], "name": calendar["X-WR-CALNAME"], "zone": calendar["X-WR-TIMEZONE"],
    "summary": event["SUMMARY"], "sequence": event["SEQUENCE"],
    "start": event["DTSTART"].dt.isoformat(), "end": event["DTEND"].dt.isoformat(),
} for event in calendar.walk("VEVENT")]))
"#;

async fn feedparser(app: &TestApp, path: &str) -> Value {
    python(FEEDPARSER, &app.visitor().page(path).await.1)
}

/// What a Python program prints that is given a text.
fn python(program: &str, text: &str) -> Value {
    use std::io::Write;
    let python = std::env::var_os("SIGNET_TEST_PYTHON")
        .expect("SIGNET_TEST_PYTHON names a Python with feedparser and icalendar");
    let mut child = Command::new(&python)
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; scripts/toolchain.sh --test installs it", python.display()));
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The newest entry, as each format says it.
struct Entries {
    atom_id: String,
    atom_updated: String,
    atom_html: String,
    guid: String,
    rss_html: String,
    json: Value,
}

impl Entries {
    async fn read(visitor: &Client, path: &str) -> Self {
        let feed = async |format: &str| visitor.page(&format!("{path}/feed.{format}")).await.1;
        let (atom, rss, json) = (feed("atom").await, feed("rss").await, feed("json").await);
        let atom = roxmltree::Document::parse(&atom).unwrap();
        let rss = roxmltree::Document::parse(&rss).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        let guid = rss.descendants().find(|node| node.has_tag_name("guid")).unwrap();
        assert_eq!(guid.attribute("isPermaLink"), Some("false"));
        Self {
            atom_id: inside(&atom, "entry", "id"),
            atom_updated: inside(&atom, "entry", "updated"),
            atom_html: inside(&atom, "entry", "content"),
            guid: guid.text().unwrap().to_owned(),
            rss_html: inside(&rss, "item", "encoded"),
            json: json["items"][0].clone(),
        }
    }
}

/// The text of an element inside the first of others.
fn inside(document: &roxmltree::Document<'_>, outer: &str, name: &str) -> String {
    let outer = document
        .descendants()
        .find(|node| node.tag_name().name() == outer)
        .unwrap();
    let inner = outer.children().find(|node| node.tag_name().name() == name).unwrap();
    inner.text().unwrap().to_owned()
}

/// The lines of the only event in a calendar, unfolded.
struct Event(Vec<String>);

impl Event {
    async fn read(visitor: &Client, path: &str) -> Self {
        let (status, text) = visitor.page(path).await;
        assert_eq!(status, 200, "{path}");
        let unfolded = text.replace("\r\n ", "");
        assert_eq!(unfolded.matches("BEGIN:VEVENT").count(), 1, "{text}");
        Self(unfolded.split("\r\n").map(str::to_owned).collect())
    }

    fn of(&self, name: &str) -> &str {
        let found = self
            .0
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        found.unwrap_or_else(|| panic!("no {name} in {:?}", self.0))
    }
}

/// The title of a badge and the texts in it.
async fn words(visitor: &Client, path: &str) -> Vec<String> {
    let (status, svg) = visitor.page(path).await;
    assert_eq!(status, 200, "{path}");
    let document = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    assert_eq!(document.root_element().attribute("role"), Some("img"));
    let texts = document
        .descendants()
        .filter(|node| ["title", "text"].contains(&node.tag_name().name()));
    texts.map(|node| node.text().unwrap().trim().to_owned()).collect()
}

/// Work on a component from two o'clock to four.
async fn plan(app: &TestApp, component: &Component, title: &str) -> Maintenance {
    let now = app.clock.now();
    let input = NewMaintenance {
        message: "We *replace* disks.".into(),
        ..NewMaintenance::between(title, now + hours(4), now + hours(6)).on(component.id)
    };
    let cx = app.cx.as_system("test");
    server::domain::maintenance::schedule(&cx, input).await.unwrap()
}

async fn cancel(app: &TestApp, planned: &Maintenance) {
    let input = CancelMaintenance {
        message: None,
        whole_series: None,
        notify: Some(false),
    };
    let cx = app.cx.as_system("test");
    server::domain::maintenance::cancel(&cx, planned.id, input)
        .await
        .unwrap();
}

async fn hide(admin: &Client, component: &Component) {
    let patch = serde_json::json!({ "is_public": false });
    admin
        .patch::<Component>(&format!("/components/{}", component.id), &patch)
        .await
        .unwrap();
}
