//! Any gateway that speaks HTTP: an address and a body with gaps. Kannel's `sendsms` is one of them.

use anyhow::ensure;
use async_trait::async_trait;

use super::super::post::{Keys, Post, receipt, segment};
use super::super::{SendError, Sent};
use super::{Coding, SmsGateway, Text};
use crate::config::{self, GatewayMethod, Secret};
use crate::outbound::{Method, Outbound};

pub struct Gateway {
    outbound: Outbound,
    method: Method,
    url: Secret,
    kind: Kind,
    body: Secret,
    authorization: Secret,
}

/// How values are written into the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Form,
    Text,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "application/json" => Some(Self::Json),
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "text/plain" => Some(Self::Text),
            _ => None,
        }
    }

    const fn header(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    fn write(self, value: &str) -> String {
        match self {
            // Without the quotes, which stand in the template.
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Form => segment(value),
            Self::Text => value.to_owned(),
        }
    }
}

impl Gateway {
    pub fn new(config: &config::Gateway, outbound: Outbound) -> anyhow::Result<Self> {
        let url = config.url.or_file(&config.url_file, "sms.gateway.url")?;
        let authorization = config
            .authorization
            .or_file(&config.authorization_file, "sms.gateway.authorization")?;
        let sample = Text {
            to: "+15558675310",
            from: "",
            text: "",
            coding: Coding::Gsm,
            reference: "",
        };
        ensure!(
            url::Url::parse(&fill(url.reveal(), &sample, segment)).is_ok(),
            "sms.gateway.url: found what is no web address, expected one like http://localhost:13013/cgi-bin/sendsms?to={{to}}&text={{text}}"
        );
        let Some(kind) = Kind::parse(&config.content_type) else {
            anyhow::bail!(
                "sms.gateway.content_type: found {:?}, expected application/json, application/x-www-form-urlencoded or text/plain",
                config.content_type
            );
        };
        Ok(Self {
            outbound,
            method: match config.method {
                GatewayMethod::Get => Method::GET,
                GatewayMethod::Post => Method::POST,
            },
            url,
            kind,
            body: config.body.clone(),
            authorization,
        })
    }
}

#[async_trait]
impl SmsGateway for Gateway {
    async fn send(&self, text: Text<'_>) -> Sent {
        let url = fill(self.url.reveal(), &text, segment);
        let mut post = match self.method {
            Method::GET => Post::get(&self.outbound, url),
            _ => {
                let body = fill(self.body.reveal(), &text, |value| self.kind.write(value));
                Post::new(&self.outbound, url, self.kind.header(), body)
            }
        };
        if !self.authorization.is_empty() {
            post = post.authorized(self.authorization.reveal())?;
        }
        let reply = post.send().await?;
        receipt(&reply, Keys::Ours).map_err(|error| match (reply.status, error) {
            // There is no such service: the setting is wrong, not the phone.
            (404 | 405 | 410, error) => SendError::later(error.to_string()),
            (_, error) => error,
        })
    }

    fn secrets(&self) -> Vec<&str> {
        let query = self
            .url
            .reveal()
            .split(['?', '&'])
            .filter_map(|pair| pair.split_once('='));
        let values = query
            .map(|(_, value)| value)
            .filter(|value| value.len() > 3 && !value.contains('{'));
        values.chain([self.authorization.reveal()]).collect()
    }
}

/// In one pass, so that a text with braces in it is not filled in turn. What is no gap of ours stays.
fn fill(template: &str, text: &Text<'_>, write: impl Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(template.len() + text.text.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        match gap(rest, text) {
            Some((name, value)) => {
                filled.push_str(&write(value));
                rest = &rest[name.len()..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled + rest
}

fn gap<'a>(rest: &str, text: &Text<'a>) -> Option<(&'static str, &'a str)> {
    let coding = match text.coding {
        Coding::Gsm => "0",
        Coding::Ucs2 => "2",
    };
    let gaps = [
        ("{to}", text.to),
        ("{from}", text.from),
        ("{text}", text.text),
        ("{coding}", coding),
        ("{reference}", text.reference),
    ];
    gaps.into_iter().find(|(name, _)| rest.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Answer, Receiver, note, with};
    use super::super::super::{Channel, Channels, send};
    use super::*;
    use crate::config::{Config, SmsProvider};
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    fn gateway(receiver: &Receiver, change: impl FnOnce(&mut config::Gateway)) -> Channels {
        with(&receiver.url, |config: &mut Config| {
            config.sms.provider = SmsProvider::Gateway;
            change(&mut config.sms.gateway);
        })
    }

    #[tokio::test]
    async fn kannel_takes_a_text_in_its_address() {
        let receiver = Receiver::new([Answer::new(202, "0: Accepted for delivery")]).await;
        let channels = gateway(&receiver, |gateway| {
            gateway.url = Secret::new(receiver.at(
                "/cgi-bin/sendsms?username=tester&password=kannel-secret&charset=UTF-8&coding={coding}&from={from}&to={to}&text={text}",
            ));
        });
        let letter = letter(Content::IncidentOpened(news("Slow {to} & ж", "Hm")));
        let receipt = send(&channels, Channel::Sms, &note(&letter, "+491511234567"))
            .await
            .unwrap();
        assert_eq!(receipt.said, "HTTP 202: 0: Accepted for delivery");
        let heard = &receiver.heard()[0];
        assert_eq!((heard.method.as_str(), heard.body.as_str()), ("GET", ""));
        let url = url::Url::parse(&receiver.at(&heard.path)).unwrap();
        let value = |name: &str| {
            url.query_pairs()
                .find(|(found, _)| found == name)
                .unwrap()
                .1
                .into_owned()
        };
        assert_eq!(
            (value("to"), value("coding"), value("from")),
            ("+491511234567".into(), "2".into(), "+15017122661".into())
        );
        assert!(
            value("text").starts_with("Example & Sons: New incident: Slow {to} & ж (Identified). Hm http"),
            "{}",
            value("text")
        );
    }

    #[tokio::test]
    async fn another_takes_json_under_a_key() {
        let receiver = Receiver::new([Answer::new(200, "{}")]).await;
        let channels = gateway(&receiver, |gateway| {
            gateway.method = GatewayMethod::Post;
            gateway.url = Secret::new(receiver.at("/messages"));
            gateway.body = Secret::new(r#"{"to":"{to}","text":"{text}"}"#);
            gateway.authorization = Secret::new("Bearer gateway-secret");
        });
        let letter = letter(Content::IncidentOpened(news("\"Slow\" \\", "Hm")));
        send(&channels, Channel::Sms, &note(&letter, "+491511234567"))
            .await
            .unwrap();
        let heard = &receiver.heard()[0];
        assert_eq!(heard.header("authorization"), "Bearer gateway-secret");
        let body = heard.json();
        assert_eq!(body["to"], "+491511234567");
        assert!(
            body["text"].as_str().unwrap().contains("\"Slow\" \\ (Identified)"),
            "{body}"
        );
    }

    #[tokio::test]
    async fn a_wrong_password_is_ours_and_is_not_told() {
        let receiver = Receiver::new([Answer::new(403, "Authorization failed for kannel-secret")]).await;
        let channels = gateway(&receiver, |gateway| {
            gateway.url = Secret::new(receiver.at("/cgi-bin/sendsms?password=kannel-secret&to={to}&text={text}"));
        });
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let refusal = send(&channels, Channel::Sms, &note(&letter, "+491511234567"))
            .await
            .unwrap_err();
        assert!(
            matches!(refusal, SendError::Later { .. }) && !refusal.to_string().contains("kannel-secret"),
            "{refusal:?}"
        );
    }

    #[test]
    fn a_quote_at_the_end_of_a_text_stays_in_it() {
        assert_eq!(Kind::Json.write("say \"x\""), r#"say \"x\""#);
    }
}
