//! Vonage, once Nexmo. It answers 200 whatever became of the text, and says that in the body.
//! <https://developer.vonage.com/en/api/sms>

use anyhow::ensure;
use async_trait::async_trait;

use super::super::post::{Keys, Post, judge, value};
use super::super::{Receipt, SendError, Sent, base};
use super::{Coding, SmsGateway, Text};
use crate::config::{self, Secret};
use crate::outbound::Outbound;

pub struct Vonage {
    outbound: Outbound,
    url: String,
    api_key: Secret,
    api_secret: Secret,
}

impl Vonage {
    pub fn new(config: &config::Vonage, outbound: Outbound) -> anyhow::Result<Self> {
        let api_secret = config
            .api_secret
            .or_file(&config.api_secret_file, "sms.vonage.api_secret")?;
        ensure!(
            !config.api_key.is_empty(),
            "sms.vonage.api_key: found nothing, expected the account's key"
        );
        ensure!(
            !api_secret.is_empty(),
            "sms.vonage.api_secret: found nothing, expected the account's secret"
        );
        Ok(Self {
            outbound,
            url: format!("{}/sms/json", base(&config.api_url)),
            api_key: config.api_key.clone(),
            api_secret,
        })
    }
}

#[async_trait]
impl SmsGateway for Vonage {
    async fn send(&self, text: Text<'_>) -> Sent {
        let kind = match text.coding {
            Coding::Gsm => "text",
            Coding::Ucs2 => "unicode",
        };
        let fields = [
            ("api_key", self.api_key.reveal()),
            ("api_secret", self.api_secret.reveal()),
            ("from", text.from.trim_start_matches('+')),
            ("to", text.to.trim_start_matches('+')),
            ("text", text.text),
            ("type", kind),
            ("client-ref", text.reference),
        ];
        let reply = Post::form(&self.outbound, &self.url, &fields).send().await?;
        judge(&reply, Keys::Ours)?;
        let answer = value(&reply);
        // A long text is several messages; it has arrived when all of them have.
        let messages = answer["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        for message in messages {
            outcome(message["status"].as_str(), message["error-text"].as_str())?;
        }
        match messages.first() {
            Some(first) => Ok(Receipt {
                said: format!("{} sent", messages.len()),
                message_id: first["message-id"].as_str().map(str::to_owned),
            }),
            None => Err(SendError::later("no answer of Vonage's")),
        }
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.api_key.reveal(), self.api_secret.reveal()]
    }
}

/// 3, 6, 7, 12, 22 and 33 are about the phone or the text. The others pass, or are about us: too fast, a wrong key, no money,
/// a sender that is not ours. <https://developer.vonage.com/en/api-errors/sms>
fn outcome(status: Option<&str>, text: Option<&str>) -> Result<(), SendError> {
    let reason = format!("status {}: {}", status.unwrap_or("unknown"), text.unwrap_or_default());
    match status {
        Some("0") => Ok(()),
        Some("3" | "6" | "7" | "12" | "22" | "33") => Err(SendError::Never(reason)),
        _ => Err(SendError::later(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Answer, Receiver, note, with};
    use super::super::super::{Channel, Channels, send};
    use super::*;
    use crate::config::SmsProvider;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    // From Vonage's documentation.
    const TAKEN: &str = r#"{"message-count":"1","messages":[{"to":"447700900000","message-id":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab","status":"0","remaining-balance":"3.14159265","message-price":"0.03330000","network":"12345","client-ref":"my-personal-reference","account-ref":"customer1234"}]}"#;

    fn refused(status: &str, text: &str) -> Answer {
        Answer::new(
            200,
            format!(r#"{{"message-count":"1","messages":[{{"status":"{status}","error-text":"{text}"}}]}}"#),
        )
    }

    fn vonage(receiver: &Receiver) -> Channels {
        with(&receiver.url, |config| config.sms.provider = SmsProvider::Vonage)
    }

    #[tokio::test]
    async fn a_phone_gets_a_text_in_letters_it_can_show() {
        let receiver = Receiver::new([Answer::new(200, TAKEN)]).await;
        let channels = vonage(&receiver);
        let plain = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let receipt = send(&channels, Channel::Sms, &note(&plain, "+447700900000"))
            .await
            .unwrap();
        assert_eq!(
            receipt.message_id.as_deref(),
            Some("aaaaaaaa-bbbb-cccc-dddd-0123456789ab")
        );
        let cyrillic = letter(Content::IncidentOpened(news("Медленно", "Hm")));
        send(&channels, Channel::Sms, &note(&cyrillic, "+447700900000"))
            .await
            .unwrap();
        let heard = receiver.heard();
        assert_eq!(heard[0].path, "/sms/json");
        let body = &heard[0].body;
        assert!(
            body.starts_with("api_key=abcd1234&api_secret=our-vonage-secret&from=15017122661&to=447700900000&text="),
            "{body}"
        );
        assert!(body.ends_with("&type=text&client-ref=delivery-7"), "{body}");
        assert!(heard[1].body.contains("&type=unicode&"));
    }

    #[tokio::test]
    async fn what_is_wrong_with_the_phone_is_final_and_what_is_wrong_with_us_is_not() {
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        for (status, text, is_final) in [
            ("1", "Throughput Rate Exceeded", false),
            ("4", "Bad Credentials", false),
            ("9", "Partner quota violation", false),
            ("7", "Number Barred", true),
            ("6", "Unroutable message - rejected", true),
        ] {
            let receiver = Receiver::new([refused(status, text)]).await;
            let refusal = send(&vonage(&receiver), Channel::Sms, &note(&letter, "+447700900000"))
                .await
                .unwrap_err();
            assert_eq!(matches!(refusal, SendError::Never(_)), is_final, "{refusal:?}");
            assert!(refusal.to_string().contains(text), "{refusal}");
        }
    }
}
