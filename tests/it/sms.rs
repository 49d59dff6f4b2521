//! Text messages through a real Kannel, to phones that write down what they get.

use harness::kannel::Kannel;
use server::config::{Config, Secret, SmsProvider};
use server::notify::channel::{self, Channels, Note};
use server::notify::{Content, Letter, SendError};
use shared::Timestamp;
use shared::channel::{Channel, WebhookFormat};
use shared::status_page::PublicPage;

const PHONE: &str = "+4915112345678";

fn through(url: &str) -> Channels {
    let mut config = Config::defaults().unwrap();
    config.sms.provider = SmsProvider::Gateway;
    config.sms.from = "Example".into();
    config.sms.gateway.url = Secret::new(url);
    Channels::new(&config).unwrap()
}

/// A letter of a page with that name.
fn letter(page: &str, locale: &str, content: Content) -> Letter {
    let page = PublicPage {
        id: "p".into(),
        name: page.into(),
        description: None,
        website_url: None,
        url: "https://status.example.org".into(),
        locale: locale.into(),
        time_zone: "Europe/Berlin".into(),
        accent: "#0f766e".into(),
    };
    Letter {
        locale: locale.into(),
        page,
        token: None,
        content,
    }
}

async fn send(channels: &Channels, letter: &Letter) -> Result<String, SendError> {
    let note = Note {
        letter,
        target: PHONE,
        secret: None,
        format: WebhookFormat::Signet,
        delivery: "delivery-7",
        thread: None,
        overall: None,
        now: Timestamp::from_millis(0),
    };
    channel::send(channels, Channel::Sms, &note)
        .await
        .map(|receipt| receipt.said)
}

/// Umlauts stay in the alphabet of phones, other scripts arrive as they are, and what we count as two parts is two.
#[tokio::test]
async fn a_phone_gets_what_was_written() {
    let kannel = Kannel::start().await;
    let channels = through(&kannel.url());
    let code = Content::Confirm {
        code: Some("123456".into()),
    };
    let said = send(&channels, &letter("Größe & Co", "de", code)).await.unwrap();
    assert!(said.contains("Accepted for delivery"), "{said}");
    let test = Content::Test {
        at: Timestamp::from_millis(0),
    };
    send(&channels, &letter("Статус", "en", test)).await.unwrap();

    let parts = kannel.parts(3).await;
    assert_eq!(
        parts[0],
        format!(
            "Example {PHONE} text 123456 ist Ihr Code, um Nachrichten von Größe & Co zu bestätigen. \
             Falls Sie keine wollten, ist nichts zu tun."
        )
    );
    // Each of the two says that it is one of two.
    assert!(
        parts[1].contains(" udh %05%00%03") && parts[1].contains("%02%01 "),
        "{parts:?}"
    );
    assert!(parts[2].contains("%02%02 "), "{parts:?}");
    assert_eq!(parts.len(), 3);
}

/// Our password at the gateway is wrong: nobody is lost over that, and it is not told.
#[tokio::test]
async fn a_wrong_password_at_the_gateway_is_put_right_some_day() {
    let kannel = Kannel::start().await;
    let channels = through(&kannel.url().replace("kannel-secret", "other-secret"));
    let test = Content::Test {
        at: Timestamp::from_millis(0),
    };
    let refusal = send(&channels, &letter("Status", "en", test)).await.unwrap_err();
    assert!(
        matches!(&refusal, SendError::Later { reason, .. } if reason.contains("Authorization failed")),
        "{refusal:?}"
    );
    assert!(!refusal.to_string().contains("other-secret"));
}
