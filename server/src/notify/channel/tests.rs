//! A receiver on this machine, and what all channels have in common when they meet it.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::SmsProvider;
use crate::notify::message::tests::{all, letter, news};
use crate::notify::{Content, Letter};
use crate::outbound::header::HeaderMap;

/// What a receiver answers.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: String::new(),
            body: body.into(),
        }
    }

    pub fn with(mut self, header: &str) -> Self {
        self.headers.push_str(&format!("{header}\r\n"));
        self
    }
}

/// What a receiver was asked.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Listens on this machine and answers one after the other; the last answer stays.
pub struct Receiver {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Receiver {
    pub async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut answers: Vec<Answer> = answers.into_iter().collect();
        answers.reverse();
        let list = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let answer = match answers.len() {
                    1 => answers[0].clone(),
                    _ => answers.pop().unwrap(),
                };
                let request = converse(socket, &answer).await;
                list.lock().unwrap().push(request);
            }
        });
        Self { url, heard }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

/// Notes the request before the answer is whole, so that whoever has the answer finds it noted: the last byte comes last.
async fn converse(socket: TcpStream, answer: &Answer) -> Heard {
    let mut socket = BufReader::new(socket);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await.unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut first = lines[0].split(' ');
    let (method, path) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
    let mut headers = HeaderMap::new();
    for line in &lines[1..] {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(
            crate::outbound::header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            value.parse().unwrap(),
        );
    }
    let length = headers
        .get("content-length")
        .map_or(0, |value| value.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.unwrap();
    let Answer {
        status,
        headers: more,
        body: said,
    } = answer;
    let answer = format!(
        "HTTP/1.1 {status} X\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n{said}",
        said.len()
    );
    tokio::spawn(async move {
        // The request is on the list before this runs: tests run on one thread.
        socket.write_all(answer.as_bytes()).await.unwrap();
    });
    Heard {
        method,
        path,
        headers,
        body: String::from_utf8(body).unwrap(),
    }
}

/// All services are where the receiver is.
pub fn channels(receiver: &Receiver) -> Channels {
    with(&receiver.url, |_| {})
}

pub fn with(url: &str, change: impl FnOnce(&mut Config)) -> Channels {
    let mut config = Config::defaults().unwrap();
    config.outbound.allow_private = true;
    config.outbound.timeout_s = 5;
    config.slack.api_url = format!("{url}/api");
    config.slack.hooks_url = url.into();
    config.slack.bot_token = Secret::new("xoxb-our-secret");
    config.teams.hooks_url = url.into();
    config.discord.hooks_url = url.into();
    config.telegram.api_url = url.into();
    config.telegram.bot_token = Secret::new("4711:our-secret");
    config.matrix.homeserver_url = url.into();
    config.matrix.access_token = Secret::new("syt_our_secret");
    config.ntfy.server_url = url.into();
    config.ntfy.access_token = Secret::new("tk_our_secret");
    config.pagerduty.events_url = url.into();
    config.opsgenie.api_url = url.into();
    config.sms.provider = SmsProvider::Twilio;
    config.sms.from = "+15017122661".into();
    config.sms.twilio.account_sid = "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX".into();
    config.sms.twilio.auth_token = Secret::new("our-secret-token");
    config.sms.twilio.api_url = url.into();
    config.sms.vonage.api_key = Secret::new("abcd1234");
    config.sms.vonage.api_secret = Secret::new("our-vonage-secret");
    config.sms.vonage.api_url = url.into();
    change(&mut config);
    Channels::new(&config).unwrap()
}

pub fn note<'a>(letter: &'a Letter, target: &'a str) -> Note<'a> {
    Note {
        letter,
        target,
        secret: None,
        format: WebhookFormat::Signet,
        delivery: "delivery-7",
        thread: None,
        overall: None,
        now: Timestamp::parse("2026-11-24T03:00:05Z").unwrap(),
    }
}

/// An address of each channel that leads to `url`.
pub fn target(channel: Channel, url: &str) -> String {
    match channel {
        Channel::Email => "ana@example.org".into(),
        Channel::Sms => "+15558675310".into(),
        Channel::Webhook => format!("{url}/hooks/secret-path?key=secret-key"),
        Channel::Slack => "https://hooks.slack.com/services/T0000000/B0000000/XXXXXXXXXXXX".into(),
        Channel::Teams => "https://example.logic.azure.com:443/workflows/secret-path/triggers?sig=secret-sig".into(),
        Channel::Discord => "https://discord.com/api/webhooks/12345678/secret-token-of-discord".into(),
        Channel::Telegram => "-1001234567890".into(),
        Channel::Matrix => "!secretroom:example.org".into(),
        Channel::Mattermost => format!("{url}/hooks/secret-hook-key"),
        Channel::Ntfy => format!("{url}/secret-topic"),
        Channel::Pagerduty => "0123456789abcdef0123456789abcdef".into(),
        Channel::Opsgenie => "12345678-90ab-cdef-1234-567890abcdef".into(),
    }
}

fn others() -> impl Iterator<Item = Channel> {
    Channel::ALL
        .iter()
        .copied()
        .filter(|channel| *channel != Channel::Email)
}

fn incident() -> Letter {
    letter(Content::IncidentOpened(news("Slow", "*Hm*")))
}

/// Sends the same to all and gives what came of it, by channel.
async fn each<F: Future<Output = Sent>>(send: impl Fn(Channel) -> F) -> Vec<(Channel, SendError)> {
    let mut outcomes = Vec::new();
    for channel in others() {
        outcomes.push((channel, send(channel).await.unwrap_err()));
    }
    outcomes
}

async fn send_to(answer: Answer, channel: Channel) -> Sent {
    let receiver = Receiver::new([answer]).await;
    let target = target(channel, &receiver.url);
    send(&channels(&receiver), channel, &note(&incident(), &target)).await
}

/// Whoever is busy is left alone as long as they say, by header or by body.
#[tokio::test]
async fn who_is_busy_is_asked_later() {
    for status in [429, 503] {
        let busy = Answer::new(status, "busy").with("retry-after: 7");
        for (channel, error) in each(|channel| send_to(busy.clone(), channel)).await {
            let after = Some(Duration::from_secs(7));
            assert!(
                matches!(&error, SendError::Later { after: found, .. } if *found == after),
                "{channel}: {error:?}"
            );
        }
    }
}

/// A slip of the pen does not put off a message for years.
#[tokio::test]
async fn nobody_puts_us_off_for_more_than_a_day() {
    let busy = Answer::new(503, "").with("retry-after: 999999999999");
    let error = send_to(busy, Channel::Webhook).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Later { after: Some(after), .. } if *after == days(1)),
        "{error:?}"
    );
}

/// What the receiver will never take is given up; what is our own fault is not.
#[tokio::test]
async fn who_refuses_for_good_is_not_asked_again() {
    for (channel, error) in each(|channel| send_to(Answer::new(400, "bad"), channel)).await {
        assert!(matches!(error, SendError::Never(_)), "{channel}: {error:?}");
    }
    for (channel, error) in each(|channel| send_to(Answer::new(401, "who are you?"), channel)).await {
        let is_our_key = matches!(
            channel,
            Channel::Telegram | Channel::Matrix | Channel::Ntfy | Channel::Sms
        );
        assert_eq!(
            matches!(error, SendError::Later { .. }),
            is_our_key,
            "{channel}: {error:?}"
        );
    }
}

/// Nobody is there, which is not the message's fault: others for the same host can be spared the try.
#[tokio::test]
async fn who_cannot_be_reached_is_told_apart() {
    let nobody = "http://127.0.0.1:1";
    let send = |channel: Channel| async move {
        let target = target(channel, nobody);
        send(&with(nobody, |_| {}), channel, &note(&incident(), &target)).await
    };
    for (channel, error) in each(send).await {
        assert!(matches!(error, SendError::Unreachable(_)), "{channel}: {error:?}");
    }
}

/// Addresses that people enter do not lead into our own network.
#[tokio::test]
async fn nobody_sends_us_into_our_own_network() {
    let inside = "http://127.0.0.1:1";
    let strict = with(inside, |config| {
        config.outbound.allow_private = false;
        config.ntfy.server_url = "https://ntfy.sh".into();
    });
    for channel in [Channel::Webhook, Channel::Mattermost, Channel::Ntfy] {
        let target = target(channel, inside);
        let error = send(&strict, channel, &note(&incident(), &target)).await.unwrap_err();
        assert!(
            matches!(&error, SendError::Never(reason) if reason.contains("private")),
            "{error:?}"
        );
    }
}

/// Whatever the other side says back: no address, token or secret is in what is kept of it.
#[tokio::test]
async fn answers_tell_no_secrets() {
    for status in [200, 400, 500] {
        for channel in others() {
            let receiver = Receiver::new([Answer::new(status, "")]).await;
            let target = target(channel, &receiver.url);
            let echo = format!(
                "{target} {} secret-token xoxb-our-secret 4711:our-secret syt_our_secret tk_our_secret our-secret-token",
                target.replace("http", "ws")
            );
            let receiver = Receiver::new([Answer::new(status, echo)]).await;
            let channels = channels(&receiver);
            let sent = send(&channels, channel, &note(&incident(), &target)).await;
            let text = sent.map_or_else(|error| error.to_string(), |receipt| receipt.said);
            for secret in [
                "our-secret",
                "our_secret",
                "secret-",
                "secretroom",
                "XXXXXXXXXXXX",
                "0123456789abcdef",
                "8675310",
            ] {
                assert!(!text.contains(secret), "{channel}: {text}");
            }
        }
    }
}

/// Every letter can be sent on every channel, in every language, however long it is.
#[tokio::test]
async fn every_letter_goes_every_way() {
    let answer = r#"{"ok":true,"ts":"1.2","result":{"message_id":7},"event_id":"$e","id":"1","sid":"SM1","messages":[{"status":"0"}]}"#;
    for channel in others() {
        let receiver = Receiver::new([Answer::new(200, answer)]).await;
        let channels = channels(&receiver);
        let target = target(channel, &receiver.url);
        for mut letter in all().into_iter().map(letter) {
            letter.locale = "de".into();
            let sent = send(&channels, channel, &note(&letter, &target)).await;
            assert!(sent.is_ok(), "{channel}: {sent:?}");
        }
    }
}

/// Without its settings a channel is not offered, and what was promised on it waits.
#[tokio::test]
async fn a_channel_without_its_settings_waits() {
    let config = Config::defaults().unwrap();
    let channels = Channels::new(&config).unwrap();
    for channel in [Channel::Sms, Channel::Telegram, Channel::Matrix] {
        assert!(!channels.offers(channel));
        let target = target(channel, "https://example.org");
        let error = send(&channels, channel, &note(&incident(), &target)).await.unwrap_err();
        assert!(matches!(error, SendError::Later { .. }), "{channel}: {error:?}");
    }
    assert!(channels.offers(Channel::Webhook) && !channels.has_slack_bot());
}
