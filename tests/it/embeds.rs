//! What other sites show of a page: the widget, oEmbed, the picture of a preview, the badge of an uptime.

use harness::{TestApp, Told, hours};
use reqwest::Method;
use serde_json::Value;
use shared::component::ComponentStatus;
use shared::incident::{Incident, NewIncident};

use super::uptime::{a_bad_morning, set};

async fn file(app: &TestApp, address: &str) -> (u16, String, String) {
    let answer = app.visitor().request(Method::GET, address).send().await.unwrap();
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let kind = header("content-type").unwrap_or_default();
    let policy = header("content-security-policy").unwrap_or_default();
    (answer.status().as_u16(), kind, policy)
}

async fn json(app: &TestApp, address: &str) -> Value {
    let answer = app.visitor().request(Method::GET, address).send().await.unwrap();
    assert!(answer.status().is_success(), "{address}: {}", answer.status());
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    harness::client::value(answer).await
}

async fn open(app: &TestApp, title: &str) -> Incident {
    let input = NewIncident::investigating(title);
    app.admin().await.api().create_incident(&input).await.told().unwrap()
}

#[tokio::test]
async fn a_widget_says_how_things_are_and_sets_no_cookie() {
    let app = TestApp::start().await;
    let api = app.seed().component("API").await;
    assert_eq!(
        json(&app, "/widget.json").await["sentence"],
        "All systems are operational"
    );
    set(&app, &api, ComponentStatus::MajorOutage).await;
    open(&app, "<b>Down</b>").await;
    let told = json(&app, "/widget.json?lang=de").await;
    assert_eq!(told["status"], "major_outage");
    assert!(
        told["incidents"][0]["url"].as_str().unwrap().contains("/incidents/"),
        "{told}"
    );

    let answer = app.visitor().request(Method::GET, "/widget").send().await.unwrap();
    assert!(answer.headers().get("set-cookie").is_none());
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("frame-ancestors *") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    let html = answer.text().await.unwrap();
    assert!(
        html.contains("&lt;b&gt;Down") && html.contains("data-status=\"major_outage\""),
        "{html}"
    );
    // Of nothing else a frame may be made, whatever was asked before.
    for _ in 0..2 {
        let (_, _, policy) = file(&app, "/widget").await;
        assert!(policy.contains("frame-ancestors *"), "{policy}");
        let (_, _, policy) = file(&app, "/").await;
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
    let (status, kind, _) = file(&app, "/widget.js").await;
    assert_eq!((status, kind.as_str()), (200, "text/javascript; charset=utf-8"));
}

#[tokio::test]
async fn an_address_can_be_embedded_and_a_foreign_one_cannot() {
    let app = TestApp::start().await;
    let incident = open(&app, "Slow API").await;
    let (_, html) = app.visitor().page("/").await;
    assert!(html.contains("application/json+oembed"), "{html}");
    let own: Value = json(&app, "/widget.json").await;
    let base = own["url"].as_str().unwrap().trim_end_matches('/').to_owned();
    let told = json(
        &app,
        &format!("/oembed?url={base}/incidents/{}&maxwidth=200", incident.code),
    )
    .await;
    assert_eq!(
        (told["version"].as_str(), told["type"].as_str(), told["title"].as_str()),
        (Some("1.0"), Some("rich"), Some("Slow API"))
    );
    assert_eq!(told["width"], 200);
    assert!(
        told["html"]
            .as_str()
            .unwrap()
            .contains(&format!("<iframe src=\"{base}/widget\"")),
        "{told}"
    );
    for (address, status) in [
        ("/oembed?url=https://elsewhere.example/", 404),
        ("/oembed?url=nonsense", 404),
        ("/oembed", 404),
        ("/oembed?url=x&format=xml", 501),
    ] {
        assert_eq!(file(&app, address).await.0, status, "{address}");
    }
}

#[tokio::test]
async fn previews_get_a_picture() {
    let app = TestApp::start().await;
    let incident = open(&app, "Größere Störung & <more>").await;
    for address in ["/og.png", &format!("/incidents/{}/og.png", incident.code)] {
        let answer = app.visitor().request(Method::GET, address).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "image/png");
        let bytes = answer.bytes().await.unwrap();
        // The first chunk says how large it is.
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(
            (&bytes[16..20], &bytes[20..24]),
            (&1_200_u32.to_be_bytes()[..], &630_u32.to_be_bytes()[..])
        );
    }
    assert_eq!(file(&app, "/incidents/nope/og.png").await.0, 404);
    let (_, html) = app.visitor().page(&format!("/incidents/{}", incident.code)).await;
    assert!(
        html.contains(&format!("/incidents/{}/og.png\"", incident.code)) && html.contains("summary_large_image"),
        "{html}"
    );
}

#[tokio::test]
async fn a_badge_says_the_uptime_that_the_page_says() {
    let app = TestApp::start().await;
    let api = app.seed().component("API").await;
    assert_eq!(
        json(&app, "/components/api/uptime.json").await["message"],
        "Uptime is not measured yet"
    );
    a_bad_morning(&app, &api).await;
    app.clock.advance(hours(1));
    let app = app.second_node().await;
    for address in ["/components/api/uptime.json", "/uptime.json"] {
        let told = json(&app, address).await;
        assert_eq!(
            (told["schemaVersion"].as_i64(), told["message"].as_str()),
            (Some(1), Some("83.33%")),
            "{address}"
        );
    }
    let (_, svg) = app.visitor().page("/components/api/uptime.svg?style=plastic").await;
    assert!(
        svg.contains("<title>API: 83.33%</title>") || svg.contains("API: 83.33%"),
        "{svg}"
    );
    assert_eq!(file(&app, "/components/nope/uptime.svg").await.0, 404);
}
